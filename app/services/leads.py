"""Leads: what is known when a card ends well, handed over to every CRM that is on, and what is added to it later."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.domain.lead_map import FACTS
from app.domain.phones import read_phone
from app.errors import Refused
from app.extensions import outside
from app.models import Card, CrmPush, Lead
from app.services.audit import note_event
from app.services.deferring import defer
from app.services.ingest import storable

EDITABLE = tuple(name for name in FACTS if name not in ("card_id", "lead_id", "key", "card_url"))
LONGEST = 4000
NEWS_DAYS = 60  # so long after the lead notes and talks are still told to the CRM


def enqueue(session: Session, card: Card, status_id: int, *, actor_id: int | None) -> Lead:
    """The outbox row, in the transaction of the status; once per card and status."""
    known = session.execute(select(Lead).where(Lead.card_id == card.id, Lead.status_id == status_id)).scalar()
    if known is not None:
        return known
    lead = Lead(card_id=card.id, status_id=status_id, by_id=actor_id, payload={}, state="waiting")
    session.add(lead)
    session.flush()
    session.refresh(lead, ["key"])
    lead.payload = facts_of(session, card.id, lead)
    session.flush()
    hand_over(session, [lead.id])
    return lead


def hand_over(session: Session, lead_ids: list[int]) -> int:
    """A push to every CRM that is on, and a job at once for each lead that has one."""
    made = session.execute(_HAND_OVER, {"ids": lead_ids}).scalars().all()
    for lead_id in sorted(set(made)):
        defer(session, "push_lead", lead_id=lead_id)
    return len(made)


_HAND_OVER = text("""
    INSERT INTO crm_push (connection_id, lead_id, what)
    SELECT c.id, l.id, 'lead' FROM lead l CROSS JOIN crm_connection c
    WHERE l.id = ANY(:ids) AND c.is_enabled ORDER BY l.id, c.id
    ON CONFLICT ON CONSTRAINT crm_push_once DO NOTHING RETURNING lead_id
""")


def hand_over_waiting(session: Session, most: int = 1000) -> int:
    """Leads made while no CRM was on: nothing is lost."""
    ids = session.execute(_WAITING, {"most": most}).scalars().all()
    return hand_over(session, list(ids)) if ids else 0


_WAITING = text("""
    SELECT l.id FROM lead l WHERE l.state <> 'sent' AND NOT EXISTS (SELECT 1 FROM crm_push p WHERE p.lead_id = l.id)
      AND EXISTS (SELECT 1 FROM crm_connection c WHERE c.is_enabled) ORDER BY l.id LIMIT :most
""")


def facts_of(session: Session, card_id: int, lead: Lead) -> dict[str, Any]:
    """All that a field map can name. What the operator wrote outweighs the ad."""
    row = session.execute(_FACTS, {"card": card_id, "by": lead.by_id, "status": lead.status_id}).mappings().one()
    facts = {name: value for name, value in row.items() if name != "form" and value not in (None, "", [])}
    facts |= {name: value for name, value in (row["form"] or {}).items() if name in FACTS and value not in (None, "")}
    facts |= {"card_id": card_id, "lead_id": lead.id, "key": lead.key}
    if outside.public_url:
        facts["card_url"] = f"{outside.public_url}/desk/?card={card_id}"
    return facts


_FACTS = text("""
    SELECT v.title, v.year, v.mileage_km, v.price, v.body, v.fuel, v.gearbox, v.drive, v.engine_cc, v.power_hp,
           v.owners, v.vin, v.plate, c.form, a.url AS ad_url, a.seller_name,
           (SELECT name FROM make WHERE id = v.make_id) AS make,
           (SELECT name FROM car_model WHERE id = v.model_id) AS model,
           (SELECT name FROM generation WHERE id = v.generation_id) AS generation,
           (SELECT name FROM city WHERE id = v.city_id) AS city, (SELECT name FROM region WHERE id = v.region_id)
             AS region, (SELECT name FROM source WHERE id = a.source_id) AS source,
           (SELECT name FROM status WHERE id = :status) AS status,
           (SELECT first_name || ' ' || last_name FROM ab_user WHERE id = :by) AS operator
    FROM card c JOIN vehicle v ON v.id = c.vehicle_id LEFT JOIN ad a ON a.id = v.ad_id WHERE c.id = :card
