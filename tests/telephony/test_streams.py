"""Recorded talks with a real Asterisk, told twice, in any order and with gaps: the same row of the call each time."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.services import call_events
from app.telephony.events import Told, parse
from app.telephony.messages import read

STREAMS = Path(__file__).with_name("streams")
CALL = "pz-00000000000000000000000000000001"
NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
KEPT = (
    "state, outcome, trouble, cause, tech_cause, ended_by, talk_ms, ring_ms, operator_up_at, ringing_at, answered_at,"
    " ended_at, recording"
)
OUTCOMES = {  # stream: (outcome, trouble, tech_cause)
    "answered": ("answered", "", ""),
    "busy": ("busy", "", "486"),
    "no_answer": ("no_answer", "", ""),
    "wrong_number": ("wrong_number", "", "404"),
    "network_failure": ("failed", "line_failed", "503"),
    "no_phone": ("failed", "phone_not_registered", ""),
}
ENDS = ("CallEnded", "OriginateFailed")


def told(name: str) -> list[Told]:
    """As the listener hears it."""
    messages = (STREAMS / f"{name}.txt").read_bytes().split(b"\r\n\r\n")
    return [one for raw in messages if (one := parse(read(raw))) is not None]


@pytest.fixture
def server_id(session: Session) -> int:
    session.execute(text("DELETE FROM asterisk"))
    return int(
        session.execute(
            text("INSERT INTO asterisk (name, ami_host, ami_user) VALUES ('s', 'h', 'u') RETURNING id")
        ).scalar_one()
    )


def row_after(session: Session, server_id: int, batches: list[list[Told]]) -> dict[str, Any]:
    """The row that a fresh call has when these have been written, one transaction after another."""
    session.execute(text("DELETE FROM call"))
    session.execute(
        text("""INSERT INTO call (link, type, state, asterisk_id, phone, sent_at)
                VALUES (:link, 'individual', 'sent', :server, '79000000001', :now)"""),
        {"link": CALL, "server": server_id, "now": NOW},
    )
    session.expire_all()
    for batch in batches:
        call_events.handle(session, server_id, batch, NOW)
        session.flush()
    return dict(session.execute(text(f"SELECT {KEPT} FROM call WHERE link = :link"), {"link": CALL}).mappings().one())


def cut(events: list[Told], rng: random.Random) -> list[list[Told]]:
    batches: list[list[Told]] = [[]]
    for one in events:
        batches[-1].append(one)
        if rng.random() < 0.3:
            batches.append([])
    return batches


@pytest.mark.parametrize("name", OUTCOMES)
def test_a_recorded_talk_makes_its_row(session: Session, server_id: int, name: str) -> None:
    row = row_after(session, server_id, [told(name)])
    assert (row["outcome"], row["trouble"], row["tech_cause"]) == OUTCOMES[name]
    assert row["state"] == "ended"
    if name == "answered":
        assert abs(row["talk_ms"] - 3000) <= 100 and row["recording"] == f"{CALL}.wav"


@pytest.mark.parametrize("name", OUTCOMES)
def test_twice_and_in_any_order_it_makes_the_same_row(session: Session, server_id: int, name: str) -> None:
    events = told(name)
    wanted = row_after(session, server_id, [events])
    for seed in range(12):
        rng = random.Random(seed)
        mixed = events + [one for one in events if rng.random() < 0.5]
        rng.shuffle(mixed)
        assert row_after(session, server_id, cut(mixed, rng)) == wanted, f"seed {seed}"


@pytest.mark.parametrize("name", OUTCOMES)
def test_with_gaps_it_ends_the_same_way_as_long_as_the_end_is_told(session: Session, server_id: int, name: str) -> None:
    events = told(name)
    wanted = row_after(session, server_id, [events])
    for seed in range(12):
        rng = random.Random(seed)
        left = [one for one in events if one.name in ENDS or rng.random() < 0.5]
        row = row_after(session, server_id, cut(left, rng))
        same = ("state", "outcome", "trouble", "ended_at", "talk_ms", "cause", "tech_cause", "ended_by")
        assert {key: row[key] for key in same} == {key: wanted[key] for key in same}, f"seed {seed}"


def test_of_an_incoming_talk_the_order_in_a_batch_does_not_matter() -> None:
    events = told("incoming")
    names = [one.name for one in sorted(events, key=lambda one: one.at) if one.link]
    assert names[0] == "IncomingArrived" and "IncomingAnswered" in names and "CallEnded" in names
    assert len({one.once for one in events}) == len(events)
    assert len({one.link for one in events if one.link}) == 1


def test_an_event_told_a_thousand_times_is_kept_once(session: Session, server_id: int) -> None:
    events = told("answered")
    row_after(session, server_id, [events * 50] * 20)
    kept = session.execute(text("SELECT count(*) FROM call_event")).scalar_one()
    assert kept == len([one for one in events if one.link == CALL])
