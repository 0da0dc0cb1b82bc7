"""Cookies and tokens that should be dead, other people's rows, forged hosts, addresses that lead away."""

from __future__ import annotations

from typing import Any
from urllib.parse import urljoin, urlsplit

import pytest
from sqlalchemy import select

from app.models import Card, OperatorProfile
from tests.databases import PASSWORD
from tests.factories import get_user, make_card, make_operator

COOKIE = "prozvon"


def cookie_of(client: Any) -> str:
    return str(client.get_cookie(COOKIE).value)


def still_works(app: Any, cookie: str, address: str = "/desk/") -> bool:
    client = app.test_client()
    client.set_cookie(COOKIE, cookie)
    return bool(client.get(address).status_code == 200)


def test_a_cookie_is_dead_after_its_log_out(app, session, as_operator):
    old = cookie_of(as_operator)
    assert still_works(app, old)
    as_operator.get("/logout/")
    assert not still_works(app, old)


def test_all_cookies_are_dead_after_a_new_password_a_reset_and_a_change_of_the_role(app, session, as_admin, log_in):
    user = get_user(session, "operator2")
    sm = app.extensions["appbuilder"].sm
    for deed in ("reset", "role", "off"):
        one, other = cookie_of(log_in("operator2")), cookie_of(log_in("operator2"))
        assert still_works(app, one) and still_works(app, other)
        if deed == "reset":
            sm.reset_password(user.id, PASSWORD)
        elif deed == "role":
            user.roles = [*user.roles, sm.find_role("Supervisor")]
        else:
            user.active = False
        session.commit()
        assert not still_works(app, one) and not still_works(app, other), deed


def test_a_cookie_that_somebody_has_changed_is_none(app, as_admin):
    good = cookie_of(as_admin)
    for bad in (good[:-2] + "xx", good.replace(".", "", 1), "", "x" * 3000, good.swapcase()):
        assert not still_works(app, bad, "/users/list/")


@pytest.mark.parametrize(
    "away", ["//evil.example", "https://evil.example/x", "/\\evil.example", "javascript:alert(1)", "\thttps://evil.example",
             "https:evil.example", "/%2f%2fevil.example", "http:///evil.example", "//localhost@evil.example"],
)  # fmt: skip
def test_no_address_leads_away_from_here(app, as_supervisor, away: str):
    answers = [
        app.test_client().post(f"/login/?next={away}", data={"username": "operator", "password": PASSWORD}),
        as_supervisor.get("/back", headers={"Referer": away}),
        as_supervisor.get(f"/lang/ru?next={away}", headers={"Referer": away}),
        as_supervisor.get(f"/login/?next={away}"),
        as_supervisor.post(f"/makeview/add?next={away}", data={"name": f"Марка {away}"}, headers={"Referer": away}),
    ]
    for answer in answers:
        where = answer.headers.get("Location", "/")
        there = urlsplit(urljoin("http://localhost/", where.replace("\\", "/")))  # as browsers read it
        assert answer.status_code < 500 and there.netloc == "localhost" and there.scheme == "http", where


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "127.0.0.1@evil.example", "evil.example:80",
                                  "x" * 300, "[::1", ""])  # fmt: skip
def test_a_forged_host_is_refused_and_is_echoed_nowhere(app, host: str):
    client = app.test_client()
    for address in ("/login/", "/desk/", "/forgot", "/api/v1/cards/"):
        answer = client.get(address, headers={"Host": host})
        assert answer.status_code == 400 or "evil.example" not in answer.headers.get("Location", ""), address
        assert answer.status_code < 500 and "evil.example" not in answer.text
    answer = client.get("/login/", headers={"X-Forwarded-Host": "evil.example", "X-Forwarded-For": "1.2.3.4"})
    assert answer.status_code == 200 and "evil.example" not in answer.text


