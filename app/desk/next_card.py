"""«Next»: a call-back that is due, then what is in hand, then whom a campaign calls, else a new card from the pool."""

from __future__ import annotations

from flask_babel import gettext as _
from flask_login import current_user

from app.desk import seat
from app.errors import Refused
from app.extensions import db
from app.models import NEW
from app.services import campaigns, claiming, distribution, presence, worklist
from app.wording import say


def open_next(leave_out: int | None = None) -> tuple[int | None, str]:
    """The card to work on now, already taken; and a word when there is none."""
    card_id, refusal = take_next(leave_out)
    db.session.commit()
    if card_id is not None or seat.profile() is None:
        return card_id, ""
    if refusal is not None:
        return None, say(refusal.reason)
    return None, _("There are no new ads for you now. They come by themselves; look at overdue call-backs.")


def take_next(leave_out: int | None = None) -> tuple[int | None, Refused | None]:
    """Without a commit: the card, taken; or the rule that gave nothing new, where one did."""
    profile, now = seat.profile(), seat.now()
    if profile is None:
        return None, Refused("not_an_operator")
    if leave_out is None and presence.is_away(db.session, profile):  # who asks for work is at work
        presence.set_state(db.session, current_user.id, "ready", now)
    card_id = worklist.first_of(db.session, current_user.id, now)
    if card_id == leave_out:
        card_id = None
    refusal = None
    if card_id is None:
        try:
            card_id = _new_card()
        except Refused as caught:
            refusal = caught
    if card_id is not None and seat.card_or_404(card_id).stage == NEW:
        distribution.take(db.session, card_id, seat.place())
    presence.touch(db.session, current_user.id, now)
    return card_id, refusal


# Where no campaign has anything for the operator, the ordinary pool goes on.
_CAMPAIGN_IS_OVER = ("campaign_none_here", "campaign_nothing_left", "campaign_is_draining")


def _new_card() -> int | None:
    """While a campaign of the group works, only sellers who may be called now are given out, and each is its own."""
    place = seat.place()
    try:
        return campaigns.next_card(db.session(), place)
    except Refused as refusal:
        if refusal.reason.code not in _CAMPAIGN_IS_OVER:
            raise
    return claiming.claim_next(db.session, place)
