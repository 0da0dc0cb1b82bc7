"""Letters: written in the transaction that causes them, sent by a job. The web never waits for a mail server."""

from __future__ import annotations

import base64
import mimetypes
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from typing import Any

from sqlalchemy import case, update
from sqlalchemy.orm import Session

from app.errors import OutsideError, Refused
from app.extensions import outside
from app.models import Mail
from app.services import secrets_box
from app.services.deferring import defer
from app.smtp import is_address

TRIES = 7  # after 5 s, 25 s, 2 min, 10 min, 52 min and 4 h
NAME = "Prozvon"


@dataclass(frozen=True, slots=True)
class Letter:
    subject: str
    text: str
    html: str
    file_name: str = ""
    file: bytes = b""


def is_on() -> bool:
    return outside.mail is not None


def post(
    session: Session,
    kind: str,
    to: str,
    letter: Letter,
    *,
    secret_key: str,
    expires_at: datetime,
    actor_id: int | None = None,
) -> Mail:
    """Put the letter into the outbox; it leaves once the caller has committed. Call it last: see deferring."""
    if not is_on():
        raise Refused("mail_off")
    if not is_address(to):
        raise Refused("email_bad")
    row = Mail(
        kind=kind,
        to=to,
        subject=" ".join(letter.subject.split()),
        sealed=secrets_box.seal(_body(letter), secret_key),
        state="waiting",
        created_by_id=actor_id,
        expires_at=expires_at,
    )
    session.add(row)
    session.flush()
    defer(session, "send_mail", mail_id=row.id)
    return row


def _body(letter: Letter) -> dict[str, str]:
    body = {"text": letter.text, "html": letter.html}
    if letter.file_name:
        body |= {"file_name": letter.file_name, "file": base64.b64encode(letter.file).decode()}
    return body


def claim(session: Session, mail_id: int, now: datetime) -> Mail | None:
    """The letter, counted as tried; None when there is nothing to send (any more)."""
    row = session.get(Mail, mail_id, with_for_update=True)
    if row is None or row.state != "waiting":
        return None
    if row.expires_at <= now:  # its link is dead: the letter would only annoy
        row.state, row.sealed = "expired", ""
        return None
    row.attempts_n += 1
    session.flush()
    return row


def message_of(row: Mail, secret_key: str) -> EmailMessage:
    body = secrets_box.unseal(row.sealed, secret_key)
    file = base64.b64decode(body.get("file", ""))
    letter = Letter(row.subject, body["text"], body["html"], body.get("file_name", ""), file)
    return _message(row.to, letter, f"mail.{row.id}", row.created_at)


def _message(to: str, letter: Letter, key: str, at: datetime) -> EmailMessage:
    message: EmailMessage = outside.mail.message(
        to, letter.subject, letter.text, letter.html, name=NAME, key=key, at=at
    )
    if letter.file_name:
        kind = mimetypes.guess_type(letter.file_name)[0] or "application/octet-stream"
        main, _slash, sub = kind.partition("/")
        message.add_attachment(letter.file, maintype=main, subtype=sub, filename=letter.file_name)
    return message


def send_now(to: str, letter: Letter, now: datetime) -> None:
    """Past the outbox, for the command that tries the settings."""
    if not is_on():
        raise Refused("mail_off")
    if not is_address(to):
        raise Refused("email_bad")
    outside.mail.send(_message(to, letter, f"test.{now.timestamp():.0f}", now))


def record_sent(session: Session, mail_id: int, now: datetime) -> None:
    row = session.get_one(Mail, mail_id, with_for_update=True)
    row.state, row.sent_at, row.sealed, row.error = "sent", now, "", ""
    session.flush()


def record_trouble(session: Session, mail_id: int, error: OutsideError) -> bool:
    """Whether it is the end: the letter stays for an administrator to send again."""
    row = session.get_one(Mail, mail_id, with_for_update=True)
    row.error = f"{error.code or 'other'}: {error.said or error}"[:300]
    if error.permanent or row.attempts_n >= TRIES:
        row.state = "failed"
    session.flush()
    return row.state == "failed"


def wipe_dead(session: Session, now: datetime) -> int:
    """Letters whose links are dead have nothing to say any more; returns how many had."""
    dead = update(Mail).where(Mail.expires_at <= now, Mail.sealed != "")
    state = case((Mail.state == "waiting", "expired"), else_=Mail.state)
    done: Any = session.execute(dead.values(sealed="", state=state))
    return int(done.rowcount)


def send_again(session: Session, mail_id: int, now: datetime) -> None:
    row = session.get(Mail, mail_id, with_for_update=True)
    if row is None or row.state != "failed" or row.expires_at <= now:
        raise Refused("mail_not_again")
    row.state, row.attempts_n = "waiting", 0
    session.flush()
    defer(session, "send_mail", mail_id=mail_id)
