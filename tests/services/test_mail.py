"""The outbox: a letter comes and goes with its transaction, is sealed while it waits, and is tried again and again."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from app.errors import OutsideError, Refused
from app.extensions import outside
from app.jobs import job_named, run_job
from app.models import JobRun, Mail
from app.services import mail
from app.smtp import MailServer
from tests.a_mail_server import AMailServer, mail_server

LETTER = mail.Letter("Приглашение", "Ссылка: https://example.test/invite/secret-token", "<p>secret-token</p>")
SOON = timedelta(hours=1)


@pytest.fixture
def post_office(monkeypatch) -> Iterator[AMailServer]:
    with mail_server() as running:
        monkeypatch.setattr(outside, "mail", MailServer.of(f"smtp://127.0.0.1:{running.port}", "prozvon@example.test"))
        yield running


def post(session, app, to: str = "olga@example.test", life: timedelta = SOON) -> Mail:
    at = datetime.now(UTC)
    return mail.post(session, "invite", to, LETTER, secret_key=app.config["SECRET_KEY"], expires_at=at + life)


def send(app, row: Mail) -> dict[str, int]:
    return run_job(app, job_named("send_mail"), mail_id=row.id)


def waiting_jobs(session) -> int:
    query = "SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'send_mail' AND status = 'todo'"
    return session.execute(text(query)).scalar_one()


def test_a_letter_waits_sealed_and_is_wiped_when_it_has_left(session, app, post_office):
    row = post(session, app)
    session.commit()
    assert row.state == "waiting" and waiting_jobs(session) == 1
    assert "secret-token" not in str(
        {name: value for name, value in row.__dict__.items() if name != "_sa_instance_state"}
    )
    assert send(app, row) == {"mails": 1}
    session.refresh(row)
    assert (row.state, row.sealed, row.attempts_n, row.error) == ("sent", "", 1, "") and row.sent_at is not None
    (letter,) = post_office.letters
    assert "secret-token" in letter.get_body(("plain",)).get_content() and letter["To"] == "olga@example.test"


def test_a_letter_is_sent_once_however_often_the_job_runs(session, app, post_office):
    row = post(session, app)
    session.commit()
    send(app, row)
    assert send(app, row) == {}
    assert len(post_office.letters) == 1


def test_what_is_rolled_back_writes_no_letter(own_database, session, app, post_office):
    post(session, app)
    session.rollback()
    assert session.query(Mail).count() == 0 and waiting_jobs(session) == 0


def test_without_a_mail_server_nothing_is_written(session, app, monkeypatch):
    monkeypatch.setattr(outside, "mail", None)
    with pytest.raises(Refused) as refused:
        post(session, app)
    assert refused.value.reason.code == "mail_off" and session.query(Mail).count() == 0


@pytest.mark.parametrize("to", ["", "olga", "olga@localhost", "a@b.ru\r\nBcc: c@d.ru"])
def test_an_address_that_is_none_is_refused(session, app, post_office, to):
    with pytest.raises(Refused) as refused:
        post(session, app, to)
    assert refused.value.reason.code == "email_bad"


def test_a_server_that_is_busy_gets_the_letter_later(session, app, post_office):
    row = post(session, app)
    session.commit()
    post_office.answers["RCPT"] = "451 come back later"
    with pytest.raises(OutsideError) as error:
        send(app, row)
    assert not error.value.permanent, "the queue tries again"
    session.refresh(row)
    assert row.state == "waiting" and "451" in row.error
    assert session.query(JobRun).filter(JobRun.job == "send_mail", JobRun.error != "").count() == 1
    post_office.answers.clear()
    send(app, row)
    session.refresh(row)
    assert row.state == "sent" and row.attempts_n == 2


def test_after_the_last_try_a_letter_waits_for_an_administrator(session, app, post_office):
    row = post(session, app)
    row.attempts_n = mail.TRIES - 1
    session.commit()
    post_office.answers["MAIL"] = "421 too busy"
    with pytest.raises(OutsideError) as error:
        send(app, row)
    session.refresh(row)
    assert error.value.permanent and row.state == "failed"
    post_office.answers.clear()
    mail.send_again(session, row.id, datetime.now(UTC))
    session.commit()
    send(app, row)
    session.refresh(row)
    assert row.state == "sent" and len(post_office.letters) == 1


def test_a_refused_address_is_not_tried_again(session, app, post_office):
    row = post(session, app)
    session.commit()
    post_office.answers["RCPT"] = "550 no such person"
    with pytest.raises(OutsideError) as error:
        send(app, row)
    session.refresh(row)
    assert error.value.permanent and row.state == "failed" and row.attempts_n == 1


def test_a_letter_whose_link_is_dead_is_not_sent(session, app, post_office):
    row = post(session, app, life=timedelta(seconds=-1))
    session.commit()
    assert send(app, row) == {}
    session.refresh(row)
    assert (row.state, row.sealed) == ("expired", "") and post_office.letters == []
    with pytest.raises(Refused):
        mail.send_again(session, row.id, datetime.now(UTC))


def test_a_letter_that_has_left_is_not_sent_again(session, app, post_office):
    row = post(session, app)
    session.commit()
    send(app, row)
    with pytest.raises(Refused):
        mail.send_again(session, row.id, datetime.now(UTC))
