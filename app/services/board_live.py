"""The board at this moment, in a handful of statements: people with their day, groups, queues, sources and lines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from app.domain import marks
from app.domain.periods import begins
from app.domain.sight import EVERYBODY, Sight
from app.services import board, board_goals, counters, late_leads
from app.services.board_goals import Goal


@dataclass(frozen=True, slots=True)
class Day:
    """What was done since midnight; the same words as the reports: ended calls to sellers, talks, leads."""

    calls: int = 0
    connects: int = 0
    talk_ms: int = 0
    leads: int = 0

    @property
    def connect_rate(self) -> float | None:
        return self.connects / self.calls if self.calls else None

    @property
    def average_talk_s(self) -> int | None:
        return round(self.talk_ms / self.connects / 1000) if self.connects else None

    def __add__(self, other: Day) -> Day:
        return Day(
            self.calls + other.calls, self.connects + other.connects,
            self.talk_ms + other.talk_ms, self.leads + other.leads,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Operator:
    seat: Row[Any]
    day: Day
    goal: Goal
    now: Row[Any] | None  # the card of the live call, or else the one in work


@dataclass(frozen=True, slots=True)
class Team:
    group: Row[Any]
    day: Day
    at_work: int
    people: int


@dataclass(frozen=True, slots=True)
class Snapshot:
    operators: Sequence[Operator]
    teams: Sequence[Team]
    total: Day
    queues: Sequence[Row[Any]]
    waits: Row[Any]
    leads: Row[Any]
    sources: Sequence[Row[Any]]
    lines: Sequence[Row[Any]]
    tones: Mapping[str, str] = field(default_factory=dict)  # metric -> warning, danger or nothing
    day: date | None = None


def snapshot(session: Session, now: datetime, zone: str, sight: Sight = EVERYBODY) -> Snapshot:
    today = counters.company_day(now, zone)
    seats = board.operators(session, now, zone, sight)
    days, goals, busy = _days(session, today, zone), board_goals.goals(session), _cards_now(session)
    people = [
        Operator(
            seat, days.get(seat.user_id, Day()), board_goals.goal_of(goals, seat.user_id, seat.group_id),
            busy.get(seat.user_id),
        )
        for seat in seats
    ]  # fmt: skip
    total = sum((day for who, day in days.items() if sight.operators is None or who in sight.operators), Day())
    queues = board.pools(session, now, zone, sight)
    waits, leads = _waits(session, now, sight), late_leads.counts(session, now, sight)
    sources, lines = board.sources(session), _lines(session)
    numbers: dict[str, float | None] = {
        "overdue": waits.overdue,
        "oldest_min": (now - waits.oldest).total_seconds() // 60 if waits.oldest else None,
        "pool": waits.pool,
        "leads_late": leads.late,
        "crm": waits.crm,
        "sms": waits.sms,
        "connect_rate": None if total.connect_rate is None else total.connect_rate * 100,
        "at_work": sum(seat.presence != "offline" for seat in seats),
    }
    limits = board_goals.marks(session)
    tones = {name: marks.tone(value, *limits[name]) for name, value in numbers.items() if name in limits}
    return Snapshot(people, _teams(session, people, sight), total, queues, waits, leads, sources, lines, tones, today)


def day_of(session: Session, operator_id: int, now: datetime, zone: str) -> Day:
    """One person's own day, for the desk."""
    return _days(session, counters.company_day(now, zone), zone, operator_id).get(operator_id, Day())


def _days(session: Session, today: date, zone: str, operator_id: int | None = None) -> dict[int | None, Day]:
    """Who did what today, by operator; None: calls of nobody, which belong to the total all the same."""
    own_calls = own_leads = ""
    if operator_id is not None:
        own_calls, own_leads = "AND operator_id = :operator", "AND by_id = :operator"
    found = session.execute(
        text(f"""
        SELECT operator_id, sum(calls) AS calls, sum(connects) AS connects, sum(talk_ms) AS talk_ms, sum(leads) AS leads
        FROM (
          SELECT operator_id, count(*) AS calls, count(*) FILTER (WHERE outcome = 'answered') AS connects,
                 coalesce(sum(talk_ms) FILTER (WHERE outcome = 'answered'), 0) AS talk_ms, 0 AS leads
          FROM call WHERE state = 'ended' AND type IN ('individual', 'campaign', 'callback')
            AND created_at >= :from_at AND created_at < :until_at {own_calls} GROUP BY operator_id
          UNION ALL
          SELECT by_id, 0, 0, 0, count(*) FROM lead
          WHERE created_at >= :from_at AND created_at < :until_at {own_leads} GROUP BY by_id
        ) x GROUP BY operator_id
        """),  # noqa: S608  constants of ours
        {
            "from_at": begins(today, ZoneInfo(zone)), "until_at": begins(today + timedelta(1), ZoneInfo(zone)),
            "operator": operator_id,
        },
    )  # fmt: skip
    return {row.operator_id: Day(int(row.calls), int(row.connects), int(row.talk_ms), int(row.leads)) for row in found}


