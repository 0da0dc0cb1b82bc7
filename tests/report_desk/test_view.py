"""The pages of the reports: page, file, rows and raw SQL tell the same; operators see the own figures only."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime, timedelta

import openpyxl
import pytest
from bs4 import BeautifulSoup
from sqlalchemy import text

from app import models
from app.jobs import make_export
from app.services import exports
from tests import factories

YESTERDAY = datetime.now(UTC).replace(hour=9, minute=0, second=0, microsecond=0) - timedelta(days=1)
DAY = YESTERDAY.date().isoformat()
REPORTS = ("call-types", "connects-by-prefix", "conversion", "ads-by-city", "operators", "statuses", "presence", "sms",
           "callbacks", "crm", "funnel")  # fmt: skip


@pytest.fixture
def calls(session):
    """Two operators: five calls, three of them talks of a minute."""
    server = models.Asterisk(name="А", ami_host="127.0.0.1", ami_user="x")
    session.add(server)
    session.flush()
    card = factories.make_card(session)
    first, second = factories.get_user(session, "operator").id, factories.get_user(session, "operator2").id
    rows = [
        models.Call(
            type=kind, state="ended", outcome=outcome, asterisk_id=server.id, phone=factories.fictional_phone(),
            operator_id=operator, card_id=card.id, created_at=YESTERDAY + timedelta(minutes=n),
            ended_at=YESTERDAY + timedelta(minutes=n + 1), talk_ms=60_000 if outcome == "answered" else None,
            ring_ms=5_000,
        )
        for n, (kind, outcome, operator) in enumerate([
            ("individual", "answered", first), ("individual", "busy", first), ("callback", "answered", first),
            ("individual", "no_answer", second), ("campaign", "answered", second),
        ])
    ]  # fmt: skip
    session.add_all(rows)
    session.flush()
    return {"card": card.id, "first": first, "second": second}


def page(client, report="operators", **words):
    words = {"from": DAY, "to": DAY} | words
    return client.get(f"/reports/{report}/chart/", query_string=words)


def figures(answer) -> list[str]:
    """The numbers of the footer."""
    foot = BeautifulSoup(answer.text, "html.parser").find("tfoot")
    return [cell.get_text(" ", strip=True) for cell in foot.find_all("td")]


@pytest.mark.parametrize("report", REPORTS)
def test_every_report_opens_by_every_grouping(as_supervisor, calls, report):
    answer = page(as_supervisor, report)
    assert answer.status_code == 200
    options = answer.text.partition('id="group"')[2].partition("</select>")[0]
    groupings = [part.partition('"')[0] for part in options.split('value="')[1:]]
    assert len(groupings) >= 4
    for grouping in groupings:
        assert page(as_supervisor, report, group=grouping, compare="1").status_code == 200


def test_page_file_rows_and_raw_sql_tell_the_same(as_supervisor, calls, session, app):
    answer = page(as_supervisor, group="operator")
    raw = session.execute(
        text("""SELECT count(*) AS n, count(*) FILTER (WHERE outcome = 'answered') AS ok, sum(talk_ms) / 1000 AS s
                FROM call WHERE type IN ('individual', 'campaign', 'callback') AND state = 'ended'""")
    ).one()
    assert figures(answer)[:2] == [str(raw.n), str(raw.ok)] == ["5", "3"]
    assert "3:00" in figures(answer)
    behind = as_supervisor.get("/reports/operators/rows/", query_string={"from": DAY, "to": DAY, "group": "operator",
                               "metric": "connects"})  # fmt: skip
    assert behind.text.count("<tbody>") == 1 and behind.text.count("/desk/?card=") == raw.ok
    assert "· answered" not in behind.text, "an outcome is told in words"

    told = json.loads(made_file(as_supervisor, session, app, "json").read_text("utf-8"))
    assert told["total"]["values"]["attempts"] == raw.n and told["total"]["values"]["talk"] == raw.s
    sheet = openpyxl.load_workbook(made_file(as_supervisor, session, app, "xlsx")).active
    assert [cell.value for cell in sheet[5]][:3] == ["Оператор", "Попытки", "Дозвоны"]
    last = [cell.value for cell in sheet[sheet.max_row]]
    assert last[0] == "Итого" and last[1:3] == [raw.n, raw.ok] and last[4] == timedelta(minutes=3)
    rows = list(
        csv.reader(io.StringIO(made_file(as_supervisor, session, app, "csv").read_text("utf-8-sig")), delimiter=";")
    )
    assert rows[-1][:3] == ["Итого", "5", "3"]


def made_file(client, session, app, kind):
    answer = client.post(f"/reports/operators/file/{kind}", query_string={"from": DAY, "to": DAY, "group": "operator"})
    assert answer.status_code == 302
    token = answer.location.partition("made=")[2].partition("&")[0]
    made = session.query(models.Export).filter_by(token=token).one()
    assert make_export.run(made.id)["files"] == 1
    with client.get(f"/exports/{token}") as taken:
        assert taken.status_code == 200
    session.refresh(made)
    return exports.path_of(app.config["PROZVON"].var_dir, made)


def test_an_operator_sees_the_own_figures_only(as_operator, calls, session):
    answer = page(as_operator, group="operator")
    assert figures(answer)[:2] == ["3", "2"]
    assert figures(page(as_operator, group="operator", operator_id=str(calls["second"])))[:2] == ["3", "2"]
    assert page(as_operator, group="group").status_code == 200
    other = factories.get_user(session, "operator2")
    assert f"{other.last_name} {other.first_name}" not in page(as_operator, "ads-by-city").text
    behind = as_operator.get("/reports/operators/rows/", query_string={
        "from": DAY, "to": DAY, "group": "operator", "metric": "attempts", "key": str(calls["second"])})  # fmt: skip
    assert "/desk/?card=" not in behind.text


def test_a_report_that_cannot_tell_own_figures_says_so(as_operator, calls):
    assert "tfoot" not in page(as_operator, "connects-by-prefix").text


@pytest.mark.parametrize(
    "words",
    [
        {"from": "2026-12-01", "to": "2026-11-01"},
        {"from": "2010-01-01", "to": "2026-11-01"},
        {"from": "2099-01-01", "to": "2099-01-02"},
        {"from": "\u0661", "to": "завтра"},
        {"preset": "for_ever", "from": "", "to": ""},
        {"group": "'; DROP TABLE call"},
        {"operator_id": "1 OR 1=1"},
        {"city_id": "999999999999999999999"},
        {"sort": "talk_ms; --", "rising": "2"},
        {"type": "<script>alert(1)</script>"},
    ],
)
def test_nonsense_in_the_address_is_told_and_left_out(as_supervisor, calls, words):
    answer = page(as_supervisor, **words)
    assert answer.status_code == 200
    assert "<script>alert" not in answer.text


@pytest.mark.parametrize(
    "words",
    [
        {"metric": "password"},
        {"metric": "attempts", "key": "1|2|3"},
        {"metric": "attempts", "key": "abc"},
        {"metric": "attempts", "group": "no"},
    ],
)
def test_rows_behind_nothing_are_not_found(as_supervisor, calls, words):
    asked = {"from": DAY, "to": DAY, "group": "operator"} | words
    assert as_supervisor.get("/reports/operators/rows/", query_string=asked).status_code == 404


def test_a_file_is_taken_by_who_ordered_it_and_for_a_day(as_supervisor, as_admin, calls, session, app):
    made_file(as_supervisor, session, app, "csv")
    made = session.query(models.Export).one()
    assert as_admin.get(f"/exports/{made.token}").status_code == 404
    made.until = datetime.now(UTC) - timedelta(seconds=1)
    session.flush()
    assert as_supervisor.get(f"/exports/{made.token}").status_code == 404
    assert exports.purge(session, app.config["PROZVON"].var_dir, datetime.now(UTC)) == 1


def test_a_cancelled_file_is_not_made(as_supervisor, calls, session):
    answer = as_supervisor.post("/reports/operators/file/xlsx", query_string={"from": DAY, "to": DAY})
    made = session.query(models.Export).one()
    assert made.token in answer.location
    as_supervisor.post(f"/exports/{made.token}/cancel")
    assert make_export.run(made.id) == {}
    session.refresh(made)
    assert made.state == "cancelled"


def test_a_worker_that_died_over_a_file_leaves_it_to_the_next(as_supervisor, calls, session):
    as_supervisor.post("/reports/operators/file/xlsx", query_string={"from": DAY, "to": DAY})
    made = session.query(models.Export).one()
    made.state = "making"
    session.flush()
    assert make_export.run(made.id)["files"] == 1


def test_too_many_files_at_once_are_refused(as_supervisor, calls, session):
    for _ in range(4):
        as_supervisor.post("/reports/operators/file/csv", query_string={"from": DAY, "to": DAY})
    assert session.query(models.Export).count() == 3


def test_a_view_is_saved_shared_and_made_the_start_page(as_supervisor, as_operator, calls, session):
    as_supervisor.post("/reports/operators/save/", query_string={"preset": "yesterday", "group": "group"},
                       data={"name": "Вчера по группам", "shared": "1", "start": "1"})  # fmt: skip
    view = session.query(models.SavedView).one()
    assert "preset=yesterday" in view.query and view.is_shared and view.is_start
    assert "Вчера по группам" in page(as_operator).text
    as_operator.post(f"/reports/operators/forget/{view.id}")
    assert session.query(models.SavedView).count() == 1, "others' views stay"
    assert as_supervisor.get("/").location.startswith("/reports/operators/chart/?")
    as_supervisor.post(f"/reports/operators/forget/{view.id}")
    assert session.query(models.SavedView).count() == 0


def test_a_name_from_outside_is_no_formula_in_a_file(as_supervisor, calls, session, app):
    user = factories.get_user(session, "operator")
    user.last_name, user.first_name = '=HYPERLINK("http://example.test")', "+1"
    session.flush()
    path = made_file(as_supervisor, session, app, "csv")
    assert "\n=" not in path.read_text("utf-8-sig").replace('"', "")
    sheet = openpyxl.load_workbook(made_file(as_supervisor, session, app, "xlsx")).active
    assert all(cell.data_type != "f" for row in sheet for cell in row)


def test_the_report_on_sms_tells_delivery_and_cost_to_the_kopeck(as_supervisor, as_operator, calls, session):
    template = models.SmsTemplate(name="Перезвоните", text="Здравствуйте")
    gateway = models.SmsGateway(name="Шлюз", kind="smsc", hook_token="x" * 32)
    session.add_all([template, gateway])
    session.flush()
    for state, cost, operator in (
        ("delivered", "2.40", calls["first"]), ("delivered", "2.40", calls["second"]), ("expired", "2.40", None),
        ("unknown", None, calls["first"]), ("cancelled", None, None),
    ):  # fmt: skip
        session.add(models.SmsMessage(
            card_id=calls["card"], template_id=template.id, gateway_id=gateway.id, phone=factories.fictional_phone(),
            text="Здравствуйте", parts=2, state=state, ground="operator" if operator else "status", by_id=operator,
            cost=cost, created_at=YESTERDAY, sent_at=YESTERDAY if cost or state == "unknown" else None,
        ))  # fmt: skip
    session.flush()
    told = [text.replace("\xa0", " ") for text in figures(page(as_supervisor, "sms", group="template"))]
    assert told == ["5", "3", "2", "66,7 %", "1", "1", "6", "7,20 ₽", "3,60 ₽"]
    assert "Шлюз" in page(as_supervisor, "sms", group="gateway").text
    assert "по статусу" in page(as_supervisor, "sms", group="ground").text
    assert "tfoot" not in page(as_supervisor, "sms", group="day", gateway_id=str(gateway.id + 1)).text
    assert figures(page(as_operator, "sms", group="template"))[:2] == ["2", "1"], "an operator's own ones"
    behind = as_supervisor.get("/reports/sms/rows/", query_string={
        "from": DAY, "to": DAY, "group": "template", "metric": "delivered", "key": str(template.id)})  # fmt: skip
    assert behind.text.count(f"/desk/?card={calls['card']}") == 2
    assert behind.text.count("Перезвоните · доставлено") == 2 and "•••" in behind.text
