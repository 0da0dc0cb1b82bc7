"""New ads join their vehicle; every vehicle on sale has one open card; a vehicle that is gone leaves every queue."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from app import settings
from app.domain.ads import AdState, SellerKind
from app.domain.car_facts import CarFacts, full_vin, masked_vin, seller_name
from app.domain.cars import Body, Drive, Fuel, Gearbox, Wheel
from app.domain.joining import Join, blocking_keys, cap_of, join_batch
from app.services import returning, vehicles
from app.services.ingest import unpack_signature

JOIN_LOCK = 724101  # two joiners at once could make two vehicles of one car
JOIN_BATCH = 5_000
CANDIDATES = 12_000  # stored adverts that are compared at a time: what bounds the memory, whatever the texts are like

_FACTS = """
  a.id, a.source_id, a.vehicle_id, a.make_id, a.model_id, a.generation_id, a.year, a.mileage_km, a.price, a.city_id,
  a.region_id, a.engine_cc, a.power_hp, a.fuel, a.gearbox, a.drive, a.body, a.wheel, a.color, a.owners, a.vin,
  a.vin_hint, a.plate, a.phones, a.phone_protected, a.seller_external_id, a.seller_name, a.seller_kind, a.signature,
  a.published_at, a.state, a.is_new
"""


@dataclass(slots=True)
class Joined:
    ads: int = 0
    vehicles_new: int = 0
    doubts: int = 0
    cards_opened: int = 0
    cards_closed: int = 0
    cards_reopened: int = 0


def join_new_ads(session: Session, now: datetime, *, limit: int = JOIN_BATCH) -> Joined:
    """One batch of ads that have no vehicle yet, in one transaction. Nothing to do: `ads` is 0."""
    take_turn(session)
    rows = session.execute(
        text(f"SELECT {_FACTS} FROM ad a WHERE a.vehicle_id IS NULL ORDER BY a.id LIMIT :n"),  # noqa: S608
        {"n": limit},
    ).all()
    if not rows:
        return Joined()
    new = [car_facts(row) for row in rows]
    keys = {facts.ad_id: blocking_keys(facts) for facts in new}
    pairs = _crowd_of(session, keys)
    new = _as_many_as_fit(new, keys, pairs)
    keys = {facts.ad_id: keys[facts.ad_id] for facts in new}
    joins = join_batch(new, _candidates(session, keys, pairs))
    vehicle_of = _give_vehicles(session, joins)
    _write_vehicles(session, vehicle_of)
    _write_keys(session, keys)
    done = settle(session, set(vehicle_of.values()), now)
    done.ads = len(new)
    done.vehicles_new = sum(join.vehicle_of is None for join in joins)
    done.doubts = _write_doubts(session, joins)
    return done


def take_turn(session: Session) -> None:
    """Until the commit nobody else joins or settles in bulk: two that touch the same cars could wait in a circle."""
    session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": JOIN_LOCK})


def settle(session: Session, vehicle_ids: Collection[int], now: datetime, *, reopen_gone: bool | None = None) -> Joined:
    """After ads of these vehicles changed: merge the facts, score the sellers, open, close and re-open cards.

    Many vehicles at once: take_turn() first. `reopen_gone` overrules the company's setting where a step is undone.
    """
    done = Joined()
    if not vehicle_ids:
        return done
    ids = sorted(vehicle_ids)
    _write_sellers(session, ids)
    changed = vehicles.refresh(session, ids)
    vehicles.refresh_sellers(session, ids)
    if changed:
        session.execute(
            text(
                "UPDATE card SET match_revision = 0 WHERE vehicle_id = ANY(:ids) AND stage = 0 AND match_revision <> 0"
            ),
            {"ids": changed},
        )
    done.cards_closed = _close_gone(session, ids, now)
    done.cards_reopened = _reopen(session, ids, now, reopen_gone)
    done.cards_opened = _open(session, ids, now)
    return done


def car_facts(row: Row[Any]) -> CarFacts:
    """The stored ad as the input of «same car?»."""
    external = row.seller_external_id
    return CarFacts(
        ad_id=row.id,
        source_id=row.source_id,
        make_id=row.make_id,
        model_id=row.model_id,
        generation_id=row.generation_id,
        year=row.year,
        mileage_km=row.mileage_km,
        price=row.price or None,
        city_id=row.city_id,
        region_id=row.region_id,
        engine_cc=row.engine_cc,
        power_hp=row.power_hp,
        fuel=Fuel(row.fuel) if row.fuel else None,
        gearbox=Gearbox(row.gearbox) if row.gearbox else None,
        drive=Drive(row.drive) if row.drive else None,
        body=Body(row.body) if row.body else None,
        wheel=Wheel(row.wheel) if row.wheel else None,
        color=row.color,
        owners=row.owners,
        vin=full_vin(row.vin),
        vin_hint=masked_vin(row.vin_hint),
        plate=row.plate or None,
        phones=() if row.phone_protected else tuple(row.phones),
        seller_key=f"{row.source_id}:{external}" if external else None,
        seller_name=seller_name(row.seller_name),
        seller_kind=SellerKind(row.seller_kind) if row.seller_kind else None,
        text_signature=unpack_signature(row.signature),
        published_at=row.published_at,
        is_active=row.state != AdState.REMOVED,
        is_new=row.is_new,
        vehicle_id=row.vehicle_id,
    )


def _crowd_of(session: Session, keys: dict[int, tuple[int, ...]]) -> dict[int, list[int]]:
    """key -> ids of the stored adverts under it; of a crowded key one more than counts, for that tells it is one."""
    wanted = sorted({key for mine in keys.values() for key in mine})
    rows = session.execute(
        text("""
        SELECT q.key, k.ad_id
        FROM unnest(CAST(:keys AS bigint[]), CAST(:caps AS int[])) AS q(key, cap)
        CROSS JOIN LATERAL (SELECT ad_id FROM ad_key WHERE ad_key.key = q.key LIMIT q.cap + 1) k
        """),
        {"keys": wanted, "caps": [cap_of(key) for key in wanted]},
    )
    found: dict[int, list[int]] = {}
    for key, ad_id in rows:
        found.setdefault(key, []).append(ad_id)
    return found


def _as_many_as_fit(
    new: list[CarFacts], keys: dict[int, tuple[int, ...]], crowd: dict[int, list[int]]
) -> list[CarFacts]:
    """The first of the new adverts whose candidates can be held at once; the others are the next batch."""
    together: set[int] = set()
    for number, facts in enumerate(new):
        together.update(ad_id for key in keys[facts.ad_id] for ad_id in crowd.get(key, ()))
        if len(together) > CANDIDATES and number:
            return new[:number]
    return new


def _candidates(
    session: Session, keys: dict[int, tuple[int, ...]], crowd: dict[int, list[int]]
) -> dict[int, list[CarFacts]]:
    wanted = {key for mine in keys.values() for key in mine} & crowd.keys()
    rows = session.execute(
        text(f"SELECT {_FACTS} FROM ad a WHERE a.id = ANY(:ids) AND a.vehicle_id IS NOT NULL"),  # noqa: S608
        {"ids": list({ad_id for key in wanted for ad_id in crowd[key]})},
    )
    facts = {row.id: car_facts(row) for row in rows}
    return {key: [facts[ad_id] for ad_id in crowd[key] if ad_id in facts] for key in wanted}


def _give_vehicles(session: Session, joins: Sequence[Join]) -> dict[int, int]:
    """ad id -> vehicle id, new vehicles made on the way."""
    fresh = [join.ad_id for join in joins if join.vehicle_of is None]
    ids = session.execute(
        text("INSERT INTO vehicle (on_sale) SELECT true FROM generate_series(1, :n) RETURNING id"), {"n": len(fresh)}
    ).scalars()
    vehicle_of = dict(zip(fresh, ids, strict=True))
    older = [join.vehicle_of for join in joins if join.vehicle_of is not None and join.vehicle_of not in vehicle_of]
    stored: dict[int, int] = dict(
        session.execute(text("SELECT id, vehicle_id FROM ad WHERE id = ANY(:ids)"), {"ids": older}).tuples().all()
    )
    for join in joins:  # in order: an ad may join one that came earlier in this batch
        if join.vehicle_of is not None:
            vehicle_of[join.ad_id] = vehicle_of.get(join.vehicle_of) or stored[join.vehicle_of]
    return vehicle_of


def _write_vehicles(session: Session, vehicle_of: dict[int, int]) -> None:
    session.execute(
        text("""
        UPDATE ad SET vehicle_id = n.vehicle_id
        FROM unnest(CAST(:ads AS bigint[]), CAST(:vehicles AS bigint[])) AS n(ad_id, vehicle_id) WHERE ad.id = n.ad_id
        """),
        {"ads": list(vehicle_of), "vehicles": list(vehicle_of.values())},
    )


def _write_keys(session: Session, keys: dict[int, tuple[int, ...]]) -> None:
    pairs = [(key, ad_id) for ad_id, mine in keys.items() for key in set(mine)]
    session.execute(
        text("""
        INSERT INTO ad_key (key, ad_id) SELECT * FROM unnest(CAST(:keys AS bigint[]), CAST(:ads AS bigint[]))
        ON CONFLICT DO NOTHING
        """),
        {"keys": [pair[0] for pair in pairs], "ads": [pair[1] for pair in pairs]},
    )


def _write_sellers(session: Session, vehicle_ids: list[int]) -> None:
    """Not only for new ads: a list shows an ad without its phone, which comes with the ad's own page."""
    key = vehicles.SELLER_KEY.format(a="a")
    session.execute(
        text(f"""
        INSERT INTO seller (key, name, kind)
        SELECT DISTINCT ON (k) k, seller_name, seller_kind
        FROM (SELECT {key} AS k, a.seller_name, a.seller_kind, a.id FROM ad a WHERE a.vehicle_id = ANY(:ids)) q
        WHERE k IS NOT NULL ORDER BY k, (seller_kind = 'dealer') DESC NULLS LAST, id DESC
        ON CONFLICT (key) DO UPDATE SET kind = 'dealer'
        WHERE EXCLUDED.kind = 'dealer' AND seller.kind IS DISTINCT FROM 'dealer'
        """),  # noqa: S608
        {"ids": vehicle_ids},
    )
    session.execute(
        text(f"""
        INSERT INTO seller_phone (phone, seller_id, is_substitute)
        SELECT DISTINCT ON (p) p, s.id, q.phone_protected
        FROM (SELECT unnest(a.phones) AS p, {key} AS k, a.phone_protected FROM ad a WHERE a.vehicle_id = ANY(:ids)) q
        JOIN seller s ON s.key = q.k ORDER BY p, q.phone_protected
        ON CONFLICT (phone) DO NOTHING
        """),  # noqa: S608
        {"ids": vehicle_ids},
    )


