"""Every table: columns, constraints, relations. No decisions and no I/O."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from flask_appbuilder import Model
from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    CheckConstraint,
    Date,
    DateTime,
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

from app.domain.phones import phone_mark
from app.extensions import outside
from app.tables.asterisk import *  # noqa: F403 - every table is asked for here
from app.tables.board import *  # noqa: F403
from app.tables.calls import *  # noqa: F403
from app.tables.campaigns import *  # noqa: F403
from app.tables.columns import PHONE_CHECK, USER, counter, facts, flag, now_column, time_column, user_column, words
from app.tables.crm import *  # noqa: F403
from app.tables.incoming import *  # noqa: F403
from app.tables.pauses import *  # noqa: F403
from app.tables.reports import *  # noqa: F403
from app.tables.simulations import *  # noqa: F403
from app.tables.sms import *  # noqa: F403

# Card.stage: what the lists are made of. Partial indexes name these numbers literally.
POOL, NEW, IN_WORK, CALLBACK, CLOSED = 0, 1, 2, 3, 9


# --- Places and cars -------------------------------------------------------------------------------------------------


class Region(Model):
    __tablename__ = "region"
    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    name: Mapped[str] = mapped_column(Text, nullable=False, unique=True)
    timezone: Mapped[str] = words()
    lat: Mapped[float | None] = mapped_column(Float)
    lon: Mapped[float | None] = mapped_column(Float)

    def __repr__(self) -> str:
        return self.name


class City(Model):
    __tablename__ = "city"
    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)  # GeoNames id: stable
    name: Mapped[str] = mapped_column(Text, nullable=False)
    name_sort: Mapped[str] = mapped_column(Text, nullable=False)  # no server has a Russian collation for sure
    region_id: Mapped[int] = mapped_column(ForeignKey("region.id"), nullable=False)
    lat: Mapped[float] = mapped_column(Float, nullable=False)
    lon: Mapped[float] = mapped_column(Float, nullable=False)
    timezone: Mapped[str] = mapped_column(Text, nullable=False)
    population: Mapped[int] = counter()
    region: Mapped[Region] = relationship(lazy="joined")
    __table_args__ = (
        Index("city_region", "region_id", "name"),  # two villages of a region may share a name
        Index("city_name", "name_sort", postgresql_ops={"name_sort": "text_pattern_ops"}),
    )

    def __repr__(self) -> str:
        return f"{self.name}, {self.region}" if self.region and self.region.name != self.name else self.name


class Make(Model):
    __tablename__ = "make"
    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    name: Mapped[str] = mapped_column(Text, nullable=False, unique=True)
    is_popular: Mapped[bool] = flag()

    def __repr__(self) -> str:
        return self.name


class CarModel(Model):
    __tablename__ = "car_model"
    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    make_id: Mapped[int] = mapped_column(ForeignKey("make.id"), nullable=False)
    name: Mapped[str] = mapped_column(Text, nullable=False)
    make: Mapped[Make] = relationship(lazy="joined")
    __table_args__ = (UniqueConstraint("make_id", "name"),)

    def __repr__(self) -> str:
        return f"{self.make} {self.name}"


class Generation(Model):
    __tablename__ = "generation"
    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    model_id: Mapped[int] = mapped_column(ForeignKey("car_model.id"), nullable=False)
    name: Mapped[str] = mapped_column(Text, nullable=False)
    year_from: Mapped[int | None] = mapped_column(SmallInteger)
    year_to: Mapped[int | None] = mapped_column(SmallInteger)
    model: Mapped[CarModel] = relationship()
    __table_args__ = (UniqueConstraint("model_id", "name"),)

    def __repr__(self) -> str:
        return f"{self.name} ({self.year_from or '…'}–{self.year_to or '…'})"


class Modification(Model):
    __tablename__ = "modification"
    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    generation_id: Mapped[int] = mapped_column(ForeignKey("generation.id"), nullable=False)
    name: Mapped[str] = mapped_column(Text, nullable=False)
    engine_cc: Mapped[int | None] = mapped_column(Integer)
    power_hp: Mapped[int | None] = mapped_column(SmallInteger)
    fuel: Mapped[str | None] = mapped_column(String(16))
    gearbox: Mapped[str | None] = mapped_column(String(16))
    drive: Mapped[str | None] = mapped_column(String(16))
    __table_args__ = (UniqueConstraint("generation_id", "name"),)


class NameAlias(Model):
    """A spelling met in the wild: bound to a row of the books, or waiting for a person."""

    __tablename__ = "name_alias"
    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    kind: Mapped[str] = mapped_column(String(16), nullable=False)  # make, model, generation, city
    context: Mapped[str] = words()  # make id of a model, region of a city
    text: Mapped[str] = mapped_column(Text, nullable=False)
    folded: Mapped[str] = mapped_column(Text, nullable=False)
    target_id: Mapped[int | None] = mapped_column(BigInteger)
    is_ignored: Mapped[bool] = flag()  # a person said: this is no name
    seen_n: Mapped[int] = counter()
    first_seen_at: Mapped[datetime] = now_column()
    mapped_by_id: Mapped[int | None] = user_column()
    mapped_at: Mapped[datetime | None] = time_column()
    __table_args__ = (
        UniqueConstraint("kind", "context", "folded"),
        Index("name_alias_waiting", seen_n.desc(), postgresql_where=raw("target_id IS NULL AND NOT is_ignored")),
    )

    def __repr__(self) -> str:
        return self.text


class MarketPrice(Model):
    """The median price of like cars on sale now."""

    __tablename__ = "market_price"
    model_id: Mapped[int] = mapped_column(ForeignKey("car_model.id", ondelete="CASCADE"), primary_key=True)
    year: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    median: Mapped[int] = mapped_column(Integer, nullable=False)
    n: Mapped[int] = mapped_column(Integer, nullable=False)
    computed_at: Mapped[datetime] = now_column()


# --- Ads -------------------------------------------------------------------------------------------------------------


class Source(Model):
    __tablename__ = "source"
    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    key: Mapped[str] = mapped_column(String(64), nullable=False, unique=True)
    name: Mapped[str] = mapped_column(Text, nullable=False)
    adapter: Mapped[str] = mapped_column(String(64), nullable=False)
    options: Mapped[dict[str, Any]] = facts()
    secrets: Mapped[str] = words()  # encrypted JSON; never shown, never logged
    field_map: Mapped[dict[str, Any]] = facts()
    is_enabled: Mapped[bool] = flag(True)
    every_minutes: Mapped[int] = mapped_column(Integer, server_default="5", nullable=False, default=5)
    window_hours: Mapped[int] = mapped_column(Integer, server_default="24", nullable=False, default=24)
    cursor: Mapped[dict[str, Any]] = facts()
    covered_until: Mapped[datetime | None] = time_column()  # everything published before this is stored
    health: Mapped[str] = mapped_column(String(20), server_default="", nullable=False, default="")
    health_text: Mapped[str] = words()
    errors_in_row: Mapped[int] = counter()
    last_ok_at: Mapped[datetime | None] = time_column()
    next_pull_at: Mapped[datetime] = now_column()
    created_at: Mapped[datetime] = now_column()
    __table_args__ = (
        CheckConstraint("every_minutes BETWEEN 1 AND 10080", name="source_every"),
        CheckConstraint("window_hours BETWEEN 1 AND 8760", name="source_window"),
    )

    def __repr__(self) -> str:
        return self.name


class SourceRun(Model):
    __tablename__ = "source_run"
    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    source_id: Mapped[int] = mapped_column(ForeignKey("source.id", ondelete="CASCADE"), nullable=False)
    kind: Mapped[str] = mapped_column(String(16), nullable=False)  # pull, import, push
    started_at: Mapped[datetime] = now_column()
    finished_at: Mapped[datetime | None] = time_column()
    window_since: Mapped[datetime | None] = time_column()
    window_until: Mapped[datetime | None] = time_column()
    health: Mapped[str] = mapped_column(String(20), server_default="", nullable=False, default="")
    read: Mapped[int] = counter()
    new: Mapped[int] = counter()
    changed: Mapped[int] = counter()
    price_changed: Mapped[int] = counter()
    unchanged: Mapped[int] = counter()
    rejected: Mapped[int] = counter()
    rejected_reasons: Mapped[dict[str, Any]] = facts()
    vehicles_new: Mapped[int] = counter()
    missed: Mapped[str] = words()
    error: Mapped[str] = words()
    page: Mapped[bytes | None] = mapped_column(LargeBinary)  # kept when the layout changed
    file_name: Mapped[str] = words()
    actor_id: Mapped[int | None] = user_column()
    source: Mapped[Source] = relationship()
    __table_args__ = (Index("source_run_of", "source_id", started_at.desc()),)

    def __repr__(self) -> str:
        return f"{self.kind} #{self.id}"


class SourceTurn(Model):
    """When an account of a site may be asked next; the account by its digest."""

    __tablename__ = "source_turn"
    account: Mapped[str] = mapped_column(String(64), primary_key=True)
    next_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), nullable=False)


class RejectedRow(Model):
    """A record that was turned away, word for word, so that it can be given back as a file."""

    __tablename__ = "rejected_row"
    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    run_id: Mapped[int] = mapped_column(ForeignKey("source_run.id", ondelete="CASCADE"), nullable=False, index=True)
    line: Mapped[int | None] = mapped_column(Integer)
    reason: Mapped[str] = mapped_column(String(32), nullable=False)
    detail: Mapped[str] = words()
    row: Mapped[str] = words()


class Seller(Model):
    __tablename__ = "seller"
    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    key: Mapped[str] = mapped_column(Text, nullable=False, unique=True)  # "tel:7…" or "<source id>:<seller id>"
    name: Mapped[str] = words()
    kind: Mapped[str | None] = mapped_column(String(16))  # private, dealer: as the site says
    ads_n: Mapped[int] = counter()
    reseller_score: Mapped[int] = mapped_column(SmallInteger, server_default="0", nullable=False, default=0)
    reseller_reasons: Mapped[list[Any]] = mapped_column(JSONB, server_default=raw("'[]'::jsonb"), nullable=False)
    is_reseller: Mapped[bool | None] = mapped_column(Boolean)  # a person's word; empty: the score decides
    note: Mapped[str] = words()  # what operators tell each other about this person
    created_at: Mapped[datetime] = now_column()
    __table_args__ = (Index("seller_resellers", reseller_score.desc(), "id"),)

    def __repr__(self) -> str:
        return self.name or f"#{self.id}"


class SellerPhone(Model):
    __tablename__ = "seller_phone"
    phone: Mapped[str] = mapped_column(String(11), primary_key=True)
    seller_id: Mapped[int] = mapped_column(ForeignKey("seller.id", ondelete="CASCADE"), nullable=False, index=True)
    is_substitute: Mapped[bool] = flag()
    last_good_at: Mapped[datetime | None] = time_column()
    last_failed_at: Mapped[datetime | None] = time_column()
    __table_args__ = (
        CheckConstraint(PHONE_CHECK, name="seller_phone_digits"),
        Index("seller_phone_starts", "phone", postgresql_ops={"phone": "text_pattern_ops"}),
        Index("seller_phone_ends", raw("reverse(phone) text_pattern_ops")),
    )


class CarFactsMixin:
    """What is known of the car, in canonical words; the same on an ad and on the vehicle that its ads make up."""

    make_id: Mapped[int | None] = mapped_column(Integer)
    model_id: Mapped[int | None] = mapped_column(Integer)
    generation_id: Mapped[int | None] = mapped_column(Integer)
    year: Mapped[int | None] = mapped_column(SmallInteger)
    mileage_km: Mapped[int | None] = mapped_column(Integer)
    price: Mapped[int | None] = mapped_column(Integer)
    body: Mapped[str | None] = mapped_column(String(16))
    fuel: Mapped[str | None] = mapped_column(String(16))
    gearbox: Mapped[str | None] = mapped_column(String(16))
    drive: Mapped[str | None] = mapped_column(String(16))
    wheel: Mapped[str | None] = mapped_column(String(8))
    color: Mapped[str | None] = mapped_column(String(16))
    engine_cc: Mapped[int | None] = mapped_column(Integer)
    power_hp: Mapped[int | None] = mapped_column(SmallInteger)
    owners: Mapped[int | None] = mapped_column(SmallInteger)
    city_id: Mapped[int | None] = mapped_column(BigInteger)
    region_id: Mapped[int | None] = mapped_column(Integer)
    is_foreign: Mapped[bool] = flag()
    is_damaged: Mapped[bool | None] = mapped_column(Boolean)
    is_new: Mapped[bool | None] = mapped_column(Boolean)
    seller_kind: Mapped[str | None] = mapped_column(String(16))
    vin: Mapped[str | None] = mapped_column(String(17))
    plate: Mapped[str | None] = mapped_column(String(12))
    published_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class Vehicle(CarFactsMixin, Model):
    """The physical car, for ever. Its facts are merged from its ads; the operator's own corrections win."""

    __tablename__ = "vehicle"
    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    title: Mapped[str] = words()
    seller_id: Mapped[int | None] = mapped_column(ForeignKey("seller.id", ondelete="SET NULL"))
    source_ids: Mapped[list[int]] = mapped_column(ARRAY(Integer), server_default=raw("'{}'"), nullable=False)
    price_pct: Mapped[int | None] = mapped_column(SmallInteger)  # price in percent of the market median
    reseller_score: Mapped[int] = mapped_column(SmallInteger, server_default="0", nullable=False, default=0)
    on_sale: Mapped[bool] = flag(True)
    is_reserved: Mapped[bool] = flag()
    edits: Mapped[dict[str, Any]] = facts()  # corrected by an operator: field -> value
    ad_id: Mapped[int | None] = mapped_column(BigInteger)  # the ad that is shown: active before removed, newest first
    first_seen_at: Mapped[datetime] = now_column()
    changed_at: Mapped[datetime] = now_column()
    __table_args__ = (
        Index("vehicle_on_sale", "model_id", "year", postgresql_where=raw("on_sale")),
        Index("vehicle_city", "city_id", postgresql_where=raw("on_sale")),
        Index("vehicle_vin", "vin", postgresql_where=raw("vin IS NOT NULL")),
        Index("vehicle_seller", "seller_id", postgresql_where=raw("seller_id IS NOT NULL")),
        {"postgresql_with": {"fillfactor": "80"}},
    )

    def __repr__(self) -> str:
        return self.title or f"#{self.id}"


