"""How fast operators get cards: P10 taking from the pool beside a bare commit, P11 dealing beside a plain UPDATE.

Run: python -m bench claims. Fifty people take at once; afterwards everything that was promised is counted.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from statistics import median

from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from app.domain.distribution import Decision
from app.errors import Reason, Refused
from app.services import claiming, dealing
from app.services.distribution import Place
from bench.harness import Plan, Row, at_least, engine_of, interleaved, none_of

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
ZONE = "Europe/Moscow"
PEOPLE, GROUPS, FILTERS = 50, 5, 100

# A car came every three seconds, and the cards are ranked as domain.ranking does: priority of the filter, then age.
# Every fifth operator is short of room in one of three ways; every tenth filter takes forty cards and no more.
SETUP = f"""
  INSERT INTO ab_user (id, first_name, last_name, username, active, email)
    SELECT n, 'Operator', n, 'bench' || n, true, n || '@example.test' FROM generate_series(1, {PEOPLE} + 1) n;
  INSERT INTO operator_group (id, name) SELECT n, 'Group ' || n FROM generate_series(1, {GROUPS}) n;
  INSERT INTO operator_profile (user_id, group_id, max_open, hour_cap, day_cap)
    SELECT n, 1 + n % {GROUPS}, CASE WHEN n % 15 = 0 THEN 30 ELSE 1000000 END,
           CASE WHEN n % 15 = 5 THEN 35 ELSE 1000000 END, CASE WHEN n % 15 = 10 THEN 25 ELSE 1000000 END
    FROM generate_series(1, {PEOPLE} + 1) n;
  INSERT INTO ad_filter (id, name, is_enabled, open_cap)
    SELECT n, 'Filter ' || n, true, CASE WHEN n % 10 = 0 THEN 40 END FROM generate_series(1, {FILTERS}) n;
  INSERT INTO vehicle (id, on_sale) SELECT n, true FROM generate_series(1, :cards) n;
  INSERT INTO card (id, vehicle_id, filter_id, group_id, for_operator_id, rank, match_revision, matched_at)
    SELECT n, n, 1 + (n::bigint * 7919) % {FILTERS}, CASE WHEN n % 10 < 9 THEN 1 + n % {GROUPS} END,
           CASE WHEN n % 500 = 0 THEN 1 + n / 500 % {PEOPLE} END,
           (1 + (n::bigint * 7919) % {FILTERS}) % 5 * 43200 - 3 * n, 1, now()
    FROM generate_series(1, :cards) n;
  CREATE TABLE floor (id int PRIMARY KEY, n int NOT NULL) WITH (fillfactor = 50);
  INSERT INTO floor SELECT n, 0 FROM generate_series(1, {PEOPLE}) n
"""


def bench(plan: Plan) -> list[Row]:
    cards, each, dealt = (60_000, 10, 2_000) if plan.quick else (300_000, 20, 10_000)
    with plan.server.database() as url, engine_of(url, connections=PEOPLE) as engine:
        prepare(engine, cards)
        return [*claims(engine, each, plan.rounds), write_back(engine, dealt, plan.rounds)]


def prepare(engine: Engine, cards: int) -> None:
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        for statement in SETUP.split(";"):
            connection.execute(text(statement), {"cards": cards} if ":cards" in statement else {})
        connection.execute(text("VACUUM (ANALYZE)"))


# --- P10


def claims(engine: Engine, each: int, rounds: int) -> list[Row]:
    crowd = Crowd(engine, each)
    taken: list[tuple[int, int]] = []  # (operator, card) of all rounds
    speeds: tuple[list[float], list[float]] = [], []

    def take(session: Session, person: int) -> int:
        place = Place(person, 1 + person % GROUPS, NOW, ZONE)
        try:
            card = claiming.claim_next(session, place)
        except Refused:
            session.rollback()
            return 0
        session.commit()
        if card is not None:
            taken.append((person, card))
        return card is not None

    def commit_only(session: Session, person: int) -> int:
        session.execute(text("UPDATE floor SET n = n + 1 WHERE id = :id"), {"id": person})
        session.commit()
        return 1

    for number in range(rounds + 1):
        for side, found in zip((take, commit_only), speeds, strict=True):
            speed = crowd.run(side)
            if number:
                found.append(speed)
    name = f"P10 claims with caps / own counter row + COMMIT, {PEOPLE} connections, per s"
    return [at_least(name, *speeds, 0.35, f"{len(taken)} cards taken"), *promises(engine, taken)]


class Crowd:
    """Fifty people who all begin at once and do the same thing so many times."""

    def __init__(self, engine: Engine, each: int) -> None:
        self.sessions = {person: Session(engine) for person in range(1, PEOPLE + 1)}
        self.each = each

    def run(self, act: Callable[[Session, int], int]) -> float:
        """How many acts a second had an effect."""
        start = threading.Barrier(PEOPLE + 1)
        done: list[int] = []
        failed: list[BaseException] = []

        def work(person: int) -> None:
            session = self.sessions[person]
            session.execute(text("SELECT 1"))  # everybody is connected before the clock runs
            session.commit()
            start.wait()
            try:
                done.append(sum(act(session, person) for _ in range(self.each)))
            except BaseException as trouble:
                failed.append(trouble)
                raise

        threads = [threading.Thread(target=work, args=(person,)) for person in self.sessions]
        for thread in threads:
            thread.start()
        start.wait()
        began = time.perf_counter()
        for thread in threads:
            thread.join()
        if failed:
            raise failed[0]
        return sum(done) / (time.perf_counter() - began)


def promises(engine: Engine, taken: list[tuple[int, int]]) -> list[Row]:
    """Exact, or the speed above is worth nothing."""
    with engine.connect() as connection:
        rows = connection.execute(text("SELECT operator_id, id FROM card WHERE stage = 2")).tuples().all()
        over = connection.execute(text(OVER), {"now": NOW}).scalar_one()
        wrong = connection.execute(text(WRONG)).scalar_one()
    doubles = len(taken) - len({card for _, card in taken})
    lost = len({(owner, card) for owner, card in rows} ^ set(taken))
    return [
        none_of("P10 cards taken twice", doubles),
        none_of("P10 claims that are not in the table, or the other way round", lost),
        none_of("P10 operators and filters above a cap", over),
        none_of("P10 counters that differ from the rows", wrong),
    ]


OVER = """
  SELECT (SELECT count(*) FROM operator_profile
          WHERE open_n > max_open OR day_n > day_cap OR hour_n > hour_cap)
       + (SELECT count(*) FROM ad_filter WHERE open_n > open_cap)
