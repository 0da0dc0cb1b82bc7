"""The commands about mail: what became of the last letters, and a trial letter."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime

from sqlalchemy import select

import config
from app import create_app, letters
from app.extensions import db
from app.models import Mail
from app.services import mail

SHOWN = 20


def last_letters(arguments: argparse.Namespace, settings: config.Config) -> None:
    with create_app(settings).app_context():
        print("mail is set up" if mail.is_on() else "mail is off: set PROZVON_SMTP_URL and PROZVON_MAIL_FROM")
        for row in db.session.execute(select(Mail).order_by(Mail.id.desc()).limit(SHOWN)).scalars():
            print(f"{row.created_at:%Y-%m-%d %H:%M} UTC  {row.kind:8} {row.state:8} {row.to} {row.error}".rstrip())


def try_mail(arguments: argparse.Namespace, settings: config.Config) -> None:
    """Sends at once, so that a wrong setting is told here and not in a log."""
    with create_app(settings).test_request_context():  # the letter is drawn like a page
        mail.send_now(arguments.address, letters.trial(), datetime.now(UTC))
    print(f"The mail server has taken the letter to {arguments.address}.")
