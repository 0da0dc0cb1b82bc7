"""Cards through the API: the desk's own rules and refusals."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from app.models import CALLBACK, CLOSED, IN_WORK, POOL, AuditEvent, Card, Note, OperatorProfile, Status
from app.services import statuses
from tests.factories import fictional_phone, get_user, make_ad, make_card, make_city, make_filter, make_vehicle


@pytest.fixture
def me(session):
    statuses.seed(session)
    profile = session.get(OperatorProfile, get_user(session, "operator").id)
    profile.presence = "ready"
    session.flush()
    return profile


@pytest.fixture
def program(as_program):
    return as_program("operator")


def in_work(session, me, **more):
    card = make_card(session, make_vehicle(session, city=make_city(session)), operator=me, **more)
    me.new_n = me.open_n = 1
    session.flush()
    return card


def tomorrow_noon():
    return (datetime.now(UTC) + timedelta(days=1)).replace(hour=9, minute=0, second=0, microsecond=0)


def test_next_gives_a_card_of_the_pool_already_taken(session, me, program):
    card = make_card(session, ad_filter=make_filter(session, me.group))
    answer = program.post("cards/next")
    assert answer.status_code == 200, answer.text
    assert answer.json["id"] == card.id
    assert answer.json["result"]["stage"] == IN_WORK and answer.json["result"]["operator_id"] == me.user_id
    assert session.query(AuditEvent).filter_by(what="api_card_next").one().actor_id == me.user_id


def test_next_says_when_there_is_nothing_and_when_a_limit_is_reached(session, me, program):
    assert program.post("cards/next").json["code"] == "no_cards"
    make_card(session, ad_filter=make_filter(session, me.group))
    me.day_cap = 0
    answer = program.post("cards/next")
    assert answer.status_code == 409 and answer.json["code"] == "cap_day"
    assert session.query(Card).one().stage == POOL


def test_who_is_no_operator_gets_no_cards(me, as_program):
    answer = as_program("admin").post("cards/next")
    assert answer.status_code == 409 and answer.json["code"] == "not_an_operator"


def test_take_a_result_and_its_refusals(session, me, program):
    card = in_work(session, me)
    early = program.post(f"cards/{card.id}/status", {"status": "refused"})
    assert early.status_code == 409 and early.json["code"] == "card_not_taken"
    assert program.post(f"cards/{card.id}/take").json["result"]["stage"] == IN_WORK
    stale = program.post(f"cards/{card.id}/status", {"status": "refused", "version": 77})
    assert stale.status_code == 409 and stale.json["code"] == "card_changed_meanwhile"
    unknown = program.post(f"cards/{card.id}/status", {"status": "nothing"})
    assert unknown.status_code == 422 and unknown.json["code"] == "status_unknown"
    done = program.post(f"cards/{card.id}/status", {"status": "refused", "note": "Уже не продаёт"})
    assert done.json["result"]["stage"] == CLOSED and done.json["result"]["status"] == "refused"
    again = program.post(f"cards/{card.id}/status", {"status": "sold"})
    assert again.status_code == 409 and again.json["code"] == "card_closed"
    assert session.query(Note).one().text == "Уже не продаёт"


def test_a_call_back_is_planned_and_its_time_is_checked(session, me, program):
    card = in_work(session, me, stage=IN_WORK)
    at = tomorrow_noon()
    without_zone = at.replace(tzinfo=None).isoformat()
    for wrong in ("завтра", "2020-01-01T10:00:00Z", "2999-01-01T10:00:00Z", without_zone):
        answer = program.post(f"cards/{card.id}/callback", {"at": wrong})
        assert answer.status_code == 422 and answer.json["code"].startswith("callback_"), wrong
    answer = program.post(f"cards/{card.id}/callback", {"at": at.isoformat(), "note": "Звонить жене"})
    assert answer.json["result"]["stage"] == CALLBACK
    assert datetime.fromisoformat(answer.json["result"]["next_call_at"]) == at
    needs = program.post(f"cards/{card.id}/status", {"status": "thinking"})
    assert needs.status_code == 422 and needs.json["code"] == "status_needs_callback"


def test_a_note_and_a_release_with_its_reason(session, me, program):
    card = in_work(session, me, stage=IN_WORK)
    assert program.post(f"cards/{card.id}/note", {"text": "Торг уместен"}).json["note_id"]
    assert program.post(f"cards/{card.id}/note", {"text": " \u0000 "}).json["code"] == "note_empty"
    assert program.post(f"cards/{card.id}/release", {"reason": " "}).status_code == 422
    assert program.post(f"cards/{card.id}/release", {"reason": "Не моя"}).status_code == 200
    assert session.get(Card, card.id).stage == POOL


def test_numbers_are_masked_everywhere_but_in_the_counted_call(session, me, program, as_program):
    phone = fictional_phone()
    vehicle = make_vehicle(session)
    ad = make_ad(session, vehicle, phone=phone)
    card = in_work(session, me, stage=IN_WORK)
    card.vehicle_id = vehicle.id
    admin = as_program("admin")
    seen = "".join(admin.get(path).text for path in ("ads/", f"ads/{ad.id}", f"vehicles/{vehicle.id}",
                                                     f"cards/{card.id}", f"ads/{ad.id}/explain"))  # fmt: skip
    assert phone not in seen and phone[1:] not in seen
    assert program.post(f"cards/{card.id}/reveal").json["phones"] == [phone]
    assert session.query(AuditEvent).filter_by(what="phone_shown").one().actor_id == me.user_id


def test_the_state_of_an_operator_is_set_and_told(me, program, session):
    pauses = program.get("presence/").json["result"]["pauses"]
    lunch = next(one["id"] for one in pauses if one["name"] == "Обед")
    assert program.post("presence/", {"state": "paused", "pause_id": lunch}).json["result"]["state"] == "paused"
    assert program.get("presence/").json["result"]["pause_id"] == lunch
    assert program.post("presence/", {"state": "paused"}).status_code == 422
    assert program.post("presence/", {"state": "paused", "pause_id": 2**31 - 1}).json["code"] == "pause_unknown"
    assert program.post("presence/", {"state": "flying"}).status_code == 422
    session.refresh(me)
    assert me.presence == "paused"


def test_an_explanation_says_what_each_filter_thinks(session, me, program, as_program):
    vehicle = make_vehicle(session, price=2_000_000)
    ad = make_ad(session, vehicle)
    wish = make_filter(session, me.group, criteria={"price": [None, 900_000]}, name="Дешёвые")
    card = make_card(session, vehicle, operator=me)
    told = as_program("supervisor").get(f"ads/{ad.id}/explain").json["result"]
    assert told["card_id"] == card.id and told["why"]["code"] == "with_operator" and told["why"]["message"]
    opinion = next(one for one in told["filters"] if one["id"] == wish.id)
    assert not opinion["fits"] and [c["criterion"] for c in opinion["checks"] if not c["passed"]] == ["price"]
    assert program.get(f"cards/{card.id}/why").json["result"]["why"]["code"] == "with_operator"


def test_a_filter_is_switched_by_who_may(session, me, program, as_program):
    row = make_filter(session, me.group)
    assert as_program("supervisor").post(f"filters/{row.id}/disable").json["result"]["is_enabled"] is False
    assert program.post(f"filters/{row.id}/enable").status_code == 403
    row.is_archived = True
    answer = as_program("supervisor").post(f"filters/{row.id}/enable")
    assert answer.status_code == 409 and answer.json["code"] == "filter_archived"


def test_every_status_of_the_directory_can_be_said_by_its_code(me, program, session):
    codes = {row["code"] for row in program.rows("statuses/?q=(page_size:100)")}
    assert codes == set(session.scalars(select(Status.code)))
