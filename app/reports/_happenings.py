"""What the reports count: calls, ads posted, cards matched, given, taken, results, leads, time in a state.

Each kind of happening is said once, here. Live counting, the roll-ups and the rows behind a number read the same words.
Every statement made of them takes :from_at and :until_at (moments, the end excluded) and :zone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

# Dimensions that belong to the card: by way of it and of its vehicle.
CARD_DIMS = {
    "city_id": "v.city_id", "make_id": "v.make_id", "source_id": "a.source_id", "filter_id": "k.filter_id",
}  # fmt: skip
# Each next one is reached by the one before it; a family joins as far as it has to.
_TO_CARD = " LEFT JOIN card k ON k.id = {card}"
_TO_VEHICLE = " LEFT JOIN vehicle v ON v.id = k.vehicle_id"
_TO_AD = " LEFT JOIN ad a ON a.id = v.ad_id"


@dataclass(frozen=True, slots=True, eq=False)
class Happening:
    """`rows` is a FROM … {join} WHERE … of one row a happening; `marks` names the kind of dirty moments that change it.

    `measures`: name -> (aggregate, condition of the rows that it counts; empty: all).
    """

    key: str
    rows: str
    at: str
    marks: tuple[str, ...]
    measures: Mapping[str, tuple[str, str]]
    dims: Mapping[str, str] = field(default_factory=dict)
    card: str = "NULL::bigint"
    call: str = "NULL::bigint"
    message: str = "NULL::bigint"
    has_card_dims: bool = True
    shown: Mapping[str, str] = field(default_factory=dict)  # of the rows behind: at, word, span_s

    def knows(self, dim: str) -> bool:
        return dim in self.dims or (self.has_card_dims and dim in CARD_DIMS)

    def expression(self, dim: str) -> str:
        return self.dims[dim] if dim in self.dims else CARD_DIMS[dim]

    def joined_rows(self, dims: tuple[str, ...]) -> str:
        """`rows` with the joins that these dimensions need."""
        wanted = {dim for dim in dims if dim not in self.dims}
        join = _TO_CARD if wanted else ""
        join += _TO_VEHICLE if wanted - {"filter_id"} else ""
        join += _TO_AD if "source_id" in wanted else ""
        return self.rows.format(join=join.format(card=self.card))


def count(condition: str = "") -> tuple[str, str]:
    return (f"count(*) FILTER (WHERE {condition})" if condition else "count(*)", condition)


def total(what: str, condition: str) -> tuple[str, str]:
    return f"coalesce(sum({what}) FILTER (WHERE {condition}), 0)", condition


SPAN = "{at} >= :from_at AND {at} < :until_at"
_MINUTES = {  # of a call to a seller; ring time only where it rang
    "attempts": count(),
    "connects": count("c.outcome = 'answered'"),
    "talk_ms": total("c.talk_ms", "c.outcome = 'answered'"),
    "ring_ms": total("c.ring_ms", "c.ring_ms IS NOT NULL"),
    "rung": count("c.ring_ms IS NOT NULL"),
}
_CALL_DIMS = {
    "trunk_id": "c.trunk_id", "prefix_id": "c.prefix_id", "caller_number": "c.caller_number",
    "code": "left(c.phone, 4)", "operator_id": "c.operator_id", "type": "c.type", "outcome": "c.outcome",
    "city_id": "c.city_id",
    "hour": "extract(hour FROM c.created_at AT TIME ZONE :zone)::smallint",
}  # fmt: skip

# Calls to sellers; each is one attempt.
CALLS = Happening(
    "calls",
    "FROM call c {join} WHERE c.state = 'ended' AND c.type IN ('individual', 'campaign', 'callback') AND "
    + SPAN.format(at="c.created_at"),
    "c.created_at", ("call",), _MINUTES, _CALL_DIMS, "c.card_id", "c.id",
)  # fmt: skip
# Calls of every type, incoming and internal ones too.
ALL_CALLS = Happening(
    "all_calls",
    "FROM call c {join} WHERE c.state = 'ended' AND " + SPAN.format(at="c.created_at"),
    "c.created_at", ("call",), _MINUTES, _CALL_DIMS, "c.card_id", "c.id",
)  # fmt: skip
# A car's first call, and how long after its ad had been published (never less than nothing).
FIRST_CALLS = Happening(
    "first_calls",
    """FROM (SELECT DISTINCT ON (o.card_id) o.* FROM call o
             WHERE o.state = 'ended' AND o.type IN ('individual', 'campaign', 'callback') AND o.card_id IS NOT NULL
               AND """ + SPAN.format(at="o.created_at") + """ ORDER BY o.card_id, o.created_at, o.id) c
       LEFT JOIN card ck ON ck.id = c.card_id LEFT JOIN vehicle cv ON cv.id = ck.vehicle_id
       {join} WHERE NOT EXISTS (SELECT 1 FROM call e WHERE e.card_id = c.card_id AND e.state = 'ended' AND e.type IN
                       ('individual', 'campaign', 'callback') AND (e.created_at, e.id) < (c.created_at, c.id))""",  # noqa: S608  constants
    "c.created_at", ("call", "vehicle"),
    {
        "called": count(),
        "waited": count("cv.published_at IS NOT NULL"),
        "wait_s": total(
            "greatest(extract(epoch FROM c.created_at - cv.published_at), 0)::bigint", "cv.published_at IS NOT NULL"
        ),
    },
    {"operator_id": "c.operator_id"}, "c.card_id", "c.id",
)  # fmt: skip
POSTED = Happening(
    "posted",
    "FROM ad p {join} WHERE " + SPAN.format(at="coalesce(p.published_at, p.first_seen_at)"),
    "coalesce(p.published_at, p.first_seen_at)", ("ad",), {"posted": count()},
    {"city_id": "p.city_id", "make_id": "p.make_id", "source_id": "p.source_id"},
    "(SELECT max(id) FROM card WHERE vehicle_id = p.vehicle_id)", has_card_dims=False,
)  # fmt: skip
MATCHED = Happening(
    "matched",
    "FROM card m {join} WHERE m.filter_id IS NOT NULL AND " + SPAN.format(at="m.matched_at"),
    "m.matched_at", ("card", "vehicle"), {"matched": count()}, {"filter_id": "m.filter_id"}, "m.id",
)  # fmt: skip
GIVEN = Happening(
    "given",
    "FROM assignment g {join} WHERE " + SPAN.format(at="g.from_at"),
    "g.from_at", ("assignment", "vehicle", "card"), {"given": count()}, {"operator_id": "g.operator_id"}, "g.card_id",
)  # fmt: skip
TAKEN = Happening(
    "taken",
    "FROM assignment t {join} WHERE " + SPAN.format(at="t.taken_at"),
    "t.taken_at", ("assignment", "vehicle", "card"), {"taken": count()}, {"operator_id": "t.operator_id"}, "t.card_id",
)  # fmt: skip
# Every result is a change; a closing one is a card processed.
RESULTS = Happening(
    "results",
    "FROM status_change r JOIN status rs ON rs.id = r.new_id {join} WHERE " + SPAN.format(at="r.at"),
    "r.at", ("result", "vehicle", "card"), {"changes": count(), "processed": count("rs.is_closing")},
    {"operator_id": "r.by_id", "status_id": "r.new_id"}, "r.card_id",
)  # fmt: skip
# A seller reached: once a day and card, by the first talk or the first result that says so.
REACHED = Happening(
    "reached",
    """FROM (SELECT DISTINCT ON (e.card_id, (e.at AT TIME ZONE :zone)::date) e.* FROM (
         SELECT card_id, created_at AS at, operator_id, id AS call_id FROM call
         WHERE card_id IS NOT NULL AND outcome = 'answered' AND created_at >= :from_at AND created_at < :until_at
         UNION ALL
         SELECT sc.card_id, sc.at, sc.by_id, NULL FROM status_change sc
         JOIN status s ON s.id = sc.new_id AND s.is_reached WHERE sc.at >= :from_at AND sc.at < :until_at) e
       ORDER BY e.card_id, (e.at AT TIME ZONE :zone)::date, e.at, e.call_id) x {join} WHERE true""",
    "x.at", ("call", "result", "vehicle", "card"), {"reached": count()}, {"operator_id": "x.operator_id"},
    "x.card_id", "x.call_id",
)  # fmt: skip
LEADS = Happening(
    "leads",
    "FROM lead l {join} WHERE " + SPAN.format(at="l.created_at"),
    "l.created_at", ("lead", "vehicle", "card"), {"leads": count()}, {"operator_id": "l.by_id"}, "l.card_id",
)  # fmt: skip
# A message, by the day when it was asked for; what became of it may be told days later.
MESSAGES = Happening(
    "messages",
    "FROM sms_message m {join} WHERE " + SPAN.format(at="m.created_at"),
    "m.created_at", ("sms",),
    {
        "messages": count(),
        "went": count("m.sent_at IS NOT NULL AND m.state <> 'unknown'"),
        "delivered": count("m.state = 'delivered'"),
        "undelivered": count("m.state IN ('failed', 'expired')"),
        "unsure": count("m.state = 'unknown'"),
        "parts": total("m.parts", "m.sent_at IS NOT NULL AND m.state <> 'unknown'"),
        "cost_k": total("(m.cost * 100)::bigint", "m.cost IS NOT NULL"),
    },
    {"gateway_id": "m.gateway_id", "template_id": "m.template_id", "ground": "m.ground", "operator_id": "m.by_id"},
    "m.card_id", message="m.id", has_card_dims=False,
)  # fmt: skip
