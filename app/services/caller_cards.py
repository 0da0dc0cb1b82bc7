"""The card of a seller who rings: made when he is unknown, given to who talks with him."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.models import CLOSED, NEW, Card
from app.services import cards, counters, distribution, moving
from app.services.distribution import Place

SOURCE = "incoming_calls"
# Names of rows, as the first statuses are: data of a Russian company.
SOURCE_NAME, TITLE = "Звонок", "Звонок продавца"


def open_for(session: Session, phone: str, now: datetime) -> int:
    """The card of a number that we know nothing of: an advert of the source «Звонок» that holds just the number."""
    source_id = _source(session)
    ad = session.execute(
        text("""
        INSERT INTO ad (source_id, external_id, title, phone, phones, published_at, first_seen_at, changed_at)
        VALUES (:source, :external, :title, :phone, ARRAY[:phone], :now, :now, :now)
        ON CONFLICT (source_id, external_id) DO UPDATE SET state = 'active' RETURNING id, vehicle_id
        """),
        {"source": source_id, "external": f"tel:{phone}", "title": TITLE, "phone": phone, "now": now},
    ).one()
    vehicle_id = ad.vehicle_id
    if vehicle_id is None:
        vehicle_id = session.execute(text("INSERT INTO vehicle (on_sale) VALUES (true) RETURNING id")).scalar_one()
        session.execute(
            text("UPDATE ad SET vehicle_id = :vehicle WHERE id = :id"), {"vehicle": vehicle_id, "id": ad.id}
        )
    cards.settle(session, [vehicle_id], now)
    return int(
        session.execute(
            text("SELECT id FROM card WHERE vehicle_id = :id ORDER BY stage = 9, id DESC LIMIT 1"), {"id": vehicle_id}
        ).scalar_one()
    )


def _source(session: Session) -> int:
    """Off, so that nothing is ever pulled from it."""
    session.execute(
        text("""
        INSERT INTO source (key, name, adapter, is_enabled) VALUES (:key, :name, 'push_api', false)
        ON CONFLICT (key) DO NOTHING
        """),
        {"key": SOURCE, "name": SOURCE_NAME},
    )
    return int(session.execute(text("SELECT id FROM source WHERE key = :key"), {"key": SOURCE}).scalar_one())


def give(session: Session, card_id: int, operator_id: int, now: datetime, zone: str) -> bool:
    """The operator has the card in work after this; False when it cannot be his.

    Caps do not count: the seller is on the line. A card of a filter that names one operator stays his; a closed card
    is opened again while its car is on sale.
    """
    card = session.get(Card, card_id, with_for_update={"of": Card}, populate_existing=True)
    has_profile = session.execute(
        text("SELECT 1 FROM operator_profile WHERE user_id = :id"), {"id": operator_id}
    ).scalar()
    if card is None or not has_profile:
        return False
    place = Place(operator_id, None, now, zone)
    if card.stage == CLOSED:
        return _open_again(session, card, place)
    if card.for_operator_id not in (None, operator_id):
        return False
    if card.operator_id != operator_id:
        was = {card.id: (card.operator_id, card.stage)}
        counters.lock_counters(session, [card.id], [operator_id])
        moving.hand_over(session, [(card.id, operator_id)], was, place, why="incoming")
        session.refresh(card)
    if card.stage == NEW:
        distribution.take(session, card.id, place)
        session.refresh(card)
    return True


def _open_again(session: Session, card: Card, place: Place) -> bool:
    if (
        not card.vehicle.on_sale
        or session.execute(
            text("SELECT 1 FROM card WHERE vehicle_id = :id AND stage < 9"), {"id": card.vehicle_id}
        ).scalar()
    ):
        return False
    counters.lock_operators(session, [place.operator_id])
    session.execute(
        text("""
        UPDATE card SET stage = 2, operator_id = :operator_id, closed_why = '', assigned_at = :now, taken_at = :now,
               version = version + 1 WHERE id = :id
        """),
        place.values(id=card.id),
    )
    session.execute(
        text("""
        INSERT INTO assignment (card_id, operator_id, from_at, why) VALUES (:id, :operator_id, :now, 'incoming')
        """),
        place.values(id=card.id),
    )
    counters.come_back(session, [card.id])
    session.refresh(card)
    return True
