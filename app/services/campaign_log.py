"""Who or what started a call of a campaign: written in the transaction of the call itself, never changed."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.models import Call, Campaign, CampaignDial


def campaign_of(session: Session, card_id: int, operator_id: int) -> int | None:
    """The working campaign that gave the card to this operator."""
    return session.execute(
        text("""
        SELECT c.id FROM campaign_target t JOIN campaign c ON c.id = t.campaign_id
        WHERE t.card_id = :card AND t.operator_id = :operator AND c.state IN ('running', 'draining')
        """),
        {"card": card_id, "operator": operator_id},
    ).scalar()


def script_of(session: Session, card_id: int, operator_id: int) -> str:
    """What the operator says while the campaign that gave him the card works; empty: it has no words of its own."""
    campaign_id = campaign_of(session, card_id, operator_id)
    campaign = session.get(Campaign, campaign_id) if campaign_id is not None else None
    return campaign.script if campaign is not None else ""


def note_dial(session: Session, campaign_id: int, call: Call, *, by_id: int, now: datetime) -> None:
    session.add(
        CampaignDial(
            campaign_id=campaign_id, call_id=call.id, card_id=call.card_id, by_id=by_id, ground="person", at=now
        )
    )
    session.execute(
        text("UPDATE campaign_target SET called_at = :now WHERE card_id = :card"), {"now": now, "card": call.card_id}
    )
