"""An answer as a file: a finished Excel sheet with real types, totals and a native chart; the same as CSV and JSON."""

from __future__ import annotations

import csv
import io
import json
import re
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import gettext as _
from openpyxl import Workbook
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from app.reports import CLOCK, HOURS, MONEY, SHARE, Answer, Metric, Row
from app.reports._sheet_chart import draw
from app.reports.streams import clean

FORMATS = ("xlsx", "csv", "json")
_KINDS = {SHARE: "0.0%", CLOCK: "[h]:mm:ss", HOURS: "0.0", MONEY: "#,##0.00"}
_HEAD = PatternFill("solid", fgColor="FF0F4C5C")
_TOTAL = PatternFill("solid", fgColor="FFE8EEF0")
_NAME = "Calibri"
_LINE = Border(bottom=Side("thin", color="FFD5DBDF"))


def write(answer: Answer, path: Path, kind: str, *, made_at: datetime) -> None:
    """Write the file. `made_at` is shown in the answer's zone."""
    if kind == "xlsx":
        _workbook(answer, made_at).save(path)
    elif kind == "csv":
        # The mark at the start tells Excel that the letters are Unicode.
        path.write_text("\ufeff" + _csv(answer), "utf-8")
    else:
        path.write_text(json.dumps(as_json(answer), ensure_ascii=False, indent=1), "utf-8")


def as_json(answer: Answer) -> dict[str, Any]:
    period = answer.question.period
    return {
        "report": answer.report.key,
        "from": period.first.isoformat(),
        "to": period.last.isoformat(),
        "zone": answer.zone,
        "group_by": answer.grouping.key,
        "metrics": [
            {"key": one.key, "label": str(one.label), "formula": str(one.formula), "kind": one.kind}
            for one in answer.metrics
        ],
        "rows": [_row_json(answer, row) for row in answer.rows],
        "total": _row_json(answer, answer.total),
    }


def _row_json(answer: Answer, row: Row) -> dict[str, Any]:
    told: dict[str, Any] = {
        "key": [part.isoformat() if isinstance(part, date) else part for part in row.key],
        "name": list(row.name),
        "values": dict(zip((one.key for one in answer.metrics), row.values, strict=True)),
    }
    if is_watched(answer):
        told["warning"] = row.mark
    if row.before:
        told["before"] = dict(zip((one.key for one in answer.metrics), row.before, strict=True))
    return told


def _headings(answer: Answer) -> list[str]:
    titles = [_dim_title(dim) for dim in answer.grouping.by]
    for metric in answer.metrics:
        titles.append(str(metric.label))
        if answer.question.compare:
            titles.append(_("%(name)s before", name=metric.label))
    if is_watched(answer):
        titles.append(_("Warning"))
    return titles


def is_watched(answer: Answer) -> bool:
    """Rows of this grouping may be marked; then the file has a column for it."""
    return answer.grouping.key in answer.report.watched


def marked(row: Row) -> str:
    """What is remarkable about the row, in words."""
    return _("Fell below its own past 14 days") if row.mark == "line_fell" else ""


def _dim_title(dim: str) -> str:
    return {
        "operator_id": _("Operator"), "group_id": _("Group"), "city_id": _("City"), "source_id": _("Source"),
        "make_id": _("Make"), "filter_id": _("Filter"), "trunk_id": _("Phone line"), "prefix_id": _("Prefix"),
        "caller_number": _("Caller number"), "code": _("Code of the number"), "type": _("Type"),
        "outcome": _("Outcome"), "hour": _("Hour"), "weekday": _("Weekday"), "status_id": _("Status"),
        "state": _("State"), "day": _("Day"), "week": _("Week"), "month": _("Month"),
        "gateway_id": _("SMS gateway"), "template_id": _("SMS template"), "ground": _("Why it went"),
        "connection_id": _("CRM"), "thing": _("What is handed over"), "plan": _("Kind of call-back"),
        "carrier": _("Mobile operator or region"),
    }[dim]  # fmt: skip


def _csv(answer: Answer) -> str:
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    writer.writerow(_headings(answer))
    for row in (*answer.rows, answer.total):
        names = row.name or (_("Total"), *[""] * (len(answer.grouping.by) - 1))
        values = [_plain(metric, value) for metric, value in _pairs(answer, row)]
        writer.writerow([*map(clean, names), *values, *([marked(row)] if is_watched(answer) else [])])
    return out.getvalue()


def _pairs(answer: Answer, row: Row) -> list[tuple[Metric, float | int | None]]:
    found = []
    for n, metric in enumerate(answer.metrics):
        found.append((metric, row.values[n]))
        if answer.question.compare:
            found.append((metric, row.before[n] if row.before else None))
    return found


def _plain(metric: Metric, value: float | int | None) -> Any:
    return "" if value is None else round(value, 4) if isinstance(value, float) else value


def _cell_value(metric: Metric, value: float | int | None) -> Any:
    if value is None:
        return None
    return timedelta(seconds=round(value)) if metric.kind == CLOCK else value


def _workbook(answer: Answer, made_at: datetime) -> Workbook:
    book = Workbook()
    sheet = book.active
    assert isinstance(sheet, Worksheet)
    sheet.title = re.sub(r"[\[\]:*?/\\]", " ", str(answer.report.title))[:31]
    first = _heading_rows(sheet, answer, made_at)
    _table(sheet, answer, first)
    draw(sheet, answer, first, _headings(answer), _KINDS)
    _definitions(book, answer)
    book.properties.creator = "Prozvon"
    book.properties.title = str(answer.report.title)
    return book


