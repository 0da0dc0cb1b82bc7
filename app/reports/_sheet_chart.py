"""The native chart of a report's Excel sheet: the same series as on the screen, in colours of the product."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from openpyxl.chart import BarChart, LineChart, Reference
from openpyxl.chart.shapes import GraphicalProperties
from openpyxl.drawing.line import LineProperties
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from app.reports import Answer

MOST_CHARTED = 30
MOST_UPRIGHT = 8  # bars with their names beside each other
_COLORS = ("0F4C5C", "E8A33D", "5FA777", "C8553D", "7A6FB0", "8D99A6")


def draw(sheet: Worksheet, answer: Answer, first: int, headings: Sequence[str], kinds: Mapping[str, str]) -> None:
    """A native chart beside the table: of many rows the first ones."""
    shown = min(len(answer.rows), MOST_CHARTED)
    if not shown:
        return
    dims, step = len(answer.grouping.by), 2 if answer.question.compare else 1
    is_line = answer.grouping.by[0] in ("day", "week", "month") and dims == 1
    chart: Any = LineChart() if is_line else BarChart()
    places = [n for n, metric in enumerate(answer.metrics) if metric.key in answer.report.chart_metrics] or [0]
    for place in places:
        column = dims + 1 + place * step
        data = Reference(sheet, min_col=column, min_row=first, max_row=first + shown)
        chart.add_data(data, titles_from_data=True)
    chart.set_categories(Reference(sheet, min_col=1, max_col=dims, min_row=first + 1, max_row=first + shown))
    chart.y_axis.number_format = kinds.get(answer.metrics[places[0]].kind, "#,##0")
    _look(chart, is_line=is_line, shown=shown, series=len(places))
    sheet.add_chart(chart, f"{get_column_letter(len(headings) + 2)}{first}")


def _look(chart: Any, *, is_line: bool, shown: int, series: int) -> None:
    """Of many rows the bars lie, so that every name can be read, the first row on top."""
    chart.y_axis.delete = chart.x_axis.delete = False
    chart.legend.position = "b"
    chart.height, chart.width = 9, 22
    chart.y_axis.majorGridlines.spPr = GraphicalProperties(ln=LineProperties(solidFill="E3E7EA"))
    chart.x_axis.number_format = "dd.mm.yyyy"
    chart.y_axis.scaling.min = 0
    for n, one in enumerate(chart.series):
        color = _COLORS[n % len(_COLORS)]
        one.graphicalProperties = GraphicalProperties(solidFill=None if is_line else color)
        one.graphicalProperties.line = LineProperties(solidFill=color, w=28_575 if is_line else None)
        one.smooth = False if is_line else None
    if is_line:
        return
    chart.gapWidth = 60
    if shown > MOST_UPRIGHT:
        chart.type, chart.x_axis.scaling.orientation = "bar", "maxMin"
        chart.y_axis.crosses = "max"
        chart.height = 3 + shown * (0.35 + 0.2 * series)
