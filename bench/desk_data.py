"""A call centre's database of any size, made by the server itself: adverts, cars, sellers, cards and their history.

The open work is the same at every size, as the operators' caps keep it; what grows is all that was closed.
"""

from __future__ import annotations

from sqlalchemy import Engine, text

OPERATORS, OPEN_EACH, POOL = 500, 150, 20_000
FIRST_OPERATOR = 1001

# Multiplying by an odd number and cutting spreads the values without a random generator: the same data every time.
PEOPLE = f"""
  INSERT INTO ab_user (id, first_name, last_name, username, active, email)
    SELECT {FIRST_OPERATOR} - 1 + n, 'Имя', 'Фамилия ' || n, 'bench' || n, true, n || '@example.test'
    FROM generate_series(1, {OPERATORS}) n;
  INSERT INTO operator_group (id, name) SELECT n, 'Group ' || n FROM generate_series(1, 20) n;
  INSERT INTO operator_profile (user_id, group_id) SELECT {FIRST_OPERATOR} - 1 + n, 1 + n % 20
    FROM generate_series(1, {OPERATORS}) n;
  INSERT INTO source (id, key, name, adapter)
    SELECT n, 'bench' || n, 'Source ' || n, 'file' FROM generate_series(1, 4) n;
  INSERT INTO ad_filter (id, name, is_enabled) SELECT n, 'Filter ' || n, true FROM generate_series(1, 200) n;
  CREATE TABLE town AS SELECT row_number() OVER (ORDER BY id) - 1 AS at, id, region_id FROM city;
  CREATE TABLE kind AS SELECT row_number() OVER (ORDER BY id) - 1 AS at, id, make_id FROM car_model;
  CREATE TABLE said AS SELECT
    (SELECT min(id) FROM status WHERE is_closing) AS closing,
    (SELECT min(id) FROM status WHERE NOT is_closing) AS working;
  ANALYZE town, kind, said
"""

PLACED = """FROM generate_series(1::bigint, :n) n
        JOIN town ON town.at = n * 31 % (SELECT count(*) FROM town)
        JOIN kind ON kind.at = n % (SELECT count(*) FROM kind)"""

