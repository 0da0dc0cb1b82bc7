"""Who edits a role reads rights and pages in words, never in the names of the code."""

from __future__ import annotations

from flask import Flask

from app.generated_pages import page_name
from app.wording_fab import RIGHTS


def test_every_right_that_a_role_can_have_is_said_in_words(app: Flask):
    manager = app.extensions["appbuilder"].sm
    with app.app_context():
        rights = {given.permission.name for given in manager.session.query(manager.permissionview_model)}
    assert len(rights) > 50 and not sorted(rights - set(RIGHTS))


def test_every_page_that_a_role_can_see_is_said_in_words(app: Flask):
    manager = app.extensions["appbuilder"].sm
    with app.test_request_context():
        pages = {given.view_menu.name for given in manager.session.query(manager.permissionview_model)}
        unnamed = sorted(name for name in pages if page_name(name) == name and name.endswith(("View", "Api")))
    assert len(pages) > 50 and not unnamed
