"""Keeps the families' tables equal to what happened: closed days are counted once, changed days again."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.domain.periods import Period, begins
from app.reports._families import FAMILIES, Family, counted

# A writer marks what is older than an hour; nothing writes for longer than the second hour.
SETTLED_AFTER = timedelta(hours=2)


def last_settled(now: datetime, zone: ZoneInfo) -> date:
    """The last day whose end lies so far back that every later change of it leaves a mark."""
    return (now - SETTLED_AFTER).astimezone(zone).date() - timedelta(1)


def roll_up_changed(session: Session, zone: ZoneInfo, now: datetime) -> int:
    """Count the marked days again, in one transaction with the marks it takes; returns how many days × families."""
    marks = session.execute(text("DELETE FROM dirty_moment RETURNING source, at")).all()
    dirty = {(mark.source, mark.at.astimezone(zone).date()) for mark in marks}
    settled, done = last_settled(now, zone), 0
    for family in FAMILIES.values():
        days = {day for source, day in dirty if source in family.marks}
        known = _rolled(session, family, days, zone)
        for day in sorted(days):
            if day in known and day <= settled:
                _roll_up(session, family, day, zone)
                done += 1
    return done


def roll_up_missing(session: Session, zone: ZoneInfo, now: datetime, *, back_days: int, most: int) -> int:
    """Count settled days that have no row yet, newest first; at most so many. Returns how many days × families."""
    settled, done = last_settled(now, zone), 0
    for family in FAMILIES.values():
        wanted = {settled - timedelta(n) for n in range(back_days)}
        for day in sorted(wanted - _rolled(session, family, wanted, zone), reverse=True):
            if done >= most:
                return done
            _roll_up(session, family, day, zone)
            done += 1
    return done


def first_happening(session: Session) -> datetime | None:
    """The oldest moment that any report can speak of."""
    return session.execute(
        text("""SELECT least((SELECT min(created_at) FROM call), (SELECT min(from_at) FROM assignment),
                             (SELECT min(at) FROM status_change), (SELECT min(first_seen_at) FROM ad),
                             (SELECT min(since) FROM operator_state))""")
    ).scalar()


def closed_days(session: Session, family: Family, period: Period, zone: ZoneInfo) -> set[date]:
    """Days of the period that the family's table tells truly."""
    rolled = session.execute(
        text("SELECT day FROM rolled_day WHERE family = :f AND zone = :z AND day BETWEEN :first AND :last"),
        {"f": family.key, "z": zone.key, "first": period.first, "last": period.last},
    ).scalars()
    dirty = session.execute(
        text("""SELECT DISTINCT (at AT TIME ZONE :z)::date FROM dirty_moment WHERE source = ANY(:sources)
                AND at >= :from_at AND at < :until_at"""),
        {
            "z": zone.key,
            "sources": sorted(family.marks),
            "from_at": begins(period.first, zone),
            "until_at": begins(period.last + timedelta(1), zone),
        },
    ).scalars()
    return set(rolled) - set(dirty)


def _rolled(session: Session, family: Family, days: set[date], zone: ZoneInfo) -> set[date]:
    if not days:
        return set()
    return set(
        session.execute(
            text("SELECT day FROM rolled_day WHERE family = :f AND zone = :z AND day = ANY(:days)"),
            {"f": family.key, "z": zone.key, "days": sorted(days)},
        ).scalars()
    )


def _roll_up(session: Session, family: Family, day: date, zone: ZoneInfo) -> None:
    """Old rows go first: a group may have vanished."""
    values = {
        "day": day, "f": family.key, "zone": zone.key,
        "from_at": begins(day, zone), "until_at": begins(day + timedelta(1), zone),
    }  # fmt: skip
    # A day is a sliver of each table: all is found by index, and starting helpers would take longer than the work.
    session.execute(text("SET LOCAL enable_seqscan = off"))
    session.execute(text("SET LOCAL max_parallel_workers_per_gather = 0"))
    names = ", ".join(("day", *family.dims, *family.measures))
    session.execute(text(f"DELETE FROM {family.table} WHERE day = :day"), values)  # noqa: S608  constants of ours
    session.execute(
        text(f"INSERT INTO {family.table} ({names}) SELECT {names} FROM ({counted(family, one_day=True)}) q"),  # noqa: S608
        values,
    )
    session.execute(
        text("""INSERT INTO rolled_day (family, day, zone, at) VALUES (:f, :day, :zone, clock_timestamp())
                ON CONFLICT (family, day) DO UPDATE SET zone = EXCLUDED.zone, at = EXCLUDED.at"""),
        values,
    )
