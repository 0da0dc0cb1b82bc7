"""The demonstration's people and its place on this machine: on the embedded database only, never on a named one."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Flask

import config
from app.extensions import db
from app.models import OperatorGroup, OperatorProfile
from app.security import ADMIN, OPERATOR, SUPERVISOR


@dataclass(frozen=True, slots=True)
class Account:
    username: str
    first_name: str
    last_name: str
    role: str
    password: str


ACCOUNTS = (
    Account("admin", "Анна", "Главная", ADMIN, "zvonok-anna-24"),
    Account("supervisor", "Семён", "Старший", SUPERVISOR, "zvonok-semyon-24"),
    Account("operator", "Ольга", "Первая", OPERATOR, "zvonok-olga-24"),
    Account("operator2", "Павел", "Второй", OPERATOR, "zvonok-pavel-24"),
    Account("operator3", "Мария", "Третья", OPERATOR, "zvonok-maria-24"),
)
GROUP = "Выкуп"


def classified_port(settings: config.Config) -> int:
    """The made-up classified listens next door, so that two demonstrations on one machine do not meet."""
    return settings.port + 1 if settings.port < 65535 else settings.port - 1


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
