"""The tables of campaigns: who is called by whom, under which rules, and who or what started every call."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask_appbuilder import Model
from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    SmallInteger,
    String,
    Table,
    Text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.tables.columns import USER, flag, now_column, time_column, user_column, words

CAMPAIGN_STATES = ("draft", "running", "draining", "paused", "stopped")
DIAL_GROUNDS = ("person",)  # each dial is confirmed by whoever sits before the card

campaign_group = Table(
    "campaign_group",
    Model.metadata,
    Column("campaign_id", ForeignKey("campaign.id", ondelete="CASCADE"), primary_key=True),
    Column("group_id", ForeignKey("operator_group.id", ondelete="CASCADE"), primary_key=True, index=True),
)
campaign_filter = Table(
    "campaign_filter",
    Model.metadata,
    Column("campaign_id", ForeignKey("campaign.id", ondelete="CASCADE"), primary_key=True),
    Column("filter_id", ForeignKey("ad_filter.id", ondelete="CASCADE"), primary_key=True, index=True),
)
campaign_trunk = Table(
    "campaign_trunk",
    Model.metadata,
    Column("campaign_id", ForeignKey("campaign.id", ondelete="CASCADE"), primary_key=True),
    Column("trunk_id", ForeignKey("trunk.id", ondelete="CASCADE"), primary_key=True, index=True),
)


class Campaign(Model):
    """Mass dialling over the pools of some filters, by some groups. Its rules add to the company's."""

    __tablename__ = "campaign"
    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    name: Mapped[str] = mapped_column(Text, nullable=False, unique=True)
    state: Mapped[str] = mapped_column(String(8), server_default="draft", nullable=False, default="draft")
    state_since: Mapped[datetime] = now_column()
    weight: Mapped[int] = mapped_column(SmallInteger, server_default="1", nullable=False, default=1)
    hours_from: Mapped[int] = mapped_column(SmallInteger, server_default="0", nullable=False, default=0)
    hours_to: Mapped[int] = mapped_column(SmallInteger, server_default="24", nullable=False, default=24)
    day_cap: Mapped[int] = mapped_column(
        SmallInteger, server_default="0", nullable=False, default=0
    )  # 0: the company's
    life_cap: Mapped[int] = mapped_column(SmallInteger, server_default="0", nullable=False, default=0)
    gap_min: Mapped[int] = mapped_column(Integer, server_default="0", nullable=False, default=0)
    is_spread: Mapped[bool] = flag(True)  # one try in vain in each part of the seller's day
    on_weekends: Mapped[bool] = flag(True)
    script: Mapped[str] = words()  # what the operator says; on the card while the campaign works
    created_at: Mapped[datetime] = now_column()
    groups: Mapped[list[Any]] = relationship("OperatorGroup", secondary=campaign_group)
    filters: Mapped[list[Any]] = relationship("AdFilter", secondary=campaign_filter)
    trunks: Mapped[list[Any]] = relationship("Trunk", secondary=campaign_trunk)  # none: all lines
    __table_args__ = (
        CheckConstraint("state IN ('draft', 'running', 'draining', 'paused', 'stopped')", name="campaign_state"),
        CheckConstraint("weight BETWEEN 1 AND 100", name="campaign_weight"),
        CheckConstraint("hours_from >= 0 AND hours_from < hours_to AND hours_to <= 24", name="campaign_hours"),
        CheckConstraint("day_cap >= 0 AND life_cap >= 0 AND gap_min >= 0", name="campaign_caps"),
    )

    def __repr__(self) -> str:
        return self.name


class CampaignTarget(Model):
    """A card that a campaign gave to an operator: reserved, then called or let go."""

    __tablename__ = "campaign_target"
    card_id: Mapped[int] = mapped_column(
        ForeignKey("card.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id", ondelete="CASCADE"), nullable=False, index=True)
    operator_id: Mapped[int] = mapped_column(ForeignKey(USER, ondelete="CASCADE"), nullable=False, index=True)
    given_at: Mapped[datetime] = now_column()
    called_at: Mapped[datetime | None] = time_column()


class CampaignDial(Model):
    """Who or what started a call of a campaign, and on what ground. Rows are only added: the database sees to it."""

    __tablename__ = "campaign_dial"
    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id"), nullable=False)
    call_id: Mapped[int | None] = mapped_column(ForeignKey("call.id", ondelete="SET NULL"), index=True)
    card_id: Mapped[int | None] = mapped_column(ForeignKey("card.id", ondelete="SET NULL"), index=True)
    by_id: Mapped[int | None] = user_column()
    ground: Mapped[str] = mapped_column(String(10), nullable=False)
    at: Mapped[datetime] = now_column()
    campaign: Mapped[Campaign] = relationship()
    __table_args__ = (
        CheckConstraint("ground IN ('person')", name="campaign_dial_ground"),
        Index("campaign_dial_when", "campaign_id", at.desc()),
    )


__all__ = [
    "CAMPAIGN_STATES", "DIAL_GROUNDS", "Campaign", "CampaignDial", "CampaignTarget",
    "campaign_filter", "campaign_group", "campaign_trunk",
]  # fmt: skip