def _write_doubts(session: Session, joins: Sequence[Join]) -> int:
    rows = [
        {
            "ad": doubt.ad_id,
            "other": doubt.other_ad_id,
            "score": doubt.opinion.score,
            "reasons": json.dumps([asdict(reason) for reason in doubt.opinion.reasons], default=str),
        }
        for join in joins
        for doubt in join.doubts
    ]
    if rows:
        session.execute(
            text("""
            INSERT INTO same_pair (ad_id, other_ad_id, score, reasons)
            VALUES (:ad, :other, :score, CAST(:reasons AS jsonb)) ON CONFLICT DO NOTHING
            """),
            rows,
        )
    return len(rows)


# --- the life of cards -----------------------------------------------------------------------------------------------


def _open(session: Session, vehicle_ids: list[int], now: datetime) -> int:
    """A vehicle on sale that never had a card gets one. The unique index makes a race harmless."""
    done = session.execute(
        text("""
        INSERT INTO card (vehicle_id, opened_at)
        SELECT v.id, :now FROM vehicle v WHERE v.id = ANY(:ids) AND v.on_sale
          AND NOT EXISTS (SELECT 1 FROM card c WHERE c.vehicle_id = v.id)
        ON CONFLICT DO NOTHING
        """),
        {"ids": vehicle_ids, "now": now},
    )
    return int(done.rowcount)  # type: ignore[attr-defined]


