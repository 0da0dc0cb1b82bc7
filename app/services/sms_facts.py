"""What an SMS is made of: the card, its seller's own mobile numbers, the values of a template's fields."""

from __future__ import annotations

from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from app import settings
from app.domain import sms_text
from app.domain.phones import PhoneKind, read_phone
from app.errors import Refused


def values_of(session: Session, about: Any, actor_id: int | None) -> dict[str, str]:
    """The fields of a template for one card. An ad's words are made harmless where they are filled in."""
    form = about.form or {}
    rules = settings.all_of(session)
    person = session.execute(text("SELECT first_name FROM ab_user WHERE id = :id"), {"id": actor_id}).scalar()
    price = f"{about.price:,}".replace(",", " ") + " руб." if about.price else ""
    return {
        "имя": str(form.get("seller_name") or about.seller_name or ""),
        "марка": about.make or "",
        "модель": about.model or "",
        "машина": " ".join(filter(None, (about.make, about.model))) or about.title or "",
        "год": str(form.get("year") or about.year or ""),
        "цена": price,
        "город": about.city or "",
        "оператор": person or "",
        "компания": str(rules["company_name"]),
        "телефон": str(rules["company_phone"]),
        "ссылка": about.url if about.url and len(about.url) <= sms_text.LONGEST_VALUE else "",
    }


def about_of(session: Session, card_id: int) -> Any:
    row = session.execute(_ABOUT, {"id": card_id}).one_or_none()
    if row is None:
        raise Refused("card_gone")
    return row


# A substitute number of a classified takes no messages.
_ABOUT = text("""
    SELECT c.id, c.form, v.title, v.year, v.price, a.url, a.seller_name,
           (SELECT name FROM make WHERE id = v.make_id) AS make,
           (SELECT name FROM car_model WHERE id = v.model_id) AS model, ci.name AS city,
           COALESCE(ci.timezone, NULLIF(re.timezone, ''), 'Europe/Moscow') AS timezone,
           ARRAY(SELECT q.phone FROM ad o CROSS JOIN LATERAL unnest(o.phones) WITH ORDINALITY AS q(phone, n)
                 WHERE o.vehicle_id = v.id AND NOT o.phone_protected
                 GROUP BY q.phone ORDER BY min(q.n), max(o.id) DESC, q.phone) AS phones
    FROM card c JOIN vehicle v ON v.id = c.vehicle_id LEFT JOIN ad a ON a.id = v.ad_id
    LEFT JOIN city ci ON ci.id = v.city_id LEFT JOIN region re ON re.id = COALESCE(ci.region_id, v.region_id)
    WHERE c.id = :id
""")


def mobiles_of(phones: list[str]) -> list[str]:
    return [phone for phone in phones if read_phone(phone).kind == PhoneKind.MOBILE]
