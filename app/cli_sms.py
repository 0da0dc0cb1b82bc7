"""The commands about SMS: the gateways and what waits, send now, ask what became of messages, what is left to pay."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime

from sqlalchemy import func, select

import config
from app import create_app, jobs
from app.errors import OutsideError, Refused
from app.extensions import db
from app.models import SmsGateway, SmsMessage
from app.services import sms_reports, sms_sending
from app.sms import AnswerLost, Permanent, Temporary


def list_gateways(arguments: argparse.Namespace, settings: config.Config) -> None:
    with create_app(settings).app_context():
        for row in db.session.execute(select(SmsGateway).order_by(SmsGateway.position, SmsGateway.id)).scalars():
            state = "on" if row.is_enabled else "off"
            print(f"{row.id:4} {state:3} {row.kind:8} {row.name}: balance {_money(row.balance)} {row.trouble}".rstrip())
        counts = db.session.execute(select(SmsMessage.state, func.count()).group_by(SmsMessage.state)).all()
        print(", ".join(f"{state}: {n}" for state, n in sorted(tuple(one) for one in counts)) or "no messages")


def send(arguments: argparse.Namespace, settings: config.Config) -> None:
    _run(settings, "send_sms")


def poll(arguments: argparse.Namespace, settings: config.Config) -> None:
    _run(settings, "poll_sms")


def _run(settings: config.Config, name: str) -> None:
    counts = jobs.run_job(create_app(settings), jobs.job_named(name))
    print(", ".join(f"{what}: {n}" for what, n in counts.items()) or "nothing is due")


def balance(arguments: argparse.Namespace, settings: config.Config) -> int:
    """Ends with 1 when a gateway does not tell."""
    failed = 0
    keys = sms_sending.Keys(settings.secret_key, settings.allow_private_sms)
    with create_app(settings).app_context():
        for row in db.session.execute(
            select(SmsGateway).where(SmsGateway.is_enabled).order_by(SmsGateway.id)
        ).scalars():
            try:
                left = sms_reports.refresh_balance(db.session(), row, keys, datetime.now(UTC))
                print(f"{row.name}: {_money(left)}")
            except (Temporary, Permanent, AnswerLost, Refused, OutsideError) as trouble:
                failed = 1
                print(f"{row.name}: {trouble}")
        db.session.commit()
    return failed


def _money(value: object) -> str:
    return "unknown" if value is None else f"{value} RUB"
