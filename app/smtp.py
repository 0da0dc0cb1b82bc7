"""The mail server: one letter in one connection, over TLS whose certificate is checked. Told apart: now or never."""

from __future__ import annotations

import smtplib
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from urllib.parse import unquote, urlsplit

from app.errors import OutsideError

TIMEOUT_S = 20
LOOPBACK = {"localhost", "127.0.0.1", "::1"}


@dataclass(frozen=True, slots=True)
class MailServer:
    host: str
    port: int
    user: str
    password: str = field(repr=False)
    is_tls_first: bool  # smtps://: no word before TLS
    sender: str

    @classmethod
    def of(cls, url: str, sender: str) -> MailServer:
        """smtp://user:password@host:587 (STARTTLS) or smtps://user:password@host:465; config.py has looked at it."""
        parts = urlsplit(url)
        first = parts.scheme == "smtps"
        return cls(
            parts.hostname or "", parts.port or (465 if first else 587), unquote(parts.username or ""),
            unquote(parts.password or ""), first, sender,
        )  # fmt: skip

    def send(self, letter: EmailMessage) -> None:
        """Raises OutsideError; permanent when the server says that this letter will never be taken."""
        with self._connected() as smtp:
            try:
                smtp.send_message(letter)
            except smtplib.SMTPRecipientsRefused as refused:
                code, words = next(iter(refused.recipients.values()))
                raise _answered(code, words, "recipient") from None
            except smtplib.SMTPSenderRefused as refused:
                raise _answered(refused.smtp_code, refused.smtp_error, "sender") from None

    def check(self) -> None:
        """Connect and log in, send nothing."""
        with self._connected() as smtp:
            smtp.noop()

    @contextmanager
    def _connected(self) -> Iterator[smtplib.SMTP]:
        try:
            with self._open() as smtp:
                if self.user:
                    smtp.login(self.user, self.password)
                yield smtp
        except smtplib.SMTPAuthenticationError as refused:  # a wrong setting, not a wrong letter: worth another try
            raise OutsideError(
                "the mail server refuses user or password: " + _said(refused.smtp_code, b""), code="auth",
                said=_told(refused.smtp_code, refused.smtp_error),
            ) from None  # fmt: skip
        except smtplib.SMTPResponseException as refused:
            raise _answered(refused.smtp_code, refused.smtp_error) from None
        except ssl.SSLCertVerificationError as error:
            raise OutsideError(
                f"the mail server's certificate is not trusted: {error.verify_message}", code="certificate",
                said=error.verify_message,
            ) from None  # fmt: skip
        except (smtplib.SMTPException, OSError) as error:
            name = type(error).__name__
            raise OutsideError(
                f"the mail server does not answer as it should: {name}", code=_code_of(error), said=name
            ) from None

    def _open(self) -> smtplib.SMTP:
        tls = ssl.create_default_context()
        if self.is_tls_first:
            return smtplib.SMTP_SSL(self.host, self.port, timeout=TIMEOUT_S, context=tls)
        smtp = smtplib.SMTP(self.host, self.port, timeout=TIMEOUT_S)
        try:
            if self.host not in LOOPBACK:  # a relay on this very machine needs no cover
                smtp.starttls(context=tls)
        except BaseException:
            smtp.close()
            raise
        return smtp

    def message(
        self, to: str, subject: str, text: str, html: str, *, name: str, key: str, at: datetime
    ) -> EmailMessage:
        """A letter ready to be sent. A line break in a header raises ValueError: nobody adds headers."""
        letter = EmailMessage()
        user, _, domain = self.sender.rpartition("@")
        letter["From"] = Address(name, user, domain)
        letter["To"] = Address(addr_spec=to)
        letter["Subject"] = subject
        letter["Message-ID"] = f"<{key}@{domain}>"  # the same at every try: a repeat can be recognised
        letter["Auto-Submitted"] = "auto-generated"
        letter["Date"] = format_datetime(at)
        letter.set_content(text)
        letter.add_alternative(html, subtype="html")
        return letter


def is_address(text: str) -> bool:
    """Plain and ASCII, as all mail servers take it."""
    name, found = parseaddr(text)
    user, at, domain = text.rpartition("@")
    return (
        not name and found == text and text.isascii() and text.isprintable() and bool(at) and 0 < len(user) <= 64
        and len(text) <= 254 and "." in domain.strip(".") and domain == domain.strip(".-")
        and not any(sign in text for sign in " \"'<>()[],;:\\")
    )  # fmt: skip


def _code_of(error: Exception) -> str:
    """Which of the troubles that people can do something about."""
    kinds: tuple[tuple[type[Exception], str], ...] = (
        (smtplib.SMTPNotSupportedError, "no_tls"), (smtplib.SMTPServerDisconnected, "hung_up"), (ssl.SSLError, "tls"),
        (TimeoutError, "timeout"), (ConnectionRefusedError, "refused"), (socket.gaierror, "no_host"),
        (OSError, "unreachable"),
    )  # fmt: skip
    if isinstance(error.__context__, TimeoutError):  # the library tells it as a server that hung up
        return "timeout"
    return next((code for kind, code in kinds if isinstance(error, kind)), "")


def _answered(number: int, words: bytes | str, of: str = "") -> OutsideError:
    """What the server has answered; `of`: to which part of the letter."""
    told = _told(number, words)
    lowered = told.lower()
    if number in (452, 552) and ("full" in lowered or "quota" in lowered or "storage" in lowered or of == "recipient"):
        code = "mailbox_full"
    elif of == "recipient" and number >= 500:
        code = "recipient"
    elif of == "sender" and number >= 500:
        code = "sender"
    else:
        code = "later" if 400 <= number < 500 else ""
    permanent = number >= 500 if of == "recipient" else 550 <= number <= 559
    return OutsideError(_said(number, words), permanent=permanent, code=code, said=told)


def _told(number: int, words: bytes | str) -> str:
    told = words.decode("utf-8", "replace") if isinstance(words, bytes) else words
    return f"{number} {' '.join(told.split())[:200]}".strip()


def _said(number: int, words: bytes | str) -> str:
    return f"the mail server said {_told(number, words)}"
