"""Call-backs: chips, the seller's own clock, and hours at which nobody wants a call."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from app.domain.callbacks import Chip, chips, is_warning, is_within, may_plan, next_open, when_again

MOSCOW, OMSK, KAMCHATKA = ZoneInfo("Europe/Moscow"), ZoneInfo("Asia/Omsk"), ZoneInfo("Asia/Kamchatka")
NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)  # 12:00 in Moscow, 15:00 in Omsk, 21:00 in Kamchatka


@pytest.mark.parametrize(
    ("chip", "utc"),
    [
        (Chip.IN_15_MIN, (22, 9, 15)),
        (Chip.IN_1_HOUR, (22, 10, 0)),
        (Chip.TODAY_18, (22, 12, 0)),
        (Chip.TOMORROW_10, (23, 4, 0)),
        (Chip.IN_3_DAYS, (25, 9, 0)),
        (Chip.IN_A_WEEK, (29, 9, 0)),
    ],
)
def test_chip_means_the_clock_of_the_seller(chip: Chip, utc: tuple[int, int, int]) -> None:
    assert when_again(chip, NOW, OMSK) == datetime(2026, 11, *utc, tzinfo=UTC)


def test_tomorrow_is_tomorrow_where_the_seller_lives() -> None:
    late = datetime(2026, 11, 22, 13, tzinfo=UTC)  # already the 23rd, 01:00, in Kamchatka
    assert when_again(Chip.TOMORROW_10, late, KAMCHATKA) == datetime(2026, 11, 23, 22, tzinfo=UTC)
    assert when_again(Chip.TOMORROW_10, late, MOSCOW) == datetime(2026, 11, 23, 7, tzinfo=UTC)


def test_chip_may_come_as_the_word_of_a_form_and_minutes_as_a_number() -> None:
    assert when_again("1h", NOW, MOSCOW) == when_again(60, NOW, MOSCOW) == NOW + timedelta(hours=1)
    with pytest.raises(ValueError, match="someday"):
        when_again("someday", NOW, MOSCOW)


def test_three_days_keep_the_hour_on_the_wall_over_a_clock_change() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    before = datetime(2026, 10, 24, 10, tzinfo=berlin)
    assert when_again(Chip.IN_3_DAYS, before, berlin).astimezone(berlin).hour == 10


def test_planned_time_is_told_in_the_sellers_clock() -> None:
    verdict = may_plan(NOW + timedelta(hours=1), NOW, OMSK)
    assert verdict.passed
    assert verdict.reason.args["local"].hour == 16
    assert not is_warning(verdict)


def test_time_outside_the_sellers_day_passes_with_a_warning() -> None:
    verdict = may_plan(NOW + timedelta(hours=1), NOW, KAMCHATKA)
    assert verdict.passed
    assert is_warning(verdict)


@pytest.mark.parametrize(("hour", "expected"), [(8, False), (9, True), (19, True), (20, False)])
def test_calls_are_from_nine_until_twenty(hour: int, expected: bool) -> None:
    assert is_within(datetime(2026, 11, 22, hour, 59, tzinfo=MOSCOW), (9, 20)) is expected


def test_past_and_far_future_are_refused() -> None:
    assert may_plan(NOW, NOW, MOSCOW).reason.code == "callback_in_past"
    far = may_plan(NOW + timedelta(days=367), NOW, MOSCOW)
    assert (far.passed, far.reason.code) == (False, "callback_too_far")
    assert not is_warning(far)


def test_today_at_eighteen_is_not_offered_in_the_evening() -> None:
    noon = [found.chip for found in chips(NOW, MOSCOW)]
    evening = [found.chip for found in chips(NOW, KAMCHATKA)]
    assert noon == list(Chip)
    assert evening == [chip for chip in Chip if chip is not Chip.TODAY_18]


def test_offered_chip_shows_the_sellers_time_and_its_warning() -> None:
    found = {item.chip: item for item in chips(NOW, KAMCHATKA)}
    assert is_warning(found[Chip.IN_15_MIN].verdict)
    assert not is_warning(found[Chip.TOMORROW_10].verdict)
    assert found[Chip.TOMORROW_10].local.hour == 10


def test_what_plans_itself_waits_for_the_sellers_morning() -> None:
    assert next_open(NOW, MOSCOW) == NOW
    assert next_open(NOW, KAMCHATKA) == datetime(2026, 11, 22, 21, tzinfo=UTC)  # 21:00 there: tomorrow at nine
    assert next_open(NOW - timedelta(hours=8), MOSCOW) == datetime(2026, 11, 22, 6, tzinfo=UTC)  # four at night