"""
WRONG = """
  SELECT (SELECT count(*) FROM operator_profile p
          LEFT JOIN (SELECT operator_id, count(*) AS n FROM card WHERE stage IN (1,2,3) GROUP BY operator_id) c
                 ON c.operator_id = p.user_id
          LEFT JOIN (SELECT operator_id, count(*) AS n FROM assignment WHERE until_at IS NULL GROUP BY operator_id) a
                 ON a.operator_id = p.user_id
          WHERE (p.open_n, p.hour_n, p.day_n) <> (COALESCE(c.n, 0), COALESCE(c.n, 0), COALESCE(c.n, 0))
             OR p.open_n <> COALESCE(a.n, 0))
       + (SELECT count(*) FROM ad_filter f
          LEFT JOIN (SELECT filter_id, count(*) AS n FROM card WHERE stage IN (1,2,3) GROUP BY filter_id) c
                 ON c.filter_id = f.id
          WHERE f.open_cap IS NOT NULL AND f.open_n <> COALESCE(c.n, 0))
"""


# --- P11


def write_back(engine: Engine, n: int, rounds: int) -> Row:
    with engine.connect() as connection:
        free = connection.execute(
            text("SELECT id FROM card WHERE stage = 0 AND for_operator_id IS NULL ORDER BY rank DESC, id LIMIT :n"),
            {"n": 2 * n * (rounds + 1)},
        )
        waiting = list(free.scalars())
    place = Place(0, None, NOW, ZONE)
    batch: dict[str, list[int]] = {}

    def before(number: int) -> None:
        at = 2 * n * number
        batch["ours"], batch["plain"] = sorted(waiting[at : at + n]), sorted(waiting[at + n : at + 2 * n])

    def ours() -> None:
        decisions = [
            Decision(card_id=card, operator_id=1 + spot % PEOPLE, reason=Reason("dealt", {"spot": spot}))
            for spot, card in enumerate(batch["ours"])
        ]
        with Session(engine) as session:
            assert dealing.write_back(session, decisions, place) == n
            session.commit()

    def plain() -> None:
        with Session(engine) as session:
            done = session.execute(
                text("UPDATE card SET stage = 1, operator_id = :who, assigned_at = :now WHERE id = ANY(:ids)"),
                {"who": PEOPLE + 1, "now": NOW, "ids": batch["plain"]},
            )
            assert done.rowcount == n
            session.commit()

    a, b = interleaved([ours, plain], rounds, time.perf_counter, before=before)
    speeds = [[n / seconds for seconds in side] for side in (a, b)]
    row = at_least(f"P11 dealing {n} cards, write-back / plain UPDATE, rows/s", *speeds, 0.4)
    return row._replace(spread=f"{row.spread}; {1000 * median(a) / n:.3f} ms a card")