def _cards_now(session: Session) -> dict[int, Row[Any]]:
    """What everybody works on: the car of the live call, else that of the card last taken to work."""
    found = session.execute(
        text("""
        SELECT DISTINCT ON (x.operator_id) x.operator_id, x.card_id, x.call_state, v.title
        FROM (SELECT operator_id, card_id, state AS call_state, 0 AS place, created_at AS at
              FROM call WHERE state <> 'ended' AND operator_id IS NOT NULL
              UNION ALL
              SELECT k.operator_id, k.id, NULL, 1, t.taken_at FROM card k
              JOIN assignment t ON t.card_id = k.id AND t.until_at IS NULL WHERE k.stage = 2) x
        LEFT JOIN card k ON k.id = x.card_id LEFT JOIN vehicle v ON v.id = k.vehicle_id
        ORDER BY x.operator_id, x.place, x.at DESC NULLS LAST
        """)
    )
    return {row.operator_id: row for row in found}


def _teams(session: Session, people: Sequence[Operator], sight: Sight) -> list[Team]:
    teams = []
    for group in board.groups(session, sight):
        own = [person for person in people if person.seat.group_id == group.id]
        at_work = sum(person.seat.presence != "offline" for person in own)
        teams.append(Team(group, sum((person.day for person in own), Day()), at_work, len(own)))
    return teams


def _waits(session: Session, now: datetime, sight: Sight) -> Row[Any]:
    """The queues in one row: cards that nobody has, call-backs too late, what the CRM and the gateways shall get."""
    filters, whose, leads, sms = "", "", "", ""
    if not sight.is_whole:
        filters, whose = "AND filter_id = ANY(CAST(:filters AS int[]))", "AND operator_id = ANY(CAST(:seen AS int[]))"
        leads = "AND lead_id IN (SELECT id FROM lead WHERE by_id = ANY(CAST(:seen AS int[])))"
        sms = "AND by_id = ANY(CAST(:seen AS int[]))"
    return session.execute(
        text(f"""
        SELECT (SELECT count(*) FROM card WHERE stage = 0 AND filter_id IS NOT NULL {filters}) AS pool,
               (SELECT min(opened_at) FROM card WHERE stage = 0 AND filter_id IS NOT NULL {filters}) AS oldest,
               (SELECT count(*) FROM card WHERE stage = 3 AND next_call_at <= :now {whose}) AS overdue,
               (SELECT count(*) FROM crm_push WHERE state = 'waiting' {leads}) AS crm,
               (SELECT count(*) FROM crm_push WHERE state = 'failed' {leads}) AS crm_failed,
               (SELECT count(*) FROM sms_message WHERE state = 'waiting' {sms}) AS sms,
               (SELECT count(*) FROM call WHERE state <> 'ended' {whose}) AS live_calls
        """),  # noqa: S608  constants of ours
        {"now": now, "filters": sorted(sight.filters), "seen": sorted(sight.operators or ())},
    ).one()


def _lines(session: Session) -> list[Row[Any]]:
    """Enabled lines with their live calls, and whether their telephony is there."""
    return list(
        session.execute(
            text("""
            SELECT t.id, t.name, t.max_channels, t.stopped_at, s.state = 'up' AS is_up, count(c.id) AS busy
            FROM trunk t JOIN asterisk s ON s.id = t.asterisk_id
            LEFT JOIN call c ON c.trunk_id = t.id AND c.state <> 'ended'
            WHERE t.is_enabled GROUP BY t.id, s.state ORDER BY t.position, t.name
            """)
        )
    )
