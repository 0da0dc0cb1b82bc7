"""A pool of cards and an operator in front of it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from app.models import Card
from app.services import claiming
from app.services.distribution import Place
from tests.factories import NOON, make_card

ZONE = "Europe/Moscow"


def place(operator: Any, at: datetime = NOON) -> Place:
    return Place(operator.user_id, operator.group_id, at, ZONE)


def claim(session: Session, operator: Any, at: datetime = NOON) -> int | None:
    return claiming.claim_next(session, place(operator, at))


def pool_of(session: Session, ad_filter: Any, n: int) -> list[Card]:
    return [make_card(session, ad_filter=ad_filter, rank=n - i) for i in range(n)]


def open_n(session: Session, *rows: Any) -> list[int]:
    for row in rows:
        session.refresh(row)
    return [row.open_n for row in rows]
