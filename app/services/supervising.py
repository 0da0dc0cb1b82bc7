"""Which groups a supervisor steers. Who has none named, and every administrator, steers all of them."""

from __future__ import annotations

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.domain.sight import EVERYBODY, Sight, own


def sight_of(session: Session, user_id: int, *, sees_everyone: bool, is_admin: bool) -> Sight:
    """What the reports and the board may tell this person."""
    if not sees_everyone:
        return own(user_id)
    if is_admin:
        return EVERYBODY
    groups = session.execute(text("SELECT group_id FROM group_supervisor WHERE user_id = :id"), {"id": user_id})
    named = frozenset(groups.scalars())
    return _of_groups(session, named) if named else EVERYBODY


def _of_groups(session: Session, groups: frozenset[int]) -> Sight:
    """Operators of the groups; filters that work for them, or for nobody in particular."""
    values = {"groups": sorted(groups)}
    operators = frozenset(
        session.execute(text("SELECT user_id FROM operator_profile WHERE group_id = ANY(:groups)"), values).scalars()
    )
    filters = session.execute(
        text("""SELECT id FROM ad_filter WHERE group_id = ANY(:groups) OR operator_id = ANY(:operators)
                OR (group_id IS NULL AND operator_id IS NULL)"""),
        values | {"operators": sorted(operators)},
    )
    return Sight(operators, groups, frozenset(filters.scalars()))


def may_steer(session: Session, user_id: int) -> bool:
    """Only who sees figures of others can have groups; an operator sees the own ones anyway."""
    found = session.execute(
        text("""
        SELECT 1 FROM ab_user_role ur JOIN ab_permission_view_role pr ON pr.role_id = ur.role_id
        JOIN ab_permission_view pv ON pv.id = pr.permission_view_id
        JOIN ab_permission p ON p.id = pv.permission_id AND p.name = 'can_everyone'
        JOIN ab_view_menu m ON m.id = pv.view_menu_id AND m.name = 'ExportView' WHERE ur.user_id = :id LIMIT 1
        """),
        {"id": user_id},
    )
    return found.first() is not None
