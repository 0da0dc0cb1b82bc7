"""How fast a campaign finds whom to call next: fifty operators at once among a million ads, and nobody given twice.

Run: python -m bench campaigns. Cities lie in eight zones; half of the sellers have been called before.
"""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta

from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from app.domain.calling_rules import CallRules
from app.services import campaign_targets
from app.services.distribution import Place
from bench.harness import Plan, Row, engine_of, none_of, within

NOW = datetime(2026, 11, 23, 7, tzinfo=UTC)  # ten in Moscow, and already evening in the far east
RULES = CallRules(day_cap=3, life_cap=6, gap=timedelta(hours=1), is_spread=True)
PEOPLE, FILTERS, EACH = 50, 20, 20

SETUP = f"""
  INSERT INTO ab_user (id, first_name, last_name, username, active, email)
    SELECT n, 'Operator', n, 'bench' || n, true, n || '@example.test' FROM generate_series(1, {PEOPLE}) n;
  INSERT INTO operator_group (id, name) VALUES (1, 'Group');
  INSERT INTO operator_profile (user_id, group_id, max_open, hour_cap, day_cap)
    SELECT n, 1, 1000000, 1000000, 1000000 FROM generate_series(1, {PEOPLE}) n;
  INSERT INTO region (id, name, timezone) SELECT 90000 + n, 'Region ' || n, zone FROM unnest(ARRAY['Europe/Moscow',
    'Europe/Samara', 'Asia/Yekaterinburg', 'Asia/Omsk', 'Asia/Krasnoyarsk', 'Asia/Irkutsk', 'Asia/Vladivostok',
    'Asia/Kamchatka']) WITH ORDINALITY AS z(zone, n);
  INSERT INTO ad_filter (id, name, is_enabled) SELECT n, 'Filter ' || n, true FROM generate_series(1, {FILTERS}) n;
  INSERT INTO source (id, key, name, adapter) VALUES (1, 'bench', 'Bench', 'file_import');
  INSERT INTO vehicle (id, on_sale, region_id) SELECT n, true, 90001 + n % 8 FROM generate_series(1, :cards) n;
  INSERT INTO ad (source_id, external_id, vehicle_id, title, phone, phones)
    SELECT 1, 'a' || n, n, 'Car', phone, ARRAY[phone] FROM generate_series(1, :cards) n,
      LATERAL (SELECT '7' || (9000000000 + n)::text AS phone) p;
  INSERT INTO card (id, vehicle_id, filter_id, group_id, rank, match_revision, matched_at)
    SELECT n, n, 1 + n % {FILTERS}, 1, -n, 1, now() FROM generate_series(1, :cards) n;
  INSERT INTO asterisk (id, name, ami_host, ami_user) VALUES (1, 'Bench', '127.0.0.1', 'bench');
  INSERT INTO call (type, asterisk_id, phone, state, outcome, created_at, ended_at)
    SELECT 'individual', 1, '7' || (9000000000 + n * 2)::text, 'ended', 'no_answer', at, at
    FROM generate_series(1, :cards / 2) n, LATERAL (SELECT CAST('{NOW.isoformat()}' AS timestamptz)
      - make_interval(mins => 30 + n % 3000) AS at) t;
  INSERT INTO campaign (id, name, state) VALUES (1, 'Campaign', 'running');
  INSERT INTO campaign_filter (campaign_id, filter_id) SELECT 1, n FROM generate_series(1, {FILTERS}) n
"""


def bench(plan: Plan) -> list[Row]:
    cards = 100_000 if plan.quick else 1_000_000
    with plan.server.database() as url, engine_of(url, connections=PEOPLE) as engine:
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            for statement in SETUP.split(";"):
                connection.execute(text(statement), {"cards": cards} if ":cards" in statement else {})
            connection.execute(text("VACUUM (ANALYZE)"))
        alone, _ = _crowd(engine, 1)
        took, given = _crowd(engine, PEOPLE)
        note = f"{len(given)} given, {cards:,} ads"
        return [
            within("next target for one operator, p95 ms", _p95(alone), 20, note),
            within(f"next target, {PEOPLE} operators at once, p95 ms", _p95(took), 20, note),
            none_of("targets given twice", len(given) - len(set(given))),
        ]


def _crowd(engine: Engine, people: int) -> tuple[list[float], list[int]]:
    """Each asks, is answered and thinks a while, as people do between two calls."""
    took: list[float] = []
    given: list[int] = []

    def work(person: int) -> None:
        with Session(engine) as session:
            session.execute(text("SELECT 1"))
            session.commit()
            for turn in range(EACH + 1):
                time.sleep((person * 37 % 50 + 1) / 50)
                place, began = Place(person, 1, NOW, "Europe/Moscow"), time.perf_counter()
                card = campaign_targets.give_next(session, 1, place, RULES, from_pool=True)
                session.commit()
                if turn:  # the first one plans the statement
                    took.append((time.perf_counter() - began) * 1000)
                if card is not None:
                    given.append(card)

    threads = [threading.Thread(target=work, args=(person,)) for person in range(1, people + 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return took, given


def _p95(took: list[float]) -> float:
    return sorted(took)[int(len(took) * 0.95)]