class Ad(CarFactsMixin, Model):
    __tablename__ = "ad"
    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    source_id: Mapped[int] = mapped_column(ForeignKey("source.id"), nullable=False)
    external_id: Mapped[str] = mapped_column(Text, nullable=False)
    vehicle_id: Mapped[int | None] = mapped_column(ForeignKey("vehicle.id"))  # empty: waits to be joined
    url: Mapped[str] = words()
    title: Mapped[str] = words()
    description: Mapped[str] = words()
    photos: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=raw("'{}'"), nullable=False)
    prev_price: Mapped[int | None] = mapped_column(Integer)
    prev_state: Mapped[str | None] = mapped_column(String(16))
    facts_hash: Mapped[int | None] = mapped_column(BigInteger)  # of all that the source told: equal means unchanged
    phone: Mapped[str | None] = mapped_column(String(11))
    phones: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=raw("'{}'"), nullable=False)
    phone_protected: Mapped[bool] = flag()
    phone_trouble: Mapped[str] = mapped_column(String(16), server_default="", nullable=False, default="")
    seller_name: Mapped[str] = words()
    seller_external_id: Mapped[str] = words()
    vin_hint: Mapped[str | None] = mapped_column(String(17))
    signature: Mapped[bytes | None] = mapped_column(LargeBinary)  # of the text, for «same car?»
    written: Mapped[dict[str, Any]] = facts()  # make, model, city, phones … as written
    state: Mapped[str] = mapped_column(String(16), server_default="active", nullable=False, default="active")
    gone_at: Mapped[datetime | None] = time_column()
    first_seen_at: Mapped[datetime] = now_column()
    changed_at: Mapped[datetime] = now_column()
    source: Mapped[Source] = relationship()
    vehicle: Mapped[Vehicle | None] = relationship(backref="ads")
    __table_args__ = (
        UniqueConstraint("source_id", "external_id", name="ad_identity"),
        CheckConstraint(f"phone IS NULL OR {PHONE_CHECK}", name="ad_phone_digits"),
        Index("ad_vehicle", "vehicle_id"),
        Index("ad_unjoined", "id", postgresql_where=raw("vehicle_id IS NULL")),
        Index("ad_phone", "phone", postgresql_where=raw("phone IS NOT NULL")),
        # Adverts come nearly in the order of their days: a few bytes for each block range find them.
        Index(
            "ad_posted",
            raw("coalesce(published_at, first_seen_at) timestamptz_minmax_multi_ops"),
            postgresql_using="brin",
            postgresql_with={"pages_per_range": "32"},
        ),
        {"postgresql_with": {"fillfactor": "80"}},
    )

    def __repr__(self) -> str:
        return self.title or self.external_id


