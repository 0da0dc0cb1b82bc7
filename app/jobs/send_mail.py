"""Send a letter of the outbox; while the mail server is away, again and again, each time later."""

from __future__ import annotations

from datetime import UTC, datetime

from flask import current_app

from app.errors import OutsideError
from app.extensions import db, outside
from app.services import mail


def run(mail_id: int) -> dict[str, int]:
    session = db.session()
    row = mail.claim(session, mail_id, datetime.now(UTC))
    session.commit()
    if row is None:
        return {}
    try:
        if outside.mail is None:
            raise OutsideError("mail is not set up on this machine", code="off")
        outside.mail.send(mail.message_of(row, current_app.config["SECRET_KEY"]))
    except OutsideError as error:
        is_over = mail.record_trouble(session, mail_id, error)
        session.commit()
        raise OutsideError(str(error), permanent=is_over, code=error.code, said=error.said) from None
    mail.record_sent(session, mail_id, datetime.now(UTC))
    session.commit()
    return {"mails": 1}