# n is the number of the advert, its car and its card; one car in five has a second advert, one seller has two cars.
ROWS = (
    """INSERT INTO seller (id, key, name) SELECT n, 'tel:79' || lpad((n % 100)::text, 2, '0') || '000' || n, 'Иван'
       FROM generate_series(1, :n / 2) n""",
    """INSERT INTO seller_phone (phone, seller_id)
       SELECT '79' || lpad((n * 7919 % 1000000000)::text, 9, '0'), n FROM generate_series(1::bigint, :n / 2) n""",
    f"""INSERT INTO vehicle (id, title, seller_id, source_ids, on_sale, ad_id, make_id, model_id, year, mileage_km,
                             price, body, fuel, gearbox, drive, city_id, region_id, vin, published_at)
        SELECT n, 'Лада Пример, ' || 1996 + n % 30, 1 + n % (:n / 2), '{{1}}', n > :n - 400000, n,
               kind.make_id, kind.id, 1996 + n % 30, n * 7919 % 300000, 100000 + n * 7919 % 3000000,
               'sedan', 'petrol', 'manual', 'front',
               town.id, town.region_id, CASE WHEN n % 3 = 0 THEN 'XTA' || lpad(n::text, 14, '0') END,
               now() - (:n - n) * interval '20 seconds'
        {PLACED}""",
    f"""INSERT INTO ad (id, source_id, external_id, vehicle_id, url, title, description, phone, phones, make_id,
                        model_id, year, mileage_km, price, city_id, state, facts_hash, published_at, first_seen_at)
        SELECT n, 1 + n % 4, 'e' || n, CASE WHEN n % 5 = 0 THEN n - 1 ELSE n END,
               'https://cars.example.test/sale/' || n, 'Лада Пример, ' || 1996 + n % 30,
               'Машина в хорошем состоянии, один хозяин, торг у капота.', phone, ARRAY[phone], kind.make_id, kind.id,
               1996 + n % 30, n * 7919 % 300000, 100000 + n * 7919 % 3000000, town.id,
               CASE WHEN n > :n - 400000 THEN 'active' ELSE 'removed' END, n,
               now() - (:n - n) * interval '20 seconds', now() - (:n - n) * interval '20 seconds'
        {PLACED}, LATERAL (SELECT '79' || lpad((n % (:n / 2) * 7919 % 1000000000)::text, 9, '0') AS phone) p""",
    # The newest are open work or wait in the pool, the rest is closed.
    f"""INSERT INTO card (id, vehicle_id, status_id, stage, rank, filter_id, group_id, operator_id, next_call_at,
                          matched_at, assigned_at, processed_at, closed_why, match_revision)
       SELECT n, n, CASE WHEN stage = 9 THEN closing WHEN stage > 1 THEN working END, stage, (n * 7919) % 1000003,
              1 + n % 200, 1 + n % 20, CASE WHEN stage > 0 THEN {FIRST_OPERATOR} + n % {OPERATORS} END,
              CASE WHEN stage = 3 THEN now() + (n % 2000 - 500) * interval '1 minute' END, at, at,
              CASE WHEN stage = 9 THEN at + interval '1 hour' END, CASE WHEN stage = 9 THEN 'status' ELSE '' END, 1
       FROM (SELECT n, now() - (:n - n) * interval '20 seconds' AS at,
                    CASE WHEN n > :n - {POOL} THEN 0 WHEN n <= :n - {POOL} - {OPERATORS * OPEN_EACH} THEN 9
                         ELSE (ARRAY[1, 1, 2, 2, 3])[1 + n / {OPERATORS} % 5] END AS stage
             FROM generate_series(1::bigint, :n) n) q, said""",
    f"""INSERT INTO assignment (id, card_id, operator_id, group_id, from_at, until_at, why, ended_why)
       SELECT id, id, operator_id, group_id, assigned_at, processed_at, 'dealt',
              CASE WHEN stage = 9 THEN 'status' ELSE '' END
       FROM card WHERE id <= :n - {POOL}""",
    """INSERT INTO status_change (card_id, new_id, by_id, at)
       SELECT id, status_id, operator_id, COALESCE(processed_at, assigned_at) FROM card WHERE status_id IS NOT NULL""",
    """INSERT INTO ad_price (ad_id, old_price, new_price) SELECT id, price + 50000, price FROM ad WHERE id % 10 = 0""",
    """INSERT INTO same_pair (ad_id, other_ad_id, score, reasons)
       SELECT n, n + 5, 0.5, '[]' FROM generate_series(:n - 3000, :n - 6) n""",
)

PARTS = """
  SELECT 'DROP INDEX ' || i.indexrelid::regclass AS take, pg_get_indexdef(i.indexrelid) AS put
  FROM pg_index i LEFT JOIN pg_constraint c ON c.conindid = i.indexrelid
  WHERE i.indrelid = ANY(CAST(:tables AS regclass[])) AND c.oid IS NULL
  UNION ALL
  SELECT format('ALTER TABLE %s DROP CONSTRAINT %I', conrelid::regclass, conname),
         format('ALTER TABLE %s ADD CONSTRAINT %I %s', conrelid::regclass, conname, pg_get_constraintdef(oid))
  FROM pg_constraint WHERE conrelid = ANY(CAST(:tables AS regclass[])) AND contype = 'u'
"""
TABLES = ["seller", "seller_phone", "vehicle", "ad", "card", "assignment", "status_change", "ad_price", "same_pair"]


def fill(engine: Engine, n: int) -> None:
    """Indexes are made after the rows, and keys to other tables are taken on trust: both for speed only."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("SET session_replication_role = replica"))
        connection.execute(text("SET maintenance_work_mem = '512MB'"))
        connection.execute(text("SET synchronous_commit = off"))
        for statement in PEOPLE.split(";"):
            connection.execute(text(statement))
        parts = connection.execute(text(PARTS), {"tables": TABLES}).all()
        for part in parts:
            connection.execute(text(part.take))
        for statement in ROWS:
            connection.execute(text(statement), {"n": n} if ":n" in statement else {})
        for part in parts:
            connection.execute(text(part.put))
        connection.execute(text("DROP TABLE town, kind, said"))
        connection.execute(text("VACUUM (ANALYZE)"))
