"""Business settings as people change them: all or nothing, audited, and back to the default by its own value."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask_appbuilder.security.sqla.models import User
from sqlalchemy import select
from sqlalchemy.orm import Session

from app import settings
from app.errors import Refused
from app.models import Setting
from app.services import revisions
from app.services.audit import note_event


@dataclass(frozen=True, slots=True)
class Shown:
    name: str
    default: settings.Default
    value: Any
    changed_at: datetime | None = None
    changed_by: str = ""


def rows(session: Session) -> list[Shown]:
    """Every setting with its value and who changed it last."""
    changed = {
        row.Setting.name: row
        for row in session.execute(
            select(Setting, User.first_name, User.last_name).outerjoin(User, User.id == Setting.changed_by_id)
        )
    }
    found = []
    for name, default in settings.DEFAULTS.items():
        row = changed.get(name)
        if row is None:
            found.append(Shown(name, default, default.value))
        else:
            who = " ".join(filter(None, (row.first_name, row.last_name)))
            found.append(Shown(name, default, row.Setting.value, row.Setting.changed_at, who))
    return found


def change(session: Session, raw: dict[str, str], *, actor_id: int, now: datetime) -> list[str]:
    """Set those of `raw` that differ; a box that is not ticked is not sent, so every setting is looked at.

    Returns the names of the changed settings. Refused: the first that makes no sense, by its label.
    """
    before = settings.all_of(session)
    wanted = {name: settings.parse(name, raw.get(name, "").strip()) for name in settings.DEFAULTS}
    if wanted["call_hours_from"] >= wanted["call_hours_to"]:
        raise Refused("setting_hours_reversed")
    changed = [name for name, value in wanted.items() if value != before[name]]
    for name in changed:
        _set(session, name, wanted[name], actor_id, now)
        note_event(session, "setting_changed", actor_id=actor_id, subject="setting", name=name, old=before[name],
                   new=wanted[name])  # fmt: skip
    if changed:
        revisions.raise_it(session, "settings")
    session.flush()
    return changed


def _set(session: Session, name: str, value: Any, actor_id: int, now: datetime) -> None:
    row = session.get(Setting, name, with_for_update=True)
    if row is None:
        session.add(Setting(name=name, value=value, changed_at=now, changed_by_id=actor_id))
    else:
        row.value, row.changed_at, row.changed_by_id = value, now, actor_id