class AdPrice(Model):
    __tablename__ = "ad_price"
    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    ad_id: Mapped[int] = mapped_column(ForeignKey("ad.id", ondelete="CASCADE"), nullable=False, index=True)
    old_price: Mapped[int | None] = mapped_column(Integer)
    new_price: Mapped[int | None] = mapped_column(Integer)
    at: Mapped[datetime] = now_column()


class AdEvent(Model):
    """The life of an ad: published, price changed, reserved, removed, returned."""

    __tablename__ = "ad_event"
    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    ad_id: Mapped[int] = mapped_column(ForeignKey("ad.id", ondelete="CASCADE"), nullable=False, index=True)
    what: Mapped[str] = mapped_column(String(16), nullable=False)
    at: Mapped[datetime] = now_column()


class AdKey(Model):
    """Blocking keys: two ads that share one are worth comparing."""

    __tablename__ = "ad_key"
    key: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    ad_id: Mapped[int] = mapped_column(ForeignKey("ad.id", ondelete="CASCADE"), primary_key=True, index=True)


class SamePair(Model):
    """Two vehicles that may be one: waits for a person."""

    __tablename__ = "same_pair"
    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    ad_id: Mapped[int] = mapped_column(ForeignKey("ad.id", ondelete="CASCADE"), nullable=False)
    other_ad_id: Mapped[int] = mapped_column(ForeignKey("ad.id", ondelete="CASCADE"), nullable=False)
    score: Mapped[float] = mapped_column(Float, nullable=False)
    reasons: Mapped[list[Any]] = mapped_column(JSONB, nullable=False)
    state: Mapped[str] = mapped_column(String(16), server_default="waiting", nullable=False)  # waiting, joined, apart
    found_at: Mapped[datetime] = now_column()
    decided_by_id: Mapped[int | None] = user_column()
    decided_at: Mapped[datetime | None] = time_column()
    ad: Mapped[Ad] = relationship(foreign_keys=[ad_id])
    other_ad: Mapped[Ad] = relationship(foreign_keys=[other_ad_id])
    __table_args__ = (
        UniqueConstraint("ad_id", "other_ad_id"),
        Index("same_pair_waiting", score.desc(), postgresql_where=raw("state = 'waiting'")),
    )


