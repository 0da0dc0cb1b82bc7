"""What like cars cost: the median by model and year, over the cars on sale."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.domain.pricing import ENOUGH, HIGHEST_PCT
from app.services.cards import take_turn


def refresh(session: Session, now: datetime) -> dict[str, int]:
    """Medians anew, then the percentage of every car whose median moved; unchanged rows are not written."""
    take_turn(session)
    medians = session.execute(
        text("""
        WITH fresh AS (
          SELECT model_id, year, count(*) AS n,
                 percentile_disc(0.5) WITHIN GROUP (ORDER BY price) AS median
          FROM vehicle WHERE on_sale AND model_id IS NOT NULL AND year IS NOT NULL AND price > 0
            AND is_damaged IS NOT TRUE AND NOT is_foreign
          GROUP BY model_id, year HAVING count(*) >= :enough
        )
        , gone AS (
          DELETE FROM market_price m
          WHERE NOT EXISTS (SELECT 1 FROM fresh f WHERE f.model_id = m.model_id AND f.year = m.year)
        )
        INSERT INTO market_price AS m (model_id, year, median, n, computed_at)
        SELECT model_id, year, median, n, :now FROM fresh
        ON CONFLICT (model_id, year) DO UPDATE SET median = EXCLUDED.median, n = EXCLUDED.n, computed_at = :now
        WHERE (m.median, m.n) IS DISTINCT FROM (EXCLUDED.median, EXCLUDED.n)
        RETURNING 1
        """),
        {"enough": ENOUGH, "now": now},
    ).all()
    moved = session.execute(
        text("""
        WITH moved AS (
          UPDATE vehicle v SET price_pct = n.pct FROM (
            SELECT v.id, CASE WHEN m.median > 0 AND v.price > 0
                              THEN LEAST(v.price::bigint * 100 / m.median, :highest)::smallint END AS pct
            FROM vehicle v LEFT JOIN market_price m ON m.model_id = v.model_id AND m.year = v.year
            WHERE v.on_sale AND (m.median IS NOT NULL OR v.price_pct IS NOT NULL)
          ) n WHERE v.id = n.id AND v.price_pct IS DISTINCT FROM n.pct RETURNING v.id
        )
        UPDATE card c SET match_revision = 0 FROM moved
        WHERE c.vehicle_id = moved.id AND c.stage = 0 AND c.match_revision <> 0
        """),
        {"highest": HIGHEST_PCT},
    )
    return {"medians": len(medians), "cards": int(moved.rowcount)}  # type: ignore[attr-defined]
