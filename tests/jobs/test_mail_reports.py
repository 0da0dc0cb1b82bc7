"""Reports by mail: sent once at their time, as the reader may see them, attached or by link; stopped by the reader."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import threading
import time as clock
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import openpyxl
import psycopg2
import pytest

from app import models
from app.domain.mailings import next_moment
from app.extensions import outside
from app.jobs import job_named, mail_reports, run_job
from app.smtp import MailServer
from tests import factories
from tests.a_mail_server import mail_server
from tests.jobs.test_worker import ROOT

MOSCOW = ZoneInfo("Europe/Moscow")
NOW = datetime.now(UTC)


@pytest.fixture
def post_office(monkeypatch):
    with mail_server() as running:
        monkeypatch.setattr(outside, "mail", MailServer.of(f"smtp://127.0.0.1:{running.port}", "prozvon@example.test"))
        yield running


@pytest.fixture
def view(session):
    user = factories.get_user(session, "supervisor")
    user.email = "boss@example.test"
    row = models.SavedView(user_id=user.id, name="По типам", report="call-types", query="preset=7days&group=type",
                           is_shared=True)  # fmt: skip
    session.add(row)
    session.flush()
    return row


def order(client, view, *user_ids, **more):
    words = {"view": view.id, "user": list(user_ids), "every": "day", "at": "09:00", "kind": "xlsx"} | more
    return client.post("/mailings/", data=words, follow_redirects=True)


def due(session):
    row = session.query(models.ReportMailing).one()
    row.next_at = NOW - timedelta(minutes=1)
    session.commit()
    return row


def deliver(app, session):
    for row in session.query(models.Mail).filter_by(state="waiting").all():
        run_job(app, job_named("send_mail"), mail_id=row.id)


@pytest.mark.parametrize(
    ("every", "on_day", "after", "then"),
    [
        ("day", 1, "2026-11-23 08:59", "2026-11-23 09:00"),
        ("day", 1, "2026-11-23 09:00", "2026-11-24 09:00"),
        ("week", 1, "2026-11-23 10:00", "2026-11-30 09:00"),
        ("month", 28, "2026-01-29 00:00", "2026-02-28 09:00"),
    ],
)
def test_the_next_time_is_told_on_the_companys_clock(every, on_day, after, then):
    at, wanted = (datetime.fromisoformat(word).replace(tzinfo=MOSCOW) for word in (after, then))
    assert next_moment(every, on_day, time(9), MOSCOW, at.astimezone(UTC)) == wanted


def test_the_hour_stays_when_the_clocks_are_changed():
    berlin = ZoneInfo("Europe/Berlin")
    after = datetime(2026, 10, 24, 10, tzinfo=berlin)
    assert next_moment("day", 1, time(9), berlin, after).hour == 9
    assert next_moment("day", 1, time(9), berlin, after) - after == timedelta(hours=23)


def test_a_report_is_sent_once_with_its_file_and_then_waits_for_the_next_day(
    app, session, as_supervisor, view, post_office
):
    assert "1 человек получает" in order(as_supervisor, view, view.user_id).text
    assert mail_reports.run(NOW)["mailed"] == 0, "its time has not come"
    due(session)
    assert mail_reports.run(NOW)["mailed"] == 1 and mail_reports.run(NOW)["mailed"] == 0
    deliver(app, session)
    [letter] = post_office.letters
    assert letter["To"] == "boss@example.test" and "По типам" in letter["Subject"]
    [file] = list(letter.iter_attachments())
    assert file.get_filename().startswith("call-types_") and file.get_filename().endswith(".xlsx")
    assert openpyxl.load_workbook(io.BytesIO(file.get_content())).active["A1"].value == "Типы звонков"
    assert "/mailings/" in letter.get_body(("plain",)).get_content()
    session.expire_all()
    row = session.query(models.ReportMailing).one()
    assert row.sent_at == NOW and row.next_at > NOW and row.next_at.astimezone(MOSCOW).time() == time(9)


def test_a_big_file_is_not_attached_but_lies_behind_a_link_of_the_reader_alone(
    app, session, as_supervisor, as_admin, view, post_office, monkeypatch
):
    monkeypatch.setattr(mail_reports, "MOST_ATTACHED", 10)
    order(as_supervisor, view, view.user_id)
    due(session)
    assert mail_reports.run(NOW)["mailed"] == 1
    deliver(app, session)
    [letter] = post_office.letters
    made = session.query(models.Export).one()
    assert not list(letter.iter_attachments()) and made.token in letter.get_body(("plain",)).get_content()
    with as_supervisor.get(f"/exports/{made.token}") as taken:
        assert taken.status_code == 200 and taken.data[:2] == b"PK"
    assert as_admin.get(f"/exports/{made.token}").status_code == 404


def test_an_operator_gets_the_own_figures_and_may_stop_the_letters(
    app, session, as_supervisor, as_operator, view, post_office
):
    operator = factories.get_user(session, "operator")
    operator.email = "op@example.test"
    view.report, view.query = "operators", "preset=7days&group=operator"
    session.commit()
    order(as_supervisor, view, operator.id)
    row = due(session)
    assert "op@example.test" in as_operator.get("/mailings/").text
    assert 'name="every"' not in as_operator.get("/mailings/").text
    assert mail_reports.run(NOW)["mailed"] == 1
    assert as_operator.post(f"/mailings/{row.id}/stop").status_code == 302
    assert session.query(models.ReportMailing).count() == 0


def test_nobody_stops_the_letters_of_others(session, as_supervisor, as_operator, view):
    order(as_supervisor, view, view.user_id)
    row = session.query(models.ReportMailing).one()
    assert as_operator.post(f"/mailings/{row.id}/stop").status_code == 404
    assert session.query(models.ReportMailing).count() == 1


@pytest.mark.parametrize("words", [{"every": "hour"}, {"at": "25:99"}, {"kind": "exe"}, {"user": []},
                                   {"every": "month", "monthday": "31"}])  # fmt: skip
def test_nonsense_is_refused_in_words(session, as_supervisor, view, words):
    answer = order(as_supervisor, view, view.user_id, **words)
    assert answer.status_code == 200 and "alert" in answer.text and session.query(models.ReportMailing).count() == 0


def test_a_report_that_is_gone_is_told_on_the_page_and_tried_again_next_time(session, as_supervisor, view, post_office):
    order(as_supervisor, view, view.user_id)
    row = due(session)
    view.report = "weather"
    session.commit()
    assert mail_reports.run(NOW)["failed"] == 1 and mail_reports.run(NOW)["failed"] == 0
    session.refresh(row)
    assert row.trouble == "report_gone" and row.next_at > NOW
    assert "не отправлен" in as_supervisor.get("/mailings/").text


def test_two_workers_at_once_write_one_letter(own_database, app, session, as_supervisor, view, post_office):
    order(as_supervisor, view, view.user_id)
    due(session)
    start = threading.Barrier(2)

    def work() -> None:
        with app.app_context():
            start.wait()
            mail_reports.run(NOW)

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    session.expire_all()
    assert session.query(models.Mail).filter_by(kind="report").count() == 1


def test_workers_killed_over_it_send_it_once(server, own_database, app, session, as_supervisor, view, post_office):
    """Real workers and kill -9, again and again until the letter has left."""
    order(as_supervisor, view, view.user_id)
    due(session)
    environment = os.environ | server.environment(own_database) | {
        "PROZVON_SMTP_URL": f"smtp://127.0.0.1:{post_office.port}", "PROZVON_MAIL_FROM": "prozvon@example.test",
        "SECRET_KEY": app.config["SECRET_KEY"],
    }  # fmt: skip
    watching = psycopg2.connect(own_database)
    watching.autocommit = True
    end = clock.monotonic() + 150
    with watching.cursor() as cursor:
        for wanted in ("SELECT count(*) FROM job_run WHERE job = 'mail_reports'",
                       "SELECT count(*) FROM mail WHERE kind = 'report'",
                       "SELECT count(*) FROM mail WHERE state = 'sent'"):  # fmt: skip
            worker = subprocess.Popen([sys.executable, "run.py", "worker"], cwd=ROOT, env=environment,
                                      stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # fmt: skip
            try:
                while True:
                    cursor.execute(wanted)
                    if cursor.fetchone()[0]:
                        break
                    assert clock.monotonic() < end, wanted
                    clock.sleep(0.02)
            finally:
                worker.kill()
                worker.wait()
    watching.close()
    assert len({letter["Message-ID"] for letter in post_office.letters}) == 1
    session.expire_all()
    assert session.query(models.Mail).filter_by(kind="report").count() == 1
