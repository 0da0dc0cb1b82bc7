"""The end of a call: written once, with what follows for the operator, the seller's number and the line.

A call whose end nobody told is ended from the exchange's own records, and is «lost» only when these know nothing.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app import settings
from app.domain.call_outcomes import LINE_FAILED, Folded, Happening, fold, later
from app.models import Asterisk, Call, CallEvent
from app.services import call_records, incoming, recordings, sms, wrap_up
from app.services.audit import note_event
from app.services.line_choice import MOSCOW

# An end that was only guessed: what is heard later may still correct it.
GUESSED = ("lost", "asterisk_died")
GRACE = timedelta(seconds=10)
# AMI may be cut while talks go on; a server that has been away for so long has none.
GONE_AFTER = timedelta(seconds=45)
LONGEST_TALK = timedelta(hours=4)
MISSED = ("no_answer", "busy", "unavailable", "rejected")
_STAMPS = ("operator_up_at", "ringing_at", "answered_at", "ended_at", "ring_ms", "talk_ms", "outcome", "cause")
_WORDS = ("tech_cause", "ended_by")
_HANDED_OVER = ("Transferred", "IncomingRang", "IncomingAnswered")


def write(session: Session, call: Call, told: Folded, now: datetime, zone: str = MOSCOW) -> None:
    """Bring the row to what its events tell. It never goes back, and its end has its consequences once."""
    was_ended, was_up, was_answered = call.state == "ended", call.operator_up_at, call.answered_at
    if was_ended and told.state != "ended":
        return
    for name in _STAMPS:
        if (value := getattr(told, name)) is not None:
            setattr(call, name, value)
    for name in _WORDS:
        if value := getattr(told, name):
            setattr(call, name, value)
    if told.recording and recordings.is_safe(told.recording) and not call.recording:
        call.recording = told.recording
    if told.state == "ended":
        call.trouble = told.trouble
    call.state = later(call.state, told.state)
    session.flush()
    if call.type == "incoming":
        _incoming(session, call, now, zone, was_answered, was_ended)
    elif call.operator_id is not None and was_up is None and call.operator_up_at is not None and not was_ended:
        wrap_up.begin_talk(session, call.operator_id, now)
    if call.state == "ended" and not was_ended:
        _after_end(session, call, now)


def _incoming(
    session: Session, call: Call, now: datetime, zone: str, was_answered: datetime | None, was_ended: bool
) -> None:
    if was_answered is None and call.answered_at is not None:
        if call.operator_id is not None:
            wrap_up.begin_talk(session, call.operator_id, now)
        if not was_ended and call.state != "ended":
            incoming.answered(session, call, now, zone)
    if call.state == "ended" and not was_ended:
        incoming.ended(session, call, now, zone)


def _after_end(session: Session, call: Call, now: datetime) -> None:
    if call.operator_id is not None:
        wrap_up.end_talk(session, call.operator_id, now, to_finish=call.operator_up_at is not None)
    _remember_number(session, call)
    if call.type != "incoming" and call.card_id is not None and call.outcome in MISSED:
        sms.after_missed(session, call.card_id, now)
    if call.type != "incoming" and call.trunk_id is not None:
        _judge_line(session, call, now)


def _remember_number(session: Session, call: Call) -> None:
    column = {"answered": "last_good_at", "wrong_number": "last_failed_at", "unavailable": "last_failed_at"}.get(
        call.outcome or ""
    )
    if column is not None and call.phone:
        session.execute(
            text(f"""
            UPDATE seller_phone SET {column} = GREATEST(COALESCE({column}, :at), :at) WHERE phone = :phone
            """),  # noqa: S608  one of two words above
            {"phone": call.phone, "at": call.ended_at},
        )


def _judge_line(session: Session, call: Call, now: datetime) -> None:
    """So many failures of the line one after another stop it; any answer of the network clears it."""
    if call.outcome == "failed" and call.trouble == LINE_FAILED:
        stopped = session.execute(
            text("""
            UPDATE trunk SET failed_n = failed_n + 1,
              stopped_at = CASE WHEN stop_after > 0 AND failed_n + 1 >= stop_after THEN COALESCE(stopped_at, :now)
                                ELSE stopped_at END,
              stopped_why = CASE WHEN stop_after > 0 AND failed_n + 1 >= stop_after AND stopped_at IS NULL
                                 THEN :why ELSE stopped_why END
            WHERE id = :id RETURNING stopped_at = :now AND failed_n >= stop_after AND stop_after > 0 AS is_new, failed_n
            """),
            {"id": call.trunk_id, "now": now, "why": LINE_FAILED},
        ).one_or_none()
        if stopped is not None and stopped.is_new:
            note_event(
                session, "trunk_stopped", actor="job", subject="trunk", subject_id=call.trunk_id, n=stopped.failed_n,
                call_id=call.id,
            )  # fmt: skip
    elif call.outcome not in ("failed", "cancelled"):
        session.execute(text("UPDATE trunk SET failed_n = 0 WHERE id = :id AND failed_n > 0"), {"id": call.trunk_id})


def cancel(session: Session, call: Call, now: datetime, zone: str = MOSCOW) -> None:
    """Given up by who asked for it before telephony had it."""
    write(session, call, Folded(state="ended", ended_at=now, outcome="cancelled", ended_by="operator"), now, zone)


# --- what nobody told


def reconcile(
    session: Session, asterisk_id: int, live_links: Collection[str], now: datetime, zone: str = MOSCOW
) -> int:
    """At every connect: end the calls that Asterisk has no more. Returns how many."""
    server = session.get_one(Asterisk, asterisk_id)
    gone = [call for call in _open(session, asterisk_id) if call.link not in live_links]
    ended = _end_by_records(session, server, gone, now, zone, sure=True)
    incoming.note_unseen(session, asterisk_id, now, zone)
    return ended


def close_stuck(session: Session, now: datetime, zone: str = MOSCOW) -> int:
    """Without asking Asterisk: what its records say is over, what outlived every ring, what died with its server."""
    ended = 0
    for server in session.scalars(select(Asterisk).order_by(Asterisk.id)):
        calls = _open(session, server.id)
        ended += _end_by_records(session, server, calls, now, zone, sure=_is_gone(server, now))
    return ended


def _open(session: Session, asterisk_id: int) -> list[Call]:
    """Sent and not ended; who is working on one at this moment ends it himself."""
    return list(
        session.scalars(
            select(Call)
            .where(Call.asterisk_id == asterisk_id, Call.state.not_in(("asked", "ended")))
            .order_by(Call.id)
            .with_for_update(of=Call, skip_locked=True)
            .execution_options(populate_existing=True)
        )
    )


def _is_gone(server: Asterisk, now: datetime) -> bool:
    seen = max(filter(None, (server.seen_at, server.state_since)), default=now)
    return server.state == "down" and now - server.state_since > GONE_AFTER and now - seen > GONE_AFTER


def _end_by_records(
    session: Session, server: Asterisk, calls: list[Call], now: datetime, zone: str, *, sure: bool
) -> int:
    """`sure`: these calls are known to be over, so that what the records do not know is lost."""
    if not calls:
        return 0
    if server.cdr_csv:
        call_records.import_csv(session, server.cdr_csv)
    links = [call.link for call in calls]
    known, traces = call_records.endings(session, links), call_records.traces(session, links) if sure else {}
    events = happenings(session, [call.id for call in calls])
    ring_s = int(settings.get(session, "operator_ring_s"))
    ended = 0
    for call in calls:
        own = events.get(call.id, [])
        if call.link in known and (sure or _says_the_end(call, own)):
            told = _folded(call, [*own, known[call.link]])
        elif sure and call.link in traces and _is_settled(call, traces[call.link], now):
            told = _guessed(call, [*own, *traces[call.link]], now, "asterisk_died")
        elif _is_lost(call, now, ring_s, sure):
            told = _guessed(call, own, now, "lost")
        else:
            continue
        write(session, call, told, now, zone)
        ended += 1
    return ended


def _says_the_end(call: Call, own: list[Happening]) -> bool:
    """A talk that was handed over goes on after the record of its first part."""
    return not any(one.name in _HANDED_OVER for one in own) or call.type == "incoming"


def _is_settled(call: Call, traces: list[Happening], now: datetime) -> bool:
    """Who looked at the live calls a moment ago may have missed one that has just begun; so nothing fresh is judged."""
    return now - max(call.sent_at or call.created_at, *(one.at for one in traces)) > GRACE


def _is_lost(call: Call, now: datetime, ring_s: int, sure: bool) -> bool:
    """Known to be gone and past the time in which its first leg could still appear; or older than any call is."""
    begun = call.sent_at or call.created_at
    if sure:
        heard = call.operator_up_at is not None and now - call.operator_up_at > GRACE
        return heard or now - begun > timedelta(seconds=ring_s) + GRACE
    if call.answered_at is not None:
        return now - call.answered_at > LONGEST_TALK
    return now - begun > timedelta(seconds=ring_s + 120) + GRACE


def _folded(call: Call, told: list[Happening]) -> Folded:
    return fold(told, incoming=call.type == "incoming", hung_up=True)


def _guessed(call: Call, told: list[Happening], now: datetime, why: str) -> Folded:
    """The best that can be said: a talk was a talk; anything else has failed, and not by fault of the line."""
    found = _folded(call, told)
    if found.state == "ended" and found.outcome is not None and found.trouble not in GUESSED:
        return found
    found.state, found.trouble = "ended", why
    last = max((one.at for one in told), default=None)
    found.ended_at = max(filter(None, (last, found.answered_at)), default=now)
    if found.answered_at is not None:
        found.outcome, found.talk_ms = "answered", int((found.ended_at - found.answered_at).total_seconds() * 1000)
    else:
        found.outcome = "no_answer" if call.type == "incoming" else "failed"
    return found


def happenings(session: Session, call_ids: list[int]) -> dict[int, list[Happening]]:
    """The events that were written down, by call."""
    rows = session.execute(
        select(CallEvent.call_id, CallEvent.name, CallEvent.at, CallEvent.channel, CallEvent.details).where(
            CallEvent.call_id.in_(call_ids)
        )
    )
    found: dict[int, list[Happening]] = {}
    for row in rows:
        found.setdefault(row.call_id, []).append(Happening(row.name, row.at, row.channel, row.details))
    return found
