"""Long lists for files: the rows behind a number, all calls, all ads of a period. Columns, statement, a row's cells."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import gettext as _
from sqlalchemy import Connection, text
from sqlalchemy.orm import Session

from app.domain.periods import Period, begins
from app.domain.sight import Sight
from app.reports import Question, Report, streams
from app.reports._metrics import METRICS
from app.reports.behind import NEWEST, counted_rows, happening_of, shown_rows
from app.reports.streams import CLOCK, MOMENT, NUMBER, Column

LISTS = ("calls", "ads")
WORDS = {"callbacks": "kept", "pushes": "push", "stages": "deal"}  # kind of happening -> kind of its words


@dataclass(frozen=True, slots=True)
class Shape:
    """How codes and numbers of telephones are written; the caller knows the words and the rights."""

    word: Callable[[Any, str], str]
    phone: Callable[[Any], str]


@dataclass(frozen=True, slots=True)
class Listing:
    """`counted` gives as many rows as `statement`, without the joins of what is only shown."""

    title: str
    columns: tuple[Column, ...]
    counted: str
    statement: str
    values: Mapping[str, Any]
    cells: Callable[[Any], Sequence[Any]]
    about: tuple[tuple[str, str], ...] = field(default=())

    def count(self, session: Session) -> int:
        return int(session.execute(text(f"SELECT count(*) FROM ({self.counted}) n"), self.values).scalar_one())  # noqa: S608

    def rows(self, connection: Connection) -> Iterator[Sequence[Any]]:
        """By a cursor of the server: some thousand rows at a time are here, however many there are."""
        options = {"stream_results": True, "yield_per": streams.CHUNK}
        for row in connection.execute(text(self.statement), self.values, execution_options=options):
            yield self.cells(row)


def behind(
    session: Session, report: type[Report], question: Question, key: Mapping[str, Any], metric: str, shape: Shape,
    *, zone: ZoneInfo,
) -> Listing:  # fmt: skip
    """All rows behind a number. Refused: a metric or grouping that is not this report's."""
    counted, values = counted_rows(session, report, question, key, metric, zone=zone)
    kind = happening_of(report, question.group_by, metric, question.only).key

    def cells(row: Any) -> Sequence[Any]:
        span_s = row.talk_ms / 1000 if row.talk_ms else row.span_s
        what = (
            shape.word(row.outcome, "outcome") if row.call_id
            else " · ".join(filter(None, (row.sms_template, shape.word(row.sms_state, "smsstate")))) if row.message_id
            else shape.word(row.word, WORDS.get(kind, "")) if row.word else None
        )  # fmt: skip
        return (
            row.at.astimezone(zone).replace(tzinfo=None), row.card_id, row.title, row.price, row.city, row.operator,
            shape.phone(row.phone) if row.phone else None, shape.word(row.type, "calltype") if row.type else None,
            what, None if span_s is None else timedelta(seconds=round(span_s)), row.status,
        )  # fmt: skip

    return Listing(
        str(METRICS[metric].label),
        (
            Column(_("When"), MOMENT, 19), Column(_("Card"), NUMBER, 10), Column(_("Car"), width=34),
            Column(_("Price"), NUMBER, 12), Column(_("City"), width=24), Column(_("Operator"), width=24),
            Column(_("Phone"), width=19), Column(_("Type"), width=16), Column(_("What became of it"), width=24),
            Column(_("How long"), CLOCK, 12), Column(_("Status"), width=24),
        ),
        counted, shown_rows(f"{counted} {NEWEST}"), values, cells,
        ((str(METRICS[metric].label), str(METRICS[metric].formula)),),
    )  # fmt: skip


_CALLS = """FROM call c WHERE c.state = 'ended' AND c.created_at >= :from_at AND c.created_at < :until_at"""
_SHOWN_CALLS = """SELECT c.created_at AS at, c.type, c.outcome, c.phone, c.caller_number, c.card_id, c.ring_ms,
  c.talk_ms, trim(concat(u.last_name, ' ', u.first_name)) AS operator, t.name AS line, p.digits, v.title,
  y.name AS city, trim(concat(w.last_name, ' ', w.first_name)) AS asker, g.name AS campaign, a.url
  FROM ({rows}) c LEFT JOIN ab_user u ON u.id = c.operator_id LEFT JOIN trunk t ON t.id = c.trunk_id
  LEFT JOIN dial_prefix p ON p.id = c.prefix_id LEFT JOIN card k ON k.id = c.card_id
  LEFT JOIN vehicle v ON v.id = k.vehicle_id LEFT JOIN city y ON y.id = v.city_id
  LEFT JOIN ab_user w ON w.id = c.asked_by_id LEFT JOIN ad a ON a.id = c.ad_id
  LEFT JOIN campaign_dial d ON d.call_id = c.id LEFT JOIN campaign g ON g.id = d.campaign_id
  ORDER BY c.created_at DESC, c.id DESC"""


