"""What leaves as a file: no cell of it is a formula, whoever wrote the text."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime

import pytest

from app.models import RejectedRow, SourceRun
from app.services.rejected_rows import harmless
from tests.factories import make_source

EVIL = ("=1+1", "+7 900 000-00-01", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1+1", "＋1", "－1", "＠x", " =1+1",
        '=HYPERLINK("http://evil.example")', "=cmd|' /C calc'!A0")  # fmt: skip
STARTS = ("=", "+", "-", "@", "＝", "＋", "－", "＠")


@pytest.mark.parametrize("cell", EVIL)
def test_what_begins_like_a_formula_is_text(cell: str) -> None:
    assert harmless(cell) == "'" + cell


@pytest.mark.parametrize("cell", ["", "Лада Веста", "12 000", "a=b", "это - тире"])
def test_plain_words_stay_as_they_are(cell: str) -> None:
    assert harmless(cell) == cell


def test_a_file_of_rejected_rows_has_no_formula(session, as_supervisor) -> None:
    run = SourceRun(source_id=make_source(session).id, kind="file", health="partial", started_at=datetime.now(UTC))
    session.add(run)
    session.flush()
    for n, cell in enumerate(EVIL):
        session.add(RejectedRow(run_id=run.id, line=n, reason="no_price", detail=cell, row=cell))
    session.flush()
    answer = as_supervisor.get(f"/sourcerunview/rejected/{run.id}.csv")
    rows = list(csv.reader(io.StringIO(answer.text.lstrip("\ufeff")), delimiter=";"))
    answer.close()
    assert len(rows) == len(EVIL) + 1
    assert not [cell for row in rows for cell in row if cell.strip().startswith(STARTS)]