class VehicleMove(Model):
    """An ad went from one vehicle to another; kept so that it can be undone."""

    __tablename__ = "vehicle_move"
    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    ad_id: Mapped[int] = mapped_column(ForeignKey("ad.id", ondelete="CASCADE"), nullable=False, index=True)
    from_vehicle_id: Mapped[int | None] = mapped_column(BigInteger)
    to_vehicle_id: Mapped[int] = mapped_column(BigInteger, nullable=False)
    why: Mapped[str] = mapped_column(String(32), nullable=False)
    by_id: Mapped[int | None] = user_column()
    at: Mapped[datetime] = now_column()
    undone_at: Mapped[datetime | None] = time_column()


# --- Work ------------------------------------------------------------------------------------------------------------


class Status(Model):
    __tablename__ = "status"
    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    code: Mapped[str] = mapped_column(String(32), nullable=False, unique=True)
    name: Mapped[str] = mapped_column(Text, nullable=False)
    is_closing: Mapped[bool] = flag()
    is_reached: Mapped[bool] = flag()
    makes_lead: Mapped[bool] = flag()
    is_refusal: Mapped[bool] = flag()
    is_sold: Mapped[bool] = flag()
    is_wrong_number: Mapped[bool] = flag()
    is_do_not_call: Mapped[bool] = flag()
    needs_callback: Mapped[bool] = flag()
    repeat_after_min: Mapped[int | None] = mapped_column(Integer)
    repeat_growth_pct: Mapped[int] = mapped_column(SmallInteger, server_default="0", nullable=False, default=0)
    attempts_cap: Mapped[int | None] = mapped_column(SmallInteger)
    at_cap_id: Mapped[int | None] = mapped_column(ForeignKey("status.id", ondelete="SET NULL"))
    color: Mapped[str] = mapped_column(String(16), server_default="secondary", nullable=False, default="secondary")
    icon: Mapped[str] = mapped_column(String(32), server_default="circle", nullable=False, default="circle")
    hotkey: Mapped[str] = mapped_column(String(4), server_default="", nullable=False, default="")
    position: Mapped[int] = counter()
    is_enabled: Mapped[bool] = flag(True)
    # The outcome of a call after which the desk proposes this result; empty: none.
    suggested_by: Mapped[str] = mapped_column(String(16), server_default="", nullable=False, default="")
    at_cap: Mapped[Status | None] = relationship(remote_side=[id], foreign_keys=[at_cap_id])

    def __repr__(self) -> str:
        return self.name


class StatusRule(Model):
    """An allowed transition. A status without any rule may follow every working status."""

    __tablename__ = "status_rule"
    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    from_id: Mapped[int] = mapped_column(ForeignKey("status.id", ondelete="CASCADE"), nullable=False)
    to_id: Mapped[int] = mapped_column(ForeignKey("status.id", ondelete="CASCADE"), nullable=False)
    from_status: Mapped[Status] = relationship(foreign_keys=[from_id])
    to_status: Mapped[Status] = relationship(foreign_keys=[to_id])
    __table_args__ = (UniqueConstraint("from_id", "to_id"),)


class OperatorGroup(Model):
    __tablename__ = "operator_group"
    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    name: Mapped[str] = mapped_column(Text, nullable=False, unique=True)
    is_enabled: Mapped[bool] = flag(True)
    is_push: Mapped[bool] = flag(True)  # cards are dealt out; else operators take from the pool
    return_after_min: Mapped[int] = mapped_column(Integer, server_default="120", nullable=False, default=120)
    schedule: Mapped[list[Any]] = mapped_column(JSONB, server_default=raw("'[]'::jsonb"), nullable=False, default=list)
    script: Mapped[str] = words()  # what its operators say; empty: the company's
    __table_args__ = (CheckConstraint("return_after_min BETWEEN 1 AND 43200", name="operator_group_return"),)

    def __repr__(self) -> str:
        return self.name