def _heading_rows(sheet: Worksheet, answer: Answer, made_at: datetime) -> int:
    """Title, period and zone above the table; returns the row of the table's head."""
    period = answer.question.period
    sheet["A1"], sheet["A1"].font = str(answer.report.title), Font(name=_NAME, bold=True, size=16)
    sheet["A2"] = _(
        "%(first)s – %(last)s, days of %(zone)s; grouped by: %(by)s",
        first=f"{period.first:%d.%m.%Y}", last=f"{period.last:%d.%m.%Y}", zone=answer.zone, by=answer.grouping.label,
    )  # fmt: skip
    sheet["A3"] = _("Made on %(when)s", when=f"{made_at.astimezone(ZoneInfo(answer.zone)):%d.%m.%Y %H:%M}")
    for name in ("A2", "A3"):
        sheet[name].font = Font(name=_NAME, color="FF5A6770")
    return 5


def _table(sheet: Worksheet, answer: Answer, first: int) -> None:
    headings, dims = _headings(answer), len(answer.grouping.by)
    last = dims + len(_pairs(answer, answer.total))
    for n, heading in enumerate(headings, 1):
        cell = sheet.cell(first, n, heading)
        cell.font, cell.fill = Font(name=_NAME, bold=True, color="FFFFFFFF"), _HEAD
        cell.alignment = Alignment(
            wrap_text=True,
            vertical="center",
            horizontal="right" if dims < n <= last else "left",
        )
    sheet.row_dimensions[first].height = 32
    for place, row in enumerate((*answer.rows, answer.total), first + 1):
        is_total = row is answer.total
        names = row.name or (_("Total"), *[""] * (dims - 1))
        for n, name in enumerate(names, 1):
            cell = sheet.cell(place, n)
            key = row.key[n - 1] if row.key else None
            if isinstance(key, date) and answer.grouping.by[n - 1] != "month":
                cell.value, cell.number_format = key, "dd.mm.yyyy"
                cell.alignment = Alignment(horizontal="left")
            else:
                cell.value = clean(name)
                cell.data_type = "s"
            cell.border, cell.font = _LINE, Font(name=_NAME)
        for n, (metric, value) in enumerate(_pairs(answer, row), dims + 1):
            cell = sheet.cell(place, n, _cell_value(metric, value))
            cell.number_format, cell.border = _KINDS.get(metric.kind, "#,##0"), _LINE
            cell.font = Font(name=_NAME)
        if is_watched(answer):
            cell = sheet.cell(place, len(headings), marked(row))
            cell.font, cell.border = Font(name=_NAME, bold=True, color="FFB02A37"), _LINE
        if is_total:
            for n in range(1, len(headings) + 1):
                sheet.cell(place, n).font, sheet.cell(place, n).fill = Font(name=_NAME, bold=True), _TOTAL
    for n, heading in enumerate(headings, 1):
        names_long = max((len(row.name[n - 1]) for row in answer.rows if n <= dims), default=0)
        width = min(48, max(14, names_long + 2)) if n <= dims else max(12, min(18, len(heading) + 2))
        width = 34 if is_watched(answer) and n == len(headings) else width
        sheet.column_dimensions[get_column_letter(n)].width = width
    sheet.freeze_panes = sheet.cell(first + 1, dims + 1)
    if answer.rows:
        sheet.auto_filter.ref = f"A{first}:{get_column_letter(len(headings))}{first + len(answer.rows)}"
    sheet.print_title_rows = f"{first}:{first}"
    _page(sheet)


def _page(sheet: Worksheet) -> None:
    """On paper a landscape of the table's width; on the screen without the grid of an empty book."""
    sheet.page_setup.orientation, sheet.page_setup.paperSize = "landscape", 9
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.sheet_view.showGridLines = False


def about_title() -> str:
    """Of the last sheet."""
    return _("What is counted")


def about_list(name: str, made_at: datetime, zone: str) -> list[tuple[str, str]]:
    """What the last sheet of a long list tells beside the definitions."""
    told = [(_("Made on"), f"{made_at.astimezone(ZoneInfo(zone)):%d.%m.%Y %H:%M}"), (_("Days of"), zone)]
    return [(_("Only"), name), *told] if name else told


def _definitions(book: Workbook, answer: Answer) -> None:
    sheet = book.create_sheet(about_title())
    sheet.append([_("Figure"), _("How it is counted")])
    for metric in answer.metrics:
        sheet.append([str(metric.label), str(metric.formula)])
    for cell in sheet[1]:
        cell.font, cell.fill = Font(name=_NAME, bold=True, color="FFFFFFFF"), _HEAD
    for line in sheet.iter_rows(min_row=2):
        line[0].font, line[1].font = Font(name=_NAME, bold=True), Font(name=_NAME)
        for cell in line:
            cell.alignment, cell.border = Alignment(wrap_text=True, vertical="top"), _LINE
    sheet.column_dimensions["A"].width, sheet.column_dimensions["B"].width = 28, 90
    _page(sheet)
    sheet.freeze_panes = "A2"
