"""What a gateway takes in a second is shared by all workers: more wait for their turn, none is lost."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from time import monotonic

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app import models
from app.extensions import db
from app.services import sms_sending
from tests.crm.servers import running
from tests.factories import fictional_phone, make_card
from tests.sms.gateways import KEYS, make_gateway
from tests.sms.servers import FakeSmsc

MESSAGES, PER_SECOND, WORKERS = 16, 4, 3


def test_three_workers_together_keep_to_the_limit_of_the_gateway(own_database, app, session):
    with running(FakeSmsc()) as server:
        make_gateway(session, server.url, per_second=PER_SECOND)
        session.add_all([models.Setting(name="sms_hours_from", value=0), models.Setting(name="sms_hours_to", value=24)])
        card = make_card(session)
        now = datetime.now(UTC)
        session.add_all([
            models.SmsMessage(card_id=card.id, phone=fictional_phone(), text="Здравствуйте", ground="operator",
                              created_at=now, next_at=now)
            for _ in range(MESSAGES)
        ])  # fmt: skip
        session.commit()
        started = monotonic()
        workers = [threading.Thread(target=_work, args=(app,)) for _ in range(WORKERS)]
        for one in workers:
            one.start()
        for one in workers:
            one.join(60)
        took = monotonic() - started
    session.expire_all()
    assert set(session.scalars(select(models.SmsMessage.state))) == {"sent"}
    # A second's worth goes at once, the rest at the gateway's pace.
    assert took >= (MESSAGES - 1) / PER_SECOND - 1 - 0.3, took
    ahead = session.execute(
        text("SELECT extract(epoch FROM turn_at - :now) FROM sms_gateway"), {"now": now}
    ).scalar_one()
    assert float(ahead) >= MESSAGES / PER_SECOND - 0.01, "every message took a place of its own"


def _work(app) -> None:
    with app.app_context(), Session(db.engine) as mine:
        sms_sending.send_due(mine, KEYS, lambda: datetime.now(UTC), go_on=lambda: True)
