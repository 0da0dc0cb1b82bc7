"""The files of all reports: real types, a head that stays, filter, totals, native charts; LibreOffice reads them."""

from __future__ import annotations

import csv
import shutil
import subprocess
import zipfile
from datetime import date, timedelta
from xml.etree import ElementTree
from zoneinfo import ZoneInfo

import openpyxl
import pytest

from app.domain.periods import Period
from app.reports import CLOCK, Question, asking, sheets, streams
from app.reports.answers import ask
from tests.reports.conftest import NOW, happen

ZONE = ZoneInfo("Europe/Moscow")
CSV = "csv:Text - txt - csv (StarCalc):44,34,76,1"  # commas, quotes, UTF-8
HEAD = 5  # the row of the table's head
MONTH = Period(date(2026, 10, 25), date(2026, 11, 23))


@pytest.fixture
def answers(session, world):
    happen(session, world, 120)
    with_rows = {}
    for key, report in asking.all_reports().items():
        for grouping in (report.groupings[0].key, "day"):
            asked = Question(MONTH, grouping)
            with_rows[key, grouping] = ask(session, report, asked, zone=ZONE, now=NOW)
    return with_rows


def test_every_file_of_a_report_is_a_finished_sheet(app, answers, tmp_path):
    with app.test_request_context():
        for (key, grouping), answer in answers.items():
            path = tmp_path / f"{key}-{grouping}.xlsx"
            sheets.write(answer, path, "xlsx", made_at=NOW)
            looks_finished(path, answer)


def looks_finished(path, answer):
    sheet, words = openpyxl.load_workbook(path).worksheets
    dims = len(answer.grouping.by)
    assert sheet.freeze_panes == sheet.cell(HEAD + 1, dims + 1).coordinate
    assert bool(sheet.auto_filter.ref) == bool(answer.rows) == bool(sheet._charts), path.name
    assert sheet.cell(HEAD + 1 + len(answer.rows), 1).value == "Итого" and words.max_row == len(answer.metrics) + 1
    for n, row in enumerate((*answer.rows, answer.total), HEAD + 1):
        for place, (metric, value) in enumerate(zip(answer.metrics, row.values, strict=True), dims + 1):
            found = sheet.cell(n, place).value
            wanted = timedelta(seconds=round(value)) if value is not None and metric.kind == CLOCK else value
            if isinstance(found, timedelta) or isinstance(wanted, timedelta):
                assert abs((found or timedelta()) - (wanted or timedelta())) < timedelta(seconds=1)
            else:
                assert found == (pytest.approx(wanted) if wanted is not None else None), (path.name, metric.key)


def test_every_part_of_a_long_list_is_well_formed_and_found(tmp_path):
    path = tmp_path / "list.xlsx"
    columns = [streams.Column("Когда <&>", streams.MOMENT), streams.Column("Что"), streams.Column("№", streams.NUMBER)]
    texts = [" с края ", "строка\nдругая", "a\x00b\ud800", "=1+1", "<b>&", "x" * 40_000, None, ""]
    rows = [(None, value, n) for n, value in enumerate(texts)]
    told = []
    sizes = {"sheet_rows": 4}
    n = streams.write_xlsx(
        path, "Имя: [x]/y", columns, iter(rows), told.append, [("О чём", "=2+2")], "О списке", **sizes
    )
    assert n == len(texts) == told[-1]
    with zipfile.ZipFile(path) as book:
        for name in book.namelist():
            ElementTree.fromstring(book.read(name))  # noqa: S314  written by ourselves a moment ago
    book = openpyxl.load_workbook(path)
    assert len(book.sheetnames) == 4 and book.sheetnames[-1] == "О списке"
    found = [row[1] for sheet in book.worksheets[:3] for row in sheet.iter_rows(min_row=2, values_only=True)]
    assert found == [" с края ", "строка\nдругая", "ab", "=1+1", "<b>&", "x" * 32_000, None, None]
    assert all(cell.data_type != "f" for sheet in book for row in sheet for cell in row)


def libreoffice_opens_every_file_and_reads_the_same_totals(app, answers, tmp_path):
    with app.test_request_context():
        for (key, grouping), answer in answers.items():
            sheets.write(answer, tmp_path / f"{key}-{grouping}.xlsx", "xlsx", made_at=NOW)
    columns = [streams.Column("Текст"), streams.Column("№", streams.NUMBER)]
    streams.write_xlsx(tmp_path / "list.xlsx", "Список", columns, iter([("=1+1", 7)]), lambda _n: None)
    subprocess.run(
        ["soffice", f"-env:UserInstallation=file://{tmp_path}/profile", "--headless", "--convert-to", CSV, "--outdir",
         str(tmp_path), *map(str, sorted(tmp_path.glob("*.xlsx")))],
        check=True, capture_output=True, timeout=180,
    )  # fmt: skip
    for (key, grouping), answer in answers.items():
        rows = list(csv.reader((tmp_path / f"{key}-{grouping}.csv").read_text("utf-8").splitlines()))
        first = rows[HEAD + len(answer.rows)][len(answer.grouping.by)]
        metric, value = answer.metrics[0], answer.total.values[0]
        if metric.kind == "count":
            assert int(first.replace(",", "") or 0) == (value or 0), (key, grouping)
    assert (tmp_path / "list.csv").read_text("utf-8").splitlines() == ['"Текст","№"', '"=1+1",7']


# Half a gigabyte that nothing else needs: where it is not installed, the checks of types and parts above have to do.
if shutil.which("soffice"):
    test_libreoffice_opens_every_file_and_reads_the_same_totals = libreoffice_opens_every_file_and_reads_the_same_totals
