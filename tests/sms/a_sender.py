"""A worker that only sends SMS and asks after them, to be killed at any moment: python -m tests.sms.a_sender (the
environment says which database)."""

from __future__ import annotations

import sys
import time
from datetime import UTC, datetime, timedelta

import config
from app import create_app, extensions
from app.extensions import db
from app.services import sms_reports, sms_sending


def now() -> datetime:
    return datetime.now(UTC)


def main() -> int:
    from app.sms._http import Door
    from tests.sms.gateways import KEYS

    app = create_app(config.unhurried(config.load()))
    # As in life, only sooner: the lease is longer than the longest try, a slow gateway gets time to find a message.
    sms_sending.LEASE, sms_reports.SETTLES = timedelta(seconds=4), timedelta(seconds=2)
    sms_reports.SOON = sms_reports.SILENCE = timedelta(seconds=1)
    extensions.outside.sms_door = lambda **more: Door(timeout_s=1.0, **more)
    with app.app_context():
        while True:
            sms_sending.send_due(db.session(), KEYS, now, go_on=lambda: True)
            sms_reports.poll(db.session(), KEYS, now())
            time.sleep(0.05)


if __name__ == "__main__":
    sys.exit(main())
