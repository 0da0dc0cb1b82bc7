"""The fixtures themselves: what they promise to every other test."""

from __future__ import annotations

import os

import pytest
from sqlalchemy import select, text

from app import models
from app.extensions import db
from tests import factories


@pytest.mark.parametrize("round_", [1, 2])
def test_what_a_test_commits_is_gone_for_the_next(session, round_):
    assert session.scalars(select(models.Make).where(models.Make.name == "Однодневка")).all() == []
    factories.make_make(session, "Однодневка")
    session.commit()


@pytest.mark.parametrize("round_", [1, 2])
def test_what_goes_round_the_session_is_gone_too(session, round_):
    with db.engine.begin() as connection:
        assert connection.execute(text("SELECT count(*) FROM revision WHERE name = 'x'")).scalar() == 0
        connection.execute(text("INSERT INTO revision (name) VALUES ('x')"))


@pytest.mark.parametrize("round_", [1, 2])
def test_own_database_commits_for_real_and_is_new_every_time(own_database, session, round_):
    assert session.scalars(select(models.Make).where(models.Make.name == "Общая")).all() == []
    factories.make_make(session, "Общая")
    session.commit()
    with db.engine.connect() as another:
        assert another.execute(text("SELECT count(*) FROM make WHERE name = 'Общая'")).scalar() == 1


def test_clients_are_different_people_even_when_the_test_stands_in_a_context(session, client, as_operator, as_admin):
    assert client.get("/api/v1/menu/").status_code == 401
    assert "List Users" in as_admin.get("/api/v1/menu/").text
    assert "List Users" not in as_operator.get("/api/v1/menu/").text
    assert "List Users" in as_admin.get("/api/v1/menu/").text


def test_a_client_sees_what_the_test_has_prepared(session, as_operator):
    session.execute(text("DELETE FROM user_session"))
    assert as_operator.get("/").location == "/login/"


def test_statements_are_counted_without_the_savepoints_of_the_suite(session, count_sql):
    with count_sql() as counted:
        session.execute(text("SELECT 1"))
        session.commit()
        session.execute(text("SELECT 2"))
    assert counted.statements == ["SELECT 1", "SELECT 2"]


def test_every_factory_makes_a_row_that_the_tables_accept(session):
    group = factories.make_group(session)
    operator = factories.make_operator(session, group)
    model = factories.make_generation(session).model
    vehicle = factories.make_vehicle(session, model=model, city=factories.make_city(session))
    factories.make_ad(session, vehicle)
    factories.make_seller(session)
    factories.make_status(session, "made_up")
    card = factories.make_card(session, vehicle, operator=operator, ad_filter=factories.make_filter(session, group))
    session.commit()
    assert (card.stage, card.operator_id, card.group_id) == (models.NEW, operator.user_id, group.id)
    assert factories.make_card(session).stage == models.POOL


def test_cyrillic_folds_whatever_the_locale_of_the_environment(session):
    assert session.execute(text("SELECT lower('ЁЖИК') = 'ёжик'")).scalar(), os.environ.get("LC_ALL")


@pytest.mark.browser
def test_a_person_logs_in_with_a_real_browser(page, live_server):
    page.goto("/login/")
    assert page.evaluate("location.host") in live_server.url
