"""A campaign with its operators and sellers: what tests of mass dialling begin with."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from app import models
from tests.factories import fictional_phone, make_ad, make_card, make_city, make_filter, make_group, make_vehicle


def make_campaign(session: Session, **more: Any) -> models.Campaign:
    """Running, with one group and one filter, without limits of its own."""
    group = more.pop("group", None) or make_group(session)
    filters = more.pop("filters", None) or [make_filter(session, group=group)]
    values = {"name": f"Обзвон {fictional_phone()}", "state": "running", "is_spread": False} | more
    campaign = models.Campaign(groups=[group], filters=filters, **values)
    session.add(campaign)
    session.flush()
    return campaign


def make_target(session: Session, campaign: models.Campaign, *, phone: str = "", **more: Any) -> models.Card:
    """A card of the campaign's first filter, of a car that is on sale."""
    city, state = more.pop("city", None) or make_city(session), more.pop("ad_state", "active")
    vehicle = make_vehicle(session, city=city)
    make_ad(session, vehicle, phone=phone or fictional_phone(), state=state)
    return make_card(session, vehicle, ad_filter=campaign.filters[0], **more)
