"""A vehicle's facts are merged from its ads, an operator's corrections on top; set-based, for many at once."""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.domain.pricing import HIGHEST_PCT
from app.domain.resellers import reseller_score

_NUMBERS = ("make_id", "model_id", "generation_id", "year", "mileage_km", "engine_cc", "power_hp", "owners")
_WORDS = ("body", "fuel", "gearbox", "drive", "wheel", "color", "vin", "plate")
_CORRECTED = (*_NUMBERS, *_WORDS, "city_id")  # an operator may correct these; his word wins
_FROM_ADS = ("seller_kind",)
_FLAGS = ("is_damaged", "is_new")
SELLER_KEY = (
    "CASE WHEN {a}.phone IS NOT NULL AND NOT {a}.phone_protected THEN 'tel:' || {a}.phone "
    "WHEN {a}.seller_external_id <> '' THEN {a}.source_id || ':' || {a}.seller_external_id END"
)


def _merge_sql() -> str:
    casts = dict.fromkeys(_NUMBERS, "::int") | {"city_id": "::bigint"} | dict.fromkeys(_WORDS, "")
    merged = [f"COALESCE((v.edits->>'{n}'){casts[n]}, lead.{n}, every.{n}) AS {n}" for n in _CORRECTED]
    merged += [f"COALESCE(lead.{n}, every.{n}) AS {n}" for n in (*_FROM_ADS, *_FLAGS)]
    columns = [*_CORRECTED, *_FROM_ADS, *_FLAGS]
    columns += ["price", "region_id", "is_foreign", "title", "published_at", "on_sale", "is_reserved"]
    columns += ["source_ids", "seller_id", "ad_id", "price_pct"]
    collected = [f"max(a.{n}) AS {n}" for n in (*_CORRECTED, *_FROM_ADS)] + [f"bool_or(a.{n}) AS {n}" for n in _FLAGS]
    return f"""
    WITH lead AS (
      SELECT DISTINCT ON (a.vehicle_id) a.* FROM ad a WHERE a.vehicle_id = ANY(:ids)
      ORDER BY a.vehicle_id, CASE a.state WHEN 'active' THEN 0 WHEN 'reserved' THEN 1 ELSE 2 END,
               a.published_at DESC NULLS LAST, a.id DESC
    ), every AS (
      SELECT a.vehicle_id, {", ".join(collected)},
             min(a.price) FILTER (WHERE a.state <> 'removed') AS asked, bool_or(a.state = 'active') AS is_active,
             bool_or(a.state <> 'removed') AS on_sale, max(a.published_at) AS published_at,
             array_agg(DISTINCT a.source_id ORDER BY a.source_id) AS source_ids
      FROM ad a WHERE a.vehicle_id = ANY(:ids) GROUP BY a.vehicle_id
    ), merged AS (
      SELECT v.id, {", ".join(merged)},
             COALESCE(every.asked, lead.price) AS price, lead.region_id, lead.is_foreign, lead.title,
             every.published_at, every.on_sale, (every.on_sale AND NOT every.is_active) AS is_reserved,
             every.source_ids, seller.id AS seller_id, lead.id AS ad_id,
             CASE WHEN m.median > 0 AND COALESCE(every.asked, lead.price) > 0 THEN
               LEAST(COALESCE(every.asked, lead.price)::bigint * 100 / m.median, {HIGHEST_PCT})::smallint
             END AS price_pct
      FROM vehicle v JOIN lead ON lead.vehicle_id = v.id JOIN every ON every.vehicle_id = v.id
      LEFT JOIN seller ON seller.key = {SELLER_KEY.format(a="lead")}
      LEFT JOIN market_price m ON m.model_id = COALESCE((v.edits->>'model_id')::int, lead.model_id, every.model_id)
                              AND m.year = COALESCE((v.edits->>'year')::int, lead.year, every.year)
    )
    UPDATE vehicle v SET ({", ".join(columns)}, changed_at) = ({", ".join("m." + c for c in columns)}, now())
    FROM merged m WHERE m.id = v.id
      AND ({", ".join("v." + c for c in columns)}) IS DISTINCT FROM ({", ".join("m." + c for c in columns)})
    RETURNING v.id
    """  # noqa: S608  the names are the constants above


_MERGE = text(_merge_sql())