def _close_gone(session: Session, vehicle_ids: list[int], now: datetime) -> int:
    """A car that is no longer on sale leaves every queue, whoever had it."""
    gone = (
        session.execute(
            text("""
        SELECT c.id FROM card c JOIN vehicle v ON v.id = c.vehicle_id
        WHERE c.vehicle_id = ANY(:ids) AND c.stage < 9 AND NOT v.on_sale ORDER BY c.id FOR UPDATE OF c
        """),
            {"ids": vehicle_ids},
        )
        .scalars()
        .all()
    )
    return returning.close(session, list(gone), now, why="gone")


def _reopen(session: Session, vehicle_ids: list[int], now: datetime, gone: bool | None = None) -> int:
    """Closed cards come back with their history: the ad returned, or the price dropped far enough."""
    rules = settings.all_of(session)
    done = session.execute(
        text(f"""
        UPDATE card c SET {_AS_NEW}
        FROM vehicle v
        WHERE v.id = c.vehicle_id AND v.id = ANY(:ids) AND v.on_sale AND NOT v.is_reserved AND c.stage = 9
          AND c.id = (SELECT max(id) FROM card WHERE vehicle_id = v.id)
          AND ((:returned AND c.closed_why = 'gone')
            OR (:drop_on AND c.closed_why = 'status' AND v.price <= c.closed_price::bigint * (100 - :drop) / 100
                AND c.processed_at <= :now - make_interval(hours => :hours)
                AND EXISTS (SELECT 1 FROM status s WHERE s.id = c.status_id
                            AND NOT (s.makes_lead OR s.is_do_not_call OR s.is_wrong_number OR s.is_sold))))
        RETURNING c.id
        """),  # noqa: S608  the constant below
        {
            "ids": vehicle_ids,
            "now": now,
            "returned": rules["reopen_returned"] if gone is None else gone,
            "drop_on": rules["reopen_on_price_drop"],
            "drop": rules["reopen_drop_pct"],
            "hours": rules["reopen_after_hours"],
        },
    )
    return len(done.all())


