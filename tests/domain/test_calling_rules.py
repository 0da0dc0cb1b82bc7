"""Nobody is called against a rule, whatever the rules, the hour, the zone and the clock changes are."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.calling_rules import Attempt, CallRules, may_person_be_called, read_holidays, stricter

NOON = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)  # a Friday, noon in Moscow
MOSCOW = ZoneInfo("Europe/Moscow")
# Moscow, Kamchatka, and places that put their clocks forward and back at odd hours.
ZONES = ("Europe/Moscow", "Asia/Kamchatka", "Europe/Berlin", "America/St_Johns", "Australia/Lord_Howe", "Asia/Tehran")

hours = st.tuples(st.integers(0, 24), st.integers(0, 24))
rules_of = st.builds(
    CallRules,
    hours=hours,
    day_cap=st.integers(0, 4),
    life_cap=st.integers(0, 6),
    gap=st.integers(0, 3000).map(lambda n: timedelta(minutes=n)),
    weekdays=st.frozensets(st.integers(0, 6), min_size=1),
    holidays=st.frozensets(st.tuples(st.integers(3, 4), st.integers(1, 31)), max_size=9),
    is_spread=st.booleans(),
)
# Half a month around a change of the clocks.
moments = st.datetimes(datetime(2021, 3, 20), datetime(2021, 4, 6)).map(lambda at: at.replace(tzinfo=UTC))


def code(rules: CallRules, *tries: Attempt, now: datetime = NOON) -> str:
    verdict = may_person_be_called(tries, now=now, zone=MOSCOW, rules=rules)
    return "" if verdict.passed else verdict.reason.code


@settings(max_examples=600)
@given(rules_of, st.sampled_from(ZONES), moments, st.lists(st.tuples(st.integers(0, 5000), st.booleans()), max_size=7))
def test_nobody_is_called_against_a_rule(
    rules: CallRules, zone_name: str, now: datetime, ago: list[tuple[int, bool]]
) -> None:
    zone = ZoneInfo(zone_name)
    attempts = [Attempt(now - timedelta(minutes=n), answered) for n, answered in ago]
    if not may_person_be_called(attempts, now=now, zone=zone, rules=rules).passed:
        return
    local = now.astimezone(zone)
    talks = [one.at for one in attempts if one.is_answered]
    vain = [one.at for one in attempts if not one.is_answered and all(one.at > talk for talk in talks)]
    assert rules.hours[0] <= local.hour < rules.hours[1]
    assert local.weekday() in rules.weekdays and (local.month, local.day) not in rules.holidays
    today = [one for one in attempts if one.at.astimezone(zone).date() == local.date()]
    assert not rules.day_cap or len(today) < rules.day_cap
    assert not rules.life_cap or len(vain) < rules.life_cap
    assert all(now - at >= rules.gap for at in vain)
    if rules.is_spread:
        assert not any(part_of(at, zone) == part_of(now, zone) for at in vain)


def part_of(at: datetime, zone: ZoneInfo) -> tuple[date, str]:
    local = at.astimezone(zone)
    return local.date(), "morning" if local.hour < 12 else "day" if local.hour < 17 else "evening"


@settings(max_examples=400)
@given(rules_of, rules_of, moments, st.lists(st.integers(0, 5000), max_size=5))
def test_a_campaign_never_allows_what_the_company_forbids(
    company: CallRules, campaign: CallRules, now: datetime, ago: list[int]
) -> None:
    attempts = [Attempt(now - timedelta(minutes=n)) for n in ago]
    both = stricter(company, campaign)
    if may_person_be_called(attempts, now=now, zone=MOSCOW, rules=both).passed:
        for one in (company, campaign):
            assert may_person_be_called(attempts, now=now, zone=MOSCOW, rules=one).passed


def test_a_holiday_and_a_day_of_rest_are_the_sellers() -> None:
    assert code(CallRules(holidays=read_holidays("01.01, 20.11; 40.11"))) == "call_holiday"
    assert code(CallRules(weekdays=frozenset({5, 6}))) == "call_weekday"
    kamchatka = ZoneInfo("Asia/Kamchatka")
    evening = NOON + timedelta(hours=4)  # 01:00 of Saturday there
    rules = CallRules(hours=(0, 24), weekdays=frozenset({5, 6}))
    assert may_person_be_called((), now=evening, zone=kamchatka, rules=rules).passed


def test_a_try_in_vain_is_repeated_in_another_part_of_the_day() -> None:
    spread = CallRules(is_spread=True)
    morning = Attempt(NOON - timedelta(hours=2))  # ten o'clock
    assert code(spread, morning, now=NOON - timedelta(minutes=30)) == "day_part_tried"
    assert code(spread, morning) == ""  # noon begins another part
    assert code(spread, morning, now=NOON + timedelta(days=1, hours=-2)) == ""
    assert code(spread, Attempt(NOON - timedelta(hours=2), is_answered=True), now=NOON - timedelta(hours=1)) == ""
