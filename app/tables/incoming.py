"""The tables of incoming leads: the ways they come by, and each lead with how soon somebody took it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask_appbuilder import Model
from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    SmallInteger,
    String,
    Text,
    UniqueConstraint,
)
from sqlalchemy import text as raw
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.tables.columns import PHONE_CHECK, facts, flag, now_column, time_column, words

INTAKE_KINDS = ("form", "partner")


class LeadIntake(Model):
    """One way by which leads come: a form of a site, or a partner that signs what it sends."""

    __tablename__ = "lead_intake"
    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    name: Mapped[str] = mapped_column(Text, nullable=False, unique=True)
    kind: Mapped[str] = mapped_column(String(8), nullable=False)
    token: Mapped[str] = mapped_column(String(64), nullable=False, unique=True)  # its address
    secret: Mapped[str] = words()  # sealed: signs what a partner sends
    source_id: Mapped[int] = mapped_column(ForeignKey("source.id"), nullable=False)  # filters name it
    target_min: Mapped[int] = mapped_column(SmallInteger, server_default="5", nullable=False, default=5)
    per_minute: Mapped[int] = mapped_column(SmallInteger, server_default="30", nullable=False, default=30)
    thanks_url: Mapped[str] = words()  # where a visitor of the site goes after sending the form
    is_enabled: Mapped[bool] = flag(True)
    created_at: Mapped[datetime] = now_column()
    __table_args__ = (
        CheckConstraint("kind IN ('form', 'partner')", name="lead_intake_kind"),
        CheckConstraint("target_min BETWEEN 1 AND 1440", name="lead_intake_target"),
        CheckConstraint("per_minute BETWEEN 1 AND 1000", name="lead_intake_rate"),
    )

    def __repr__(self) -> str:
        return self.name


class IncomingLead(Model):
    """A person who wants to be called. Kept as it came, however strange; a card is made of it by a job."""

    __tablename__ = "incoming_lead"
    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    intake_id: Mapped[int] = mapped_column(ForeignKey("lead_intake.id"), nullable=False)
    once: Mapped[str] = mapped_column(String(64), nullable=False)  # the sender's id, or a digest of the words
    phone: Mapped[str] = mapped_column(String(11), nullable=False)
    name: Mapped[str] = words()
    note: Mapped[str] = words()
    facts: Mapped[dict[str, Any]] = facts()  # of the car, as the sender writes them
    received_at: Mapped[datetime] = now_column()
    due_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), nullable=False)  # somebody should have taken it
    ad_id: Mapped[int | None] = mapped_column(ForeignKey("ad.id", ondelete="SET NULL"))
    card_id: Mapped[int | None] = mapped_column(ForeignKey("card.id", ondelete="SET NULL"), index=True)
    taken_at: Mapped[datetime | None] = time_column()
    taken_by_id: Mapped[int | None] = mapped_column(ForeignKey("ab_user.id", ondelete="SET NULL"))
    escalated_at: Mapped[datetime | None] = time_column()  # the supervisors have been told
    mailed_at: Mapped[datetime | None] = time_column()  # … and have been written to, later
    trouble: Mapped[str] = mapped_column(String(32), server_default="", nullable=False, default="")
    intake: Mapped[LeadIntake] = relationship()
    __table_args__ = (
        UniqueConstraint("intake_id", "once", name="incoming_lead_once"),
        CheckConstraint(PHONE_CHECK, name="incoming_lead_phone"),
        Index("incoming_lead_new", "id", postgresql_where=raw("ad_id IS NULL AND trouble = ''")),
        Index("incoming_lead_waits", "due_at", postgresql_where=raw("taken_at IS NULL AND trouble = ''")),
        Index("incoming_lead_when", received_at.desc(), "id"),
    )


__all__ = ["INTAKE_KINDS", "IncomingLead", "LeadIntake"]
