"""Long lists as files: all of the period, text that stays text, masked numbers, progress, cancel, a dead worker."""

from __future__ import annotations

import csv
import os
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta

import openpyxl
import psycopg2
import pytest
from sqlalchemy import text

from app import models
from app.jobs import make_export
from app.services import exports
from tests import factories
from tests.jobs.test_worker import ROOT

NOW = datetime.now(UTC)
AT = NOW.replace(hour=9, minute=0, second=0, microsecond=0) - timedelta(days=1)
DAY = AT.date().isoformat()
EVIL = '=HYPERLINK("http://example.test";"+1")'


@pytest.fixture
def calls(session):
    """Three calls about a car whose title wants to be a formula and has a control character."""
    server = models.Asterisk(name="А", ami_host="127.0.0.1", ami_user="x")
    session.add(server)
    session.flush()
    source = factories.make_source(session)
    vehicle = factories.make_vehicle(session, title=EVIL + "\x01 & <b>")
    factories.make_ad(session, source=source, vehicle=vehicle, title=EVIL + "\x01 & <b>", phone="79990001122",
                      published_at=AT, first_seen_at=AT)  # fmt: skip
    card = factories.make_card(session, vehicle)
    operator = factories.get_user(session, "operator").id
    for n, outcome in enumerate(("answered", "busy", "answered")):
        session.add(models.Call(
            type="individual", state="ended", outcome=outcome, asterisk_id=server.id, phone="79990001122",
            operator_id=operator, card_id=card.id, created_at=AT + timedelta(minutes=n),
            ended_at=AT + timedelta(minutes=n + 1), talk_ms=61_000 if outcome == "answered" else None, ring_ms=5_000,
        ))  # fmt: skip
    session.flush()
    return card


def ordered_list(client, session, name, kind, **more):
    answer = client.post("/exports/everyone", data={"list": name, "kind": kind, "from": DAY, "to": DAY} | more)
    assert answer.status_code == 302
    return session.query(models.Export).order_by(models.Export.id.desc()).first()


def path_of(app, made):
    return exports.path_of(app.config["PROZVON"].var_dir, made)


def cells(path):
    book = openpyxl.load_workbook(path)
    assert all(cell.data_type != "f" for sheet in book for row in sheet for cell in row), "a formula lives"
    return [[cell.value for cell in row] for row in book.worksheets[0]]


def test_all_calls_of_a_day_stand_in_the_file_with_real_types_and_masked_numbers(as_supervisor, calls, session, app):
    made = ordered_list(as_supervisor, session, "calls", "xlsx", phones="1")
    assert make_export.run(made.id) == {"files": 1, "rows": 3}
    head, *rows = cells(path_of(app, made))
    assert head[:5] == ["Когда", "Тип", "Итог", "Телефон", "Оператор"] and len(rows) == 3
    first = dict(zip(head, rows[0], strict=True))
    moscow = AT.replace(tzinfo=None) + timedelta(hours=3, minutes=2)
    assert abs(first["Когда"] - moscow) < timedelta(seconds=1)
    assert first["Телефон"] == "+7 999 •••-••-22", "the right to whole numbers is not the supervisor's"
    assert first["Разговор"] == timedelta(seconds=61) and first["Карточка"] == calls.id
    assert first["Автомобиль"] == EVIL + " & <b>", "the text, without what cannot be in a file"
    sheet = openpyxl.load_workbook(path_of(app, made)).worksheets[0]
    assert sheet.freeze_panes == "A2" and sheet.auto_filter.ref == "A1:P4"
    session.refresh(made)
    assert (made.state, made.rows_n, made.of_n) == ("done", 3, 3)


def test_the_file_of_calls_says_who_began_each_and_from_which_ad_the_number_is(as_supervisor, calls, session, app):
    called = session.query(models.Call).order_by(models.Call.id).first()
    ad = session.query(models.Ad).one()
    campaign = models.Campaign(name="Осенний обзвон")
    session.add(campaign)
    session.flush()
    ad.url, called.ad_id, called.asked_by_id = "https://ads.example.test/1", ad.id, called.operator_id
    session.add(models.CampaignDial(campaign_id=campaign.id, call_id=called.id, by_id=called.operator_id,
                                    ground="person", at=AT))  # fmt: skip
    session.flush()
    made = ordered_list(as_supervisor, session, "calls", "xlsx")
    make_export.run(made.id)
    head, *rows = cells(path_of(app, made))
    oldest = dict(zip(head, rows[-1], strict=True))
    assert oldest["Начал"] == oldest["Оператор"] and oldest["Начал"]
    assert (oldest["Обзвон"], oldest["Ссылка"]) == ("Осенний обзвон", "https://ads.example.test/1")
    assert len(rows) == 3, "a row of the log makes no second row of a call"


def test_who_may_see_whole_numbers_takes_them_and_the_audit_knows(as_admin, calls, session, app):
    made = ordered_list(as_admin, session, "calls", "csv", phones="1")
    make_export.run(made.id)
    rows = list(csv.DictReader(path_of(app, made).read_text("utf-8-sig").splitlines(), delimiter=";"))
    assert [row["Телефон"] for row in rows] == ["7 999 000-11-22"] * 3
    assert rows[0]["Автомобиль"].startswith("'=") and "\x01" not in rows[0]["Автомобиль"]
    event = session.query(models.AuditEvent).filter_by(what="export_ordered").one()
    assert event.details["asked"]["phones"] is True and event.details["report"] == "calls"


def test_all_ads_of_a_day_stand_in_the_file_with_what_became_of_them(as_supervisor, calls, session, app):
    made = ordered_list(as_supervisor, session, "ads", "xlsx")
    assert make_export.run(made.id)["rows"] == 1
    head, row = cells(path_of(app, made))
    ad = dict(zip(head, row, strict=True))
    assert ad["Карточка"] == calls.id and ad["Телефон"] == "+7 999 •••-••-22" and ad["Состояние"] == "опубликовано"


