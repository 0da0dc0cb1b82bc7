"""Which status may follow which, and what a status demands: taking the card first, a time to call again, a talk."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from app.domain.verdict import Verdict, no, yes

LONGEST_PAUSE_MIN = 30 * 24 * 60  # growing pauses end here: whoever is called later has sold the car


class StatusKind(StrEnum):
    WORKING = "working"  # the card stays with its operator
    CLOSING = "closing"  # the card leaves the lists


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusSpec:
    """`allowed_from` are the ids of the statuses it may follow; empty: any working one, and a card without a status."""

    id: int
    code: str
    kind: StatusKind = StatusKind.WORKING
    is_enabled: bool = True
    is_reached: bool = False  # a person answered
    makes_lead: bool = False  # the positive end
    is_refusal: bool = False
    is_sold: bool = False
    is_wrong_number: bool = False
    is_do_not_call: bool = False
    needs_callback: bool = False
    repeat_after_min: int | None = None  # call again by itself after so long
    repeat_growth_pct: int = 0  # every next pause is so much longer than the one before
    attempts_cap: int | None = None
    at_cap_id: int | None = None  # the closing status that the card gets with the last try
    allowed_from: frozenset[int] = frozenset()

    @property
    def is_closing(self) -> bool:
        return self.kind is StatusKind.CLOSING


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusRules:
    reached_talk_s: int = 0  # «reached» needs so many seconds of talk; 0 takes the operator's word


def may_change(
    old: StatusSpec | None,
    new: StatusSpec,
    *,
    is_taken: bool = True,
    may_reopen: bool = False,
    callback_at: datetime | None = None,
    talk_s: int | None = None,
    rules: StatusRules | None = None,
) -> Verdict:
    """May the card go from `old` (None: no status yet) to `new`?

    A working status may follow itself: «no answer» twice is two tries. `may_reopen` is a supervisor's right; an
    operator's closed card stays closed. `talk_s` is None while telephony has not told of any call.
    """
    if not new.is_enabled:
        return no("status_disabled", status=new.code)
    was_closed = old is not None and old.is_closing
    if old is not None and was_closed and not may_reopen:
        return no("card_closed", status=old.code)
    if old is not None and was_closed and new.id == old.id:
        return no("status_same", status=new.code)
    if not was_closed and not is_taken:
        return no("card_not_taken")
    if new.allowed_from and (old is None or old.id not in new.allowed_from):
        return no("status_not_after", status=new.code, old=old.code if old else None)
    if new.needs_callback and callback_at is None:
        return no("status_needs_callback", status=new.code)
    needed = rules.reached_talk_s if rules else 0
    if new.is_reached and talk_s is not None and talk_s < needed:
        return no("status_needs_talk", status=new.code, talk_s=talk_s, needed_s=needed)
    if was_closed:
        return yes("corrects_closing" if new.is_closing else "reopens_card", status=new.code)
    return yes("closes_card" if new.is_closing else "stays_open", status=new.code)


def may_follow(old: StatusSpec | None, choices: Iterable[StatusSpec], *, may_reopen: bool = False) -> list[StatusSpec]:
    """The buttons to show. What a status still demands (a time, a talk) is asked when one is pressed."""
    asked_later = {"status_needs_callback", "status_needs_talk"}
    verdicts = [(new, may_change(old, new, may_reopen=may_reopen)) for new in choices]
    return [new for new, verdict in verdicts if verdict.passed or verdict.reason.code in asked_later]


def is_sound(spec: StatusSpec) -> Verdict:
    """Whether the flags of a status make sense together; asked when a supervisor saves it."""
    ends = [name for name in ("makes_lead", "is_refusal", "is_sold", "is_wrong_number") if getattr(spec, name)]
    if len(ends) > 1:
        return no("status_contradicts", flags=tuple(ends))
    if spec.is_wrong_number and spec.is_reached:
        return no("status_contradicts", flags=("is_wrong_number", "is_reached"))
    if spec.makes_lead and spec.is_do_not_call:
        return no("status_contradicts", flags=("makes_lead", "is_do_not_call"))
    if spec.is_closing and (spec.needs_callback or spec.repeat_after_min is not None):
        return no("closing_status_calls_again")
    if not spec.is_closing and (spec.is_refusal or spec.is_sold or spec.is_do_not_call):
        return no("status_should_close")
    if spec.repeat_growth_pct and spec.repeat_after_min is None:
        return no("status_growth_without_pause")
    if spec.at_cap_id is not None and (spec.is_closing or spec.attempts_cap is None):
        return no("status_at_cap_without_cap")
    return yes("status_sound")


def repeat_at(spec: StatusSpec, attempts_n: int, now: datetime) -> datetime | None:
    """When a status such as «no answer» calls again by itself; None when it does not, or enough tries were made."""
    if spec.is_closing or spec.repeat_after_min is None:
        return None
    if spec.attempts_cap is not None and attempts_n >= spec.attempts_cap:
        return None
    pause = spec.repeat_after_min * (1 + spec.repeat_growth_pct / 100) ** min(max(attempts_n - 1, 0), 100)
    return now + timedelta(minutes=round(min(pause, LONGEST_PAUSE_MIN)))


def closes_with(spec: StatusSpec, attempts_n: int, known: Mapping[int, StatusSpec]) -> StatusSpec | None:
    """What a card is closed with when its tries are used up; None: it stays, and a person decides.

    A status that has been switched off meanwhile, or that no longer closes, is not set behind anybody's back.
    """
    if spec.is_closing or spec.attempts_cap is None or attempts_n < spec.attempts_cap:
        return None
    last = known.get(spec.at_cap_id or 0)
    return last if last is not None and last.is_closing and last.is_enabled else None


def may_end_tries(last: StatusSpec) -> Verdict:
    """Whether a status may stand at the end of tries: a lead or a stop-list entry is never made by a counter."""
    if not last.is_closing:
        return no("status_at_cap_stays_open")
    if last.makes_lead or last.is_do_not_call or last.is_reached:
        return no("status_at_cap_needs_person")
    return yes("status_sound")
