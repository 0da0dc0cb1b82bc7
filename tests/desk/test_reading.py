"""What is asked of the desk all day long: the pulse, the state of the operator, junk in an address."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from tests.factories import get_pause
from tests.test_desk import HTMX, card_of, profile

__all__ = ["profile"]


def test_polling_answers_304_when_nothing_changed(session: Session, as_operator: Any, profile: Any) -> None:
    card_of(session, profile)
    first = as_operator.get("/desk/counts")
    assert first.json["new"] == 1
    again = as_operator.get("/desk/counts", headers={"If-None-Match": first.headers["ETag"], "X-Poll": "1"})
    assert again.status_code == 304


def test_the_state_of_the_operator_is_kept_with_its_time(session: Session, as_operator: Any, profile: Any) -> None:
    chosen = {"state": f"paused:{get_pause(session, 'Обед').id}"}
    answer = as_operator.post("/desk/presence", data=chosen, headers=HTMX)
    assert answer.status_code == 200 and answer.text.count("Обед") == 2, "in the menu and as the state"
    session.refresh(profile)
    assert profile.presence == "paused"
    assert profile.presence_since > datetime.now(UTC) - timedelta(minutes=1)
    assert as_operator.post("/desk/presence", data={"state": "на рыбалке"}, headers=HTMX).status_code == 409


@pytest.mark.parametrize(
    "path", ["/desk/?card=abc", "/desk/?tab=%00", "/desk/?tab=done&after=x_y", "/desk/?tab=done&after=1e400_1",
             "/desk/find?q=%27--", "/desk/?card=99999999999"],
)  # fmt: skip
def test_junk_in_the_address_is_no_failure(as_operator: Any, path: str) -> None:
    assert as_operator.get(path).status_code in (200, 400, 404)
