"""Statuses: what may follow what, and what each demands."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from app.domain.statuses import (
    StatusKind,
    StatusRules,
    StatusSpec,
    closes_with,
    is_sound,
    may_change,
    may_follow,
    repeat_at,
)

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
NO_ANSWER = StatusSpec(id=1, code="no_answer", repeat_after_min=90, attempts_cap=3)
THINKING = StatusSpec(id=2, code="thinking", is_reached=True, needs_callback=True)
LEAD = StatusSpec(id=3, code="lead", kind=StatusKind.CLOSING, is_reached=True, makes_lead=True)
REFUSED = StatusSpec(id=4, code="refused", kind=StatusKind.CLOSING, is_reached=True, is_refusal=True)
BOOKED = StatusSpec(id=5, code="booked", allowed_from=frozenset({2}))


def test_first_status_may_be_any_without_a_rule() -> None:
    assert may_change(None, NO_ANSWER).reason.code == "stays_open"
    assert may_change(None, REFUSED).reason.code == "closes_card"


def test_no_answer_may_follow_itself() -> None:
    assert may_change(NO_ANSWER, NO_ANSWER).passed


def test_card_has_to_be_taken_first() -> None:
    assert may_change(None, NO_ANSWER, is_taken=False).reason.code == "card_not_taken"


def test_operator_cannot_reopen_a_closed_card() -> None:
    for new in (NO_ANSWER, THINKING, LEAD, REFUSED):
        verdict = may_change(REFUSED, new, callback_at=NOW)
        assert (verdict.passed, verdict.reason.code) == (False, "card_closed")


def test_supervisor_reopens_or_corrects_a_closed_card() -> None:
    assert may_change(REFUSED, NO_ANSWER, may_reopen=True).reason.code == "reopens_card"
    assert may_change(REFUSED, LEAD, may_reopen=True, is_taken=False).reason.code == "corrects_closing"
    assert may_change(REFUSED, REFUSED, may_reopen=True).reason.code == "status_same"
    assert not may_change(REFUSED, THINKING, may_reopen=True).passed


def test_status_with_rules_follows_only_those() -> None:
    assert may_change(THINKING, BOOKED).passed
    for old in (None, NO_ANSWER):
        assert may_change(old, BOOKED).reason.code == "status_not_after"
    assert may_change(REFUSED, BOOKED, may_reopen=True).reason.code == "status_not_after"


def test_status_that_calls_again_needs_a_time() -> None:
    assert may_change(None, THINKING).reason.code == "status_needs_callback"
    assert may_change(None, THINKING, callback_at=NOW).passed


def test_switched_off_status_is_not_chosen_any_more() -> None:
    assert may_change(None, replace(NO_ANSWER, is_enabled=False)).reason.code == "status_disabled"


def test_reached_without_a_talk_is_refused_only_where_the_rules_ask_for_one() -> None:
    rules = StatusRules(reached_talk_s=5)
    assert may_change(None, REFUSED, talk_s=0).passed
    assert may_change(None, REFUSED, talk_s=4, rules=rules).reason.code == "status_needs_talk"
    assert may_change(None, REFUSED, talk_s=5, rules=rules).passed
    assert may_change(None, REFUSED, talk_s=None, rules=rules).passed
    assert may_change(None, NO_ANSWER, talk_s=0, rules=rules).passed


def test_buttons_show_what_may_follow() -> None:
    everything = [NO_ANSWER, THINKING, LEAD, REFUSED, BOOKED]
    assert may_follow(NO_ANSWER, everything) == [NO_ANSWER, THINKING, LEAD, REFUSED]
    assert may_follow(THINKING, everything) == everything
    assert may_follow(REFUSED, everything) == []
    assert may_follow(REFUSED, everything, may_reopen=True) == [NO_ANSWER, THINKING, LEAD]


@pytest.mark.parametrize(
    ("spec", "code"),
    [
        (LEAD, "status_sound"),
        (NO_ANSWER, "status_sound"),
        (replace(LEAD, is_refusal=True), "status_contradicts"),
        (replace(LEAD, is_do_not_call=True), "status_contradicts"),
        (replace(NO_ANSWER, is_wrong_number=True, is_reached=True), "status_contradicts"),
        (replace(REFUSED, needs_callback=True), "closing_status_calls_again"),
        (replace(REFUSED, repeat_after_min=5), "closing_status_calls_again"),
        (replace(NO_ANSWER, is_sold=True), "status_should_close"),
    ],
)
def test_flags_of_a_status_have_to_make_sense_together(spec: StatusSpec, code: str) -> None:
    verdict = is_sound(spec)
    assert verdict.reason.code == code
    assert verdict.passed == (code == "status_sound")


def test_no_answer_calls_again_until_enough_tries_were_made() -> None:
    assert repeat_at(NO_ANSWER, 2, NOW) == NOW + timedelta(minutes=90)
    assert repeat_at(NO_ANSWER, 3, NOW) is None
    assert repeat_at(THINKING, 0, NOW) is None
    assert repeat_at(replace(REFUSED, repeat_after_min=5), 0, NOW) is None


def test_pauses_grow_by_the_percentage_and_end_at_thirty_days() -> None:
    growing = replace(NO_ANSWER, repeat_after_min=60, repeat_growth_pct=50, attempts_cap=None)
    minutes = [(repeat_at(growing, n, NOW) - NOW) / timedelta(minutes=1) for n in (0, 1, 2, 3)]
    assert minutes == [60, 60, 90, 135]
    assert repeat_at(growing, 10**9, NOW) == NOW + timedelta(days=30)


def test_the_last_try_closes_with_a_status_that_still_closes() -> None:
    tried = replace(NO_ANSWER, attempts_cap=3, at_cap_id=REFUSED.id)
    known = {REFUSED.id: REFUSED}
    assert closes_with(tried, 2, known) is None
    assert closes_with(tried, 3, known) == REFUSED
    assert closes_with(tried, 3, {}) is None
    assert closes_with(tried, 3, {REFUSED.id: replace(REFUSED, is_enabled=False)}) is None
    assert closes_with(tried, 3, {REFUSED.id: replace(REFUSED, kind=StatusKind.WORKING)}) is None
    assert closes_with(replace(tried, attempts_cap=None), 99, known) is None


def test_growth_needs_a_pause_and_an_end_needs_a_number_of_tries() -> None:
    assert is_sound(replace(THINKING, repeat_growth_pct=10)).reason.code == "status_growth_without_pause"
    assert is_sound(replace(NO_ANSWER, attempts_cap=None, at_cap_id=1)).reason.code == "status_at_cap_without_cap"
    assert is_sound(replace(REFUSED, at_cap_id=1, attempts_cap=2)).reason.code == "status_at_cap_without_cap"
