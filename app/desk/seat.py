"""Who sits at the desk and when it is: what every page and deed of it asks first."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask import abort, current_app, request
from flask_login import current_user

from app.extensions import db
from app.models import Card, OperatorProfile
from app.services import distribution, worklist
from app.services.distribution import Place


def now() -> datetime:
    return datetime.now(UTC)


def zone() -> str:
    return str(current_app.config["PROZVON"].timezone)


def clock() -> str:
    """The company's time of day, as it is shown beside «saved»."""
    return now().astimezone(ZoneInfo(zone())).strftime("%H:%M")


def place() -> Place:
    return distribution.place_of(db.session, current_user.id, now(), zone())


def profile() -> OperatorProfile | None:
    return db.session.get(OperatorProfile, current_user.id)


def may(permission: str, view: str = "DeskView") -> bool:
    return bool(current_app.extensions["appbuilder"].sm.has_access(permission, view))


def card_or_404(card_id: int) -> Card:
    card = db.session.get(Card, card_id)
    return card if card is not None else abort(404)


def is_visible(card_id: int) -> bool:
    if not (worklist.may_see(db.session, card_id, current_user.id) or may("can_look")):
        return False
    return db.session.get(Card, card_id) is not None  # whoever may look at any card may ask for one that is not there


def check_visible(card_id: int) -> None:
    if not is_visible(card_id):
        abort(404)


def may_reveal(card: Any) -> bool:
    """The number of a card: for its holder while it is in work, and for those who steer the work."""
    is_held = card.operator_id == current_user.id and card.stage in (1, 2, 3)
    return may("can_reveal") and (is_held or may("can_look"))


def tab() -> str:
    asked = request.args.get("tab") or request.form.get("tab") or ""
    return asked if asked in worklist.TABS else "all"


def tab_of(card_id: int | None) -> str:
    if card_id is None:
        return "all"
    return {1: "new", 2: "work", 3: "callbacks"}.get(card_or_404(card_id).stage, "all")
