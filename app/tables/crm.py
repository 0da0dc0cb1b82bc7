"""The CRM's tables: connections, what is on its way to them, what they told us of clients, cars and deals."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask_appbuilder import Model
from sqlalchemy import (
    ARRAY,
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
from sqlalchemy import (
    text as raw,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.tables.columns import PHONE_CHECK, counter, facts, flag, now_column, time_column, words

PUSH_STATES = ("waiting", "done", "failed", "dropped")
DEAL_STAGES = ("in_work", "inspected", "bought", "refused")


class CrmConnection(Model):
    """One account of one CRM: how to reach it, what goes where, which of its stages means what."""

    __tablename__ = "crm_connection"
    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    name: Mapped[str] = mapped_column(Text, nullable=False, unique=True)
    adapter: Mapped[str] = mapped_column(String(32), nullable=False)
    options: Mapped[dict[str, Any]] = facts()
    secrets: Mapped[str] = words()  # sealed JSON; never shown, never logged
    field_map: Mapped[list[Any]] = mapped_column(JSONB, server_default=raw("'[]'::jsonb"), nullable=False, default=list)
    car_map: Mapped[dict[str, Any]] = facts()  # our word of a car -> the CRM's field
    stage_map: Mapped[dict[str, Any]] = facts()  # the CRM's stage -> ours
    hook_token: Mapped[str] = mapped_column(String(64), nullable=False, unique=True)  # its web-hooks' address
    is_enabled: Mapped[bool] = flag()
    sync_minutes: Mapped[int] = mapped_column(Integer, server_default="15", nullable=False, default=15)  # 0: never
    next_sync_at: Mapped[datetime] = now_column()
    cursor: Mapped[dict[str, Any]] = facts()
    health: Mapped[str] = mapped_column(String(16), server_default="", nullable=False, default="")
    health_text: Mapped[str] = words()
    last_ok_at: Mapped[datetime | None] = time_column()
    created_at: Mapped[datetime] = now_column()
    __table_args__ = (CheckConstraint("sync_minutes BETWEEN 0 AND 10080", name="crm_connection_sync"),)

    def __repr__(self) -> str:
        return self.name


class CrmTurn(Model):
    """When a CRM may be asked next, for all workers together. Apart from the connection: it changes all the time."""

    __tablename__ = "crm_turn"
    connection_id: Mapped[int] = mapped_column(
        ForeignKey("crm_connection.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    bucket_until: Mapped[datetime] = mapped_column(DateTime(timezone=True), nullable=False)  # the bucket is empty then
    closed_until: Mapped[datetime | None] = time_column()  # the CRM has asked for a pause
    __table_args__ = ({"postgresql_with": {"fillfactor": "20"}},)


class CrmToken(Model):
    """The living half of an OAuth access: changed by whoever refreshes it, under the row's lock."""

    __tablename__ = "crm_token"
    connection_id: Mapped[int] = mapped_column(
        ForeignKey("crm_connection.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    sealed: Mapped[str] = words()  # access and refresh token
    good_until: Mapped[datetime | None] = time_column()
    number: Mapped[int] = counter()  # grows with every refresh: tells whether somebody was quicker
    trouble: Mapped[str] = words()  # the CRM takes the refresh token no more: a person has to give a new code


class CrmPush(Model):
    """One thing on its way to one CRM: the lead itself, or what is added to it later. Its key never changes."""

    __tablename__ = "crm_push"
    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    key: Mapped[str] = mapped_column(
        String(36), server_default=raw("gen_random_uuid()::text"), nullable=False, unique=True
    )
    connection_id: Mapped[int] = mapped_column(ForeignKey("crm_connection.id"), nullable=False)
    lead_id: Mapped[int] = mapped_column(ForeignKey("lead.id", ondelete="CASCADE"), nullable=False)
    what: Mapped[str] = mapped_column(String(40), nullable=False)  # lead, note:<id>, call:<id>, sms:<id>
    body: Mapped[dict[str, Any]] = facts()  # comments: text and time; the lead's facts stand on the lead
    state: Mapped[str] = mapped_column(String(8), server_default="waiting", nullable=False, default="waiting")
    attempts_n: Mapped[int] = counter()
    next_at: Mapped[datetime] = now_column()
    waiting_since: Mapped[datetime] = now_column()  # of this life: a person may give it another one
    lease_until: Mapped[datetime | None] = time_column()
    lease_no: Mapped[int] = counter()
    external_id: Mapped[str] = mapped_column(String(64), server_default="", nullable=False, default="")
    url: Mapped[str] = words()
    error: Mapped[str] = words()
    created_at: Mapped[datetime] = now_column()
    done_at: Mapped[datetime | None] = time_column()
    connection: Mapped[CrmConnection] = relationship()
    lead: Mapped[Any] = relationship("Lead")
    __table_args__ = (
        UniqueConstraint("lead_id", "connection_id", "what", name="crm_push_once"),
        CheckConstraint("state IN ('waiting', 'done', 'failed', 'dropped')", name="crm_push_state"),
        Index("crm_push_due", "next_at", "id", postgresql_where=raw("state = 'waiting'")),
        Index("crm_push_at", "created_at"),
        Index("crm_push_failed", "id", postgresql_where=raw("state = 'failed'")),
        Index("crm_push_known", "connection_id", "external_id", postgresql_where=raw("what = 'lead'")),
        {"postgresql_with": {"fillfactor": "70"}},
    )


class LeadStage(Model):
    """When a lead first came to a stage of the CRM; the lead itself keeps only where it is now."""

    __tablename__ = "lead_stage"
    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    lead_id: Mapped[int] = mapped_column(ForeignKey("lead.id", ondelete="CASCADE"), nullable=False)
    stage: Mapped[str] = mapped_column(String(16), nullable=False)
    at: Mapped[datetime] = now_column()
    __table_args__ = (UniqueConstraint("lead_id", "stage", name="lead_stage_once"), Index("lead_stage_at", "at"))


class CrmHook(Model):
    """A web-hook that has been taken: the same one sent again changes nothing."""

    __tablename__ = "crm_hook"
    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    connection_id: Mapped[int] = mapped_column(ForeignKey("crm_connection.id", ondelete="CASCADE"), nullable=False)
    once: Mapped[str] = mapped_column(String(64), nullable=False)  # a digest of its own words
    events: Mapped[list[Any]] = mapped_column(JSONB, nullable=False)
    at: Mapped[datetime] = now_column()
    done_at: Mapped[datetime | None] = time_column()
    error: Mapped[str] = words()
    __table_args__ = (
        UniqueConstraint("connection_id", "once", name="crm_hook_once"),
        Index("crm_hook_open", "id", postgresql_where=raw("done_at IS NULL")),
        Index("crm_hook_at", "at"),
    )


class CrmClient(Model):
    """A person the CRM knows."""

    __tablename__ = "crm_client"
    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    connection_id: Mapped[int] = mapped_column(ForeignKey("crm_connection.id", ondelete="CASCADE"), nullable=False)
    external_id: Mapped[str] = mapped_column(String(64), nullable=False)
    name: Mapped[str] = words()
    phones: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=raw("'{}'"), nullable=False)
    url: Mapped[str] = words()
    is_gone: Mapped[bool] = flag()
    changed_at: Mapped[datetime] = now_column()
    connection: Mapped[CrmConnection] = relationship(lazy="joined")
    __table_args__ = (UniqueConstraint("connection_id", "external_id", name="crm_client_once"),)

    def __repr__(self) -> str:
        return self.name or f"#{self.external_id}"


class CrmClientPhone(Model):
    """By which number a client is found."""

    __tablename__ = "crm_client_phone"
    phone: Mapped[str] = mapped_column(String(11), primary_key=True)
    client_id: Mapped[int] = mapped_column(
        ForeignKey("crm_client.id", ondelete="CASCADE"), primary_key=True, index=True, autoincrement=False
    )
    __table_args__ = (CheckConstraint(PHONE_CHECK, name="crm_client_phone_digits"),)


class CrmVehicle(Model):
    """A car the CRM knows, as it calls it; joined to a vehicle of ours when the VIN or the plate is the same."""

    __tablename__ = "crm_vehicle"
    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    connection_id: Mapped[int] = mapped_column(ForeignKey("crm_connection.id", ondelete="CASCADE"), nullable=False)
    external_id: Mapped[str] = mapped_column(String(64), nullable=False)
    client_external_id: Mapped[str] = mapped_column(String(64), server_default="", nullable=False, default="")
    city: Mapped[str] = words()
    make: Mapped[str] = words()
    model: Mapped[str] = words()
    year: Mapped[int | None] = mapped_column(SmallInteger)
    vin: Mapped[str | None] = mapped_column(String(17))
    plate: Mapped[str | None] = mapped_column(String(12))
    url: Mapped[str] = words()
    is_gone: Mapped[bool] = flag()
    vehicle_id: Mapped[int | None] = mapped_column(ForeignKey("vehicle.id", ondelete="SET NULL"), index=True)
    changed_at: Mapped[datetime] = now_column()
    connection: Mapped[CrmConnection] = relationship(lazy="joined")
    __table_args__ = (
        UniqueConstraint("connection_id", "external_id", name="crm_vehicle_once"),
        Index("crm_vehicle_client", "connection_id", "client_external_id"),
        Index("crm_vehicle_vin", "vin", postgresql_where=raw("vin IS NOT NULL")),
    )

    def __repr__(self) -> str:
        return " ".join(filter(None, (self.make, self.model, str(self.year or "")))) or f"#{self.external_id}"


__all__ = [
    "DEAL_STAGES", "PUSH_STATES", "CrmClient", "CrmClientPhone", "CrmConnection", "CrmHook", "CrmPush", "CrmToken",
    "CrmTurn", "CrmVehicle", "LeadStage",
]  # fmt: skip
