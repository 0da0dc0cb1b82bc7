"""The end that nobody told: from the exchange's records, from what it left behind, or lost."""

from __future__ import annotations

import csv
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.models import Call, Cdr, Cel
from app.services import call_closing, call_events, call_records, calls
from app.telephony.records import CSV_COLUMNS
from tests.factories import NOON
from tests.services.callers import Seat, take_seat
from tests.services.test_call_events import sent, story

LATER = NOON + timedelta(seconds=60)


@pytest.fixture
def seat(session: Session) -> Seat:
    return take_seat(session)


def record(seat: Seat, call: Call, **more: Any) -> Cdr:
    values: dict[str, Any] = {
        "linkedid": call.link, "uniqueid": call.link, "start": NOON, "end": NOON + timedelta(seconds=5.077),
        "disposition": "ANSWERED", "pz_status": "ANSWER", "pz_cause": "16", "pz_tech": "", "pz_talk_ms": 3007,
        "pz_rec": f"{call.link}.wav", "sequence": 1,
    }  # fmt: skip
    row = Cdr(**(values | more))
    seat.session.add(row)
    seat.session.flush()
    return row


def test_a_call_that_ended_while_we_were_away_is_ended_by_its_record(seat: Seat) -> None:
    call = sent(seat)
    record(seat, call)
    assert calls.reconcile(seat.session, seat.asterisk.id, set(), LATER) == 1
    assert (call.state, call.outcome, call.talk_ms, call.trouble) == ("ended", "answered", 3007, "")
    assert abs((call.answered_at - NOON).total_seconds() - 2.07) <= 0.1  # type: ignore[operator]
    assert call.recording == f"{call.link}.wav"
    assert calls.reconcile(seat.session, seat.asterisk.id, set(), LATER) == 0


def test_a_call_that_goes_on_is_left_alone(seat: Seat) -> None:
    call = sent(seat)
    call_events.handle(seat.session, seat.asterisk.id, story(call)[:4], NOON)
    assert calls.reconcile(seat.session, seat.asterisk.id, {call.link}, NOON + timedelta(hours=1)) == 0
    assert call_closing.close_stuck(seat.session, LATER) == 0
    assert call.state == "talking"


@pytest.mark.parametrize(
    ("said", "outcome", "trouble"),
    [
        ({"pz_status": "BUSY", "pz_cause": "17", "pz_tech": "486", "pz_talk_ms": 0}, "busy", ""),
        ({"pz_status": "CHANUNAVAIL", "pz_cause": "1", "pz_tech": "404", "pz_talk_ms": 0}, "wrong_number", ""),
        ({"pz_status": "CONGESTION", "pz_cause": "34", "pz_tech": "503", "pz_talk_ms": 0}, "failed", "line_failed"),
        ({"pz_status": None, "disposition": "NO ANSWER", "pz_talk_ms": None}, "failed", "operator_no_answer"),
        ({"pz_status": "ANSWER", "pz_talk_ms": None}, "answered", ""),
    ],
)
def test_the_record_tells_the_outcome_as_the_events_would(
    seat: Seat, said: dict[str, Any], outcome: str, trouble: str
) -> None:
    call = sent(seat)
    record(seat, call, **said, pz_rec="")
    assert call_closing.close_stuck(seat.session, LATER) == 1
    assert (call.outcome, call.trouble) == (outcome, trouble)


def test_events_that_come_after_the_record_say_the_same(seat: Seat) -> None:
    call = sent(seat)
    record(seat, call)
    call_closing.close_stuck(seat.session, LATER)
    by_record = (call.outcome, call.talk_ms, call.recording)
    call_events.handle(seat.session, seat.asterisk.id, story(call), LATER)
    assert (call.outcome, call.talk_ms, call.recording) == by_record and call.ringing_at is not None


def test_the_record_of_the_first_part_does_not_end_a_talk_that_was_handed_over(seat: Seat) -> None:
    call = sent(seat)
    call_events.handle(seat.session, seat.asterisk.id, story(call)[:4], NOON)
    seat.session.execute(
        text("INSERT INTO call_event (call_id, name, once) VALUES (:id, 'Transferred', 't')"), {"id": call.id}
    )
    record(seat, call)
    assert call_closing.close_stuck(seat.session, LATER) == 0
    assert calls.reconcile(seat.session, seat.asterisk.id, [], LATER) == 1  # unless the exchange has it no more


def trace(seat: Seat, call: Call, seconds: float, event: str, channel: str, extra: str = "") -> None:
    at = NOON + timedelta(seconds=seconds)
    seat.session.add(Cel(linkedid=call.link, eventtype=event, eventtime=at, channame=channel, extra=extra))
    seat.session.flush()


def test_a_talk_that_died_with_its_server_is_told_by_its_traces(seat: Seat) -> None:
    call, line = sent(seat), f"PJSIP/{seat.trunk.endpoint}-00000001"
    trace(seat, call, 0.5, "ANSWER", f"PJSIP/{seat.account.extension}-00000000")
    trace(seat, call, 2, "ANSWER", line)
    trace(seat, call, 30, "BRIDGE_ENTER", line)
    assert calls.reconcile(seat.session, seat.asterisk.id, [], LATER) == 1
    assert (call.outcome, call.trouble, call.talk_ms) == ("answered", "asterisk_died", 28_000)
    seat.session.refresh(seat.trunk)
    assert seat.trunk.failed_n == 0


