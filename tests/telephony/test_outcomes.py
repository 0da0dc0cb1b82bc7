"""Each way in which a call can end, on a real Asterisk: told by its events, and by its records alone the same."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import create_engine, select
from sqlalchemy.orm import Session

from app.database import sqlalchemy_url
from app.models import Call
from app.services import call_closing
from tests.databases import Server
from tests.telephony.gateway import House, listening
from tests.telephony.lab import Lab, wait_for

pytestmark = pytest.mark.asterisk

ENDS = {  # the last digits of a seller of the town -> how a call to him ends
    "99": ("answered", ""), "86": ("busy", ""), "80": ("no_answer", ""), "60": ("unavailable", ""),
    "90": ("rejected", ""), "04": ("wrong_number", ""), "03": ("failed", "line_failed"),
}  # fmt: skip


@pytest.fixture
def house(asterisk_lab: Lab, server: Server) -> House:
    asterisk_lab.add_phone("op1")
    return House(asterisk_lab, server.settings(asterisk_lab.url))


def row_of(house: House, link: str) -> dict[str, Any]:
    names = "outcome trouble cause tech_cause talk_ms ended_at answered_at ringing_at recording"
    row = house.lab.sql(f"SELECT {', '.join(names.split())} FROM call WHERE link = %s", link)[0]
    return dict(zip(names.split(), row, strict=True))


def test_every_ending_is_told_truly_by_events_and_by_records_alone(house: House) -> None:
    told = {}
    with listening(house):
        for digits, (outcome, trouble) in ENDS.items():
            link = house.ask_call(f"791200000{digits}")
            house.wait_state(link, "ended", 15)
            told[link] = row_of(house, link)
            assert (told[link]["outcome"], told[link]["trouble"]) == (outcome, trouble), (digits, told[link])
    assert house.lab.sql("SELECT failed_n FROM trunk WHERE id = %s", house.trunk) == [(1,)]
    for link in told:
        wait_for(lambda link=link: house.lab.sql("SELECT 1 FROM cdr WHERE linkedid = %s AND pz_status <> ''", link))
    _forget_the_ends(house)
    by_records = {link: row_of(house, link) for link in told}
    for link, row in told.items():
        again = by_records[link]
        for name in ("outcome", "trouble", "cause", "tech_cause", "recording"):
            assert again[name] == row[name], (name, again, row)
        assert abs((again["talk_ms"] or 0) - (row["talk_ms"] or 0)) <= 100
        assert abs((again["ended_at"] - row["ended_at"]).total_seconds()) <= 1
        assert row["talk_ms"] is None or abs(row["talk_ms"] - 3000) <= 100


def _forget_the_ends(house: House) -> None:
    """As if our process had died after sending the calls: no event was heard, nothing was written but «sent»."""
    engine = create_engine(sqlalchemy_url(house.lab.url))
    with Session(engine) as session:
        house.lab.sql("DELETE FROM call_event")
        # Sellers' calls of other tests, found in the records meanwhile, are no part of this.
        for call in session.scalars(select(Call).where(Call.type != "incoming").order_by(Call.id)):
            # One operator has one live call: each is a colleague's for the moment.
            call.operator_id = None
            call.state, call.ended_at, call.outcome, call.trouble = "sent", None, None, ""
            call.answered_at = call.operator_up_at = call.talk_ms = call.cause = None
            call.tech_cause, call.recording = "", ""
        session.flush()
        assert call_closing.close_stuck(session, datetime.now(UTC) + timedelta(seconds=5)) == len(ENDS)
        session.commit()
    engine.dispose()