class OperatorProfile(Model):
    """1:1 with the user: group, weight, caps and the counters that every claim keeps true."""

    __tablename__ = "operator_profile"
    user_id: Mapped[int] = mapped_column(ForeignKey(USER, ondelete="CASCADE"), primary_key=True, autoincrement=False)
    group_id: Mapped[int | None] = mapped_column(ForeignKey("operator_group.id", ondelete="SET NULL"), index=True)
    weight: Mapped[int] = mapped_column(SmallInteger, server_default="100", nullable=False, default=100)
    max_new: Mapped[int] = mapped_column(Integer, server_default="10", nullable=False, default=10)
    max_open: Mapped[int] = mapped_column(Integer, server_default="60", nullable=False, default=60)
    hour_cap: Mapped[int] = mapped_column(Integer, server_default="30", nullable=False, default=30)
    day_cap: Mapped[int] = mapped_column(Integer, server_default="150", nullable=False, default=150)
    new_n: Mapped[int] = counter()
    open_n: Mapped[int] = counter()
    hour_n: Mapped[int] = counter()
    hour_at: Mapped[datetime | None] = time_column()  # the hour that hour_n counts
    day_n: Mapped[int] = counter()
    day_on: Mapped[date | None] = mapped_column(Date)  # the company's day that day_n counts
    presence: Mapped[str] = mapped_column(String(16), server_default="offline", nullable=False, default="offline")
    pause_id: Mapped[int | None] = mapped_column(ForeignKey("pause_reason.id", ondelete="SET NULL"))  # why «paused»
    presence_since: Mapped[datetime] = now_column()
    seen_at: Mapped[datetime | None] = time_column()  # last own action, not polling
    wrap_up_until: Mapped[datetime | None] = time_column()  # from then on the time after a call is over-long
    auto_next: Mapped[bool] = flag(True)
    keys_on: Mapped[bool] = flag(True)
    user: Mapped[Any] = relationship("User", lazy="joined")
    group: Mapped[OperatorGroup | None] = relationship(lazy="joined", backref="members")
    __table_args__ = (
        CheckConstraint("weight BETWEEN 0 AND 1000", name="operator_weight"),
        CheckConstraint("max_new >= 0 AND max_open >= 0 AND hour_cap >= 0 AND day_cap >= 0", name="operator_caps"),
        CheckConstraint("new_n >= 0 AND open_n >= 0", name="operator_counters"),
        {"postgresql_with": {"fillfactor": "50"}},
    )

    def __repr__(self) -> str:
        return str(self.user) if self.user else f"#{self.user_id}"


class OperatorState(Model):
    """History of presence: ready, wrap_up, offline, or paused with the reason's name as it was then."""

    __tablename__ = "operator_state"
    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey(USER, ondelete="CASCADE"), nullable=False)
    state: Mapped[str] = mapped_column(String(16), nullable=False)
    reason: Mapped[str] = words()
    pause_id: Mapped[int | None] = mapped_column(ForeignKey("pause_reason.id", ondelete="SET NULL"))
    since: Mapped[datetime] = now_column()
    until: Mapped[datetime | None] = time_column()
    __table_args__ = (Index("operator_state_of", "user_id", "since"),)


class AdFilter(Model):
    __tablename__ = "ad_filter"
    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    name: Mapped[str] = mapped_column(Text, nullable=False)
    is_enabled: Mapped[bool] = flag()
    is_archived: Mapped[bool] = flag()
    priority: Mapped[int] = mapped_column(Integer, server_default="0", nullable=False, default=0)
    group_id: Mapped[int | None] = mapped_column(ForeignKey("operator_group.id"))
    operator_id: Mapped[int | None] = mapped_column(ForeignKey(USER))
    all_russia: Mapped[bool] = flag()
    region_ids: Mapped[list[int]] = mapped_column(ARRAY(Integer), server_default=raw("'{}'"), nullable=False)
    criteria: Mapped[dict[str, Any]] = facts()  # sets, ranges, keywords, unknown_ok: domain.matching reads it
    schedule: Mapped[list[Any]] = mapped_column(JSONB, server_default=raw("'[]'::jsonb"), nullable=False, default=list)
    open_cap: Mapped[int | None] = mapped_column(Integer)
    day_cap: Mapped[int | None] = mapped_column(Integer)
    open_n: Mapped[int] = counter()
    day_n: Mapped[int] = counter()
    day_on: Mapped[date | None] = mapped_column(Date)
    version: Mapped[int] = mapped_column(Integer, server_default="1", nullable=False, default=1)
    created_at: Mapped[datetime] = now_column()
    changed_at: Mapped[datetime] = now_column()
    changed_by_id: Mapped[int | None] = user_column()
    group: Mapped[OperatorGroup | None] = relationship(lazy="joined")
    operator: Mapped[Any] = relationship("User", foreign_keys=[operator_id], lazy="joined")
    cities: Mapped[list[AdFilterCity]] = relationship(cascade="all, delete-orphan", lazy="selectin")
    cars: Mapped[list[AdFilterModel]] = relationship(cascade="all, delete-orphan", lazy="selectin")
    __table_args__ = (
        CheckConstraint("NOT (group_id IS NOT NULL AND operator_id IS NOT NULL)", name="ad_filter_one_target"),
        CheckConstraint("priority BETWEEN -1000 AND 1000", name="ad_filter_priority"),
    )

    def __repr__(self) -> str:
        return self.name


class AdFilterCity(Model):
    __tablename__ = "ad_filter_city"
    filter_id: Mapped[int] = mapped_column(ForeignKey("ad_filter.id", ondelete="CASCADE"), primary_key=True)
    city_id: Mapped[int] = mapped_column(ForeignKey("city.id"), primary_key=True)
    radius_km: Mapped[int] = mapped_column(Integer, server_default="0", nullable=False, default=0)
    city: Mapped[City] = relationship(lazy="joined")
    __table_args__ = (CheckConstraint("radius_km BETWEEN 0 AND 1000", name="ad_filter_city_radius"),)


class AdFilterModel(Model):
    """A line of wanted cars: a whole make, a model, or one generation."""

    __tablename__ = "ad_filter_model"
    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    filter_id: Mapped[int] = mapped_column(ForeignKey("ad_filter.id", ondelete="CASCADE"), nullable=False, index=True)
    make_id: Mapped[int] = mapped_column(ForeignKey("make.id"), nullable=False)
    model_id: Mapped[int | None] = mapped_column(ForeignKey("car_model.id"))
    generation_id: Mapped[int | None] = mapped_column(ForeignKey("generation.id"))


