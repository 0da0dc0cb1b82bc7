"""What lasts or was promised: states of operators, call-backs, hand-overs to the CRM and what became of leads there."""

from __future__ import annotations

from app.reports._happenings import SPAN, Happening, count, total

# A state that lasts over midnight belongs to both days, each with its part; one that still lasts, until the end asked.
_STATES = """FROM (SELECT o.user_id, o.state, d.day AT TIME ZONE :zone AS at,
              greatest(o.since, d.day AT TIME ZONE :zone) AS began, o.since >= d.day AT TIME ZONE :zone AS is_new,
              extract(epoch FROM
                least(coalesce(o.until, now()), (d.day + interval '1 day') AT TIME ZONE :zone, :until_at)
                - greatest(o.since, d.day AT TIME ZONE :zone, :from_at))::bigint AS spent_s
            FROM operator_state o, LATERAL generate_series(
              date_trunc('day', greatest(o.since, :from_at) AT TIME ZONE :zone),
              least(coalesce(o.until, now()), :until_at) AT TIME ZONE :zone, interval '1 day') AS d(day)
            WHERE o.since < :until_at AND coalesce(o.until, now()) > :from_at) s {join} WHERE s.spent_s > 0"""
_STATE_DIMS = {"operator_id": "s.user_id", "state": "s.state"}
_STATE_SHOWN = {"at": "s.began", "word": "s.state", "span_s": "s.spent_s"}
STATES = Happening(
    "states", _STATES, "s.at", ("state",), {"spent_s": ("sum(s.spent_s)", "")}, _STATE_DIMS,
    has_card_dims=False, shown=_STATE_SHOWN,
)  # fmt: skip
# The same time, laid side by side for each operator.
PRESENCE = Happening(
    "presence", _STATES, "s.at", ("state",),
    {
        "at_work_s": total("s.spent_s", "s.state <> 'offline'"),
        "ready_s": total("s.spent_s", "s.state = 'ready'"),
        "talking_s": total("s.spent_s", "s.state = 'talking'"),
        "wrap_s": total("s.spent_s", "s.state = 'wrap_up'"),
        "paused_s": total("s.spent_s", "s.state NOT IN ('ready', 'talking', 'wrap_up', 'offline')"),
        "busy_s": total("s.spent_s", "s.state IN ('talking', 'wrap_up')"),
        "able_s": total("s.spent_s", "s.state IN ('ready', 'talking', 'wrap_up')"),
        "wraps": count("s.state = 'wrap_up' AND s.is_new"),
    },
    _STATE_DIMS, has_card_dims=False, shown=_STATE_SHOWN,
)  # fmt: skip
# A call-back is kept by a call to the seller, or by a result, around its time. One that was planned anew or closed
# well before is none. Half an hour after its time all is decided, whatever comes later; only «still open» is of now.
CALLBACKS = Happening(
    "callbacks",
    """FROM (SELECT cb.*, coalesce(cb.operator_id, cb.by_id) AS whose,
              CASE WHEN cb.call_id IS NOT NULL THEN 'missed' WHEN cb.is_automatic THEN 'automatic'
                   WHEN cb.operator_id IS NULL THEN 'common' ELSE 'personal' END AS plan,
              coalesce(cb.done_at <= cb.at + interval '30 minutes', false) OR EXISTS (
                SELECT 1 FROM call e WHERE e.card_id = cb.card_id AND e.type IN ('individual', 'campaign', 'callback')
                  AND e.created_at BETWEEN greatest(cb.created_at, cb.at - interval '1 hour')
                                       AND cb.at + interval '30 minutes') AS is_kept
            FROM callback cb WHERE """ + SPAN.format(at="cb.at") + """ AND cb.at <= now() - interval '30 minutes'
              AND coalesce(cb.done_at >= cb.at - interval '1 hour', true)) b {join} WHERE true""",  # noqa: S608
    "b.at", ("callback",),
    {
        "due": count(),
        "kept": count("b.is_kept"),
        "missed": count("NOT b.is_kept"),
        "still_open": count("NOT b.is_kept AND b.done_at IS NULL"),
        "late_n": count("NOT b.is_kept AND b.done_at IS NOT NULL"),
        "late_s": total("extract(epoch FROM b.done_at - b.at)::bigint", "NOT b.is_kept AND b.done_at IS NOT NULL"),
    },
    {"operator_id": "b.whose", "plan": "b.plan"}, "b.card_id",
    shown={"word": "CASE WHEN b.is_kept THEN 'kept' WHEN b.done_at IS NULL THEN 'open' ELSE 'late' END",
           "span_s": "CASE WHEN NOT b.is_kept THEN extract(epoch FROM b.done_at - b.at)::bigint END"},
)  # fmt: skip
# A hand-over, by the day when the lead or what was added to it was written; its fate may be told days later.
PUSHES = Happening(
    "pushes",
    "FROM crm_push u JOIN lead ul ON ul.id = u.lead_id {join} WHERE " + SPAN.format(at="u.created_at"),
    "u.created_at", ("push",),
    {
        "pushes": count(),
        "handed": count("u.state = 'done'"),
        "waits": count("u.state = 'waiting'"),
        "fails": count("u.state = 'failed'"),
        "dropped": count("u.state = 'dropped'"),
        "tries": total("u.attempts_n", "true"),
        "took_s": total("extract(epoch FROM u.done_at - u.created_at)::bigint", "u.state = 'done'"),
    },
    {"connection_id": "u.connection_id", "thing": "split_part(u.what, ':', 1)", "operator_id": "ul.by_id"},
    "ul.card_id",
    shown={"word": "u.state", "span_s": "extract(epoch FROM u.done_at - u.created_at)::bigint"},
)  # fmt: skip
# What the CRM told of a lead; each stage counts once, on the day when it was first reached.
STAGES = Happening(
    "stages",
    "FROM lead_stage ls JOIN lead ll ON ll.id = ls.lead_id {join} WHERE " + SPAN.format(at="ls.at"),
    "ls.at", ("stage", "vehicle", "card"),
    {
        "crm_in_work": count("ls.stage = 'in_work'"),
        "inspected": count("ls.stage = 'inspected'"),
        "bought": count("ls.stage = 'bought'"),
        "crm_refused": count("ls.stage = 'refused'"),
    },
    {"operator_id": "ll.by_id"}, "ll.card_id", shown={"word": "ls.stage"},
)  # fmt: skip
