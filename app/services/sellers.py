"""A person's word on a seller: reseller, private, or let the score decide. Cards that wait are matched anew."""

from __future__ import annotations

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.errors import Refused
from app.models import Seller
from app.services import vehicles
from app.services.audit import note_event


def judge(session: Session, seller_id: int, is_reseller: bool | None, *, actor_id: int) -> Seller:
    seller = session.get(Seller, seller_id, with_for_update=True)
    if seller is None:
        raise Refused("seller_gone")
    seller.is_reseller = is_reseller
    seller.reseller_score = -1  # so that the new score counts as a change and reaches vehicles and cards
    session.flush()
    ids = session.execute(text("SELECT id FROM vehicle WHERE seller_id = :id"), {"id": seller_id}).scalars().all()
    vehicles.refresh_sellers(session, ids)
    session.refresh(seller)
    if seller.reseller_score < 0:  # nothing on sale within the year, so nobody has scored it
        seller.reseller_score = 100 if is_reseller else 0
    note_event(
        session, "seller_judged", actor_id=actor_id, subject="seller", subject_id=seller_id, is_reseller=is_reseller
    )
    session.flush()
    return seller
