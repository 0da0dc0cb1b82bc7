"""«What if»: modelled shifts as people ask for them; filled in beforehand with what is true of a campaign."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.errors import Refused
from app.models import Simulation
from app.services import call_shapes, deferring

KEPT = timedelta(days=30)
MOST_AT_ONCE = 2  # of one person, waiting or being made
CALLS_NEEDED = 20


@dataclass(frozen=True, slots=True)
class Field:
    """One number of the question."""

    least: float
    most: float
    usual: float
    is_whole: bool = False


FIELDS: dict[str, Field] = {
    "operators": Field(1, 200, 20, True),
    "answer_rate": Field(1, 95, 30),
    "lines": Field(1, 2000, 60, True),
    "calls_per_second": Field(0.1, 100, 5),
    "ceiling": Field(0, 20, 3),
    "ratio": Field(0, 10, 1.5),
}


def usual(session: Session, campaign_id: int | None, now: datetime) -> dict[str, float]:
    """What the form shows first: its lines or all, operators and answers of the campaign's own last calls."""
    found = {name: field.usual for name, field in FIELDS.items()}
    lines = session.execute(
        text("""
        SELECT COALESCE(sum(max_channels), 0) AS channels, COALESCE(sum(calls_per_second), 0) AS per_second
        FROM trunk t WHERE is_enabled AND stopped_at IS NULL
          AND (NOT EXISTS (SELECT 1 FROM campaign_trunk WHERE campaign_id = :id)
               OR EXISTS (SELECT 1 FROM campaign_trunk c WHERE c.campaign_id = :id AND c.trunk_id = t.id))
        """),
        {"id": campaign_id},
    ).one()
    if lines.channels:
        found |= {"lines": lines.channels, "calls_per_second": lines.per_second}
    if campaign_id is None:
        return _within(found)
    people = session.execute(
        text("""
        SELECT count(*) FROM operator_profile p JOIN campaign_group g ON g.group_id = p.group_id
        WHERE g.campaign_id = :id
        """),
        {"id": campaign_id},
    ).scalar_one()
    seen = call_shapes.of_campaign(session, campaign_id, now)
    if people or seen.operators_n:
        found["operators"] = people or seen.operators_n
    if len(seen.rings) >= CALLS_NEEDED:
        found["answer_rate"] = round(100 * seen.answer_rate, 1)
    return _within(found)


def _within(values: dict[str, float]) -> dict[str, float]:
    return {name: min(max(values[name], field.least), field.most) for name, field in FIELDS.items()}


def read(words: Mapping[str, str]) -> dict[str, float]:
    """The numbers of a form. Refused: one is missing, no number, or out of its bounds."""
    found: dict[str, float] = {}
    for name, field in FIELDS.items():
        try:
            value = float(words.get(name, "").strip().replace(",", "."))
        except ValueError:
            value = float("nan")
        if not field.least <= value <= field.most or (field.is_whole and value != int(value)):
            raise Refused("simulation_field", field=name, least=f"{field.least:g}", most=f"{field.most:g}")
        found[name] = value
    return found


def ask(
    session: Session, asked: dict[str, float], *, campaign_id: int | None, user_id: int, now: datetime
) -> Simulation:
    """Refused: too many of one's own are under way, or there is no such campaign."""
    session.execute(text("SELECT 1 FROM ab_user WHERE id = :id FOR UPDATE"), {"id": user_id})
    busy = session.execute(
        text("SELECT count(*) FROM simulation WHERE user_id = :id AND state IN ('waiting', 'making')"), {"id": user_id}
    ).scalar_one()
    if busy >= MOST_AT_ONCE:
        raise Refused("simulations_busy", cap=MOST_AT_ONCE)
    known = session.execute(text("SELECT 1 FROM campaign WHERE id = :id"), {"id": campaign_id}).first()
    if campaign_id is not None and known is None:
        raise Refused("campaign_gone")
    session.execute(
        text("DELETE FROM simulation WHERE user_id = :id AND created_at < :since"), {"id": user_id, "since": now - KEPT}
    )
    made = Simulation(user_id=user_id, campaign_id=campaign_id, asked=dict(asked), created_at=now)
    session.add(made)
    session.flush()
    deferring.defer(session, "simulate_shift", simulation_id=made.id)
    return made


def mine(session: Session, user_id: int, simulation_id: int) -> Simulation | None:
    return session.scalars(
        select(Simulation).where(Simulation.id == simulation_id, Simulation.user_id == user_id)
    ).one_or_none()


def newest(session: Session, user_id: int) -> list[Simulation]:
    question = select(Simulation).where(Simulation.user_id == user_id)
    return list(session.scalars(question.order_by(Simulation.created_at.desc(), Simulation.id.desc()).limit(10)))


def begin(session: Session, simulation_id: int, of: int) -> Simulation | None:
    """The one to be made now; None: made already, or nobody's any more."""
    made = session.get(Simulation, simulation_id, with_for_update=True)
    if made is None or made.state not in ("waiting", "making"):
        return None
    made.state, made.done_n, made.of_n = "making", 0, of
    return made


def note_progress(session: Session, simulation_id: int, done: int) -> None:
    session.execute(
        text("UPDATE simulation SET done_n = :done WHERE id = :id AND state = 'making'"),
        {"done": done, "id": simulation_id},
    )


def finish(session: Session, simulation_id: int, scores: list[dict[str, Any]], calls_n: int) -> None:
    made = session.get(Simulation, simulation_id, with_for_update=True)
    if made is not None:
        made.state, made.scores, made.calls_n = "done", scores, calls_n


def fail(session: Session, simulation_id: int, code: str) -> None:
    made = session.get(Simulation, simulation_id, with_for_update=True)
    if made is not None:
        made.state, made.trouble = "failed", code
