"""Why a car is where it is: what every filter says of it, and why it is (not) with whom."""

from __future__ import annotations

from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.api.base import now, zone
from app.errors import Reason
from app.models import Ad
from app.services import dealing, matching
from app.wording import judged, say


def of_ad(session: Session, ad: Ad) -> dict[str, Any]:
    card = session.execute(
        text("""
        SELECT id AS card_id, stage, filter_id, operator_id FROM card WHERE vehicle_id = :id ORDER BY id DESC LIMIT 1
        """),
        {"id": ad.vehicle_id},
    ).one_or_none()
    told = {"ad_id": ad.id, "vehicle_id": ad.vehicle_id, "state": ad.state}
    if card is None:
        return told | {"card_id": None, "why": _words(Reason("ad_not_joined")), "filters": []}
    return told | dict(card._mapping) | of_card(session, card.card_id)


def of_card(session: Session, card_id: int) -> dict[str, Any]:
    opinions = matching.explain_card(session, card_id, now())
    return {
        "why": _words(dealing.why_not_dealt(session, card_id, now(), zone())),
        "filters": [
            {
                "id": opinion.spec.id,
                "name": opinion.spec.name,
                "fits": opinion.fits,
                "checks": [
                    {"criterion": check.criterion, "passed": check.passed, "text": judged(check)}
                    for check in opinion.checks
                ],
            }
            for opinion in opinions
        ],
    }


def _words(reason: Reason) -> dict[str, Any]:
    return {"code": reason.code, "message": say(reason)}
