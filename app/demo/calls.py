"""A month of calls that were made before the demonstration began: reports and lists are full from the first minute."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from random import Random
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from app.models import Asterisk, Call, CallerNumber, DialPrefix, Trunk

SERVER = "Прежняя телефония"  # switched off: nobody calls by it any more
LINES = (("Прежняя линия, город", "old-city", ("71", "72")), ("Прежняя линия, мобильная", "old-mobile", ("73",)))
NUMBERS = ("79010000201", "79010000202", "79010000203")
DAYS = 30
PER_OPERATOR = 32  # calls on a working day
MOSCOW = ZoneInfo("Europe/Moscow")
# outcome: how often, of a hundred on the city line; the mobile one is answered more often
ENDINGS = {
    "answered": 41, "no_answer": 27, "busy": 9, "unavailable": 8, "rejected": 6, "wrong_number": 3, "machine": 2,
    "failed": 1, "cancelled": 3,
}  # fmt: skip
CAUSES = {
    "answered": (16, ""), "no_answer": (19, ""), "busy": (17, "486"), "unavailable": (20, "480"),
    "rejected": (21, "603"), "wrong_number": (1, "404"), "machine": (16, ""), "failed": (34, "503"),
    "cancelled": (16, ""),
}  # fmt: skip


class Way(NamedTuple):
    trunk_id: int
    prefix_id: int
    numbers: list[str]
    answers_more: bool


def install(session: Session, operator_ids: list[int], now: datetime) -> int:
    """Once: a demonstration that has calls already keeps them. Returns how many were written."""
    if not operator_ids or session.execute(select(Call.id).limit(1)).first() is not None:
        return 0
    server, ways = _lines(session)
    chance = Random(41)
    rows: list[dict[str, Any]] = []
    for days_ago in range(DAYS, 0, -1):
        day = (now.astimezone(MOSCOW) - timedelta(days=days_ago)).date()
        share = 1.0 if day.weekday() < 5 else 0.4
        for operator_id in operator_ids:
            if chance.random() < 0.1:
                continue  # a day off
            moment = datetime.combine(day, time(9, chance.randint(0, 20)), MOSCOW).astimezone(UTC)
            for _n in range(int(PER_OPERATOR * share * chance.uniform(0.7, 1.2))):
                row = _call(chance, server.id, chance.choice(ways), operator_id, moment)
                rows.append(row)
                moment = row["ended_at"] + timedelta(seconds=chance.randint(60, 1500))
    session.execute(insert(Call), rows)
    return len(rows)


def _lines(session: Session) -> tuple[Asterisk, list[Way]]:
    server = Asterisk(name=SERVER, is_enabled=False, ami_host="127.0.0.1", ami_user="prozvon")
    session.add(server)
    session.flush()
    ways = []
    for (name, endpoint, prefixes), more in zip(LINES, (False, True), strict=True):
        trunk = Trunk(asterisk_id=server.id, name=name, endpoint=endpoint, is_enabled=False, number_format="8")
        session.add(trunk)
        session.flush()
        found = [DialPrefix(trunk_id=trunk.id, digits=digits, name=f"Выход {digits}") for digits in prefixes]
        numbers = list(NUMBERS[:2] if not more else NUMBERS[2:])
        session.add_all(found)
        session.add_all(CallerNumber(trunk_id=trunk.id, phone=phone, is_enabled=False) for phone in numbers)
        session.flush()
        ways += [Way(trunk.id, prefix.id, numbers, more) for prefix in found]
    return server, ways


def _call(chance: Random, server_id: int, way: Way, operator_id: int, begun: datetime) -> dict[str, Any]:
    weights = dict(ENDINGS)
    weights["answered"] += 12 if way.answers_more else 0
    is_incoming = chance.random() < 0.06
    outcome = chance.choices(list(weights), list(weights.values()))[0]
    if is_incoming:
        outcome = chance.choices(("answered", "no_answer"), (7, 3))[0]
    rang = outcome not in ("wrong_number", "failed", "unavailable")
    ring_ms = int(chance.uniform(2_000, 18_000) if outcome != "no_answer" else chance.uniform(25_000, 40_000))
    talks = outcome in ("answered", "machine")
    talk_ms = int(min(chance.lognormvariate(4.3, 0.8), 1_500) * 1000) if outcome == "answered" else 6_000
    ringing_at = begun + timedelta(seconds=1.5) if rang else None
    answered_at = ringing_at + timedelta(milliseconds=ring_ms) if ringing_at is not None and talks else None
    ended_at = (
        answered_at + timedelta(milliseconds=talk_ms) if answered_at is not None
        else (ringing_at or begun) + timedelta(milliseconds=ring_ms if rang else 900)
    )  # fmt: skip
    cause, tech = CAUSES[outcome]
    kind = "incoming" if is_incoming else chance.choices(("individual", "callback"), (4, 1))[0]
    return {
        "type": kind, "state": "ended", "asterisk_id": server_id, "trunk_id": way.trunk_id,
        "prefix_id": None if is_incoming else way.prefix_id, "caller_number": chance.choice(way.numbers),
        "phone": f"79{chance.randint(0, 99):02d}000{chance.randint(0, 9999):04d}",
        "operator_id": operator_id, "asked_by_id": None if is_incoming else operator_id, "created_at": begun,
        "sent_at": begun, "operator_up_at": answered_at if is_incoming else begun + timedelta(seconds=0.6),
        "ringing_at": ringing_at, "answered_at": answered_at, "ended_at": ended_at,
        "ring_ms": ring_ms if rang else None, "talk_ms": talk_ms if talks else None, "outcome": outcome, "cause": cause,
        "tech_cause": tech, "ended_by": chance.choice(("seller", "operator")),
        "trouble": "line_failed" if outcome == "failed" else "",
    }  # fmt: skip
