"""A town made of calls that were made."""

from __future__ import annotations

import pytest

from app.simulator.replay import as_seen
from app.simulator.town import Town


def test_rings_talks_and_answers_are_those_that_were_seen() -> None:
    town = as_seen(Town(), rings=[7.0] * 30, silences=[25.0] * 60, talks=[60.0] * 30, wraps=[9.0] * 30, machines_n=10)
    assert (town.rings.mean, town.talks.mean, town.wraps.mean, town.silences.mean) == (7.0, 60.0, 9.0, 25.0)
    assert (town.answer_rate, town.machine_rate) == (pytest.approx(0.3), pytest.approx(0.1))


def test_too_few_calls_change_nothing() -> None:
    assert as_seen(Town(), rings=[7.0] * 3, silences=[25.0], talks=[60.0] * 3, wraps=[]) == Town()


def test_a_chosen_answer_rate_may_be_kept() -> None:
    town = as_seen(Town(), rings=[7.0] * 30, silences=[25.0] * 70, talks=[60.0] * 30, wraps=[], rate_too=False)
    assert town.answer_rate == Town().answer_rate
