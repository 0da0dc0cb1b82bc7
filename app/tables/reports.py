"""The roll-ups of the reports: a narrow table per family of questions, what is rolled up, and what must be again."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any

from flask_appbuilder import Model
from sqlalchemy import (
    BigInteger,
    Date,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    SmallInteger,
    String,
    Text,
    Time,
    UniqueConstraint,
)
from sqlalchemy import text as raw
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.tables.columns import USER, counter, flag, now_column, time_column, user_column, words


class DirtyMoment(Model):
    """Something of that moment has changed. Only appended: a unique set would swallow the mark of a slower writer."""

    __tablename__ = "dirty_moment"
    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    source: Mapped[str] = mapped_column(String(16), nullable=False)  # which kind of happening
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True), nullable=False)


class RolledDay(Model):
    """This day of this family stands in its table, as it was in this time zone. A day without a row is counted live."""

    __tablename__ = "rolled_day"
    family: Mapped[str] = mapped_column(String(16), primary_key=True)
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    zone: Mapped[str] = mapped_column(Text, nullable=False)
    at: Mapped[datetime] = now_column()


def amount() -> Mapped[int]:
    return mapped_column(BigInteger, server_default="0", nullable=False, default=0)


def key(kind: Any = Integer) -> Mapped[Any]:
    """A dimension; empty means «not known», which is a group of its own."""
    return mapped_column(kind)


class _Calls:
    attempts: Mapped[int] = amount()
    connects: Mapped[int] = amount()
    talk_ms: Mapped[int] = amount()
    ring_ms: Mapped[int] = amount()
    rung: Mapped[int] = amount()


class _Work:
    given: Mapped[int] = amount()
    taken: Mapped[int] = amount()
    processed: Mapped[int] = amount()
    reached: Mapped[int] = amount()
    leads: Mapped[int] = amount()
    crm_in_work: Mapped[int] = amount()
    inspected: Mapped[int] = amount()
    bought: Mapped[int] = amount()
    crm_refused: Mapped[int] = amount()


class _Ads(_Work):
    posted: Mapped[int] = amount()
    matched: Mapped[int] = amount()
    called: Mapped[int] = amount()
    wait_s: Mapped[int] = amount()
    waited: Mapped[int] = amount()


class DayByLine(_Calls, Model):
    __tablename__ = "day_by_line"
    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    day: Mapped[date] = mapped_column(Date, nullable=False, index=True)
    trunk_id: Mapped[int | None] = key()
    prefix_id: Mapped[int | None] = key()
    caller_number: Mapped[str | None] = key(Text)


class DayByCode(_Calls, Model):
    """The code is the first four digits of the number: the mobile operator's range or the town's."""

    __tablename__ = "day_by_code"
    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    day: Mapped[date] = mapped_column(Date, nullable=False, index=True)
    trunk_id: Mapped[int | None] = key()
    prefix_id: Mapped[int | None] = key()
    caller_number: Mapped[str | None] = key(Text)
    code: Mapped[str | None] = key(String(4))


class DayByCaller(_Calls, Model):
    __tablename__ = "day_by_caller"
    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    day: Mapped[date] = mapped_column(Date, nullable=False, index=True)
    operator_id: Mapped[int | None] = key()


class DayByHour(_Calls, Model):
    __tablename__ = "day_by_hour"
    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    day: Mapped[date] = mapped_column(Date, nullable=False, index=True)
    hour: Mapped[int | None] = key(SmallInteger)
    type: Mapped[str | None] = key(String(12))
    outcome: Mapped[str | None] = key(String(16))


class DayByCallCity(_Calls, Model):
    __tablename__ = "day_by_call_city"
    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    day: Mapped[date] = mapped_column(Date, nullable=False, index=True)
    city_id: Mapped[int | None] = key(BigInteger)


class DayByCity(_Ads, Model):
    __tablename__ = "day_by_city"
    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    day: Mapped[date] = mapped_column(Date, nullable=False, index=True)
    city_id: Mapped[int | None] = key(BigInteger)
    source_id: Mapped[int | None] = key()


class DayByMake(_Ads, Model):
    __tablename__ = "day_by_make"
    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    day: Mapped[date] = mapped_column(Date, nullable=False, index=True)
    make_id: Mapped[int | None] = key()


class DayByFilter(_Work, Model):
    __tablename__ = "day_by_filter"
    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    day: Mapped[date] = mapped_column(Date, nullable=False, index=True)
    filter_id: Mapped[int | None] = key()
    matched: Mapped[int] = amount()


class DayByOperator(_Work, Model):
    __tablename__ = "day_by_operator"
    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    day: Mapped[date] = mapped_column(Date, nullable=False, index=True)
    operator_id: Mapped[int | None] = key()


class DayByStatus(Model):
    __tablename__ = "day_by_status"
    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    day: Mapped[date] = mapped_column(Date, nullable=False, index=True)
    operator_id: Mapped[int | None] = key()
    status_id: Mapped[int | None] = key()
    changes: Mapped[int] = amount()


class DayByState(Model):
    __tablename__ = "day_by_state"
    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    day: Mapped[date] = mapped_column(Date, nullable=False, index=True)
    operator_id: Mapped[int | None] = key()
    state: Mapped[str | None] = key(String(16))
    spent_s: Mapped[int] = amount()


class DayByPresence(Model):
    """The same time as in DayByState, laid side by side for each operator."""

    __tablename__ = "day_by_presence"
    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    day: Mapped[date] = mapped_column(Date, nullable=False, index=True)
    operator_id: Mapped[int | None] = key()
    at_work_s: Mapped[int] = amount()
    ready_s: Mapped[int] = amount()
    talking_s: Mapped[int] = amount()
    wrap_s: Mapped[int] = amount()
    paused_s: Mapped[int] = amount()
    busy_s: Mapped[int] = amount()
    able_s: Mapped[int] = amount()
    wraps: Mapped[int] = amount()


class DayByCallback(Model):
    __tablename__ = "day_by_callback"
    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    day: Mapped[date] = mapped_column(Date, nullable=False, index=True)
    operator_id: Mapped[int | None] = key()
    plan: Mapped[str | None] = key(String(12))
    due: Mapped[int] = amount()
    kept: Mapped[int] = amount()
    missed: Mapped[int] = amount()
    still_open: Mapped[int] = amount()
    late_n: Mapped[int] = amount()
    late_s: Mapped[int] = amount()


class DayByCrm(Model):
    """Hand-overs to the CRM by the day when they were asked for."""

    __tablename__ = "day_by_crm"
    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    day: Mapped[date] = mapped_column(Date, nullable=False, index=True)
    connection_id: Mapped[int | None] = key()
    thing: Mapped[str | None] = key(String(12))
    operator_id: Mapped[int | None] = key()
    pushes: Mapped[int] = amount()
    handed: Mapped[int] = amount()
    waits: Mapped[int] = amount()
    fails: Mapped[int] = amount()
    dropped: Mapped[int] = amount()
    tries: Mapped[int] = amount()
    took_s: Mapped[int] = amount()


class DayBySms(Model):
    """Messages by the day when they were asked for. The cost is in kopecks: whole numbers add up exactly."""

    __tablename__ = "day_by_sms"
    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    day: Mapped[date] = mapped_column(Date, nullable=False, index=True)
    gateway_id: Mapped[int | None] = key()
    template_id: Mapped[int | None] = key()
    ground: Mapped[str | None] = key(String(12))
    operator_id: Mapped[int | None] = key()
    messages: Mapped[int] = amount()
    went: Mapped[int] = amount()
    delivered: Mapped[int] = amount()
    undelivered: Mapped[int] = amount()
    unsure: Mapped[int] = amount()
    parts: Mapped[int] = amount()
    cost_k: Mapped[int] = amount()


class SavedView(Model):
    """A report as somebody likes to see it: its address with period, grouping, filters; one may be the start page."""

    __tablename__ = "saved_view"
    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey(USER, ondelete="CASCADE"), nullable=False, index=True)
    name: Mapped[str] = mapped_column(String(80), nullable=False)
    report: Mapped[str] = mapped_column(String(32), nullable=False)
    query: Mapped[str] = words()  # the address's own words after the question mark
    is_shared: Mapped[bool] = flag()
    is_start: Mapped[bool] = flag()
    created_at: Mapped[datetime] = now_column()
    user: Mapped[Any] = relationship("User", lazy="joined")
    __table_args__ = (
        Index("saved_view_start", "user_id", unique=True, postgresql_where=raw("is_start")),
        Index("saved_view_name", "user_id", "report", "name", unique=True),
    )


class ReportMailing(Model):
    """A saved view sent to somebody by mail, again and again. The row is locked while its letter is written."""

    __tablename__ = "report_mailing"
    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    view_id: Mapped[int] = mapped_column(ForeignKey("saved_view.id", ondelete="CASCADE"), nullable=False, index=True)
    user_id: Mapped[int] = mapped_column(ForeignKey(USER, ondelete="CASCADE"), nullable=False, index=True)
    every: Mapped[str] = mapped_column(String(8), nullable=False)  # day, week, month
    on_day: Mapped[int] = mapped_column(SmallInteger, server_default="1", nullable=False, default=1)
    at: Mapped[time] = mapped_column(Time, nullable=False)  # on the company's clock
    format: Mapped[str] = mapped_column(String(8), nullable=False)
    next_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), nullable=False, index=True)
    sent_at: Mapped[datetime | None] = time_column()
    trouble: Mapped[str] = words()
    created_by_id: Mapped[int | None] = user_column()
    created_at: Mapped[datetime] = now_column()
    view: Mapped[Any] = relationship("SavedView", lazy="joined")
    user: Mapped[Any] = relationship("User", foreign_keys=[user_id], lazy="joined")
    __table_args__ = (UniqueConstraint("view_id", "user_id", name="report_mailing_once"),)


class Export(Model):
    """A file somebody asked for: made by a job, taken by a link that ends after a day."""

    __tablename__ = "export"
    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    token: Mapped[str] = mapped_column(String(43), nullable=False, unique=True)
    user_id: Mapped[int] = mapped_column(ForeignKey(USER, ondelete="CASCADE"), nullable=False, index=True)
    report: Mapped[str] = mapped_column(String(32), nullable=False)
    format: Mapped[str] = mapped_column(String(8), nullable=False)
    question: Mapped[dict[str, Any]] = mapped_column(JSONB, nullable=False)
    state: Mapped[str] = mapped_column(String(10), server_default="waiting", nullable=False, default="waiting")
    rows_n: Mapped[int] = counter()  # written so far
    of_n: Mapped[int] = counter()  # of so many; 0: not counted yet
    file_name: Mapped[str] = words()
    trouble: Mapped[str] = words()
    created_at: Mapped[datetime] = now_column()
    done_at: Mapped[datetime | None] = time_column()
    until: Mapped[datetime | None] = time_column()


__all__ = [
    "DayByCallCity", "DayByCallback", "DayByCaller", "DayByCity", "DayByCode", "DayByCrm", "DayByFilter", "DayByHour",
    "DayByLine", "DayByMake", "DayByOperator", "DayByPresence", "DayBySms", "DayByState", "DayByStatus", "DirtyMoment",
    "Export", "ReportMailing", "RolledDay", "SavedView",
]  # fmt: skip
