"""The outbox tells in Russian what went wrong and what to do; what nobody knows stays as the server said it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from app.admin.sent_mail import TROUBLES
from app.models import Mail
from app.wording import WORDS


def letter(session, error: str) -> Mail:
    soon = datetime.now(UTC) + timedelta(hours=1)
    row = Mail(kind="invite", to="olga@example.test", subject="Приглашение", sealed="", state="failed",
               error=error, expires_at=soon)  # fmt: skip
    session.add(row)
    session.flush()
    return row


@pytest.mark.parametrize(
    ("error", "words"),
    [("refused: ConnectionRefusedError", "не принимает соединение"), ("auth: 535 who are you", "имя или пароль"),
     ("recipient: 550 no such person", "не знает адресата"), ("timeout: TimeoutError", "не отвечает вовремя"),
     ("tls: SSLError", "защищённ")],
)  # fmt: skip
def test_a_known_trouble_is_a_russian_sentence_with_the_servers_words(session, as_admin, error, words):
    row = letter(session, error)
    for page in (as_admin.get("/mailview/list/").text, as_admin.get(f"/mailview/show/{row.id}").text):
        assert words in page and f">{error.partition(': ')[2]}</q>" in page


def test_an_unknown_trouble_is_quoted_and_harmless(session, as_admin):
    letter(session, "other: 554 <script>alert(1)</script> spam")
    page = as_admin.get("/mailview/list/").text
    assert "отказался принять письмо" in page and "<script>alert" not in page and "554 &lt;script&gt;" in page


def test_every_trouble_has_its_words():
    assert [code for code in {*TROUBLES, "other"} if f"mail_trouble:{code}" not in WORDS] == []
