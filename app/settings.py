"""Business settings: a name, a typed default, a label and what it means. Edited in the admin, audited when changed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.errors import Refused
from app.models import Setting

LONGEST = 10_000  # of a text


@dataclass(frozen=True, slots=True)
class Default:
    value: Any
    label: Any
    help: Any
    unit: Any = ""
    low: int | None = None
    high: int | None = None


DEFAULTS: dict[str, Default] = {
    "reopen_on_price_drop": Default(
        True, _l("Re-open a closed card on a price drop"), _l("A refused car that gets cheaper is offered again.")
    ),
    "reopen_drop_pct": Default(
        5, _l("Smallest price drop that re-opens"), _l("Against the price at which the card was closed."), "%", 1, 90
    ),
    "reopen_after_hours": Default(
        24, _l("Earliest re-opening after closing"), _l("A seller is not called again sooner."), _l("h"), 0, 8760
    ),
    "reopen_returned": Default(
        True, _l("Re-open a card when its ad returns"), _l("Only cards that left because the ad was removed.")
    ),
    "priority_hours": Default(
        12,
        _l("One point of priority is worth"),
        _l("A card of a filter one point higher goes before cards that are so many hours fresher."),
        _l("h"),
        1,
        720,
    ),
    "deal_batch": Default(
        500, _l("Cards dealt at once"), _l("Upper bound of one pass of the distribution."), _l("cards"), 10, 20000
    ),
    "absent_after_min": Default(
        30,
        _l("Absent after"),
        _l("Without any action for so long an operator is given nothing new."),
        _l("min"),
        5,
        480,
    ),
    "absent_return_min": Default(
        60,
        _l("Move on the work of absent operators after"),
        _l("Their new cards return to the pool; cards in work and call-backs stay."),
        _l("min"),
        5,
        2880,
    ),
    "take_return_min": Default(
        480,
        _l("Return a taken card without a result after"),
        _l("Only when nothing was written on it."),
        _l("min"),
        10,
        10080,
    ),
    "call_hours_from": Default(9, _l("Calls from"), _l("In the seller's local time."), _l("h"), 0, 23),
    "call_hours_to": Default(20, _l("Calls until"), _l("In the seller's local time."), _l("h"), 1, 24),
    "call_holidays": Default(
        "", _l("Days without calls"), _l("Day and month, as 01.01, 23.02: every year, by the seller's calendar.")
    ),
    "sms_hours_from": Default(
        9, _l("SMS from"), _l("In the receiver's local time; earlier ones wait."), _l("h"), 0, 23
    ),
    "sms_hours_to": Default(
        21, _l("SMS until"), _l("In the receiver's local time; later ones wait for the morning."), _l("h"), 1, 24
    ),
    "sms_per_day": Default(
        3, _l("SMS to one number per day"), _l("Whoever sends them. 0: as many as one likes."), _l("per day"), 0, 50
    ),
    "sms_with_consent": Default(
        False,
        _l("SMS only to who agreed"),
        _l("Off: to everybody but who asked not to be written to. Advertising needs the consent of who receives it."),
    ),
    "sms_stop_words": Default(
        "стоп, stop, отписка, отписаться, отпишите",
        _l("Words that end SMS"),
        _l("Whoever answers with one of them is put on the stop list: neither written to nor called again."),
    ),
    "sms_text_days": Default(
        365,
        _l("Keep the words of SMS for"),
        _l("Then only number, time and fate are left. 0: for ever."),
        _l("days"),
        0,
        3650,
    ),
    "lead_words_days": Default(
        365,
        _l("Keep the words of incoming leads for"),
        _l("Name, message, VIN and link. 0: for ever."),
        _l("days"),
        0,
        3650,
    ),
    "company_name": Default("", _l("Name of the company"), _l("{компания} in the templates of SMS.")),
    "company_phone": Default("", _l("Telephone of the company"), _l("{телефон} in the templates of SMS.")),
    "attempts_per_day": Default(
        6,
        _l("Calls to one number per day"),
        _l("Counted over the seller's day, whoever calls. 0: as many as one likes."),
        _l("per day"),
        0,
        100,
    ),
    "attempts_per_life": Default(
        40,
        _l("Calls to one number without an answer"),
        _l("So many in vain since the last talk, and the number is called no more. 0: as many as one likes."),
        _l("calls"),
        0,
        1000,
    ),
    "attempts_gap_min": Default(
        1,
        _l("Shortest time between calls to one number"),
        _l("After a call that nobody answered. 0: at once."),
        _l("min"),
        0,
        1440,
    ),
    "operator_ring_s": Default(
        15,
        _l("The operator's telephone rings for"),
        _l("It is called first; whoever does not answer in this time calls nobody."),
        _l("s"),
        5,
        60,
    ),
    "wrap_up_s": Default(
        60,
        _l("Time to finish after a call"),
        _l("Then the clock of the operator turns amber; nothing ends by itself, and one may take a minute more."),
        _l("s"),
        10,
        1800,
    ),
    "callback_hour_cap": Default(
        20,
        _l("Call-backs that an operator may plan for one hour"),
        _l("More than can be called is refused, and another hour is asked for. 0: as many as one likes."),
        _l("per hour"),
        0,
        500,
    ),
    "callback_day_cap": Default(
        120,
        _l("Call-backs that an operator may plan for one day"),
        _l("Counted over the seller's day; what a status plans by itself does not count. 0: as many as one likes."),
        _l("per day"),
        0,
        5000,
    ),
    "callback_common_after_min": Default(
        15,
        _l("A missed call-back goes to the group after"),
        _l(
            "So long after its time a personal call-back of an operator who is away may be called by anyone of the "
            "group. 0: it waits for its operator."
        ),
        _l("min"),
        0,
        1440,
    ),
    "reseller_at": Default(
        50, _l("Reseller from a score of"), _l("0 is a private person, 100 a dealer."), _l("points"), 1, 100
    ),
    "crm_clients_excluded": Default(
        False,
        _l("Do not deal the cars of the CRM's clients"),
        _l("Their cards stay in the pool without a filter: the company talks to its clients by itself."),
    ),
    "crm_clients_priority": Default(
        0,
        _l("Priority of the CRM's clients"),
        _l("Added to the filter's priority when the seller is a client of the CRM; below nought puts them last."),
        _l("points"),
        -100,
        100,
    ),
    "call_script": Default(
        "",
        _l("Script of the call"),
        _l(
            "Stands beside the card. {имя}, {машина}, {год}, {цена}, {пробег}, {город}, {оператор} are filled in. "
            "A group may have a script of its own."
        ),
    ),
    "recording_on": Default(True, _l("Record talks"), _l("Off: no new talk is recorded; the old ones stay.")),
    "recording_keep_days": Default(
        180, _l("Keep recordings for"), _l("Older ones are deleted every night. 0: for ever."), _l("d"), 0, 3650
    ),
    "recording_min_free_mb": Default(
        2048,
        _l("Stop recording when the disk has less than"),
        _l("Calls go on without being recorded, and the board says so."),
        _l("MB"),
        100,
        1_000_000,
    ),
    "recording_opus": Default(
        True,
        _l("Pack recordings as Opus"),
        _l("Takes about a fifth of the room; needs ffmpeg or opusenc where the jobs run."),
    ),
    "recording_notice": Default(
        False, _l("Tell the seller that the talk is recorded"), _l("A short message before the talk.")
    ),
    "lead_mail_min": Default(
        10,
        _l("Write of an overdue lead after"),
        _l("Counted from the minute by which it should have been taken; supervisors get one letter. 0: never."),
        _l("min"),
        0,
        1440,
    ),
    "invite_hours": Default(
        72,
        _l("An invitation works for"),
        _l("A new person has so long to open the link and choose a password. Links that are out already keep theirs."),
        _l("h"),
        1,
        720,
    ),
    "reset_hours": Default(
        4,
        _l("A link for a new password works for"),
        _l(
            "For links that an administrator makes and hands over. Shorter than an invitation: such a link opens an "
            "account that has work in it. What people ask for themselves by «Forgotten?» works for one hour."
        ),
        _l("h"),
        1,
        72,
    ),
    "reveals_per_hour": Default(
        300, _l("Phone numbers shown per hour"), _l("For one person."), _l("per hour"), 1, 10000
    ),
}


def get(session: Session, name: str) -> Any:
    row = session.get(Setting, name)
    return DEFAULTS[name].value if row is None else row.value


def all_of(session: Session) -> dict[str, Any]:
    changed = {row.name: row.value for row in session.execute(select(Setting)).scalars()}
    return {name: changed.get(name, default.value) for name, default in DEFAULTS.items()}


def parse(name: str, raw: str) -> Any:
    """A typed value from a form. Refuses nonsense by name."""
    default = DEFAULTS[name]
    if isinstance(default.value, bool):
        return raw in ("1", "on", "true", "y")
    if isinstance(default.value, str):
        if len(raw) > LONGEST:
            raise Refused("field_long")
        return raw.replace("\r\n", "\n").replace("\0", "").encode("utf-8", "ignore").decode()
    try:
        value = int(raw)
    except ValueError:
        raise Refused("setting_not_number", name=str(default.label)) from None
    low, high = default.low or 0, default.high if default.high is not None else 10**9
    if not low <= value <= high:
        raise Refused("setting_out_of_range", name=str(default.label), low=low, high=high)
    return value