def test_walking_ids_shows_nobody_the_cards_of_others(app, session, as_operator):
    mine = session.get(OperatorProfile, get_user(session, "operator").id)
    theirs = make_operator(session)
    cards = [make_card(session, operator=theirs if n % 5 else mine, stage=2) for n in range(40)]
    ids = range(min(one.id for one in cards) - 5, max(one.id for one in cards) + 6)
    own = {one.id for one in cards if one.operator_id == mine.user_id}
    for card_id in ids:
        expected = card_id in own
        assert (as_operator.get(f"/desk/?card={card_id}").status_code == 200) is expected, card_id
        for part in ("why", ""):
            assert (as_operator.get(f"/desk/card/{card_id}/{part}".rstrip("/")).status_code < 400) is expected, part
    other = next(one for one in cards if one.id not in own)
    version = other.version
    for deed, data in (("take", {}), ("form", {"version": version, "comment": "x"}), ("note", {"text": "x"}),
                       ("skip", {"reason": "x"}), ("reveal", {}), ("status", {"status_id": 1})):  # fmt: skip
        answer = as_operator.post(f"/desk/card/{other.id}/{deed}", data=data)
        assert answer.status_code in (403, 404, 409), f"{deed}: {answer.status_code}"
    session.refresh(other)
    assert (other.version, other.operator_id, other.stage) == (version, theirs.user_id, 2)


def test_fields_that_no_form_has_change_nothing(session, as_operator, as_supervisor):
    """Owner, stage, role, id: whatever is added to what a form sends is left alone."""
    mine = session.get(OperatorProfile, get_user(session, "operator").id)
    card = make_card(session, operator=mine, stage=2)
    extra = {"operator_id": "1", "stage": "9", "status_id": "1", "priority": "99", "rank": "99", "filter_id": "1",
             "phone": "79000000009", "id": "1", "vehicle_id": "1"}  # fmt: skip
    as_operator.post(f"/desk/card/{card.id}/form", data={"version": card.version, "comment": "ну да", **extra})
    kept = session.get(Card, card.id)
    assert (kept.operator_id, kept.stage, kept.status_id, kept.priority) == (mine.user_id, 2, None, card.priority)
    assert kept.form == {"comment": "ну да"}
    as_supervisor.post(
        f"/operatorprofileview/edit/{mine.user_id}",
        data={"weight": "150", "max_new": "5", "max_open": "50", "hour_cap": "30", "day_cap": "100", "open_n": "-7",
              "user_id": "1", "presence": "ready", "user": "1"},
    )  # fmt: skip
    session.refresh(mine)
    assert mine.weight == 150 and mine.open_n != -7 and mine.presence == "offline"
    as_operator.post("/userinfoeditview/form", data={"first_name": "Ольга", "last_name": "Первая", "roles": "1",
                                                     "active": "", "username": "root"})  # fmt: skip
    user = get_user(session, "operator")
    assert [role.name for role in user.roles] == ["Operator"] and user.active


def test_a_form_that_is_sent_twice_makes_one_row(session, as_supervisor):
    from app.models import Make, PauseReason

    for _ in range(2):
        as_supervisor.post("/makeview/add", data={"name": "Дважды"})
        as_supervisor.post("/pausereasonview/add", data={"name": "Дважды", "position": "5", "is_enabled": "y"})
    assert len(session.scalars(select(Make).where(Make.name == "Дважды")).all()) == 1
    assert len(session.scalars(select(PauseReason).where(PauseReason.name == "Дважды")).all()) == 1


def test_a_stale_form_is_told_so_and_overwrites_nothing(session, as_operator):
    mine = session.get(OperatorProfile, get_user(session, "operator").id)
    card = make_card(session, operator=mine, stage=2)
    address, old = f"/desk/card/{card.id}/form", card.version
    assert as_operator.post(address, data={"version": old, "comment": "первый"}).status_code == 200
    stale = as_operator.post(address, data={"version": old, "comment": "второй"})
    assert stale.status_code == 409 and stale.json["reason"] == "card_changed_meanwhile" and stale.json["message"]
    assert session.get(Card, card.id).form == {"comment": "первый"}
    for bad in ("", "abc", "-1", str(2**70)):
        assert 400 <= as_operator.post(address, data={"version": bad, "comment": "x"}).status_code < 500
