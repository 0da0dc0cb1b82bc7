"""How soon an operator sees something: P12 every query of the desk beside SELECT 1, P13 the same in ten times the data.

Run: python -m bench desk. Statements are timed one by one at the driver, as the services send them.
"""

from __future__ import annotations

import random
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from statistics import median, quantiles
from typing import Any

from sqlalchemy import Engine, event, text
from sqlalchemy.orm import Session

from app.services import card_page, worklist
from bench.desk_data import FIRST_OPERATOR, OPERATORS, fill
from bench.harness import Plan, Row, engine_of

SMALL, LARGE = 500_000, 5_000_000
HISTORY = ("done", "find", "card: others", "card: earlier")  # these look into what grows
NAMES = {id(value): name for name, value in vars(worklist).items() if hasattr(value, "text")}
PER_ROUND = 60


def bench(plan: Plan) -> list[Row]:
    small, large = (200_000, 1_000_000) if plan.quick else (SMALL, LARGE)
    with ExitStack() as stack:
        desks = []
        for n in (small, large):
            engine = stack.enter_context(engine_of(stack.enter_context(plan.server.database())))
            started = time.monotonic()
            fill(engine, n)
            print(f"{'':13}{n:,} adverts made in {time.monotonic() - started:.0f} s", flush=True)
            desks.append(Desk(engine, n))
        for number in range(plan.rounds + 1):
            for desk in desks:
                desk.round(keep=number > 0)
        return rows(*desks)


def rows(small: Desk, large: Desk) -> list[Row]:
    floor = p95(large.times["SELECT 1"])
    found = []
    for name in sorted(large.times):
        if name == "SELECT 1":
            continue
        value, less = p95(large.times[name]), p95(small.times[name])
        note = f"p50 {1000 * median(large.times[name]):.2f} ms, p95 {1000 * value:.2f} ms"
        ok = value / floor <= 15 and value < 0.005
        found.append(Row(f"P12 {name} / SELECT 1, p95, {large.n:,} adverts", value, floor, value / floor,
                         "<= 15, < 5 ms", ok, note))  # fmt: skip
        bound = 4 if name.startswith(HISTORY) else 1.3
        found.append(Row(f"P13 {name}, {large.n:,} / {small.n:,} adverts, p95", value, less, value / less,
                         f"<= {bound}", value / less <= bound, note))  # fmt: skip
    return found


def p95(times: list[float]) -> float:
    return quantiles(times, n=20)[-1]


@dataclass
class Desk:
    """One database, and the time of every statement that its operators' pages have sent."""

    engine: Engine
    n: int
    times: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    rng: random.Random = field(default_factory=lambda: random.Random("desk"))

    def round(self, *, keep: bool) -> None:
        kept = self.times if keep else defaultdict(list)
        with Session(self.engine) as session, timed(self.engine, kept) as says:
            for _ in range(PER_ROUND):
                who = FIRST_OPERATOR + self.rng.randrange(OPERATORS)
                for name, act in self.acts(session, who):
                    says(name)
                    act()
                    says("")
                    session.rollback()

    def acts(self, session: Session, who: int) -> Iterator[tuple[str, Callable[[], Any]]]:
        now, car = datetime.now(UTC), self.rng.randrange(1, self.n)
        yield "SELECT 1", lambda: session.execute(text("SELECT 1")).scalar()
        yield "counts", lambda: worklist.counts(session, who, now)
        yield "what to work on now", lambda: worklist.first_of(session, who, now)
        for tab in worklist.TABS:
            yield f"{tab} tab", lambda tab=tab: worklist.lines(session, who, tab)
        after, mine = self._deep(who), self._own_card(who)
        yield "done tab, deep page", lambda: worklist.lines(session, who, "done", after=after)
        yield "may see", lambda: worklist.may_see(session, mine, who)
        yield "card", lambda: card_page.load(session, mine)
        phone = f"79{car % (self.n // 2) * 7919 % 10**9:09d}"
        yield "find by phone", lambda: worklist.find(session, phone[-7:], None)
        yield "find by VIN", lambda: worklist.find(session, f"XTA{car // 3 * 3:014d}", who)
        yield "find by advert", lambda: worklist.find(session, f"e{car}", who)

    def _deep(self, who: int) -> tuple[datetime, int]:
        """Where the hundredth page begins, or the middle of what a person in a small database has closed."""
        skip = min(5000, (self.n - 100_000) // OPERATORS // 2)
        sql = """SELECT processed_at, id FROM card WHERE operator_id = :who AND stage = 9
                 ORDER BY processed_at DESC, id DESC OFFSET :skip LIMIT 1"""
        with self.engine.connect() as connection:
            row = connection.execute(text(sql), {"who": who, "skip": skip}).one()
        return row.processed_at, row.id

    def _own_card(self, who: int) -> int:
        sql = "SELECT id FROM card WHERE operator_id = :who AND stage IN (1,2,3) ORDER BY rank LIMIT 1"
        with self.engine.connect() as connection:
            return int(connection.execute(text(sql), {"who": who}).scalar_one())


@contextmanager
def timed(engine: Engine, kept: dict[str, list[float]]) -> Iterator[Callable[[str], None]]:
    """Time at the driver, with the rows already here: what the services add in Python is not the database's.

    What is sent while no name is said is not kept.
    """
    said = [""]

    def before(connection: Any, cursor: Any, statement: str, parameters: Any, context: Any, many: bool) -> None:
        context.began = time.perf_counter()

    def after(connection: Any, cursor: Any, statement: str, parameters: Any, context: Any, many: bool) -> None:
        took = time.perf_counter() - context.began
        part = NAMES.get(id(context.invoked_statement), "").strip("_").lower()
        if said[0]:
            kept[f"{said[0]}: {part}" if part else said[0]].append(took)

    event.listen(engine, "before_cursor_execute", before)
    event.listen(engine, "after_cursor_execute", after)
    try:
        yield lambda name: said.__setitem__(0, name)
    finally:
        event.remove(engine, "before_cursor_execute", before)
        event.remove(engine, "after_cursor_execute", after)