class AdFilterChange(Model):
    """What a filter was after each change, with its author."""

    __tablename__ = "ad_filter_change"
    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    filter_id: Mapped[int] = mapped_column(ForeignKey("ad_filter.id", ondelete="CASCADE"), nullable=False, index=True)
    version: Mapped[int] = mapped_column(Integer, nullable=False)
    at: Mapped[datetime] = now_column()
    by_id: Mapped[int | None] = user_column()
    what: Mapped[str] = mapped_column(String(16), nullable=False)  # created, edited, enabled, archived …
    snapshot: Mapped[dict[str, Any]] = facts()
    by: Mapped[Any] = relationship("User", foreign_keys=[by_id])


class Card(Model):
    """One car on sale now, worked by operators. Narrow and hot."""

    __tablename__ = "card"
    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    vehicle_id: Mapped[int] = mapped_column(ForeignKey("vehicle.id"), nullable=False)
    status_id: Mapped[int | None] = mapped_column(ForeignKey("status.id"))
    stage: Mapped[int] = mapped_column(SmallInteger, server_default="0", nullable=False, default=POOL)
    rank: Mapped[int] = mapped_column(BigInteger, server_default="0", nullable=False, default=0)
    priority: Mapped[int] = mapped_column(Integer, server_default="0", nullable=False, default=0)
    filter_id: Mapped[int | None] = mapped_column(ForeignKey("ad_filter.id"))
    group_id: Mapped[int | None] = mapped_column(ForeignKey("operator_group.id"))
    operator_id: Mapped[int | None] = mapped_column(ForeignKey(USER))
    for_operator_id: Mapped[int | None] = mapped_column(ForeignKey(USER))  # private: the filter names one operator
    match_revision: Mapped[int] = counter()  # Revision("filters") it was last matched at
    attempts_n: Mapped[int] = counter()
    next_call_at: Mapped[datetime | None] = time_column()
    matched_at: Mapped[datetime | None] = time_column()
    assigned_at: Mapped[datetime | None] = time_column()
    taken_at: Mapped[datetime | None] = time_column()
    processed_at: Mapped[datetime | None] = time_column()
    closed_why: Mapped[str] = mapped_column(String(32), server_default="", nullable=False, default="")
    closed_price: Mapped[int | None] = mapped_column(Integer)
    opened_at: Mapped[datetime] = now_column()
    version: Mapped[int] = mapped_column(Integer, server_default="1", nullable=False, default=1)
    form: Mapped[dict[str, Any]] = facts()  # what the operator filled in: seller and car
    vehicle: Mapped[Vehicle] = relationship(backref="cards")
    status: Mapped[Status | None] = relationship(lazy="joined")
    ad_filter: Mapped[AdFilter | None] = relationship()
    __table_args__ = (
        Index("card_one_open", "vehicle_id", unique=True, postgresql_where=raw("stage < 9")),
        Index("card_vehicle", "vehicle_id"),
        Index("card_my", "operator_id", "stage", rank.desc(), "id", postgresql_where=raw("stage IN (1,2,3)")),
        Index("card_callback", "operator_id", "next_call_at", postgresql_where=raw("stage = 3")),
        Index("card_pool", "group_id", rank.desc(), "id", postgresql_where=raw("stage = 0 AND filter_id IS NOT NULL")),
        # IS NULL gives no order from the index above: without this one the whole pool of anyone's cards is sorted.
        Index(
            "card_anyones",
            rank.desc(),
            "id",
            postgresql_where=raw("stage = 0 AND filter_id IS NOT NULL AND group_id IS NULL"),
        ),
        Index(
            "card_private",
            "for_operator_id",
            rank.desc(),
            "id",
            postgresql_where=raw("stage = 0 AND for_operator_id IS NOT NULL"),
        ),
        Index(
            "card_of_filter",
            "filter_id",
            rank.desc(),
            "id",
            postgresql_where=raw("stage = 0 AND filter_id IS NOT NULL AND for_operator_id IS NULL"),
        ),
        Index("card_done", "operator_id", processed_at.desc(), id.desc(), postgresql_where=raw("stage = 9")),
        Index("card_unmatched", "match_revision", postgresql_where=raw("stage = 0")),
        Index("card_matched", "matched_at", postgresql_where=raw("matched_at IS NOT NULL")),
        Index("card_assigned", "assigned_at", postgresql_where=raw("stage = 1")),
        Index("card_filter_open", "filter_id", postgresql_where=raw("stage IN (1,2,3)")),
        CheckConstraint("stage IN (0,1,2,3,9)", name="card_stage"),
        CheckConstraint("(stage IN (1,2,3)) <= (operator_id IS NOT NULL)", name="card_owner"),
        {"postgresql_with": {"fillfactor": "70"}},
    )

    def __repr__(self) -> str:
        return f"#{self.id}"


class Assignment(Model):
    __tablename__ = "assignment"
    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    card_id: Mapped[int] = mapped_column(ForeignKey("card.id", ondelete="CASCADE"), nullable=False, index=True)
    operator_id: Mapped[int | None] = user_column()
    group_id: Mapped[int | None] = mapped_column(ForeignKey("operator_group.id", ondelete="SET NULL"))
    from_at: Mapped[datetime] = now_column()
    until_at: Mapped[datetime | None] = time_column()
    by_id: Mapped[int | None] = user_column()
    why: Mapped[str] = mapped_column(String(32), nullable=False)  # dealt, taken, moved, reopened
    taken_at: Mapped[datetime | None] = time_column()  # a dealt card: when its operator took it to work
    reason: Mapped[dict[str, Any]] = facts()
    ended_why: Mapped[str] = mapped_column(String(32), server_default="", nullable=False, default="")
    move_id: Mapped[int | None] = mapped_column(ForeignKey("mass_move.id"))
    __table_args__ = (
        Index("assignment_open", "card_id", unique=True, postgresql_where=raw("until_at IS NULL")),
        Index("assignment_of", "operator_id", "from_at"),
        Index("assignment_from", "from_at"),
        Index("assignment_taken", "taken_at", postgresql_where=raw("taken_at IS NOT NULL")),
        Index(
            "assignment_let_go",
            "operator_id",
            "until_at",
            postgresql_where=raw("ended_why IN ('timeout', 'untouched', 'skipped')"),
        ),
    )


