"""Every number leads to exactly the rows that it counts."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from app import registry, reports
from app.domain.periods import Period
from app.reports import COUNT, Question, Report
from app.reports.answers import ask
from app.reports.behind import PAGE, happening_of, rows_behind
from tests.reports.conftest import DAYS, NOW, happen

MOSCOW = ZoneInfo("Europe/Moscow")
REPORTS = registry.members(reports, Report)


@pytest.mark.parametrize("name", sorted(REPORTS))
def test_as_many_rows_stand_behind_a_number_as_it_says(session, world, name):
    happen(session, world, 150)
    report, compared = REPORTS[name], 0
    today = NOW.astimezone(MOSCOW).date()
    period = Period(today.replace(day=max(1, today.day - DAYS)), today)
    for grouping in report.groupings:
        asked = Question(period, grouping.key)
        answer = ask(session, report, asked, zone=MOSCOW, now=NOW)
        for metric, row in ((m, r) for m in enumerate(answer.metrics) for r in (*answer.rows[:4], answer.total)):
            place, told = metric
            counts = happening_of(report, grouping.key, told.key).measures[told.of][0].startswith("count(")
            if told.kind != COUNT or not counts or (row.values[place] or 0) > PAGE:
                continue
            key = dict(zip(grouping.by, row.key, strict=False))
            found = rows_behind(session, report, asked, key, told.key, zone=MOSCOW)
            assert len(found) == (row.values[place] or 0), (grouping.key, told.key, row.name)
            compared += bool(found)
    assert compared > 3 or name == "presence"
