"""The SMS's tables: gateways, templates, messages on their way and what became of them, consents."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from flask_appbuilder import Model
from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, Integer, Numeric, SmallInteger, String, Text
from sqlalchemy import text as raw
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.tables.columns import PHONE_CHECK, counter, facts, flag, now_column, time_column, user_column, words

SMS_STATES = ("waiting", "sending", "sent", "delivered", "failed", "expired", "unknown", "cancelled")
SMS_GROUNDS = ("operator", "status", "missed_calls", "command")


class SmsGateway(Model):
    """One account of one gateway."""

    __tablename__ = "sms_gateway"
    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    name: Mapped[str] = mapped_column(Text, nullable=False, unique=True)
    kind: Mapped[str] = mapped_column(String(32), nullable=False)
    options: Mapped[dict[str, Any]] = facts()
    secrets: Mapped[str] = words()  # sealed JSON; never shown, never logged
    sender: Mapped[str] = mapped_column(String(15), server_default="", nullable=False, default="")
    position: Mapped[int] = mapped_column(SmallInteger, server_default="1", nullable=False, default=1)  # tried in order
    per_second: Mapped[int] = mapped_column(SmallInteger, server_default="10", nullable=False, default=10)
    turn_at: Mapped[datetime | None] = time_column()  # the next free place in the row of all workers
    hook_token: Mapped[str] = mapped_column(String(64), nullable=False, unique=True)  # its call-backs' address
    is_enabled: Mapped[bool] = flag()
    balance: Mapped[Decimal | None] = mapped_column(Numeric(12, 2))  # roubles
    balance_at: Mapped[datetime | None] = time_column()
    closed_until: Mapped[datetime | None] = time_column()  # nothing is sent before: money, password, its own wish
    trouble: Mapped[str] = mapped_column(String(32), server_default="", nullable=False, default="")  # a code
    last_ok_at: Mapped[datetime | None] = time_column()
    created_at: Mapped[datetime] = now_column()
    __table_args__ = (CheckConstraint("per_second BETWEEN 1 AND 1000", name="sms_gateway_rate"),)

    def __repr__(self) -> str:
        return self.name


class SmsTemplate(Model):
    """A text with fields in braces, and when it goes by itself."""

    __tablename__ = "sms_template"
    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    name: Mapped[str] = mapped_column(Text, nullable=False, unique=True)
    text: Mapped[str] = mapped_column(Text, nullable=False)
    is_enabled: Mapped[bool] = flag(True)
    position: Mapped[int] = mapped_column(SmallInteger, server_default="0", nullable=False, default=0)
    status_id: Mapped[int | None] = mapped_column(ForeignKey("status.id", ondelete="SET NULL"), index=True)
    after_missed: Mapped[int | None] = mapped_column(SmallInteger)  # unanswered calls of a card, by itself after these
    status: Mapped[Any] = relationship("Status")
    __table_args__ = (CheckConstraint("after_missed BETWEEN 1 AND 20", name="sms_template_missed"),)

    def __repr__(self) -> str:
        return self.name


class SmsMessage(Model):
    """One message to one number. Its text never changes; a sent one is never sent again."""

    __tablename__ = "sms_message"
    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    card_id: Mapped[int | None] = mapped_column(ForeignKey("card.id", ondelete="SET NULL"), index=True)
    template_id: Mapped[int | None] = mapped_column(ForeignKey("sms_template.id", ondelete="SET NULL"))
    phone: Mapped[str] = mapped_column(String(11), nullable=False)
    text: Mapped[str] = mapped_column(Text, nullable=False)
    parts: Mapped[int] = mapped_column(SmallInteger, server_default="1", nullable=False, default=1)
    state: Mapped[str] = mapped_column(String(10), server_default="waiting", nullable=False, default="waiting")
    ground: Mapped[str] = mapped_column(String(12), nullable=False)  # who or what wanted it
    by_id: Mapped[int | None] = user_column()
    gateway_id: Mapped[int | None] = mapped_column(ForeignKey("sms_gateway.id"))
    ref: Mapped[str] = mapped_column(String(80), server_default="", nullable=False, default="")
    cost: Mapped[Decimal | None] = mapped_column(Numeric(10, 2))
    trouble: Mapped[str] = mapped_column(String(32), server_default="", nullable=False, default="")
    attempts_n: Mapped[int] = counter()
    next_at: Mapped[datetime] = now_column()  # when to send it, or to ask what became of it
    tried_ids: Mapped[list[Any]] = mapped_column(  # gateways that have refused it for good
        JSONB, server_default=raw("'[]'::jsonb"), nullable=False, default=list
    )
    created_at: Mapped[datetime] = now_column()
    sent_at: Mapped[datetime | None] = time_column()
    done_at: Mapped[datetime | None] = time_column()  # delivered, or surely not
    template: Mapped[SmsTemplate | None] = relationship()
    gateway: Mapped[SmsGateway | None] = relationship()
    __table_args__ = (
        CheckConstraint(PHONE_CHECK, name="sms_message_phone"),
        CheckConstraint(
            "state IN ('waiting', 'sending', 'sent', 'delivered', 'failed', 'expired', 'unknown', 'cancelled')",
            name="sms_message_state",
        ),
        Index("sms_message_due", "next_at", "id", postgresql_where=raw("state IN ('waiting', 'sending', 'sent')")),
        Index("sms_message_ref", "gateway_id", "ref", postgresql_where=raw("ref <> ''")),
        Index("sms_message_when", created_at.desc(), "id"),
        Index("sms_message_phone_when", "phone", created_at.desc()),
    )


class SmsConsent(Model):
    """On what ground a number may be written to. Kept by its mark, so that it outlives an erasure."""

    __tablename__ = "sms_consent"
    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    phone_hash: Mapped[str] = mapped_column(String(64), nullable=False, index=True)
    card_id: Mapped[int | None] = mapped_column(ForeignKey("card.id", ondelete="SET NULL"))
    by_id: Mapped[int | None] = user_column()
    is_withdrawn: Mapped[bool] = flag()
    note: Mapped[str] = words()
    at: Mapped[datetime] = now_column()


__all__ = ["SMS_GROUNDS", "SMS_STATES", "SmsConsent", "SmsGateway", "SmsMessage", "SmsTemplate"]
