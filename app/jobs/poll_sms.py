"""Ask the SMS gateways what became of messages, and now and then how much money is left."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from flask import current_app
from sqlalchemy import or_, select

from app.errors import OutsideError, Refused
from app.extensions import db
from app.models import SmsGateway
from app.services import sms_reports, sms_sending
from app.sms import AnswerLost, Permanent, Temporary

BALANCE_EVERY = timedelta(minutes=15)


def run() -> dict[str, int]:
    settings = current_app.config["PROZVON"]
    keys = sms_sending.Keys(settings.secret_key, settings.allow_private_sms)
    session, now = db.session(), datetime.now(UTC)
    counts = sms_reports.poll(session, keys, now)
    counts["balances"] = _balances(keys, now)
    return counts


def _balances(keys: sms_sending.Keys, now: datetime) -> int:
    session, asked = db.session(), 0
    due = select(SmsGateway).where(
        SmsGateway.is_enabled, or_(SmsGateway.balance_at.is_(None), SmsGateway.balance_at < now - BALANCE_EVERY)
    )
    for row in session.scalars(due).all():
        try:
            sms_reports.refresh_balance(session, row, keys, now)
        except Permanent as trouble:
            row.trouble, row.balance_at = trouble.code, now
        except (Temporary, AnswerLost, Refused, OutsideError):
            row.balance_at = now
        asked += 1
        session.commit()
    return asked