class MassMove(Model):
    """A reassignment of many cards at once: who, from whom, to whom; undone as a whole."""

    __tablename__ = "mass_move"
    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    at: Mapped[datetime] = now_column()
    by_id: Mapped[int | None] = user_column()
    why: Mapped[str] = words()
    cards: Mapped[list[Any]] = mapped_column(JSONB, nullable=False)  # [[card id, from operator, stage, to operator], …]
    undone_at: Mapped[datetime | None] = time_column()


class StatusChange(Model):
    __tablename__ = "status_change"
    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    card_id: Mapped[int] = mapped_column(ForeignKey("card.id", ondelete="CASCADE"), nullable=False, index=True)
    old_id: Mapped[int | None] = mapped_column(ForeignKey("status.id"))
    new_id: Mapped[int] = mapped_column(ForeignKey("status.id"), nullable=False)
    by_id: Mapped[int | None] = user_column()
    at: Mapped[datetime] = now_column()
    note: Mapped[str] = words()
    old: Mapped[Status | None] = relationship(foreign_keys=[old_id], lazy="joined")
    new: Mapped[Status] = relationship(foreign_keys=[new_id], lazy="joined")
    by: Mapped[Any] = relationship("User", foreign_keys=[by_id])
    __table_args__ = (Index("status_change_by", "by_id", "at"), Index("status_change_at", "at"))


class Callback(Model):
    __tablename__ = "callback"
    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    card_id: Mapped[int] = mapped_column(ForeignKey("card.id", ondelete="CASCADE"), nullable=False, index=True)
    operator_id: Mapped[int | None] = user_column()  # empty: anyone of the group
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True), nullable=False)
    timezone: Mapped[str] = words()  # the seller's
    note: Mapped[str] = words()
    is_automatic: Mapped[bool] = flag()  # planned by the status, not by a person
    call_id: Mapped[int | None] = mapped_column(ForeignKey("call.id", ondelete="SET NULL"))  # a missed call of his
    created_at: Mapped[datetime] = now_column()
    by_id: Mapped[int | None] = user_column()
    done_at: Mapped[datetime | None] = time_column()
    __table_args__ = (
        Index("callback_open", "card_id", unique=True, postgresql_where=raw("done_at IS NULL")),
        Index("callback_at", "at"),
    )


class Note(Model):
    __tablename__ = "note"
    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    card_id: Mapped[int] = mapped_column(ForeignKey("card.id", ondelete="CASCADE"), nullable=False, index=True)
    text: Mapped[str] = mapped_column(Text, nullable=False)
    by_id: Mapped[int | None] = user_column()
    at: Mapped[datetime] = now_column()
    by: Mapped[Any] = relationship("User", foreign_keys=[by_id])


def _mark_of_phone(context: Any) -> str:
    return phone_mark(context.get_current_parameters()["phone"], outside.phone_key)


class DoNotCall(Model):
    """A number that nobody calls. After an erasure only its mark stays, and goes on forbidding."""

    __tablename__ = "do_not_call"
    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    phone: Mapped[str | None] = mapped_column(String(11), unique=True)  # empty when erased
    phone_hash: Mapped[str] = mapped_column(String(64), nullable=False, unique=True, default=_mark_of_phone)
    erased_at: Mapped[datetime | None] = time_column()
    reason: Mapped[str] = words()
    until: Mapped[datetime | None] = time_column()
    by_id: Mapped[int | None] = user_column()
    at: Mapped[datetime] = now_column()
    __table_args__ = (
        CheckConstraint(PHONE_CHECK, name="do_not_call_digits"),
        CheckConstraint("(phone IS NULL) = (erased_at IS NOT NULL)", name="do_not_call_erased"),
    )


class Lead(Model):
    """Outbox towards the CRM: written in the transaction of the closing status, its key never changes."""

    __tablename__ = "lead"
    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    key: Mapped[str] = mapped_column(
        String(36), server_default=raw("gen_random_uuid()::text"), nullable=False, unique=True
    )
    card_id: Mapped[int] = mapped_column(ForeignKey("card.id"), nullable=False)
    status_id: Mapped[int] = mapped_column(ForeignKey("status.id"), nullable=False)
    by_id: Mapped[int | None] = user_column()
    payload: Mapped[dict[str, Any]] = facts()
    state: Mapped[str] = mapped_column(String(16), server_default="waiting", nullable=False)  # waiting, sent, failed
    stage: Mapped[str] = mapped_column(String(16), server_default="", nullable=False, default="")  # what became of it
    stage_at: Mapped[datetime | None] = time_column()
    created_at: Mapped[datetime] = now_column()
    card: Mapped[Card] = relationship()
    status: Mapped[Status] = relationship()
    __table_args__ = (UniqueConstraint("card_id", "status_id", name="lead_once"), Index("lead_at", "created_at"))


# --- People and housekeeping -----------------------------------------------------------------------------------------


class Invite(Model):
    """A way in or a reset of the password: single use, expiring; only the hash of the token is kept."""

    __tablename__ = "invite"
    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    token_hash: Mapped[str] = mapped_column(String(64), nullable=False, unique=True)
    purpose: Mapped[str] = mapped_column(String(16), nullable=False)  # invite, reset
    user_id: Mapped[int | None] = mapped_column(ForeignKey(USER, ondelete="CASCADE"))  # reset: whose
    username: Mapped[str] = words()
    first_name: Mapped[str] = words()
    last_name: Mapped[str] = words()
    email: Mapped[str] = words()
    role_id: Mapped[int | None] = mapped_column(ForeignKey("ab_role.id", ondelete="CASCADE"))
    group_id: Mapped[int | None] = mapped_column(ForeignKey("operator_group.id", ondelete="SET NULL"))
    created_at: Mapped[datetime] = now_column()
    created_by_id: Mapped[int | None] = user_column()
    expires_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), nullable=False)
    used_at: Mapped[datetime | None] = time_column()


