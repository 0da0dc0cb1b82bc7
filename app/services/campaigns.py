"""Campaigns as people run them: started, paused, drained, stopped; the next card for an operator; why nobody rings."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.errors import Reason, Refused
from app.models import Campaign
from app.services import campaign_targets
from app.services.audit import note_event
from app.services.call_limits import rules_of_campaign
from app.services.counters import company_day
from app.services.distribution import Place, refuse_when_full

# From which states each state may be reached.
_FROM = {
    "running": ("draft", "paused", "draining", "stopped"),
    "paused": ("running", "draining"),
    "draining": ("running", "paused"),
    "stopped": ("running", "draining", "paused"),
}


def set_state(session: Session, campaign_id: int, state: str, *, actor_id: int, now: datetime) -> bool:
    """Start, pause, drain or stop. Acts on the next card that is asked for; False when it stands so already."""
    campaign = session.get(Campaign, campaign_id, with_for_update=True)
    if campaign is None:
        raise Refused("campaign_gone")
    if campaign.state == state:
        return False
    if campaign.state not in _FROM[state]:
        raise Refused("campaign_not_so", name=campaign.name)
    if state == "running":
        check_complete(campaign)
    old, campaign.state, campaign.state_since = campaign.state, state, now
    note_event(session, f"campaign_{state}", actor_id=actor_id, subject="campaign", subject_id=campaign.id, old=old)
    return True


def check_complete(campaign: Campaign) -> None:
    if not campaign.filters:
        raise Refused("campaign_no_targets")
    if not campaign.groups:
        raise Refused("campaign_no_groups")


def next_card(session: Session, place: Place) -> int:
    """The card that the operator calls next, taken for him. Refused with why there is none.

    Of several campaigns the one goes first that has had the least of its share of today's calls.
    """
    reasons: list[Reason | None] = []
    for campaign in _of_operator(session, place):
        rules = rules_of_campaign(session, campaign)
        fresh = campaign.state == "running"
        card_id = campaign_targets.give_next(session, campaign.id, place, rules, from_pool=fresh)
        if card_id is not None:
            return card_id
        reasons.append(_why_nobody(session, campaign, place.now) if fresh else Reason("campaign_is_draining"))
    refuse_when_full(session, place)
    told = {reason.code: reason for reason in reasons if reason is not None}
    # One that waits for its hour says more than another that is at its end.
    for code in ("campaign_nobody_now", "campaign_is_draining", "campaign_nothing_left"):
        if code in told:
            raise Refused(code, **told[code].args)
    raise Refused("campaign_just_taken" if reasons else "campaign_none_here")


def _of_operator(session: Session, place: Place) -> list[Campaign]:
    ids = session.execute(
        text("""
        SELECT c.id FROM campaign c JOIN campaign_group g ON g.campaign_id = c.id
        WHERE g.group_id = :group_id AND c.state IN ('running', 'draining')
        ORDER BY (SELECT count(*) FROM campaign_dial d WHERE d.campaign_id = c.id
                  AND d.at >= CAST(:day AS timestamp) AT TIME ZONE :zone)::float / c.weight, c.id
        """),
        {"group_id": place.group_id, "day": company_day(place.now, place.zone), "zone": place.zone},
    ).scalars()
    found = (session.get(Campaign, campaign_id, populate_existing=True) for campaign_id in ids.all())
    return [campaign for campaign in found if campaign is not None]


def why_silent(session: Session, campaign: Campaign, now: datetime) -> Reason:
    """One sentence for the panel: what keeps the campaign from calling, or that it calls."""
    if campaign.state != "running":
        return Reason(f"campaign_is_{campaign.state}")
    known = session.execute(_AROUND, {"id": campaign.id, "now": now}).one()
    for stands_in_the_way, code in (
        (not known.groups_n, "campaign_no_groups"),
        (not known.filters_n, "campaign_no_targets"),
        (not known.trunks_n, "campaign_no_line"),
        (not known.is_up, "telephony_down"),
        (not known.ready_n, "campaign_no_operators"),
    ):
        if stands_in_the_way:
            return Reason(code)
    return _why_nobody(session, campaign, now) or Reason("campaign_calls", {"n": known.ready_n})


def _why_nobody(session: Session, campaign: Campaign, now: datetime) -> Reason | None:
    rules = rules_of_campaign(session, campaign)
    any_left, any_now = campaign_targets.waiting(session, campaign.id, now, rules)
    if any_now:
        return None
    if not any_left:
        return Reason("campaign_nothing_left")
    return Reason("campaign_nobody_now", campaign_targets.what_stands_in_the_way(session, campaign.id, now, rules))


_AROUND = text("""
  SELECT (SELECT count(*) FROM campaign_group WHERE campaign_id = :id) AS groups_n,
         (SELECT count(*) FROM campaign_filter WHERE campaign_id = :id) AS filters_n,
         (SELECT count(*) FROM trunk t WHERE t.is_enabled AND t.stopped_at IS NULL
            AND (NOT EXISTS (SELECT 1 FROM campaign_trunk WHERE campaign_id = :id)
                 OR EXISTS (SELECT 1 FROM campaign_trunk x WHERE x.campaign_id = :id AND x.trunk_id = t.id))
         ) AS trunks_n,
         EXISTS (SELECT 1 FROM asterisk WHERE is_enabled AND state = 'up'
                 AND seen_at >= CAST(:now AS timestamptz) - interval '15 seconds') AS is_up,
         (SELECT count(*) FROM operator_profile p JOIN campaign_group g ON g.group_id = p.group_id
          WHERE g.campaign_id = :id AND p.presence = 'ready') AS ready_n
""")


def campaign_of_card(session: Session, card_id: int) -> int | None:
    return session.execute(
        text("SELECT campaign_id FROM campaign_target WHERE card_id = :id"), {"id": card_id}
    ).scalar()
