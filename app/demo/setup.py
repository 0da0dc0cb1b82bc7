"""Puts the demonstration into the embedded database, never into a named one."""

from __future__ import annotations

from flask import Flask

from app.demo.accounts import ACCOUNTS, GROUP
from app.extensions import db
from app.models import OperatorGroup, OperatorProfile
from app.security import OPERATOR


def install(app: Flask) -> int:
    """Make the people who are missing; returns how many. Nobody's changed password is touched."""
    if app.config["PROZVON"].production:
        raise RuntimeError("a production database gets no demonstration accounts")
    sm = app.extensions["appbuilder"].sm
    made = 0
    with app.app_context():
        group = db.session.query(OperatorGroup).filter_by(name=GROUP).one_or_none() or OperatorGroup(name=GROUP)
        db.session.add(group)
        db.session.commit()
        for account in ACCOUNTS:
            if sm.find_user(account.username):
                continue
            user = sm.add_user(
                account.username, account.first_name, account.last_name, f"{account.username}@example.test",
                sm.find_role(account.role), password=account.password,
            )  # fmt: skip
            if account.role == OPERATOR:
                db.session.add(OperatorProfile(user_id=user.id, group_id=group.id))
            made += 1
        db.session.commit()
    return made