""")


def told_of(session: Session, lead: Lead) -> dict[str, Any]:
    """The facts with the numbers, which are not kept twice: an erasure must reach them."""
    facts = dict(lead.payload or {})
    if "phones" not in facts:
        facts["phones"] = list(session.execute(_PHONES, {"card": lead.card_id}).scalars())
    if facts["phones"]:
        facts["phone"] = f"+{facts['phones'][0]}"
    return facts


# A substitute number leads nowhere tomorrow and proves no identity: the CRM gets it only when there is no other.
_PHONES = text("""
    SELECT q.phone FROM card c JOIN ad o ON o.vehicle_id = c.vehicle_id
    CROSS JOIN LATERAL unnest(o.phones) WITH ORDINALITY AS q(phone, n)
    WHERE c.id = :card AND q.phone ~ '^7[0-9]{10}$' GROUP BY q.phone
    HAVING NOT bool_or(o.phone_protected) OR NOT EXISTS (
      SELECT 1 FROM ad g JOIN card k ON k.vehicle_id = g.vehicle_id
      WHERE k.id = :card AND NOT g.phone_protected AND g.phones <> '{}')
    ORDER BY bool_or(o.phone_protected), min(q.n), q.phone LIMIT 5
""")


def tell(session: Session, lead_ids: list[int], what: str, kind: str, words: str, at: datetime) -> int:
    """Let the CRMs know of something new about these leads; `what` («sms:5») is told once."""
    body = json.dumps({"kind": kind, "text": storable(words)[:LONGEST], "at": at.isoformat()}, ensure_ascii=False)
    made = 0
    for lead_id in lead_ids:
        done: Any = session.execute(_TELL, {"lead": lead_id, "what": what, "body": body})
        made += done.rowcount
    return made


_TELL = text("""
    INSERT INTO crm_push (connection_id, lead_id, what, body)
    SELECT p.connection_id, p.lead_id, :what, CAST(:body AS jsonb) FROM crm_push p
    WHERE p.lead_id = :lead AND p.what = 'lead' ON CONFLICT ON CONSTRAINT crm_push_once DO NOTHING
""")


def collect_news(session: Session, now: datetime) -> int:
    """Notes and finished talks of cards that have become leads, each told once to every CRM that has the lead."""
    values = {"now": now, "days": NEWS_DAYS, "url": outside.public_url}
    made = 0
    for statement in (_NOTES, _CALLS):
        done: Any = session.execute(statement, values)
        made += done.rowcount
    return made


_NOTES = text("""
    INSERT INTO crm_push (connection_id, lead_id, what, body)
    SELECT p.connection_id, l.id, 'note:' || n.id, jsonb_build_object('kind', 'note', 'text', n.text, 'at', n.at,
      'who', (SELECT first_name || ' ' || last_name FROM ab_user WHERE id = n.by_id))
    FROM lead l JOIN crm_push p ON p.lead_id = l.id AND p.what = 'lead' AND p.state <> 'dropped'
    JOIN note n ON n.card_id = l.card_id
    WHERE l.created_at > :now - make_interval(days => :days)
      AND NOT EXISTS (SELECT 1 FROM crm_push k WHERE k.lead_id = l.id AND k.connection_id = p.connection_id
                      AND k.what = 'note:' || n.id)
    ORDER BY n.id ON CONFLICT ON CONSTRAINT crm_push_once DO NOTHING
""")
_CALLS = text("""
    INSERT INTO crm_push (connection_id, lead_id, what, body)
    SELECT p.connection_id, l.id, 'call:' || n.id, jsonb_build_object('kind', 'call', 'outcome', n.outcome,
      'talk_s', n.talk_ms / 1000, 'at', n.created_at,
      'who', (SELECT first_name || ' ' || last_name FROM ab_user WHERE id = n.operator_id),
      'recording', CASE WHEN n.recording <> '' AND :url <> '' THEN :url || '/recordings/' || n.id ELSE '' END)
    FROM lead l JOIN crm_push p ON p.lead_id = l.id AND p.what = 'lead' AND p.state <> 'dropped'
    JOIN call n ON n.card_id = l.card_id
    WHERE l.created_at > :now - make_interval(days => :days) AND n.state = 'ended'
      AND NOT EXISTS (SELECT 1 FROM crm_push k WHERE k.lead_id = l.id AND k.connection_id = p.connection_id
                      AND k.what = 'call:' || n.id)
    ORDER BY n.id ON CONFLICT ON CONSTRAINT crm_push_once DO NOTHING
