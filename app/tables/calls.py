"""Telephony's tables: servers, lines, prefixes, caller numbers, phones, and what was called and how it ended."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from flask_appbuilder import Model
from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Date,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
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

from app.tables.columns import PHONE_CHECK, USER, counter, facts, flag, now_column, time_column, user_column, words

CALL_TYPES = ("individual", "campaign", "callback", "incoming", "internal")
# asked: written, not yet sent; sent: Asterisk has it; operator_ringing, ringing (the seller), talking, ended.
CALL_STATES = ("asked", "sent", "operator_ringing", "ringing", "talking", "ended")
OUTCOMES = (
    "answered", "busy", "no_answer", "unavailable", "rejected", "wrong_number", "machine", "failed", "cancelled",
)  # fmt: skip


def one_of(column: str, values: tuple[str, ...]) -> str:
    return f"{column} IN ({', '.join(repr(value) for value in values)})"


class Asterisk(Model):
    """One telephony server. Its own telephony process keeps `state` true; the web only reads it."""

    __tablename__ = "asterisk"
    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    name: Mapped[str] = mapped_column(Text, nullable=False, unique=True)
    is_enabled: Mapped[bool] = flag(True)
    ami_host: Mapped[str] = mapped_column(Text, nullable=False)
    ami_port: Mapped[int] = mapped_column(Integer, server_default="5038", nullable=False, default=5038)
    ami_user: Mapped[str] = mapped_column(Text, nullable=False)
    ami_secret: Mapped[bytes | None] = mapped_column(LargeBinary)  # sealed by services.secrets_box
    ws_url: Mapped[str] = words()  # where the browser phone connects: ws:// or wss://
    sip_host: Mapped[str] = words()  # where a desk phone registers: host:port
    recordings_dir: Mapped[str] = words()  # as the web and worker processes see it
    cdr_csv: Mapped[str] = words()  # the second sink of call records; empty: none
    recording_stopped_at: Mapped[datetime | None] = time_column()  # calls go on without being recorded
    recording_trouble: Mapped[str] = words()  # a code of why
    state: Mapped[str] = mapped_column(String(8), server_default="never", nullable=False, default="never")
    state_since: Mapped[datetime] = now_column()
    seen_at: Mapped[datetime | None] = time_column()  # the process's last sign of life
    version: Mapped[str] = words()
    trouble: Mapped[str] = words()  # a code of why it is down
    __table_args__ = (
        CheckConstraint("state IN ('never', 'up', 'down')", name="asterisk_state"),
        CheckConstraint("ami_port BETWEEN 1 AND 65535", name="asterisk_port"),
    )

    def __repr__(self) -> str:
        return self.name


class Trunk(Model):
    """A line to the public network: its endpoint on the server, its limits and its health."""

    __tablename__ = "trunk"
    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    asterisk_id: Mapped[int] = mapped_column(ForeignKey("asterisk.id"), nullable=False, index=True)
    name: Mapped[str] = mapped_column(Text, nullable=False, unique=True)
    endpoint: Mapped[str] = mapped_column(String(32), nullable=False)
    is_enabled: Mapped[bool] = flag(True)
    position: Mapped[int] = mapped_column(SmallInteger, server_default="100", nullable=False, default=100)
    # How the provider wants a number: 7XXXXXXXXXX, 8XXXXXXXXXX, +7XXXXXXXXXX or the ten digits.
    number_format: Mapped[str] = mapped_column(String(4), server_default="7", nullable=False, default="7")
    max_channels: Mapped[int] = mapped_column(Integer, server_default="10", nullable=False, default=10)
    calls_per_second: Mapped[float] = mapped_column(Float, server_default="2", nullable=False, default=2.0)
    ring_s: Mapped[int] = mapped_column(SmallInteger, server_default="40", nullable=False, default=40)
    schedule: Mapped[list[Any]] = mapped_column(JSONB, server_default=raw("'[]'::jsonb"), nullable=False, default=list)
    stop_after: Mapped[int] = mapped_column(SmallInteger, server_default="10", nullable=False, default=10)  # 0: never
    failed_n: Mapped[int] = counter()  # failures of the line itself, one after another
    stopped_at: Mapped[datetime | None] = time_column()
    stopped_why: Mapped[str] = words()
    asterisk: Mapped[Asterisk] = relationship(lazy="joined")
    __table_args__ = (
        UniqueConstraint("asterisk_id", "endpoint", name="trunk_endpoint_once"),
        CheckConstraint("endpoint ~ '^[a-z][a-z0-9_-]{0,31}$'", name="trunk_endpoint_safe"),
        CheckConstraint("number_format IN ('7', '8', '+7', '10')", name="trunk_number_format"),
        CheckConstraint("max_channels BETWEEN 0 AND 10000 AND calls_per_second > 0", name="trunk_limits"),
        CheckConstraint("ring_s BETWEEN 5 AND 120 AND stop_after >= 0", name="trunk_times"),
    )

    def __repr__(self) -> str:
        return self.name


class DialPrefix(Model):
    """Digits put before the number, by which the provider chooses the way out; reports count connects by it."""

    __tablename__ = "dial_prefix"
    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    trunk_id: Mapped[int] = mapped_column(ForeignKey("trunk.id", ondelete="CASCADE"), nullable=False)
    digits: Mapped[str] = mapped_column(String(6), server_default="", nullable=False, default="")
    name: Mapped[str] = words()
    is_enabled: Mapped[bool] = flag(True)
    trunk: Mapped[Trunk] = relationship(lazy="joined", backref="prefixes")
    __table_args__ = (
        UniqueConstraint("trunk_id", "digits", name="dial_prefix_once"),
        CheckConstraint("digits ~ '^[0-9]{0,6}$'", name="dial_prefix_digits"),
    )

    def __repr__(self) -> str:
        return f"{self.trunk}: {self.digits or '—'}"


class CallerNumber(Model):
    """A number the seller sees. A line has a pool of them; a seller keeps seeing the one he was first called from."""

    __tablename__ = "caller_number"
    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    trunk_id: Mapped[int] = mapped_column(ForeignKey("trunk.id", ondelete="CASCADE"), nullable=False, index=True)
    phone: Mapped[str] = mapped_column(String(11), nullable=False, unique=True)
    is_enabled: Mapped[bool] = flag(True)
    label: Mapped[str] = mapped_column(String(32), server_default="", nullable=False, default="")  # shown on the phone
    owner: Mapped[str] = words()
    contract_on: Mapped[date | None] = mapped_column(Date)
    trunk: Mapped[Trunk] = relationship(lazy="joined", backref="caller_numbers")
    __table_args__ = (CheckConstraint(PHONE_CHECK, name="caller_number_digits"),)

    def __repr__(self) -> str:
        return self.phone


class LineRule(Model):
    """Which line a call takes: the first rule, in order, whose city, region and group are empty or agree."""

    __tablename__ = "line_rule"
    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    position: Mapped[int] = mapped_column(SmallInteger, server_default="100", nullable=False, default=100)
    city_id: Mapped[int | None] = mapped_column(ForeignKey("city.id", ondelete="CASCADE"))
    region_id: Mapped[int | None] = mapped_column(ForeignKey("region.id", ondelete="CASCADE"))
    group_id: Mapped[int | None] = mapped_column(ForeignKey("operator_group.id", ondelete="CASCADE"))
    trunk_id: Mapped[int] = mapped_column(ForeignKey("trunk.id", ondelete="CASCADE"), nullable=False)
    prefix_id: Mapped[int | None] = mapped_column(ForeignKey("dial_prefix.id", ondelete="CASCADE"))
    is_enabled: Mapped[bool] = flag(True)
    city: Mapped[Any] = relationship("City", lazy="joined")
    region: Mapped[Any] = relationship("Region", lazy="joined")
    group: Mapped[Any] = relationship("OperatorGroup", lazy="joined")
    trunk: Mapped[Trunk] = relationship(lazy="joined")
    prefix: Mapped[DialPrefix | None] = relationship(lazy="joined")


class PhoneAccount(Model):
    """A person's phone: the browser's (its password is made anew for each session) or one on the desk."""

    __tablename__ = "phone_account"
    user_id: Mapped[int] = mapped_column(ForeignKey(USER, ondelete="CASCADE"), primary_key=True, autoincrement=False)
    asterisk_id: Mapped[int] = mapped_column(ForeignKey("asterisk.id", ondelete="CASCADE"), nullable=False, index=True)
    extension: Mapped[str] = mapped_column(String(16), nullable=False)  # the endpoint's name
    kind: Mapped[str] = mapped_column(String(8), server_default="browser", nullable=False, default="browser")
    password_until: Mapped[datetime | None] = time_column()  # the browser's password ends here
    sid_hash: Mapped[str] = mapped_column(String(64), server_default="", nullable=False, default="")  # with this log-in
    device_state: Mapped[str] = mapped_column(String(16), server_default="unknown", nullable=False, default="unknown")
    device_since: Mapped[datetime] = now_column()
    user: Mapped[Any] = relationship("User", lazy="joined")
    asterisk: Mapped[Asterisk] = relationship(lazy="joined")
    __table_args__ = (
        UniqueConstraint("asterisk_id", "extension", name="phone_account_extension"),
        CheckConstraint("extension ~ '^[a-z0-9]{1,16}$'", name="phone_account_extension_safe"),
        CheckConstraint("kind IN ('browser', 'desk')", name="phone_account_kind"),
    )

    def __repr__(self) -> str:
        return self.extension


class Call(Model):
    """One try to talk. It is written before anything is dialled: a call in state `asked` is the order to dial."""

    __tablename__ = "call"
    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    # Our name for it: the channel id of its first leg, and therefore the Linkedid of all.
    link: Mapped[str] = mapped_column(
        String(40),
        server_default=raw("'pz-' || replace(gen_random_uuid()::text, '-', '')"),
        nullable=False,
        unique=True,
    )
    type: Mapped[str] = mapped_column(String(12), nullable=False)
    state: Mapped[str] = mapped_column(String(16), server_default="asked", nullable=False, default="asked")
    asterisk_id: Mapped[int] = mapped_column(ForeignKey("asterisk.id"), nullable=False)
    trunk_id: Mapped[int | None] = mapped_column(ForeignKey("trunk.id", ondelete="SET NULL"))
    prefix_id: Mapped[int | None] = mapped_column(ForeignKey("dial_prefix.id", ondelete="SET NULL"))
    caller_number: Mapped[str] = words()  # what the seller saw; incoming: the number of ours that was called
    phone: Mapped[str] = mapped_column(String(20), server_default="", nullable=False, default="")  # the seller's
    operator_id: Mapped[int | None] = user_column()
    card_id: Mapped[int | None] = mapped_column(ForeignKey("card.id", ondelete="SET NULL"))
    ad_id: Mapped[int | None] = mapped_column(ForeignKey("ad.id", ondelete="SET NULL"))
    seller_id: Mapped[int | None] = mapped_column(ForeignKey("seller.id", ondelete="SET NULL"))
    city_id: Mapped[int | None] = mapped_column(BigInteger)  # the car's; kept true by triggers, for the reports
    asked_by_id: Mapped[int | None] = user_column()
    created_at: Mapped[datetime] = now_column()
    sent_at: Mapped[datetime | None] = time_column()
    operator_up_at: Mapped[datetime | None] = time_column()
    ringing_at: Mapped[datetime | None] = time_column()
    answered_at: Mapped[datetime | None] = time_column()  # the seller's answer; incoming: the operator's
    ended_at: Mapped[datetime | None] = time_column()
    ring_ms: Mapped[int | None] = mapped_column(Integer)
    talk_ms: Mapped[int | None] = mapped_column(Integer)  # counted from answered_at
    outcome: Mapped[str | None] = mapped_column(String(16))
    cause: Mapped[int | None] = mapped_column(SmallInteger)  # Q.850
    tech_cause: Mapped[str] = words()  # the SIP answer, as Asterisk says it
    ended_by: Mapped[str] = mapped_column(String(10), server_default="", nullable=False, default="")
    trouble: Mapped[str] = words()  # a code of ours when it failed: line_full, telephony_down, lost …
    recording: Mapped[str] = words()  # file name inside the server's recordings_dir
    recording_bytes: Mapped[int | None] = mapped_column(BigInteger)
    recording_gone_at: Mapped[datetime | None] = time_column()  # removed by retention
    card: Mapped[Any] = relationship("Card")
    operator: Mapped[Any] = relationship("User", foreign_keys=[operator_id])
    trunk: Mapped[Trunk | None] = relationship()
    prefix: Mapped[DialPrefix | None] = relationship()
    __table_args__ = (
        CheckConstraint(one_of("type", CALL_TYPES), name="call_type"),
        CheckConstraint(one_of("state", CALL_STATES), name="call_state"),
        CheckConstraint(f"outcome IS NULL OR {one_of('outcome', OUTCOMES)}", name="call_outcome"),
        CheckConstraint("(state = 'ended') = (ended_at IS NOT NULL)", name="call_ended_has_time"),
        CheckConstraint("state <> 'ended' OR outcome IS NOT NULL", name="call_ended_has_outcome"),
        # What is dialled is eleven digits; what rings in may be anything of digits.
        CheckConstraint("type IN ('incoming', 'internal') OR phone ~ '^7[0-9]{10}$'", name="call_phone_digits"),
        CheckConstraint("phone ~ '^[0-9+]{0,20}$'", name="call_phone_safe"),
        # One live call per operator, and no number in two calls at once: promises, not hopes.
        Index("call_live_operator", "operator_id", unique=True,
              postgresql_where=raw("state <> 'ended' AND operator_id IS NOT NULL AND type <> 'incoming'")),
        Index("call_live_phone", "phone", unique=True,
              postgresql_where=raw("state <> 'ended' AND type NOT IN ('incoming', 'internal')")),
        Index("call_live", "asterisk_id", postgresql_where=raw("state <> 'ended'")),
        Index("call_of_card", "card_id", created_at.desc()),
        Index("call_of_phone", "phone", created_at.desc()),
        Index("call_of_operator", "operator_id", created_at.desc()),
        Index("call_at", created_at.desc()),
        Index("call_recorded", "ended_at", postgresql_where=raw("recording <> '' AND recording_gone_at IS NULL")),
    )  # fmt: skip

    def __repr__(self) -> str:
        return self.link


class CallEvent(Model):
    """What Asterisk said of a call, in order, kept for audit; the same thing said twice is kept once."""

    __tablename__ = "call_event"
    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    call_id: Mapped[int] = mapped_column(ForeignKey("call.id", ondelete="CASCADE"), nullable=False)
    at: Mapped[datetime] = now_column()  # when Asterisk says it happened
    name: Mapped[str] = mapped_column(String(32), nullable=False)
    channel: Mapped[str] = words()
    details: Mapped[dict[str, Any]] = facts()
    once: Mapped[str] = mapped_column(String(64), nullable=False)  # a digest of the event's own words
    __table_args__ = (UniqueConstraint("call_id", "once", name="call_event_once"), Index("call_event_at", "at"))


class CallOrder(Model):
    """What a person asks of a live call: hang up, hold, transfer, listen, whisper, barge; asked, claimed, done."""

    __tablename__ = "call_order"
    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    asterisk_id: Mapped[int] = mapped_column(ForeignKey("asterisk.id", ondelete="CASCADE"), nullable=False)
    verb: Mapped[str] = mapped_column(String(16), nullable=False)
    call_id: Mapped[int | None] = mapped_column(ForeignKey("call.id", ondelete="CASCADE"), index=True)
    args: Mapped[dict[str, Any]] = facts()
    asked_by_id: Mapped[int | None] = user_column()
    asked_at: Mapped[datetime] = now_column()
    claimed_at: Mapped[datetime | None] = time_column()
    done_at: Mapped[datetime | None] = time_column()
    trouble: Mapped[str] = words()  # a code when it could not be done
    answer: Mapped[str] = mapped_column(Text, server_default="", nullable=False, default="")
    __table_args__ = (Index("call_order_open", "asterisk_id", "id", postgresql_where=raw("done_at IS NULL")),)


__all__ = [
    "CALL_STATES", "CALL_TYPES", "OUTCOMES", "Asterisk", "Call", "CallEvent", "CallOrder", "CallerNumber",
    "DialPrefix", "LineRule", "PhoneAccount", "Trunk",
]  # fmt: skip