def test_a_call_that_began_while_the_live_ones_were_counted_is_left_alone(seat: Seat) -> None:
    call = sent(seat)
    call_events.handle(seat.session, seat.asterisk.id, story(call)[:2], NOON)
    trace(seat, call, 0.5, "ANSWER", f"PJSIP/{seat.account.extension}-00000000")
    assert calls.reconcile(seat.session, seat.asterisk.id, [], NOON + timedelta(seconds=2)) == 0
    assert call.state == "operator_ringing"
    assert calls.reconcile(seat.session, seat.asterisk.id, [], NOON + timedelta(seconds=20)) == 1


def test_a_talk_on_its_way_to_a_colleague_is_not_ended_by_the_record_of_its_first_part(seat: Seat) -> None:
    call = sent(seat)
    call_events.handle(seat.session, seat.asterisk.id, story(call)[:4], NOON)
    seat.session.execute(
        text("INSERT INTO call_event (call_id, name, once) VALUES (:id, 'IncomingRang', 't')"), {"id": call.id}
    )
    record(seat, call)
    assert call_closing.close_stuck(seat.session, LATER) == 0


def test_what_nobody_knows_of_is_lost_and_the_operator_is_free_again(seat: Seat) -> None:
    call = sent(seat)
    assert (
        calls.reconcile(seat.session, seat.asterisk.id, [], NOON + timedelta(seconds=20)) == 0
    )  # may still be ringing
    assert calls.reconcile(seat.session, seat.asterisk.id, [], NOON + timedelta(seconds=26)) == 1
    assert (call.outcome, call.trouble) == ("failed", "lost")
    seat.asterisk.seen_at = LATER
    assert seat.ask(now=LATER).state == "asked"


def test_a_guess_is_corrected_by_what_is_heard_later(seat: Seat) -> None:
    call = sent(seat)
    calls.reconcile(seat.session, seat.asterisk.id, [], LATER)
    assert call.trouble == "lost"
    call_events.handle(seat.session, seat.asterisk.id, story(call), LATER)
    assert (call.outcome, call.trouble, call.talk_ms) == ("answered", "", 3007)


def test_calls_of_a_server_that_stays_away_are_ended_within_a_minute(seat: Seat) -> None:
    call = sent(seat)
    call_events.handle(seat.session, seat.asterisk.id, story(call)[:4], NOON)
    seat.asterisk.state, seat.asterisk.state_since = "down", NOON
    seat.session.flush()
    assert call_closing.close_stuck(seat.session, NOON + timedelta(seconds=30)) == 0  # a cut of the connection
    assert call_closing.close_stuck(seat.session, NOON + timedelta(seconds=46)) == 1
    assert (call.outcome, call.trouble) == ("answered", "lost")


def test_a_call_of_which_nothing_was_heard_does_not_live_for_ever(seat: Seat) -> None:
    call = sent(seat)
    assert call_closing.close_stuck(seat.session, NOON + timedelta(seconds=60)) == 0
    assert call_closing.close_stuck(seat.session, NOON + timedelta(seconds=150)) == 1
    assert call.trouble == "lost"


# --- the CSV


def csv_file(path: Path, *rows: dict[str, Any], tail: str = "") -> str:
    with path.open("w", newline="") as file:
        writer = csv.writer(file, quoting=csv.QUOTE_ALL)
        for row in rows:
            writer.writerow([row.get(name, "") for name in CSV_COLUMNS])
        file.write(tail)
    return str(path)


def csv_row(link: str, **more: Any) -> dict[str, Any]:
    return {"linkedid": link, "uniqueid": link, "start": NOON.timestamp(), "end": NOON.timestamp() + 5.077,
            "disposition": "ANSWERED", "pz_status": "BUSY", "pz_cause": "17", "pz_tech": "486",
            "sequence": "3"} | more  # fmt: skip


def test_records_that_the_database_missed_come_from_the_csv_once(seat: Seat, tmp_path: Path) -> None:
    call = sent(seat)
    seat.asterisk.cdr_csv = csv_file(tmp_path / "prozvon.csv", csv_row(call.link), csv_row("other", sequence="4"))
    assert call_closing.close_stuck(seat.session, LATER) == 1
    assert call.outcome == "busy"
    assert call_records.import_csv(seat.session, seat.asterisk.cdr_csv) == 0
    rows = seat.session.query(Cdr).order_by(Cdr.sequence).all()
    assert [(row.linkedid, row.sequence) for row in rows] == [(call.link, 3), ("other", 4)]
    assert rows[0].end == NOON + timedelta(seconds=5.077)


def test_nonsense_in_the_csv_hurts_nobody(session: Session, tmp_path: Path) -> None:
    path = csv_file(
        tmp_path / "prozvon.csv", csv_row(""), csv_row("a", end="yesterday"), csv_row("b", sequence="x"),
        csv_row("c", end="1e300"), csv_row("good", src="\u0000<b>" + "9" * 9000), csv_row("good"), tail='"half","li',
    )  # fmt: skip
    with open(path, "ab") as file:
        file.write(b"\xff\xfe\n")
    assert call_records.import_csv(session, path) == 1
    assert session.query(Cdr).one().linkedid == "good"
    assert call_records.import_csv(session, str(tmp_path / "nowhere.csv")) == 0
