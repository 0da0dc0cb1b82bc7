"""How the company's roles differ from the program's table, and the way back: right by right or all at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask_appbuilder.security.sqla.models import PermissionView, Role
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.errors import Refused
from app.security import ROLES, ProzvonSecurity, role_difference
from app.services.audit import note_event

Right = tuple[str, str]  # permission, view


@dataclass(frozen=True, slots=True)
class Difference:
    role: str
    added: list[Right]  # the role has them, the table does not give them
    removed: list[Right]  # the table gives them, the role lacks them


def differences(sm: ProzvonSecurity) -> list[Difference]:
    """Of every role of the table, in its order; a role that is as it was has nothing in it."""
    found = []
    for name in ROLES:
        missing, extra = role_difference(sm, name)
        found.append(Difference(name, sorted(extra, key=_by_view), sorted(missing, key=_by_view)))
    return found


def restore_right(sm: ProzvonSecurity, role_name: str, right: Right, *, actor_id: int) -> None:
    """One right back to what the table says: taken away when it was added, given when it was removed."""
    role = _locked(sm.session, role_name)
    missing, extra = role_difference(sm, role_name)
    if right not in missing | extra:
        raise Refused("right_as_in_table")
    _restore(sm, role, missing & {right}, extra & {right}, actor_id)


def restore(sm: ProzvonSecurity, role_name: str, *, actor_id: int) -> int:
    """All rights of the role as the table has them; returns how many have changed."""
    role = _locked(sm.session, role_name)
    missing, extra = role_difference(sm, role_name)
    if missing or extra:
        _restore(sm, role, missing, extra, actor_id)
    return len(missing) + len(extra)


def _restore(sm: ProzvonSecurity, role: Any, missing: set[Right], extra: set[Right], actor_id: int) -> None:
    for permission, view in missing:
        role.permissions.append(sm.find_permission_view_menu(permission, view))
    for right in [one for one in role.permissions if right_of(one) in extra]:
        role.permissions.remove(right)
    note_event(
        sm.session, "role_restored", actor_id=actor_id, subject="role", subject_id=role.id, role=role.name,
        given=told(missing), taken=told(extra),
    )  # fmt: skip
    sm.session.flush()


def right_of(row: PermissionView) -> Right:
    return row.permission.name, row.view_menu.name


def told(rights: set[Right]) -> list[str]:
    return [f"{permission} on {view}" for permission, view in sorted(rights, key=_by_view)]


def _by_view(right: Right) -> Right:
    return right[1], right[0]


def _locked(session: Session, role_name: str) -> Role:
    if role_name not in ROLES:
        raise Refused("role_unknown", name=role_name)
    role: Role | None = session.execute(
        select(Role).where(Role.name == role_name).with_for_update(of=Role).execution_options(populate_existing=True)
    ).scalar_one_or_none()
    if role is None:
        raise Refused("role_unknown", name=role_name)
    return role
