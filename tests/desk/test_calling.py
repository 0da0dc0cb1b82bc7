"""The telephone at the desk: what the page lets it do, its log-in, and the panel as its script reads it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from app.models import IN_WORK, OperatorProfile, PhoneAccount, Status
from app.services import presence, wrap_up
from tests.factories import get_user, make_ad, make_card, make_vehicle
from tests.services.calls_made import make_asterisk, make_call, make_phone


@pytest.fixture
def phone(session: Any) -> PhoneAccount:
    server = make_asterisk(session, ws_url="wss://calls.example.test:8089/ws", seen_at=datetime.now(UTC))
    account: PhoneAccount = make_phone(session, server, get_user(session, "operator").id)
    return account


def test_only_a_page_with_a_telephone_hears_anything_and_reaches_its_server(
    session: Any, phone: PhoneAccount, as_operator: Any, log_in: Any
) -> None:
    with_phone, without = as_operator.get("/desk/"), log_in("operator2").get("/desk/")
    assert 'id="phone"' in with_phone.text and 'id="phone"' not in without.text
    assert "connect-src 'self' wss://calls.example.test:8089;" in with_phone.headers["Content-Security-Policy"]
    assert "microphone=(self)" in with_phone.headers["Permissions-Policy"]
    assert "wss:" not in without.headers["Content-Security-Policy"]
    assert "microphone=()" in without.headers["Permissions-Policy"]
    assert "js/phone.js" not in without.text and "jssip" not in without.text


def test_a_telephone_on_the_desk_needs_no_browser(session: Any, phone: PhoneAccount, as_operator: Any) -> None:
    phone.kind = "desk"
    session.flush()
    assert 'id="phone"' not in as_operator.get("/desk/").text
    assert as_operator.post("/desk/phone/session").status_code == 409


def test_the_password_is_for_this_log_in_and_dies_with_it(session: Any, phone: PhoneAccount, as_operator: Any) -> None:
    told = as_operator.post("/desk/phone/session").get_json()
    assert told["uri"].startswith(f"sip:{phone.extension}@") and len(told["password"]) >= 32
    assert told["ice_servers"] == [] and told["ws_url"] == phone.asterisk.ws_url
    session.expire_all()
    assert phone.password_until is not None and len(phone.sid_hash) == 64
    cred = text("SELECT md5_cred FROM ps_auths WHERE id = :id")
    was = session.execute(cred, {"id": phone.extension}).scalar()
    as_operator.get("/logout/")
    session.expire_all()
    assert phone.password_until is None and session.execute(cred, {"id": phone.extension}).scalar() != was


def test_the_telephone_stays_with_the_later_log_in_until_it_is_taken(
    session: Any, phone: PhoneAccount, log_in: Any
) -> None:
    early, late = log_in("operator"), log_in("operator")
    session.execute(text("UPDATE user_session SET created_at = created_at - interval '1 hour' WHERE sid_hash = "
                         "(SELECT sid_hash FROM user_session ORDER BY created_at LIMIT 1)"))  # fmt: skip
    assert late.post("/desk/phone/session").status_code == 200
    refused = early.post("/desk/phone/session", headers={"Accept": "application/json"})
    assert refused.status_code == 409 and refused.get_json()["reason"] == "phone_elsewhere"
    assert early.post("/desk/phone/session", data={"take": "1"}).status_code == 200


def test_the_poll_has_a_word_of_the_telephone_only_when_asked(
    session: Any, phone: PhoneAccount, as_operator: Any
) -> None:
    assert "phone" not in as_operator.get("/desk/counts").get_json()
    answer = as_operator.get("/desk/counts?phone=1")
    assert answer.get_json()["phone"] == {"line": "up", "call": None, "wrap": False}
    again = as_operator.get("/desk/counts?phone=1", headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304


def test_a_live_call_and_what_follows_it(session: Any, phone: PhoneAccount, as_operator: Any) -> None:
    profile = session.get(OperatorProfile, phone.user_id)
    vehicle = make_vehicle(session, title="Пробная машина")
    vehicle.ad_id = make_ad(session, vehicle=vehicle).id
    card = make_card(session, vehicle, operator=profile, stage=IN_WORK)
    now = datetime.now(UTC)
    wrap_up.begin_talk(session, phone.user_id, now)
    presence.set_state(session, phone.user_id, "talking", now)
    began, answered = now - timedelta(seconds=40), now - timedelta(seconds=20)
    call = make_call(session, phone.asterisk, operator_id=phone.user_id, card_id=card.id, phone="79010001234",
                     state="talking", created_at=began, answered_at=answered)  # fmt: skip
    told = as_operator.get("/desk/call").get_json()
    assert (told["line"], told["presence"]) == ("up", "talking")
    assert told["call"]["state"] == "talking" and 20_000 <= told["call"]["elapsed_ms"] < 40_000
    assert "79010001234" not in str(told) and "+7 901 •••-••-34" in told["call"]["who"]
    call.state, call.outcome, call.ended_at = "ended", "busy", now
    wrap_up.end_talk(session, phone.user_id, now)
    wrap = as_operator.get("/desk/call").get_json()["wrap"]
    busy = session.query(Status).filter_by(code="busy").one()
    assert (wrap["suggest"], wrap["suggest_name"], wrap["limit_s"]) == (busy.id, "Занято", 60)
    assert as_operator.post("/desk/call/longer").status_code == 204
    assert as_operator.get("/desk/call").get_json()["wrap"]["limit_s"] >= 119
    as_operator.post(f"/desk/card/{card.id}/status", data={"status_id": busy.id, "stay": "1"})
    session.expire_all()
    assert profile.presence == "ready" and "wrap" not in as_operator.get("/desk/call").get_json()


def test_without_a_telephone_there_is_nothing_to_tell(as_operator: Any) -> None:
    assert as_operator.get("/desk/call").status_code == 204
    assert as_operator.get("/desk/counts?phone=1").get_json()["phone"] is None


def test_an_order_that_nobody_knows_is_refused(session: Any, phone: PhoneAccount, as_operator: Any) -> None:
    assert as_operator.post("/desk/call/order", data={"verb": "listen"}).status_code == 400


def test_a_number_whose_place_has_moved_is_still_the_one_that_was_pressed(session: Any, as_operator: Any) -> None:
    """A newer advert of the car has come since the page was opened."""
    profile, vehicle = session.get_one(OperatorProfile, get_user(session, "operator").id), make_vehicle(session)
    now = datetime.now(UTC)
    make_ad(session, vehicle=vehicle, phones=["79000000155"], published_at=now - timedelta(days=1))
    make_ad(session, vehicle=vehicle, phones=["79000000286", "79000000386"], published_at=now)
    card = make_card(session, vehicle, operator=profile, stage=IN_WORK)

    def why(n: int, tail: str) -> str:
        answer = as_operator.post(
            f"/desk/card/{card.id}/call", data={"n": n, "tail": tail}, headers={"Accept": "application/json"}
        )
        assert answer.status_code == 409
        return str(answer.get_json()["reason"])

    assert why(0, "55") != "card_changed_meanwhile"  # known, and refused because there is no telephone
    assert why(5, "86") == "card_changed_meanwhile"  # two end so
    assert why(0, "99") == "card_changed_meanwhile"  # none does
