"""The limits that hold for a call: the company's, and those of the campaign that gave out the card."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import settings
from app.domain.calling_rules import EVERY_DAY, CallRules, read_holidays, stricter
from app.models import Campaign, CampaignTarget
from app.services.callbacks import call_hours

WORKDAYS = frozenset(range(5))
ACTIVE = ("running", "draining")


def rules(session: Session) -> CallRules:
    """The company's."""
    known = settings.all_of(session)
    return CallRules(
        hours=call_hours(session),
        day_cap=known["attempts_per_day"],
        life_cap=known["attempts_per_life"],
        gap=timedelta(minutes=known["attempts_gap_min"]),
        holidays=read_holidays(known["call_holidays"]),
    )


def rules_of_campaign(session: Session, campaign: Campaign) -> CallRules:
    own = CallRules(
        hours=(campaign.hours_from, campaign.hours_to),
        day_cap=campaign.day_cap,
        life_cap=campaign.life_cap,
        gap=timedelta(minutes=campaign.gap_min),
        weekdays=EVERY_DAY if campaign.on_weekends else WORKDAYS,
        is_spread=campaign.is_spread,
    )
    return stricter(rules(session), own)


def rules_of_card(session: Session, card_id: int) -> CallRules:
    campaign = session.scalars(
        select(Campaign).join(CampaignTarget, CampaignTarget.campaign_id == Campaign.id)
        .where(CampaignTarget.card_id == card_id, Campaign.state.in_(ACTIVE))
    ).first()  # fmt: skip
    return rules(session) if campaign is None else rules_of_campaign(session, campaign)
