"""A supervisor of some groups is told these groups' figures, wherever they are asked for; filters combine."""

from __future__ import annotations

import json

import pytest

from app import models
from app.services import supervising
from tests import factories
from tests.report_desk.test_view import DAY, YESTERDAY, figures, made_file, page


@pytest.fixture
def teams(session):
    """Two groups with one operator each and calls of both: three of ours in Tomsk, two of theirs."""
    server = models.Asterisk(name="А", ami_host="127.0.0.1", ami_user="x")
    session.add(server)
    city = factories.make_city(session, "Томск")
    session.flush()
    told = {"city": city.id}
    for name, calls in (("ours", 3), ("theirs", 2)):
        group = factories.make_group(session, name)
        operator = factories.make_operator(session, group=group).user_id
        found = factories.make_filter(session, group)
        card = factories.make_card(session, factories.make_vehicle(session, city_id=city.id), filter_id=found.id)
        session.add_all(
            models.Call(
                type="individual" if n else "callback", state="ended", outcome="answered" if n else "busy",
                asterisk_id=server.id, phone=factories.fictional_phone(), operator_id=operator, card_id=card.id,
                created_at=YESTERDAY, ended_at=YESTERDAY, talk_ms=1000 if n else None,
            )
            for n in range(calls)
        )  # fmt: skip
        told |= {name: operator, f"{name}_group": group.id, f"{name}_filter": found.id}
    session.flush()
    return told


@pytest.fixture
def limited(session, teams):
    """The supervisor steers our group only."""
    user = factories.get_user(session, "supervisor")
    session.add(models.GroupSupervisor(user_id=user.id, group_id=teams["ours_group"]))
    session.flush()
    return user


def test_who_has_no_groups_named_and_every_admin_sees_all(session, teams, limited):
    admin = factories.get_user(session, "admin")
    assert supervising.sight_of(session, admin.id, sees_everyone=True, is_admin=True).is_whole
    other = factories.make_user(session, role="Supervisor")
    assert supervising.sight_of(session, other.id, sees_everyone=True, is_admin=False).is_whole
    sight = supervising.sight_of(session, limited.id, sees_everyone=True, is_admin=False)
    assert sight.operators == {teams["ours"]} and teams["theirs_filter"] not in sight.filters


@pytest.mark.parametrize(
    ("report", "group"),
    [("operators", "operator"), ("operators", "city"), ("operators", "line"), ("call-types", "type"),
     ("connects-by-prefix", "full"), ("call-types", "hour")],
)  # fmt: skip
def test_a_supervisor_of_a_group_is_told_its_calls_only(as_supervisor, teams, limited, report, group):
    answer = page(as_supervisor, report, group=group)
    assert figures(answer)[:2] == ["3", "2"] and "theirs" not in answer.text


@pytest.mark.parametrize(
    "words",
    [{"operator_id": "theirs"}, {"group_id": "theirs_group"}, {"filter_id": "theirs_filter"},
     {"operator_id": "ours,theirs"}],
)  # fmt: skip
def test_figures_of_another_group_asked_for_by_hand_are_not_found(as_supervisor, as_admin, teams, limited, words):
    asked = {name: ",".join(str(teams[one]) for one in value.split(",")) for name, value in words.items()}
    for rule in ("chart", "rows"):
        more = {"from": DAY, "to": DAY, "metric": "attempts", "group": "operator"} | asked
        assert as_supervisor.get(f"/reports/operators/{rule}/", query_string=more).status_code == 404
        assert as_admin.get(f"/reports/operators/{rule}/", query_string=more).status_code == 200
    more = {"from": DAY, "to": DAY} | asked
    assert as_supervisor.post("/reports/operators/file/csv", query_string=more).status_code == 404


def test_rows_behind_an_operator_of_another_group_are_not_found(as_supervisor, teams, limited):
    words = {"from": DAY, "to": DAY, "group": "operator", "metric": "attempts"}
    own = as_supervisor.get("/reports/operators/rows/", query_string=words | {"key": teams["ours"]})
    assert own.text.count("/desk/?card=") == 3
    all_rows = as_supervisor.get("/reports/operators/rows/", query_string=words)
    assert all_rows.text.count("/desk/?card=") == 3
    other = as_supervisor.get("/reports/operators/rows/", query_string=words | {"key": teams["theirs"]})
    assert other.status_code == 404


def test_a_file_holds_the_groups_figures_only(as_supervisor, teams, limited, session, app):
    told = json.loads(made_file(as_supervisor, session, app, "json").read_text("utf-8"))
    assert told["total"]["values"]["attempts"] == 3 and len(told["rows"]) == 1


def test_filters_offer_what_the_supervisor_steers(as_supervisor, as_admin, teams, limited):
    def options(client, name: str) -> str:
        return page(client, group="operator").text.partition(f'id="{name}"')[2].partition("</select>")[0]

    assert f'value="{teams["ours_group"]}"' in options(as_supervisor, "group_id")
    assert f'value="{teams["theirs_group"]}"' not in options(as_supervisor, "group_id")
    assert f'value="{teams["theirs_group"]}"' in options(as_admin, "group_id")
    assert f'value="{teams["theirs"]}"' not in options(as_supervisor, "operator_id")


def test_filters_combine_and_stand_in_the_address(as_supervisor, teams):
    told = {"city_id": str(teams["city"]), "type": "individual"}
    assert figures(page(as_supervisor, group="operator", **told))[:2] == ["3", "3"]
    assert figures(page(as_supervisor, group="operator", group_id=str(teams["ours_group"]), **told))[:2] == ["2", "2"]
    answer = page(as_supervisor, group="city", operator_id=[str(teams["ours"]), str(teams["theirs"])], **told)
    assert figures(answer)[:2] == ["3", "3"]
    assert f"city_id={teams['city']}" in answer.text and "type=individual" in answer.text
    behind = as_supervisor.get("/reports/operators/rows/", query_string={
        "from": DAY, "to": DAY, "group": "operator", "metric": "attempts", **told}).text  # fmt: skip
    assert behind.count("/desk/?card=") == 3


def test_what_a_filter_cannot_tell_is_said_and_left_out(as_supervisor, teams):
    answer = page(as_supervisor, "ads-by-city", group="city", operator_id=str(teams["ours"]))
    assert "С этими фильтрами не считаются: Выложено" in answer.text
    refused = page(as_supervisor, "presence", group="operator", city_id=str(teams["city"]))
    assert refused.status_code == 200 and 'role="alert"' in refused.text