@pytest.mark.parametrize("kind", ["xlsx", "csv"])
def test_the_rows_behind_a_number_are_all_in_the_file_in_the_order_of_the_screen(
    as_supervisor, calls, session, app, kind
):
    words = {"from": DAY, "to": DAY, "group": "operator", "metric": "connects",
             "key": str(factories.get_user(session, "operator").id)}  # fmt: skip
    answer = as_supervisor.post(f"/reports/operators/rows/file/{kind}", query_string=words)
    made = session.query(models.Export).one()
    assert f"made={made.token}" in answer.location
    assert "report-file" in as_supervisor.get(answer.location).text
    assert make_export.run(made.id)["rows"] == 2
    if kind == "xlsx":
        book = openpyxl.load_workbook(path_of(app, made))
        assert book.sheetnames == ["Дозвоны", "Что считается"]
        assert book.worksheets[1]["A2"].value == "Только"
        times = [row[0].value for row in book.worksheets[0].iter_rows(min_row=2)]
        assert times == sorted(times, reverse=True) and len(times) == 2
    else:
        assert len(path_of(app, made).read_text("utf-8-sig").splitlines()) == 3


@pytest.mark.parametrize("words", [{"metric": "password"}, {"metric": "connects", "key": "abc"}])
def test_rows_behind_nothing_make_no_file(as_supervisor, calls, session, words):
    asked = {"from": DAY, "to": DAY, "group": "operator"} | words
    assert as_supervisor.post("/reports/operators/rows/file/csv", query_string=asked).status_code == 404
    assert session.query(models.Export).count() == 0


def test_a_list_that_makes_no_sense_is_refused(as_supervisor, as_operator, calls, session):
    assert as_supervisor.post("/exports/everyone", data={"list": "people", "kind": "csv"}).status_code == 404
    as_supervisor.post("/exports/everyone", data={"list": "calls", "kind": "json", "from": DAY, "to": DAY})
    as_supervisor.post("/exports/everyone", data={"list": "calls", "kind": "csv", "from": "2026-12-01", "to": DAY})
    assert as_operator.post("/exports/everyone", data={"list": "calls", "kind": "csv"}).status_code in (302, 403)
    assert session.query(models.Export).count() == 0


def test_a_file_cancelled_while_it_is_written_is_not_offered_and_nothing_is_left(
    own_database, as_supervisor, calls, session, app, monkeypatch
):
    made = ordered_list(as_supervisor, session, "calls", "xlsx")
    told = make_export.exports.note_progress

    def cancelled_at_the_end(session, export_id, done, of):
        if done:
            session.execute(text("UPDATE export SET state = 'cancelled' WHERE id = :id"), {"id": export_id})
        return told(session, export_id, done, of)

    monkeypatch.setattr(make_export.exports, "note_progress", cancelled_at_the_end)
    assert make_export.run(made.id) == {"cancelled": 1}
    session.refresh(made)
    assert made.state == "cancelled" and not path_of(app, made).exists() and not exports.half_made(path_of(app, made))


def test_a_worker_killed_over_a_file_leaves_no_half_and_another_makes_it_whole(
    server, own_database, as_supervisor, calls, session, app
):
    """A real worker process and kill -9; the file is two hundred thousand rows, so that it is hit in the middle."""
    session.execute(
        text("""INSERT INTO call (link, type, state, outcome, asterisk_id, phone, operator_id, created_at, ended_at)
                SELECT 'k' || n, 'individual', 'ended', 'busy', c.asterisk_id, c.phone, c.operator_id, c.created_at,
                       c.ended_at FROM generate_series(1, 200000) n, (SELECT * FROM call LIMIT 1) c""")
    )
    session.commit()
    made = ordered_list(as_supervisor, session, "calls", "xlsx")
    other = ordered_list(as_supervisor, session, "calls", "csv")
    environment = os.environ | server.environment(own_database) | {"PROZVON_VAR": str(app.config["PROZVON"].var_dir)}
    watching = psycopg2.connect(own_database)
    watching.autocommit = True

    def ask(query: str):
        with watching.cursor() as cursor:
            cursor.execute(query)
            return cursor.fetchone()

    def until(query: str, within: float) -> None:
        end = time.monotonic() + within
        while not ask(query)[0]:
            assert time.monotonic() < end, f"not within {within} s: {query}"
            time.sleep(0.05)

    def start() -> subprocess.Popen[bytes]:
        return subprocess.Popen([sys.executable, "run.py", "worker"], cwd=ROOT, env=environment,
                                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # fmt: skip

    first = start()
    try:
        until(f"SELECT rows_n > 2000 AND rows_n < of_n FROM export WHERE id = {made.id}", 60)
    finally:
        first.kill()
        first.wait()
    state = ask(f"SELECT state FROM export WHERE id = {made.id}")[0]
    assert state == "making" and not path_of(app, made).exists()
    assert as_supervisor.get(f"/exports/{made.token}").status_code == 404
    second = start()
    try:
        until("SELECT count(*) = 2 FROM export WHERE state = 'done'", 120)
    finally:
        second.kill()
        second.wait()
        watching.close()
    session.expire_all()
    assert made.rows_n == other.rows_n == 200_003
    assert not list(path_of(app, made).parent.glob("*.part"))
    assert path_of(app, other).read_bytes().count(b"\r\n") == 200_004
    book = openpyxl.load_workbook(path_of(app, made), read_only=True)
    assert sum(1 for _ in book.worksheets[0].iter_rows(max_col=1)) == 200_004
