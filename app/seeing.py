"""Whose figures the person of this request may be told; asked by the reports, their API and the board."""

from __future__ import annotations

from flask import current_app, g
from flask_login import current_user

from app.domain.sight import Sight
from app.extensions import db
from app.security import ADMIN
from app.services import supervising


def sight_now() -> Sight:
    """Looked up once in a request."""
    found: Sight | None = g.get("sight")
    if found is None:
        found = g.sight = supervising.sight_of(
            db.session(), current_user.id, sees_everyone=_sees_everyone(),
            is_admin=any(role.name == ADMIN for role in current_user.roles),
        )  # fmt: skip
    return found


def _sees_everyone() -> bool:
    return bool(current_app.extensions["appbuilder"].sm.has_access("can_everyone", "ExportView"))
