"""Cards in the pool meet the filters: one compiled index, one set-based write."""

from __future__ import annotations

import threading
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from app import settings
from app.domain.distribution import rank_of
from app.domain.filters import CarCard, Check, FilterSpec, explain
from app.domain.matching import MatchIndex
from app.services import crm_known, filters, lead_intakes, revisions

BATCH = 10_000

COLUMNS = """
  c.id, c.stage, c.filter_id, c.opened_at, v.id AS vehicle_id, v.is_foreign, v.city_id, v.make_id, v.model_id,
  v.generation_id,
  v.fuel, v.gearbox, v.drive, v.body, v.wheel, v.seller_kind, v.source_ids, v.color, v.is_damaged, v.year,
  v.mileage_km, v.price, v.price_pct, v.engine_cc, v.power_hp, v.owners, v.reseller_score, v.published_at,
  v.first_seen_at, v.is_reserved, v.title
"""


@dataclass(slots=True)
class _Known:
    revision: int
    index: MatchIndex


_known: _Known | None = None
_lock = threading.Lock()


def current_index(session: Session) -> tuple[int, MatchIndex]:
    """The index of the enabled filters and its revision; rebuilt when a filter has changed."""
    global _known
    revision = revisions.of(session, "filters")
    with _lock:
        if _known is None or _known.revision != revision:
            _known = _Known(revision, MatchIndex(filters.enabled_specs(session)))
        return _known.revision, _known.index


def match_cards(session: Session, now: datetime, *, limit: int = BATCH) -> int:
    """Match one batch of pool cards that the current filters have not seen. Returns how many; 0 means all are done."""
    revision, index = current_index(session)
    with_text = ", a.description" if index.needs_text else ", '' AS description"
    rows = session.execute(
        text(f"""
        SELECT {COLUMNS} {with_text} FROM card c JOIN vehicle v ON v.id = c.vehicle_id LEFT JOIN ad a ON a.id = v.ad_id
        WHERE c.stage = 0 AND c.match_revision < :revision ORDER BY c.match_revision, c.id LIMIT :n
        FOR UPDATE OF c SKIP LOCKED
        """),  # noqa: S608
        {"revision": revision, "n": limit},
    ).all()
    if not rows:
        return 0
    hours = settings.get(session, "priority_hours")
    clients = crm_known.Wish.of(session, [row.vehicle_id for row in rows], filters_ask=index.needs_clients)
    leads = lead_intakes.source_ids(session)
    _write(session, [_decide(index, row, now, hours, clients, leads) for row in rows], revision, now)
    return len(rows)


def _decide(
    index: MatchIndex, row: Row[Any], now: datetime, hours: int, clients: crm_known.Wish, leads: Collection[int]
) -> tuple[Any, ...]:
    spec = None if clients.keeps_out(row.vehicle_id) else best_filter(index, row, now, clients.vehicle_ids, leads)
    if spec is None:
        return (row.id, None, None, None, 0, 0)
    rank = rank_of(
        priority=spec.priority + clients.bonus(row.vehicle_id, spec.client_points),
        published_at=row.published_at or row.first_seen_at,
        waiting_since=row.opened_at,  # waiting lifts a card faster than age sinks it: nothing starves
        priority_hours=hours,
    )
    return (row.id, spec.id, spec.group_id, spec.operator_id, spec.priority, rank)


def best_filter(
    index: MatchIndex,
    row: Row[Any],
    now: datetime,
    clients: Collection[int] = frozenset(),
    leads: Collection[int] = frozenset(),
) -> FilterSpec | None:
    """The wanted filter of the highest priority. A car on several sites is asked once for each of them."""
    if row.is_reserved:
        return None
    found = [spec for card in cards_of(row, clients, leads) if (spec := index.best(card, now)) is not None]
    return min(found, key=lambda spec: (-spec.priority, spec.id), default=None)


