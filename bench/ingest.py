"""How fast adverts get into the tables: P1 and P2 beside a raw COPY, P3 beside an object mapper that goes row by row.

Run: python -m bench ingest. The rows are recognised and prepared beforehand; the clock runs from there to the commit.
"""

from __future__ import annotations

import io
import json
import time
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Engine, select, text
from sqlalchemy.orm import Session

from app.models import Ad
from app.services.ingest import BATCH, COLUMNS, COPY_INTO, Tally, make_staging, numbered, stage, upsert
from bench.harness import Plan, Row, at_least, engine_of, interleaved
from bench.ingest_data import Adverts

Rows = list[bytes]
FOREIGN_KEYS = "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = 'ad'::regclass AND contype = 'f'"


def bench(plan: Plan) -> list[Row]:
    n, known = (20_000, 40_000) if plan.quick else (100_000, 200_000)
    with plan.server.database() as url, engine_of(url) as engine:
        tables, made = Tables(engine), Adverts()
        tables.warm(made.new(known))
        return [measure(tables, made, n, plan.rounds) for measure in (fresh, refresh, beside_mapper)]


def fresh(tables: Tables, made: Adverts, n: int, rounds: int) -> Row:
    rows: Rows = []

    def before(number: int) -> None:
        rows[:] = made.new(n)
        tables.settle()
        tables.hold(rows)

    def ours() -> None:
        tally = tables.ingest(rows)
        assert (tally.new, tally.changed) == (n, 0), tally

    a, b = interleaved([ours, tables.copy], rounds, time.perf_counter, before=before)
    return at_least("P1 ingest, all new / raw COPY into the same indexed table, rows/s", *speeds(n, a, b), 0.6)


def refresh(tables: Tables, made: Adverts, n: int, rounds: int) -> Row:
    rows: Rows = []

    def before(number: int) -> None:
        rows[:] = made.again(n)
        tables.settle()
        # The raw COPY cannot meet an advert twice: it gets the same rows under ids of their own.
        tables.hold([b"x%d-%b" % (number, row) for row in rows])  # the id comes first

    def ours() -> None:
        tally = tables.ingest(rows)
        assert (tally.new, tally.price_changed, tally.changed) == (n * 15 // 100, n // 10, n // 10), tally

    a, b = interleaved([ours, tables.copy], rounds, time.perf_counter, before=before)
    return at_least("P2 ingest, 75 % same 10 % price 15 % new / raw COPY, rows/s", *speeds(n, a, b), 0.6)


def beside_mapper(tables: Tables, made: Adverts, n: int, rounds: int) -> Row:
    """The same mixture on both sides; the mapper gets fewer rows, for it takes its time with each."""
    few = max(1000, n // 50)
    sides: dict[str, Rows] = {}

    def before(number: int) -> None:
        sides["ours"], sides["mapper"] = made.again(n), made.again(few)
        tables.settle()

    a, b = interleaved(
        [lambda: tables.ingest(sides["ours"]), lambda: tables.by_mapper(sides["mapper"])],
        rounds, time.perf_counter, before=before,
    )  # fmt: skip
    name = "P3 ingest / object mapper: select, compare, update per row, rows/s"
    return at_least(name, *speeds(n, a), *speeds(few, b), 8)


def speeds(n: int, *sides: Sequence[float]) -> list[list[float]]:
    return [[n / seconds for seconds in side] for side in sides]


class Tables:
    """`ad`, and its twin for the raw COPY: the same columns, checks, indexes and foreign keys."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        with engine.begin() as connection:
            self.source_id = connection.execute(
                text("INSERT INTO source (key, name, adapter) VALUES ('bench', 'Bench', 'file') RETURNING id")
            ).scalar_one()
            connection.execute(text("CREATE TABLE twin (LIKE ad INCLUDING ALL)"))
            connection.execute(text(f"ALTER TABLE twin ALTER source_id SET DEFAULT {self.source_id}"))
            for key in connection.execute(text(FOREIGN_KEYS)).scalars().all():
                connection.execute(text(f"ALTER TABLE twin ADD {key}"))
            # A word that is empty is NULL in what COPY reads; the upsert makes it '' again, the twin may keep it.
            for column in Ad.__table__.columns:
                if not column.nullable and column.name in COLUMNS:
                    connection.execute(text(f"ALTER TABLE twin ALTER {column.name} DROP NOT NULL"))
            connection.execute(text("ALTER TABLE twin ADD line_no int"))
        self._buffer = b""

    def warm(self, rows: Rows) -> None:
        """Both tables hold the same adverts before anything is measured: an index grows slower when it is large."""
        self.ingest(rows)
        self.hold(rows)
        self.copy()
        self.settle("(ANALYZE)")

    def settle(self, how: str = "") -> None:
        with self.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text(f"VACUUM {how} ad, twin"))

    def ingest(self, rows: Rows) -> Tally:
        """As services.ingest does with what it has recognised, in its batches."""
        tally = Tally()
        with Session(self.engine) as session:
            make_staging(session, snapshot=False)
            for start in range(0, len(rows), BATCH):
                stage(session, rows[start : start + BATCH], first_line=start)
            upsert(session, self.source_id, len(rows), tally)
            session.commit()
        return tally

    def hold(self, rows: Rows) -> None:
        self._buffer = numbered(rows)

    def copy(self) -> None:
        """The limit: a buffer that is ready goes straight into the table and its indexes."""
        with self.engine.begin() as connection, connection.connection.cursor() as cursor:
            cursor.copy_expert(COPY_INTO.format(table="twin"), io.BytesIO(self._buffer), size=1 << 18)

    def by_mapper(self, rows: Rows) -> None:
        with Session(self.engine) as session:
            for row in rows:
                told = values_of(row)
                ad = session.execute(
                    select(Ad).where(Ad.source_id == self.source_id, Ad.external_id == told["external_id"])
                ).scalar_one_or_none()
                if ad is None:
                    session.add(Ad(source_id=self.source_id, **told))
                elif ad.facts_hash != told["facts_hash"]:
                    for name, value in told.items():
                        setattr(ad, name, value)
                session.flush()
            session.commit()


def values_of(row: bytes) -> dict[str, Any]:
    """What COPY reads as text, as attributes of the object; the mapper should not work with less than we store."""
    told: dict[str, Any] = dict(zip(COLUMNS, row.decode().split("\x1f"), strict=True))
    for name, value in told.items():
        column = Ad.__table__.columns[name]
        if not value:
            told[name] = None if column.nullable else ""
        elif name in ("photos", "phones"):
            told[name] = value.strip("{}").replace('"', "").split(",")
        elif name == "signature":
            told[name] = bytes.fromhex(value[3:])  # after the escaped \\x
        elif name == "written":
            told[name] = json.loads(value)
        elif column.type.python_type is int:
            told[name] = int(value)
        elif column.type.python_type is bool:
            told[name] = value == "t"
    return told
