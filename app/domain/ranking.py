"""The order of the pool: one stored number per card.

A card is worth, in seconds,

    priority * priority_hours * 3600  -  age of the advert  +  ageing * time the card has waited

so the fresher goes first, a point of priority outweighs `priority_hours` of freshness, and waiting lifts a card
`ageing` times as fast as getting older sinks it: whatever keeps coming in, everything reaches the head one day. The
clock enters every card's sum alike, (ageing - 1) * now, so leaving it out changes no order:

    rank = priority * priority_hours * 3600 + published_at - ageing * waiting_since        (epoch seconds)

is stored once and `ORDER BY rank DESC, id` over a plain index stays right for ever. The same in SQL:

    priority * :priority_hours * 3600 - (:ageing * w) + LEAST(w, GREATEST(p, w - :freshness_days * 86400))
    with p, w = floor(extract(epoch FROM published_at))::bigint, floor(extract(epoch FROM waiting_since))::bigint

A returned card keeps its `waiting_since` and with it its place.
"""

from __future__ import annotations

from datetime import datetime

from app.domain.loads import DealRules


def rank_of(
    *,
    priority: int,
    published_at: datetime,
    priority_hours: int = 12,
    waiting_since: datetime | None = None,
    ageing: int = 2,
    freshness_days: int = 7,
) -> int:
    """The stored place in the pool; see the module. Without `waiting_since` nothing ages: the freshest goes first.

    Ranks with and without `waiting_since` do not compare: a pool uses one or the other.
    """
    worth, published = priority * priority_hours * 3600, int(published_at.timestamp())
    if waiting_since is None:
        return worth + published
    waiting = int(waiting_since.timestamp())
    published = min(waiting, max(published, waiting - freshness_days * 86_400))
    return worth + published - ageing * waiting


def order_key(priority: int, published_at: datetime, waiting_since: datetime, now: datetime, rules: DealRules) -> int:
    """What the card is worth at `now`, in seconds; the greater goes first. Its order is that of `rank_of`."""
    rank = rank_of(
        priority=priority,
        published_at=published_at,
        priority_hours=rules.priority_hours,
        waiting_since=waiting_since,
        ageing=rules.ageing,
        freshness_days=rules.freshness_days,
    )
    return rank + (rules.ageing - 1) * int(now.timestamp())