""")


# --- a person's hand


def fix(session: Session, lead_id: int, values: dict[str, str], *, actor_id: int, now: datetime) -> Lead:
    """Correct what the CRM will be told. The key stays: a lead that did arrive is not made again."""
    lead = _locked(session, lead_id)
    if lead.state == "sent":
        raise Refused("lead_sent_already")
    facts = dict(lead.payload)
    for name, value in values.items():
        if name not in EDITABLE or storable(value) != value or len(value) > LONGEST:
            raise Refused("lead_field_bad", name=name)
        facts[name] = value.strip()
    if "phone" in values:
        facts["phones"] = _phones(facts.pop("phone"))
    changed = sorted(name for name in facts if facts.get(name) != lead.payload.get(name))
    lead.payload = {name: value for name, value in facts.items() if value not in ("", None)}
    note_event(session, "lead_fixed", actor_id=actor_id, subject="lead", subject_id=lead_id, changed=changed)
    for push in session.execute(select(CrmPush).where(CrmPush.lead_id == lead_id, CrmPush.state == "failed")).scalars():
        _revive(push, now)
    session.flush()
    settle(session, lead_id)
    defer(session, "push_lead", lead_id=lead_id)
    return lead


def _phones(written: str) -> list[str]:
    if not written.strip():
        return []
    number = read_phone(written).number
    if number is None:
        raise Refused("phone_bad")
    return [number]


def again(session: Session, push_id: int, *, actor_id: int, now: datetime) -> None:
    """Try once more, at once."""
    push = session.get(CrmPush, push_id, with_for_update=True)
    if push is None or push.state not in ("failed", "waiting"):
        raise Refused("push_not_again")
    _revive(push, now)
    note_event(session, "lead_again", actor_id=actor_id, subject="lead", subject_id=push.lead_id, push_id=push_id)
    session.flush()
    settle(session, push.lead_id)
    defer(session, "push_lead", lead_id=push.lead_id)


def drop(session: Session, push_id: int, *, actor_id: int) -> None:
    """Leave it: what comes after it may go."""
    push = session.get(CrmPush, push_id, with_for_update=True)
    if push is None or push.state != "failed":
        raise Refused("push_not_dropped")
    push.state = "dropped"
    note_event(session, "lead_dropped", actor_id=actor_id, subject="lead", subject_id=push.lead_id, push_id=push_id)
    session.flush()
    settle(session, push.lead_id)


def _revive(push: CrmPush, now: datetime) -> None:
    push.state, push.next_at, push.waiting_since, push.error = "waiting", now, now, ""


def settle(session: Session, lead_id: int) -> None:
    """The lead's own state, out of its pushes: failed before waiting before sent."""
    session.execute(_SETTLE, {"id": lead_id})
    session.expire_all()


_SETTLE = text("""
    UPDATE lead SET state = q.state FROM (
      SELECT CASE WHEN bool_or(state = 'failed') THEN 'failed' WHEN bool_or(state = 'waiting') THEN 'waiting'
             ELSE 'sent' END AS state FROM crm_push WHERE lead_id = :id AND what = 'lead') q
    WHERE lead.id = :id AND lead.state IS DISTINCT FROM q.state AND q.state IS NOT NULL
""")


def _locked(session: Session, lead_id: int) -> Lead:
    lead = session.get(Lead, lead_id, with_for_update=True, populate_existing=True)
    if lead is None:
        raise Refused("lead_gone")
    return lead


def again_all(session: Session, lead_id: int, *, actor_id: int, now: datetime) -> None:
    """Everything of the lead that has failed, once more."""
    ids = session.execute(
        select(CrmPush.id).where(CrmPush.lead_id == lead_id, CrmPush.state == "failed").order_by(CrmPush.id)
    ).scalars()
    found = list(ids)
    if not found:
        raise Refused("push_not_again")
    for push_id in found:
        again(session, push_id, actor_id=actor_id, now=now)
