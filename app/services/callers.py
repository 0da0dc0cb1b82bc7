"""Whose call a caller's is: by our own calls to him, by the sellers we know, by the number he dials back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.domain.phones import read_phone

# A call from long ago says nothing of who should answer today.
REMEMBERED = timedelta(days=90)
# A seller whose advert shows a substitute number calls back from one that we have never seen, and does so soon.
CALLS_BACK_WITHIN = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Whose:
    """What is known of a caller before anybody answers: his card, who called last, the group."""

    card_id: int | None = None
    operator_id: int | None = None
    group_id: int | None = None


def number_of(raw: str) -> str:
    """7XXXXXXXXXX where it is a Russian number however it was sent, else the digits; nothing of a hidden one."""
    found = read_phone(raw).number
    if found is not None:
        return found
    digits = "".join(letter for letter in raw if letter in "0123456789")
    return digits[:20]


def whose_call(session: Session, phone: str, called: str, now: datetime) -> Whose:
    """By our own calls to that number, by the number's seller, by our calls from the number that was dialled back."""
    values = {"phone": phone, "called": called, "since": now - REMEMBERED, "lately": now - CALLS_BACK_WITHIN}
    found = None
    if phone:
        found = session.execute(_BY_CALL, values).one_or_none() or session.execute(_BY_SELLER, values).one_or_none()
    if found is None and called:
        guesses = session.execute(_BY_LINE, values).all()
        found = guesses[0] if len(guesses) == 1 else None  # two sellers may be meant: then nobody is
    if found is None:
        return Whose()
    return Whose(found.card_id, found.operator_id, found.group_id)


_WHOSE = """
  SELECT k.id AS card_id, COALESCE(q.operator_id, k.operator_id) AS operator_id,
         COALESCE(p.group_id, k.group_id) AS group_id
"""
_LATEST_CARD = """
  JOIN card was ON was.id = q.card_id
  JOIN LATERAL (SELECT * FROM card WHERE vehicle_id = was.vehicle_id ORDER BY stage = 9, id DESC LIMIT 1) k ON true
  LEFT JOIN operator_profile p ON p.user_id = COALESCE(q.operator_id, k.operator_id)
"""
# The number that he dials back tells which of several talks he means.
_BY_CALL = text(f"""
  {_WHOSE} FROM (
    SELECT card_id, operator_id, created_at, caller_number = :called AS is_back FROM call
    WHERE phone = :phone AND type NOT IN ('incoming', 'internal') AND card_id IS NOT NULL AND created_at > :since
    ORDER BY is_back DESC, created_at DESC LIMIT 1) q {_LATEST_CARD}
""")  # noqa: S608  constants of this module
_BY_SELLER = text(f"""
  {_WHOSE} FROM (
    SELECT c.id AS card_id, CAST(NULL AS int) AS operator_id FROM seller_phone s
    JOIN vehicle v ON v.seller_id = s.seller_id JOIN card c ON c.vehicle_id = v.id
    WHERE s.phone = :phone AND NOT s.is_substitute
    ORDER BY c.stage = 9, c.stage IN (1,2,3) DESC, v.on_sale DESC, c.id DESC LIMIT 1) q {_LATEST_CARD}
""")  # noqa: S608
_BY_LINE = text(f"""
  {_WHOSE} FROM (
    SELECT DISTINCT ON (c.card_id) c.card_id, c.operator_id FROM call c
    JOIN seller_phone s ON s.phone = c.phone AND s.is_substitute
    WHERE c.caller_number = :called AND c.type NOT IN ('incoming', 'internal') AND c.card_id IS NOT NULL
      AND c.created_at > :lately AND c.outcome IS DISTINCT FROM 'answered'
    ORDER BY c.card_id, c.created_at DESC LIMIT 2) q {_LATEST_CARD}
""")  # noqa: S608


def seller_of(session: Session, card_id: int | None) -> int | None:
    return session.execute(
        text("SELECT v.seller_id FROM card c JOIN vehicle v ON v.id = c.vehicle_id WHERE c.id = :id"), {"id": card_id}
    ).scalar()
