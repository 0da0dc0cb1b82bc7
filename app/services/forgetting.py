"""Forgetting people: a number erased at a person's request, and words that have served their time."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from app import settings

NOBODY = "70000000000"  # stands where a number was and a number has to be; nobody can have it


def erase_number(session: Session, phone: str) -> None:
    """Whatever people and programs told us with this number. What a classified shows to everybody stays its own."""
    for statement in _ERASE:
        session.execute(statement, {"phone": phone, "nobody": NOBODY})


_ERASE = tuple(
    text(statement)
    for statement in (
        # incoming leads: the words that came, the note made of them, the advert that the card was made of
        """
        UPDATE note n SET text = i.name FROM incoming_lead l JOIN lead_intake i ON i.id = l.intake_id
        WHERE l.phone = :phone AND n.card_id = l.card_id AND n.at = l.received_at AND n.by_id IS NULL
        """,
        """
        UPDATE ad SET phones = array_remove(phones, :phone), phone = NULL, seller_name = '', description = '', url = '',
          vin = NULL, vin_hint = NULL, written = '{}'
        WHERE source_id IN (SELECT source_id FROM lead_intake)
          AND (CAST(:phone AS text) = ANY(phones) OR id IN (SELECT ad_id FROM incoming_lead WHERE phone = :phone))
        """,
        """
        UPDATE incoming_lead SET phone = :nobody, name = '', note = '', once = 'erased:' || id,
          facts = facts - 'vin' - 'url', trouble = CASE WHEN ad_id IS NULL THEN 'lead_erased' ELSE trouble END
        WHERE phone = :phone
        """,
        """
        WITH gone AS (DELETE FROM seller_phone WHERE phone = :phone
                      AND NOT EXISTS (SELECT 1 FROM ad WHERE :phone = ANY(ad.phones)) RETURNING seller_id)
        UPDATE seller SET name = '' WHERE id IN (SELECT seller_id FROM gone)
          AND NOT EXISTS (SELECT 1 FROM seller_phone p WHERE p.seller_id = seller.id AND p.phone <> :phone)
        """,
        """
        UPDATE seller SET key = 'erased:' || id WHERE key = 'tel:' || CAST(:phone AS text)
          AND NOT EXISTS (SELECT 1 FROM ad WHERE :phone = ANY(ad.phones))
        """,
        # SMS, and what the CRMs would still be told of them
        """
        UPDATE crm_push p SET body = p.body - 'text',
          state = CASE WHEN p.state IN ('waiting', 'failed') THEN 'dropped' ELSE p.state END
        FROM sms_message m WHERE m.phone = :phone AND p.what = 'sms:' || m.id
        """,
        """
        UPDATE sms_message SET phone = :nobody, text = '', ref = '',
          state = CASE WHEN state = 'waiting' THEN 'cancelled' ELSE state END WHERE phone = :phone
        """,
        # leads on their way out, where a person has written the number, and what the CRMs told us
        """
        UPDATE lead SET payload = payload - 'phones' - 'phone' - 'seller_name'
        WHERE payload -> 'phones' @> jsonb_build_array(CAST(:phone AS text))
        """,
        """
        UPDATE crm_client c SET phones = array_remove(phones, :phone),
          name = CASE WHEN cardinality(phones) = 1 THEN '' ELSE name END
        WHERE id IN (SELECT client_id FROM crm_client_phone WHERE phone = :phone)
        """,
        "DELETE FROM crm_client_phone WHERE phone = :phone",
    )
)


def forget_old(session: Session, now: datetime) -> Mapping[str, int]:
    """The words of SMS and of incoming leads after so many days as the settings say; 0 keeps them."""
    counts = {}
    for name, setting, statement in (
        ("sms_texts", "sms_text_days", _OLD_SMS), ("lead_words", "lead_words_days", _OLD_LEADS),
    ):  # fmt: skip
        days = int(settings.get(session, setting))
        done: Any = session.execute(statement, {"before": now - timedelta(days=days)}) if days else None
        counts[name] = int(done.rowcount) if done is not None else 0
    return counts


_OLD_SMS = text("""
    UPDATE sms_message SET text = '' WHERE created_at < :before AND text <> '' AND state NOT IN ('waiting', 'sending')
""")
_OLD_LEADS = text("""
    UPDATE incoming_lead SET name = '', note = '', facts = facts - 'vin' - 'url'
    WHERE received_at < :before AND (name <> '' OR note <> '' OR facts ?| ARRAY['vin', 'url'])
""")
