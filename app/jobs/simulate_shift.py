"""Try ways of pacing on the modelled shift that a supervisor has asked for."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy.orm import Session

from app.extensions import db
from app.models import Simulation
from app.services import call_shapes, simulations
from app.simulator.contest import compete
from app.simulator.replay import CALLS_NEEDED, as_seen
from app.simulator.town import Town

RIVALS = ("progressive", "power", "predictive", "vicidial-average", "oracle")
HOURS = 4.0


def run(simulation_id: int) -> dict[str, int]:
    """The same question gives the same figures; made again from the start when a worker died over it."""
    session = db.session()
    made = simulations.begin(session, simulation_id, len(RIVALS))
    session.commit()
    if made is None:
        return {}

    def progress(done: int) -> None:
        simulations.note_progress(session, simulation_id, done)
        session.commit()

    try:
        town, calls_n = _town(session, made)
        scores = compete(town, RIVALS, told=progress)
    except Exception:
        session.rollback()
        simulations.fail(session, simulation_id, "simulation_failed")
        session.commit()
        raise
    figures = [{name: value for name, value in one.as_json().items() if name != "minutes"} for one in scores]
    simulations.finish(session, simulation_id, figures, calls_n)
    session.commit()
    return {"shifts": len(scores)}


def _town(session: Session, made: Simulation) -> tuple[Town, int]:
    """Rings, talks and finishing of the campaign's own calls where there are enough; the rest as was asked."""
    asked = made.asked
    town = Town(
        operators=int(asked["operators"]), answer_rate=asked["answer_rate"] / 100, hours=HOURS,
        channels=int(asked["lines"]), calls_per_second=asked["calls_per_second"], ceiling=asked["ceiling"] / 100,
        ratio=asked["ratio"],
    )  # fmt: skip
    if made.campaign_id is None:
        return town, 0
    seen = call_shapes.of_campaign(session, made.campaign_id, datetime.now(UTC))
    if len(seen.rings) < CALLS_NEEDED:
        return town, 0
    town = as_seen(town, rings=seen.rings, silences=seen.silences, talks=seen.talks, wraps=seen.wraps, rate_too=False)
    return town, seen.calls_n