_AS_NEW = """
  stage = 0, operator_id = NULL, filter_id = NULL, group_id = NULL, for_operator_id = NULL, match_revision = 0,
  assigned_at = NULL, taken_at = NULL, processed_at = NULL, next_call_at = NULL, closed_why = '', status_id = NULL,
  opened_at = :now, version = c.version + 1
"""


def reopen_asked(session: Session, vehicle_ids: Collection[int], now: datetime) -> None:
    """The seller himself asks to be called: his closed card comes back, whatever closed it."""
    session.execute(
        text(f"""
        UPDATE card c SET {_AS_NEW} FROM vehicle v
        WHERE v.id = c.vehicle_id AND v.id = ANY(:ids) AND v.on_sale AND c.stage = 9
          AND c.id = (SELECT max(id) FROM card WHERE vehicle_id = v.id)
        """),  # noqa: S608  the constant above
        {"ids": sorted(vehicle_ids), "now": now},
    )


def reopen_cheaper(session: Session, now: datetime) -> int:
    """Cards whose price dropped sooner after closing than the seller may be called again: their time has come now.

    Looks one day back, so nothing is missed while no worker runs; later changes of the ad re-open by settle().
    """
    until = now - timedelta(hours=settings.get(session, "reopen_after_hours"))
    ids = session.execute(
        text("""
        SELECT DISTINCT c.vehicle_id FROM status_change s JOIN card c ON c.id = s.card_id
        JOIN vehicle v ON v.id = c.vehicle_id
        WHERE s.at > :since AND s.at <= :until AND c.stage = 9 AND c.closed_why = 'status' AND v.on_sale
          AND v.price < c.closed_price
        """),
        {"since": until - timedelta(days=1), "until": until},
    ).scalars()
    return _reopen(session, sorted(ids), now)
