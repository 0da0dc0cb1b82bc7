"""A line that fell below its own past is marked in the report on dial prefixes."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import openpyxl
from sqlalchemy import text

from app import models
from app.domain.periods import Period
from app.reports import Question, sheets
from app.reports.answers import ask
from app.reports.connects_by_prefix import ConnectsByPrefix

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
MADE = """
  INSERT INTO call (link, type, state, outcome, asterisk_id, trunk_id, phone, created_at, ended_at, talk_ms, ring_ms)
  SELECT :name || '-' || n, 'individual', 'ended', CASE WHEN n <= :answered THEN 'answered' ELSE 'no_answer' END,
         :server, :trunk, '79990000001', :at, :at, CASE WHEN n <= :answered THEN 9000 END, 5000
  FROM generate_series(1, :attempts) n
"""


def test_only_the_line_that_fell_below_its_own_past_is_marked(app, session, tmp_path) -> None:
    server = models.Asterisk(name="А", ami_host="127.0.0.1", ami_user="x")
    session.add(server)
    session.flush()
    for name, today in (("fell", 10), ("steady", 60)):
        trunk = models.Trunk(asterisk_id=server.id, name=name, endpoint=name)
        session.add(trunk)
        session.flush()
        for day, attempts, answered in ((15, 400, 160), (22, 150, today)):
            values = {"name": f"{name}{day}", "server": server.id, "trunk": trunk.id, "attempts": attempts,
                      "answered": answered, "at": datetime(2026, 11, day, 9, tzinfo=UTC)}  # fmt: skip
            session.execute(text(MADE), values)
    asked = Question(Period(date(2026, 11, 22), date(2026, 11, 22)), "line")
    answer = ask(session, ConnectsByPrefix, asked, zone=ZoneInfo("Europe/Moscow"), now=NOW)
    assert {row.name[0]: row.mark for row in answer.rows} == {"fell": "line_fell", "steady": ""}
    told = {row["name"][0]: row["warning"] for row in sheets.as_json(answer)["rows"]}
    assert told == {"fell": "line_fell", "steady": ""}, "the API and the file for programs"
    book = tmp_path / "lines.xlsx"
    with app.test_request_context():
        sheets.write(answer, book, "xlsx", made_at=NOW)
        sheets.write(answer, tmp_path / "lines.csv", "csv", made_at=NOW)
    rows = [[cell.value for cell in row] for row in openpyxl.load_workbook(book).active.iter_rows(min_row=5)]
    assert rows[0][-1] == "Предупреждение"
    said = {row[0]: row[-1] for row in rows[1:3]}
    assert said["fell"] == "Значимо ниже своих прошлых 14 дней" and not said["steady"]
    assert "Значимо ниже" in (tmp_path / "lines.csv").read_text("utf-8-sig")
