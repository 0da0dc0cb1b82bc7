"""When a number of the board becomes amber and red."""

from __future__ import annotations

import pytest

from app.domain.marks import AMBER, CALM, RED, tone


@pytest.mark.parametrize(("value", "said"), [(0, CALM), (6, CALM), (7, AMBER), (9, AMBER), (10, RED), (11, RED)])
def test_where_more_is_worse_the_mark_itself_counts(value: int, said: str) -> None:
    assert tone(value, 7, 10) == said


@pytest.mark.parametrize(("value", "said"), [(31, CALM), (30, AMBER), (21, AMBER), (20, RED), (0, RED)])
def test_with_red_below_amber_less_is_worse(value: int, said: str) -> None:
    assert tone(value, 30, 20) == said


def test_a_number_that_is_not_there_alarms_nobody() -> None:
    assert tone(None, 7, 10) == tone(None, 30, 20) == CALM