def cards_of(
    row: Row[Any], clients: Collection[int] = frozenset(), leads: Collection[int] = frozenset()
) -> list[CarCard]:
    """What matching sees: the same car once per site that shows it. `clients`: cars that clients of the CRM sell;
    `leads`: the sources of which are ways in for leads."""
    return [
        CarCard(
            id=row.id,
            is_foreign=row.is_foreign,
            city_id=row.city_id,
            make_id=row.make_id,
            model_id=row.model_id,
            generation_id=row.generation_id,
            fuel=row.fuel,
            gearbox=row.gearbox,
            drive=row.drive,
            body=row.body,
            wheel=row.wheel,
            seller_kind=row.seller_kind,
            source_id=source_id,
            color=row.color,
            is_damaged=row.is_damaged,
            year=row.year,
            mileage_km=row.mileage_km,
            price=row.price,
            price_to_median_pct=row.price_pct,
            engine_cc=row.engine_cc,
            power_hp=row.power_hp,
            owners=row.owners,
            reseller_score=row.reseller_score,
            published_at=row.published_at,
            title=row.title or "",
            description=row.description or "",
            crm_client="client" if row.vehicle_id in clients else "stranger",
            origin="lead" if source_id in leads else "ad",
        )
        for source_id in (row.source_ids or [None])
    ]


def _write(session: Session, decisions: Sequence[tuple[Any, ...]], revision: int, now: datetime) -> None:
    columns = list(zip(*decisions, strict=True))
    session.execute(
        text("""
        UPDATE card c SET filter_id = n.filter_id, group_id = n.group_id, for_operator_id = n.operator_id,
               priority = n.priority, rank = n.rank, match_revision = :revision, matched_at = :now
        FROM unnest(CAST(:ids AS bigint[]), CAST(:filters AS int[]), CAST(:groups AS int[]), CAST(:operators AS int[]),
                    CAST(:priorities AS int[]), CAST(:ranks AS bigint[]))
             AS n(id, filter_id, group_id, operator_id, priority, rank)
        WHERE c.id = n.id AND c.stage = 0
        """),
        dict(zip(("ids", "filters", "groups", "operators", "priorities", "ranks"), map(list, columns), strict=True))
        | {"revision": revision, "now": now},
    )


def drop_stale(session: Session, now: datetime) -> int:
    """Age changes by itself: pool cards that a filter wants fresher, or older, than they were are matched anew."""
    total = 0
    for spec in filters.enabled_specs(session):
        low, high = spec.age_hours
        if high is not None:
            total += _match_anew(session, "c.filter_id = :id AND v.published_at < :at", spec.id, now, high)
        if low:
            total += _match_anew(
                session, "v.published_at <= :at AND c.matched_at < v.published_at + :age", spec.id, now, low
            )
    return total


def _match_anew(session: Session, when: str, filter_id: int, now: datetime, hours: int) -> int:
    done = session.execute(
        text(f"""
        UPDATE card c SET match_revision = 0 FROM vehicle v
        WHERE c.vehicle_id = v.id AND c.stage = 0 AND c.match_revision <> 0 AND {when}
        """),  # noqa: S608  the two conditions above
        {"id": filter_id, "at": now - timedelta(hours=hours), "age": timedelta(hours=hours)},
    )
    return int(done.rowcount)  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True)
class FilterOpinion:
    spec: FilterSpec
    checks: tuple[Check, ...]

    @property
    def fits(self) -> bool:
        return all(check.passed for check in self.checks)


def explain_card(session: Session, card_id: int, now: datetime | None = None) -> list[FilterOpinion]:
    """What every live filter says of the card, criterion by criterion; by priority."""
    now = now or datetime.now(UTC)
    row = session.execute(
        text(f"""
        SELECT {COLUMNS}, a.description FROM card c JOIN vehicle v ON v.id = c.vehicle_id
        LEFT JOIN ad a ON a.id = v.ad_id WHERE c.id = :id
        """),  # noqa: S608
        {"id": card_id},
    ).one_or_none()
    if row is None:
        return []
    clients = crm_known.vehicles_of_clients(session, [row.vehicle_id])
    cards = cards_of(row, clients, lead_intakes.source_ids(session))
    opinions = []
    for spec in sorted(filters.all_specs(session), key=lambda spec: (-spec.priority, spec.id)):
        judged = [explain(spec, card, now) for card in cards]
        best = max(judged, key=lambda checks: sum(check.passed for check in checks))
        opinions.append(FilterOpinion(spec, best))
    return opinions
