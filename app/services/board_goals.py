"""What the supervisor wants of the day: marks that colour the board, goals of operators and of whole groups."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from app.errors import Refused
from app.services.audit import note_event

# metric -> (amber, red) until somebody says otherwise; with red below amber, less is worse
DEFAULT_MARKS: dict[str, tuple[int, int]] = {
    "overdue": (7, 10),
    "oldest_min": (168, 240),
    "leads_late": (1, 3),
    "pool": (350, 500),
    "crm": (35, 50),
    "sms": (35, 50),
    "connect_rate": (30, 20),
    "at_work": (2, 1),
}
MOST = 1_000_000


@dataclass(frozen=True, slots=True)
class Goal:
    calls: int | None = None
    connects: int | None = None
    leads: int | None = None


def marks(session: Session) -> dict[str, tuple[int, int]]:
    kept = session.execute(text("SELECT metric, amber, red FROM board_mark"))
    return DEFAULT_MARKS | {row.metric: (row.amber, row.red) for row in kept if row.metric in DEFAULT_MARKS}


def set_marks(session: Session, wanted: Mapping[str, tuple[int, int]], *, actor_id: int) -> int:
    """All or nothing. Refused: equal marks, or numbers that cannot be. Returns how many have changed."""
    before = marks(session)
    for metric, (amber, red) in wanted.items():
        if metric not in DEFAULT_MARKS or amber == red or not (0 <= amber <= MOST and 0 <= red <= MOST):
            raise Refused("mark_wrong")
        # The direction belongs to the number: a connect rate is never too high.
        if (red < amber) != (DEFAULT_MARKS[metric][1] < DEFAULT_MARKS[metric][0]):
            raise Refused("mark_direction")
    changed = {metric: pair for metric, pair in wanted.items() if before[metric] != pair}
    for metric, (amber, red) in changed.items():
        session.execute(
            text("""
            INSERT INTO board_mark (metric, amber, red, changed_by_id) VALUES (:metric, :amber, :red, :by)
            ON CONFLICT (metric) DO UPDATE SET amber = :amber, red = :red, changed_by_id = :by, changed_at = now()
            """),
            {"metric": metric, "amber": amber, "red": red, "by": actor_id},
        )
    if changed:
        details: dict[str, Any] = {name: list(pair) for name, pair in changed.items()}
        note_event(session, "board_marks", actor_id=actor_id, **details)
    return len(changed)


def goals(session: Session) -> dict[tuple[str, int], Goal]:
    """Keyed by («user» or «group», id)."""
    rows = session.execute(text("SELECT user_id, group_id, calls, connects, leads FROM day_goal"))
    return {_key(row): Goal(row.calls, row.connects, row.leads) for row in rows}


def goal_of(known: Mapping[tuple[str, int], Goal], user_id: int, group_id: int | None) -> Goal:
    """The own goal where there is one; what it leaves open is the group's."""
    own, group = known.get(("user", user_id), Goal()), known.get(("group", group_id or 0), Goal())
    return Goal(*(_first(getattr(own, name), getattr(group, name)) for name in ("calls", "connects", "leads")))


def goal_for(session: Session, user_id: int) -> Goal:
    """One person's goal, for the desk."""
    rows = session.execute(
        text("""
        SELECT user_id, group_id, calls, connects, leads FROM day_goal WHERE user_id = :id
          OR group_id = (SELECT group_id FROM operator_profile WHERE user_id = :id)
        """),
        {"id": user_id},
    ).all()
    known = {_key(row): Goal(row.calls, row.connects, row.leads) for row in rows}
    return goal_of(known, user_id, next((row.group_id for row in rows if row.group_id is not None), None))


def set_goal(session: Session, kind: str, subject_id: int, goal: Goal, *, actor_id: int) -> None:
    """A goal without any number is no goal. Refused: nobody's, or numbers that cannot be."""
    numbers = (goal.calls, goal.connects, goal.leads)
    if kind not in ("user", "group") or any(number is not None and not 0 < number <= MOST for number in numbers):
        raise Refused("goal_wrong")
    table = "operator_profile WHERE user_id" if kind == "user" else "operator_group WHERE id"
    if session.execute(text(f"SELECT 1 FROM {table} = :id"), {"id": subject_id}).first() is None:  # noqa: S608
        raise Refused("goal_wrong")
    values = {"id": subject_id, "calls": goal.calls, "connects": goal.connects, "leads": goal.leads, "by": actor_id}
    if goal == Goal():
        session.execute(text(f"DELETE FROM day_goal WHERE {kind}_id = :id"), values)  # noqa: S608  one of two words
    else:
        session.execute(
            text(f"""
            INSERT INTO day_goal ({kind}_id, calls, connects, leads, changed_by_id)
            VALUES (:id, :calls, :connects, :leads, :by) ON CONFLICT ({kind}_id) DO UPDATE
            SET calls = :calls, connects = :connects, leads = :leads, changed_by_id = :by, changed_at = now()
            """),  # noqa: S608
            values,
        )
    note_event(
        session, "day_goal", actor_id=actor_id, subject=kind, subject_id=subject_id,
        calls=goal.calls, connects=goal.connects, leads=goal.leads,
    )  # fmt: skip


def _key(row: Row[Any]) -> tuple[str, int]:
    return ("user", row.user_id) if row.user_id is not None else ("group", row.group_id)


def _first(own: int | None, group: int | None) -> int | None:
    return group if own is None else own