def refresh(session: Session, vehicle_ids: Collection[int]) -> list[int]:
    """Merge the facts of these vehicles anew. Returns the ids of those that really changed."""
    if not vehicle_ids:
        return []
    ids = sorted(vehicle_ids)
    changed = [row.id for row in session.execute(_MERGE, {"ids": ids})]
    # A vehicle whose last ad moved to another one shows nothing any more.
    bare = session.execute(
        text("""
        UPDATE vehicle v SET on_sale = false, source_ids = '{}', ad_id = NULL, changed_at = now()
        WHERE v.id = ANY(:ids) AND v.on_sale AND NOT EXISTS (SELECT 1 FROM ad a WHERE a.vehicle_id = v.id)
        RETURNING v.id
        """),
        {"ids": ids},
    )
    return changed + [row.id for row in bare]


def refresh_sellers(session: Session, vehicle_ids: Collection[int]) -> int:
    """Score the sellers of these vehicles anew: how many cars does each trade? Returns how many scores changed."""
    if not vehicle_ids:
        return 0
    rows = session.execute(
        text("""
        SELECT s.id, s.kind, s.is_reseller, s.reseller_score AS old, s.ads_n AS known_n,
               count(*) FILTER (WHERE v.on_sale) AS active_n, count(*) AS year_n,
               count(DISTINCT v.model_id) AS models_n, count(*) AS ads_n
        FROM seller s JOIN vehicle v ON v.seller_id = s.id AND v.first_seen_at > now() - interval '1 year'
        WHERE s.id IN (SELECT seller_id FROM vehicle WHERE id = ANY(:ids) AND seller_id IS NOT NULL)
        GROUP BY s.id
        """),
        {"ids": sorted(vehicle_ids)},
    ).all()
    changes = []
    for row in rows:
        judged = reseller_score(
            active_n=row.active_n, year_n=row.year_n, distinct_models=row.models_n, is_dealer=row.kind == "dealer"
        )
        score = judged.score if row.is_reseller is None else (100 if row.is_reseller else 0)
        if (score, row.ads_n) != (row.old, row.known_n):
            reasons: list[dict[str, Any]] = [{"code": reason.code, "args": reason.args} for reason in judged.reasons]
            changes.append((row.id, score, reasons, row.ads_n))
    if changes:
        _write_scores(session, changes)
    _pass_on(session, vehicle_ids)
    return len(changes)


def _pass_on(session: Session, vehicle_ids: Collection[int]) -> None:
    """A car that has come to a seller whose score stays as it is learns it here."""
    session.execute(
        text("""
        WITH learnt AS (
          UPDATE vehicle v SET reseller_score = n.score
          FROM (SELECT v.id, COALESCE(s.reseller_score, 0) AS score FROM vehicle v
                LEFT JOIN seller s ON s.id = v.seller_id WHERE v.id = ANY(:ids)) n
          WHERE v.id = n.id AND v.reseller_score <> n.score RETURNING v.id
        )
        UPDATE card c SET match_revision = 0 FROM learnt
        WHERE c.vehicle_id = learnt.id AND c.stage = 0 AND c.match_revision <> 0
        """),
        {"ids": sorted(vehicle_ids)},
    )


def _write_scores(session: Session, changes: list[tuple[int, int, list[dict[str, Any]], int]]) -> None:
    values = {
        "ids": [change[0] for change in changes],
        "scores": [change[1] for change in changes],
        "reasons": [json.dumps(change[2]) for change in changes],
        "counts": [change[3] for change in changes],
    }
    session.execute(
        text("""
        UPDATE seller s SET reseller_score = n.score, reseller_reasons = n.reasons::jsonb, ads_n = n.count
        FROM unnest(CAST(:ids AS bigint[]), CAST(:scores AS int[]), CAST(:reasons AS text[]), CAST(:counts AS int[]))
             AS n(id, score, reasons, count)
        WHERE s.id = n.id
        """),
        values,
    )
    session.execute(
        text("""
        UPDATE vehicle v SET reseller_score = s.reseller_score FROM seller s
        WHERE s.id = ANY(:ids) AND v.seller_id = s.id AND v.reseller_score <> s.reseller_score
        """),
        {"ids": values["ids"]},
    )
    session.execute(
        text("""
        UPDATE card c SET match_revision = 0 FROM vehicle v
        WHERE v.seller_id = ANY(:ids) AND c.vehicle_id = v.id AND c.stage = 0 AND c.match_revision <> 0
        """),
        {"ids": values["ids"]},
    )
