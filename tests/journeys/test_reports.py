"""Every report in a real browser: page = Excel = API = what is counted from the rows; the chart draws; numbers open."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import openpyxl
import pytest
from flask_babel import force_locale
from sqlalchemy import text

from app.domain.periods import begins
from app.extensions import db
from app.jobs import make_export
from app.models import Export
from app.report_desk import figures
from app.reports import CLOCK, COUNT, asking
from app.reports._families import FAMILIES, counted
from tests.databases import PASSWORD
from tests.journeys.test_supervisor import log_in

pytestmark = pytest.mark.browser
ZONE = ZoneInfo("Europe/Moscow")
LAST = datetime.now(ZONE).date()
FIRST = LAST - timedelta(days=29)
HEAD = 5


@pytest.fixture(scope="module")
def supervisor(full_server: Any, browser: Any) -> Any:
    context = browser.new_context(base_url=full_server.url, locale="ru-RU", viewport={"width": 1920, "height": 1080})
    page = context.new_page()
    log_in(page, "supervisor")
    yield page
    context.close()


@pytest.fixture(scope="module")
def token(full_server: Any) -> str:
    answer = full_server.app.test_client().post(
        "/api/v1/security/login", json={"username": "supervisor", "password": PASSWORD, "provider": "db"}
    )
    return str(answer.json["access_token"])


@pytest.mark.parametrize("key", list(asking.all_reports()))
def test_page_excel_api_and_the_rows_tell_the_same_and_every_number_opens(
    full_server: Any, supervisor: Any, token: str, key: str
) -> None:
    report = asking.all_reports()[key]
    grouping = report.groupings[0]
    metrics = report.metric_list(grouping)
    told = by_api(full_server.app, token, key, grouping.key)
    # Time at work runs on between two looks; everything else stands still.
    slack = 0.05 if key == "presence" else 1e-6
    assert told["total"]["values"] == pytest.approx(by_rows(full_server.app, grouping, metrics), abs=slack)

    supervisor.goto(f"/reports/{key}/chart/?from={FIRST}&to={LAST}&group={grouping.key}")
    if not told["rows"]:
        assert supervisor.locator(".report-table").count() == 0
        return
    on_page = [line.locator("td.num").all_inner_texts() for line in supervisor.locator(".report-table tbody tr").all()]
    with full_server.app.test_request_context(), force_locale("ru"):
        shown = [[figures.shown(one, row["values"][one.key]) for one in metrics] for row in told["rows"]]
    assert [list(map(plain, row)) for row in on_page] == [list(map(plain, row)) for row in shown]
    supervisor.wait_for_selector("#chart canvas, #chart svg")

    sheet = excel(full_server.app, supervisor)
    for n, row in enumerate((*told["rows"], told["total"]), HEAD + 1):
        for place, metric in enumerate(metrics, len(grouping.by) + 1):
            assert same(metric, sheet.cell(n, place).value, row["values"][metric.key], slack), (row["name"], metric.key)
    opens(supervisor, metrics, told)


def by_api(app: Any, token: str, key: str, group_by: str) -> Any:
    body = {"report": key, "from": FIRST.isoformat(), "to": LAST.isoformat(), "group_by": group_by}
    answer = app.test_client().post("/api/v1/reports/", json=body, headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 200, answer.text
    return answer.json["result"]


def by_rows(app: Any, grouping: Any, metrics: Any) -> dict[str, Any]:
    """Everything counted from what happened, past the tables of the days."""
    family = FAMILIES[grouping.family]
    sums = ", ".join(f"coalesce(sum({name}), 0)::bigint AS {name}" for name in family.measures)
    values = {"zone": ZONE.key, "from_at": begins(FIRST, ZONE), "until_at": begins(LAST + timedelta(1), ZONE)}
    with app.app_context():
        found = db.session.execute(text(f"SELECT {sums} FROM ({counted(family)}) q"), values).mappings().one()  # noqa: S608
        db.session.remove()
    return {metric.key: metric.value(dict(found)) for metric in metrics}


def excel(app: Any, page: Any) -> Any:
    """Ordered by the button, made by the job, taken by the link that appears."""
    page.get_by_role("button", name="Excel").click()
    page.wait_for_selector(".report-file")
    with app.app_context():
        made = db.session.query(Export).order_by(Export.id.desc()).first()
        make_export.run(made.id)
        db.session.remove()
    with page.expect_download() as taken:
        page.locator(".report-file a[download]").click()
    return openpyxl.load_workbook(BytesIO(Path(taken.value.path()).read_bytes())).worksheets[0]


def opens(page: Any, metrics: Any, told: Any) -> None:
    """The total of each figure opens its rows; where they are cards, a card opens."""
    totals = {metric.key: told["total"]["values"][metric.key] for metric in metrics}
    links = {re.search(r"metric=(\w+)", link.get_attribute("href"))[1]: link.get_attribute("href")
             for link in page.locator(".report-table tfoot a").all()}  # fmt: skip
    assert set(links) == {key for key, value in totals.items() if value}
    first = next((metric for metric in metrics if metric.key in links), None)
    if first is None:
        return
    page.goto(links[first.key])
    rows = page.locator(".report-table tbody tr").count()
    assert rows == totals[first.key] if first.kind == COUNT and totals[first.key] <= 100 else rows > 0
    card = page.locator(".report-table tbody a[href*='card=']").first
    if card.count():
        assert page.goto(card.get_attribute("href")).status == 200


def same(metric: Any, cell: Any, value: Any, slack: float) -> bool:
    if value is None or cell is None:
        return value is None and cell is None
    if metric.kind == CLOCK:
        return abs(cell.total_seconds() - value) <= 1 + 600 * slack if isinstance(cell, timedelta) else value < 86_400
    return bool(cell == pytest.approx(value, abs=slack))


def plain(word: str) -> str:
    return re.sub(r"\s+", " ", word.replace("\xa0", " ").replace("\u202f", " ")).strip()