class AccessKey(Model):
    """A way in for a program. It acts as its person; only the hash of the key is kept, the prefix tells keys apart."""

    __tablename__ = "api_key"
    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    name: Mapped[str] = mapped_column(Text, nullable=False)
    user_id: Mapped[int] = mapped_column(ForeignKey(USER, ondelete="CASCADE"), nullable=False, index=True)
    prefix: Mapped[str] = mapped_column(String(16), nullable=False)
    key_hash: Mapped[str] = mapped_column(String(64), nullable=False, unique=True)
    scope: Mapped[str] = mapped_column(String(16), nullable=False)  # all, read, push
    per_minute: Mapped[int] = mapped_column(Integer, server_default="600", nullable=False, default=600)
    minute_at: Mapped[datetime | None] = time_column()  # the minute that minute_n counts
    minute_n: Mapped[int] = counter()
    created_at: Mapped[datetime] = now_column()
    created_by_id: Mapped[int | None] = user_column()
    last_used_at: Mapped[datetime | None] = time_column()
    expires_at: Mapped[datetime | None] = time_column()
    revoked_at: Mapped[datetime | None] = time_column()
    user: Mapped[Any] = relationship("User", foreign_keys=[user_id], lazy="joined")
    __table_args__ = (
        CheckConstraint("scope IN ('all', 'read', 'push')", name="api_key_scope"),
        CheckConstraint("per_minute BETWEEN 1 AND 100000", name="api_key_per_minute"),
        {"postgresql_with": {"fillfactor": "50"}},
    )

    def __repr__(self) -> str:
        return self.name


class UserSession(Model):
    """A log-in that is alive. FAB's signed cookie alone would outlive a log-out."""

    __tablename__ = "user_session"
    sid_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey(USER, ondelete="CASCADE"), nullable=False, index=True)
    created_at: Mapped[datetime] = now_column()
    seen_at: Mapped[datetime] = now_column()
    address: Mapped[str] = words()


class LoginsEnded(Model):
    """When a person's log-ins were last ended: a token of the API that is older is worth nothing."""

    __tablename__ = "logins_ended"
    user_id: Mapped[int] = mapped_column(ForeignKey(USER, ondelete="CASCADE"), primary_key=True)
    at: Mapped[datetime] = now_column()


class Mail(Model):
    """A letter on its way: written with what causes it, sent by a job. The text is sealed, and gone once sent."""

    __tablename__ = "mail"
    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    kind: Mapped[str] = mapped_column(String(16), nullable=False)  # invite, reset
    to: Mapped[str] = mapped_column(String(254), nullable=False)
    subject: Mapped[str] = words()
    sealed: Mapped[str] = words()  # the letter holds a link that lets people in
    state: Mapped[str] = mapped_column(String(16), nullable=False)  # waiting, sent, failed, expired
    attempts_n: Mapped[int] = counter()
    created_at: Mapped[datetime] = now_column()
    created_by_id: Mapped[int | None] = user_column()
    expires_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), nullable=False)
    sent_at: Mapped[datetime | None] = time_column()
    error: Mapped[str] = words()
    __table_args__ = (Index("mail_newest", created_at.desc()),)


class PersonChoice(Model):
    """What somebody has chosen for himself alone: hints put away."""

    __tablename__ = "person_choice"
    user_id: Mapped[int] = mapped_column(ForeignKey(USER, ondelete="CASCADE"), primary_key=True, autoincrement=False)
    name: Mapped[str] = mapped_column(String(32), primary_key=True)
    at: Mapped[datetime] = now_column()


class LoginTry(Model):
    """Failed log-ins of an account; survives restarts, counts over all workers."""

    __tablename__ = "login_try"
    account: Mapped[str] = mapped_column(String(128), primary_key=True)
    failed_n: Mapped[int] = counter()
    last_at: Mapped[datetime] = now_column()
    blocked_until: Mapped[datetime | None] = time_column()


class Setting(Model):
    __tablename__ = "setting"
    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    value: Mapped[Any] = mapped_column(JSONB, nullable=False)
    changed_at: Mapped[datetime] = now_column()
    changed_by_id: Mapped[int | None] = user_column()


class Revision(Model):
    """A number that grows with every change of something many processes keep in memory."""

    __tablename__ = "revision"
    name: Mapped[str] = mapped_column(String(32), primary_key=True)
    n: Mapped[int] = mapped_column(BigInteger, server_default="0", nullable=False, default=0)


class JobRun(Model):
    __tablename__ = "job_run"
    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    job: Mapped[str] = mapped_column(String(64), nullable=False)
    started_at: Mapped[datetime] = now_column()
    finished_at: Mapped[datetime | None] = time_column()
    counts: Mapped[dict[str, Any]] = facts()
    error: Mapped[str] = words()
    worker: Mapped[str] = words()
    __table_args__ = (Index("job_run_of", "job", started_at.desc()),)


class AuditEvent(Model):
    __tablename__ = "audit_event"
    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    at: Mapped[datetime] = now_column()
    actor_id: Mapped[int | None] = user_column()
    actor: Mapped[str] = mapped_column(String(16), nullable=False)  # user, job, api, command
    what: Mapped[str] = mapped_column(String(48), nullable=False)
    subject: Mapped[str] = mapped_column(String(32), server_default="", nullable=False, default="")
    subject_id: Mapped[int | None] = mapped_column(BigInteger)
    details: Mapped[dict[str, Any]] = facts()
    address: Mapped[str] = words()
    by: Mapped[Any] = relationship("User", foreign_keys=[actor_id])
    __table_args__ = (
        Index("audit_event_at", at.desc()),
        Index("audit_event_subject", "subject", "subject_id", "at"),
    )