def calls(period: Period, sight: Sight, shape: Shape, *, zone: ZoneInfo) -> Listing:
    """All calls that ended, newest first, each with who started it and the ad that its number stands in."""
    mine = "" if sight.operators is None else " AND c.operator_id = ANY(:operators)"
    counted = f"SELECT c.* {_CALLS}{mine}"  # noqa: S608  constants of ours
    operators = {} if sight.operators is None else {"operators": sorted(sight.operators)}

    def span(ms: int | None) -> timedelta | None:
        return None if ms is None else timedelta(seconds=round(ms / 1000))

    def cells(row: Any) -> Sequence[Any]:
        return (
            row.at.astimezone(zone).replace(tzinfo=None), shape.word(row.type, "calltype"),
            shape.word(row.outcome, "outcome"), shape.phone(row.phone), row.operator, row.line, row.digits,
            shape.phone(row.caller_number) if row.caller_number else None, span(row.ring_ms), span(row.talk_ms),
            row.card_id, row.title, row.city, row.asker or None, row.campaign, row.url,
        )  # fmt: skip

    return Listing(
        _("Calls"),
        (
            Column(_("When"), MOMENT, 19), Column(_("Type"), width=18), Column(_("Outcome"), width=18),
            Column(_("Phone"), width=19), Column(_("Operator"), width=24), Column(_("Phone line"), width=20),
            Column(_("Prefix"), width=10), Column(_("Caller number"), width=19), Column(_("Rang for"), CLOCK, 11),
            Column(_("Talk"), CLOCK, 11), Column(_("Card"), NUMBER, 10), Column(_("Car"), width=34),
            Column(_("City"), width=24), Column(_("Started by"), width=24), Column(_("Campaign"), width=24),
            Column(_("Link"), width=40),
        ),
        counted, _SHOWN_CALLS.format(rows=counted), _span(period, zone) | operators, cells,
    )  # fmt: skip


_ADS = """FROM ad a WHERE coalesce(a.published_at, a.first_seen_at) >= :from_at
  AND coalesce(a.published_at, a.first_seen_at) < :until_at"""
_SHOWN_ADS = """SELECT coalesce(a.published_at, a.first_seen_at) AS at, s.name AS source, a.title, m.name AS make,
  o.name AS model, a.year, a.mileage_km, a.price, y.name AS city, a.seller_name, a.phone, a.state, a.url,
  k.id AS card_id, f.name AS filter, x.name AS status, trim(concat(u.last_name, ' ', u.first_name)) AS operator
  FROM ({rows}) a LEFT JOIN source s ON s.id = a.source_id LEFT JOIN make m ON m.id = a.make_id
  LEFT JOIN car_model o ON o.id = a.model_id LEFT JOIN city y ON y.id = a.city_id
  LEFT JOIN LATERAL (SELECT * FROM card WHERE vehicle_id = a.vehicle_id ORDER BY id DESC LIMIT 1) k ON true
  LEFT JOIN ad_filter f ON f.id = k.filter_id LEFT JOIN status x ON x.id = k.status_id
  LEFT JOIN ab_user u ON u.id = k.operator_id
  ORDER BY coalesce(a.published_at, a.first_seen_at) DESC, a.id DESC"""


def ads(period: Period, shape: Shape, *, zone: ZoneInfo) -> Listing:
    """All ads posted in the days, newest first, with what has become of their cards."""
    counted = f"SELECT a.* {_ADS}"  # noqa: S608  constants of ours

    def cells(row: Any) -> Sequence[Any]:
        return (
            row.at.astimezone(zone).replace(tzinfo=None), row.source, row.title, row.make, row.model, row.year,
            row.mileage_km, row.price, row.city, row.seller_name, shape.phone(row.phone) if row.phone else None,
            shape.word(row.state, "ad"), row.card_id, row.filter, row.operator, row.status, row.url,
        )  # fmt: skip

    return Listing(
        _("Ads"),
        (
            Column(_("Published"), MOMENT, 19), Column(_("Source"), width=16), Column(_("Car"), width=34),
            Column(_("Make"), width=16), Column(_("Model"), width=16), Column(_("Year"), streams.PLAIN, 8),
            Column(_("Mileage, km"), NUMBER, 12), Column(_("Price"), NUMBER, 12), Column(_("City"), width=24),
            Column(_("Seller"), width=20), Column(_("Phone"), width=19), Column(_("State"), width=16),
            Column(_("Card"), NUMBER, 10), Column(_("Filter"), width=20), Column(_("Operator"), width=24),
            Column(_("Status"), width=24), Column(_("Link"), width=40),
        ),
        counted, _SHOWN_ADS.format(rows=counted), _span(period, zone), cells,
    )  # fmt: skip


def _span(period: Period, zone: ZoneInfo) -> dict[str, Any]:
    return {"from_at": begins(period.first, zone), "until_at": begins(period.last + timedelta(1), zone)}
