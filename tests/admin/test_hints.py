"""What steers the work is explained where it is set."""

from __future__ import annotations

from typing import Any

import pytest
from bs4 import BeautifulSoup

# Their names say it all.
PLAIN = {"name", "user"}


@pytest.mark.parametrize("form", ["operatorprofileview", "operatorgroupview", "statusview"])
def test_every_field_that_steers_the_work_has_a_hint(as_supervisor: Any, form: str) -> None:
    page = BeautifulSoup(as_supervisor.get(f"/{form}/add").text, "lxml")
    fields = [tag for tag in page.select("#model_form [name]") if tag["name"] not in PLAIN | {"csrf_token"}]
    assert len(fields) >= 4
    mute = [tag["name"] for tag in fields if not page.select(f"[id='{tag.get('aria-describedby', 'none')}']")]
    assert mute == []


def test_every_business_setting_is_explained(as_admin: Any) -> None:
    page = BeautifulSoup(as_admin.get("/settingview/").text, "lxml")
    rows = page.select("main tbody tr")
    assert len(rows) >= 10
    assert not [row.text.strip()[:40] for row in rows if len(row.select_one("th, td").text.split()) < 5]
