"""Adverts sent to us: stored the way every other source's are, and told one by one what became of each."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from app.domain.ads import AdData, Rejected
from app.errors import Refused
from app.models import Source
from app.services import sources
from app.services.deferring import defer
from app.services.ingest import LONGEST_ID, storable
from app.services.locks import only_one
from app.services.source_runs import Outcome
from app.services.sources import PUSH_KIND

PUSH_LOCK = 724_310_000  # + source id: what was there before and after is told truly only one push at a time
MOST_AT_ONCE = 1_000
DUPLICATES_TOLD = 5


@dataclass(slots=True)
class Answer:
    """What became of one record. `duplicates` are the other adverts of the same car."""

    position: int
    result: str  # new, changed, unchanged, rejected
    external_id: str = ""
    reason: str = ""
    detail: str = ""
    ad_id: int | None = None
    vehicle_id: int | None = None
    card_id: int | None = None
    duplicates: list[dict[str, Any]] = field(default_factory=list)


def source_of(session: Session, key: str) -> Source:
    """The source that takes pushes under this key. Refused when there is none, when it is asked by
    ourselves, and while it is switched off."""
    row = sources.by_key(session, storable(key)[:64])
    if row.adapter != PUSH_KIND:
        raise Refused("source_takes_no_push", name=row.name)
    if not row.is_enabled:
        raise Refused("source_off", name=row.name)
    return row


def push(
    session: Session,
    source: Source,
    records: Sequence[AdData | Rejected],
    now: Callable[[], datetime],
    *,
    actor_id: int,
) -> tuple[Outcome, list[Answer]]:
    """Store the records in their order; sending them again changes nothing. Commits, as every way of coming in does."""
    source_id = source.id
    with only_one(session, PUSH_LOCK + source_id, busy="push_running"):
        kept = _without_repeats(records)
        ids = [one.external_id for one in kept if isinstance(one, AdData)]
        before = {row.external_id: row for row in _look(session, source_id, ids)}
        outcome = sources.import_records(session, source_id, iter(kept), now, actor_id=actor_id, kind="push")
        after = {row.external_id: row for row in _look(session, source_id, ids)}
        _mark(session, source_id, outcome, now())
        session.commit()
    answers = [_answer(position, one, before, after) for position, one in enumerate(kept)]
    _tell_duplicates(session, answers)
    defer(session, "match_cards")
    session.commit()
    return outcome, answers


def _without_repeats(records: Sequence[AdData | Rejected]) -> list[AdData | Rejected]:
    """Of records with one id the last wins, as in a file; the earlier ones are told so."""
    cleaned = list(_with_storable_ids(records))
    last = {one.external_id: n for n, one in enumerate(cleaned) if isinstance(one, AdData)}
    return [
        Rejected("duplicate_in_file", one.title, n + 1, one.external_id)
        if isinstance(one, AdData) and last[one.external_id] != n
        else one
        for n, one in enumerate(cleaned)
    ]


def _with_storable_ids(records: Sequence[AdData | Rejected]) -> Iterator[AdData | Rejected]:
    for n, one in enumerate(records):
        if isinstance(one, AdData):
            one.external_id = storable(one.external_id).strip()
            if not 0 < len(one.external_id) <= LONGEST_ID:
                yield Rejected("no_identity", one.url or one.title, n + 1, one.external_id[:LONGEST_ID])
                continue
        yield one


def _look(session: Session, source_id: int, ids: list[str]) -> list[Row[Any]]:
    return list(session.execute(_LOOK, {"source": source_id, "ids": ids})) if ids else []


_LOOK = text("""
  SELECT a.external_id, a.id, a.facts_hash, a.state, a.vehicle_id,
         (SELECT id FROM card WHERE vehicle_id = a.vehicle_id AND stage < 9) AS card_id
  FROM ad a WHERE a.source_id = :source AND a.external_id = ANY(:ids)
""")


def _answer(position: int, one: AdData | Rejected, before: dict[str, Any], after: dict[str, Any]) -> Answer:
    if isinstance(one, Rejected):
        return Answer(position, "rejected", reason=one.reason, detail=one.detail[:500])
    was, row = before.get(one.external_id), after[one.external_id]
    result = "new" if was is None else "unchanged"
    if was is not None and (was.facts_hash, was.state) != (row.facts_hash, row.state):
        result = "changed"
    return Answer(
        position, result, one.external_id, ad_id=row.id, vehicle_id=row.vehicle_id, card_id=row.card_id
    )  # fmt: skip


def _tell_duplicates(session: Session, answers: Sequence[Answer]) -> None:
    vehicles = sorted({one.vehicle_id for one in answers if one.vehicle_id is not None})
    if not vehicles:
        return
    known: dict[int, list[Any]] = {}
    for row in session.execute(_OF_THE_CAR, {"ids": vehicles}):
        known.setdefault(row.vehicle_id, []).append(row)
    for one in answers:
        others = [row for row in known.get(one.vehicle_id or 0, ()) if row.ad_id != one.ad_id]
        one.duplicates = [
            {"ad_id": row.ad_id, "source": row.source, "external_id": row.external_id, "url": row.url}
            for row in others[:DUPLICATES_TOLD]
        ]


_OF_THE_CAR = text("""
  SELECT a.vehicle_id, a.id AS ad_id, s.key AS source, a.external_id, a.url
  FROM unnest(CAST(:ids AS bigint[])) v(id)
  CROSS JOIN LATERAL (SELECT * FROM ad WHERE vehicle_id = v.id ORDER BY id DESC LIMIT 20) a
  JOIN source s ON s.id = a.source_id
""")


def _mark(session: Session, source_id: int, outcome: Outcome, now: datetime) -> None:
    """The source as the administrator sees it: a push is its pull."""
    row = session.get(Source, source_id)
    if row is not None:
        row.health, row.health_text, row.errors_in_row = outcome.health, outcome.error, 0
        row.last_ok_at = now
