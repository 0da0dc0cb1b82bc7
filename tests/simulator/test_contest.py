"""Rivals beside each other."""

from __future__ import annotations

import pytest

from app.simulator.contest import as_table, compete, share_of
from app.simulator.town import Town

SHORT = Town(operators=12, hours=0.75, warm_up_s=600)


def test_every_rival_has_a_line_and_is_set_against_the_oracle_and_vicidial() -> None:
    scores = compete(SHORT, ("predictive", "vicidial-average", "oracle"))
    head, *rows = as_table(scores)
    assert [row[2] for row in rows] == ["predictive", "vicidial-average", "oracle"]
    assert all(len(row) == len(head) for row in rows)
    assert rows[2][4] == "100 %" and rows[1][5] == "1.00"


def test_without_the_oracle_nothing_is_set_against_it() -> None:
    scores = compete(SHORT, ("progressive",))
    assert share_of(scores, scores[0], "oracle") is None
    assert as_table(scores)[1][4] == ""


def test_shifts_of_several_seeds_are_taken_together() -> None:
    one, two = compete(SHORT, ("progressive",))[0], compete(SHORT, ("progressive",), seeds=2)[0]
    assert two.answered > 1.5 * one.answered
    assert two.minutes_per_hour == pytest.approx(one.minutes_per_hour, rel=0.25)


def test_whoever_waits_hears_of_every_shift() -> None:
    heard: list[int] = []
    compete(SHORT, ("progressive", "oracle"), seeds=2, told=heard.append)
    assert heard == [1, 2, 3, 4]


def test_the_minutes_of_the_shift_add_up() -> None:
    score = compete(Town(operators=10, hours=0.5, warm_up_s=0), ("progressive",))[0]
    assert sum(minute["dialled"] for minute in score.minutes) == score.dialled
    assert len(score.minutes) == 30
