"""The shift that was asked for is played."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from app.jobs import simulate_shift
from app.models import Simulation
from app.services import simulations
from tests.factories import NOON, make_operator

ASKED = {"operators": 10.0, "answer_rate": 40.0, "lines": 60.0, "calls_per_second": 5.0, "ceiling": 3.0, "ratio": 1.5}


@pytest.fixture
def asked(session: Session, monkeypatch: pytest.MonkeyPatch) -> Simulation:
    monkeypatch.setattr(simulate_shift, "HOURS", 0.75)
    user_id = make_operator(session).user_id
    return simulations.ask(session, ASKED, campaign_id=None, user_id=user_id, now=NOON)


def test_every_mode_has_its_figures_and_the_bar_is_full(session: Session, asked: Simulation) -> None:
    assert simulate_shift.run(asked.id) == {"shifts": len(simulate_shift.RIVALS)}
    session.refresh(asked)
    assert (asked.state, asked.done_n, asked.of_n) == ("done", 5, 5)
    talks = {one["rival"]: one["minutes_per_hour"] for one in asked.scores}
    assert 0 < talks["progressive"] < talks["predictive"] < talks["oracle"]
    assert all("minutes" not in one for one in asked.scores)


def test_twice_changes_nothing(session: Session, asked: Simulation) -> None:
    simulate_shift.run(asked.id)
    session.refresh(asked)
    first = list(asked.scores)
    assert simulate_shift.run(asked.id) == {}
    session.refresh(asked)
    assert asked.scores == first


def test_one_that_cannot_be_played_says_so(session: Session, asked: Simulation) -> None:
    asked.asked = {}
    session.commit()
    with pytest.raises(KeyError):
        simulate_shift.run(asked.id)
    session.refresh(asked)
    assert (asked.state, asked.trouble) == ("failed", "simulation_failed")


def test_one_that_is_gone_is_nobodys_work(session: Session) -> None:
    assert simulate_shift.run(2_000_000_000) == {}
