"""Every job of the way of an ad, run twice: the first does its work, the second finds nothing left to do."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import ClassVar

import pytest
from sqlalchemy import func, select

from app import models
from app.errors import OutsideError, Refused
from app.extensions import outside
from app.jobs import job_named, run_job
from app.models import IN_WORK, NEW, POOL
from app.services import catalogue
from app.services.secrets_box import seal
from tests import factories
from tests.services.a_classified import Classified, page_of
from tests.services.adverts import bring_in, said


@dataclass
class Daily(Classified):
    """Always shows the same two cars."""

    key: ClassVar[str] = "daily"

    def fetch(self, window):
        yield page_of({"id": "A1"}, {"id": "A2", "year": 2011, "mileage_km": 150_000})


@pytest.fixture(autouse=True)
def _one_adapter(monkeypatch, app):
    monkeypatch.setattr(outside, "sources", {"daily": Daily})


@pytest.fixture
def now():
    return datetime.now(UTC)


@pytest.fixture
def source(session, now):
    row = factories.make_source(session, "site", adapter="daily", next_pull_at=now - timedelta(minutes=1))
    session.commit()
    return row


def twice(app, name: str, **args) -> tuple[dict[str, int], dict[str, int]]:
    return run_job(app, job_named(name), **args), run_job(app, job_named(name), **args)


def test_due_sources_are_asked_once_while_their_job_waits(app, session, source):
    assert twice(app, "fetch_sources") == ({"asked": 1}, {})


def test_a_second_pull_of_the_same_pages_brings_nothing(app, session, source):
    first, second = twice(app, "pull_source", source_id=source.id)
    assert first == {"read": 2, "new": 2}
    assert second == {"read": 2}
    assert session.scalar(select(func.count()).select_from(models.Card)) == 2


def test_a_switched_off_or_deleted_source_is_not_pulled(app, session, source):
    source.is_enabled = False
    session.commit()
    assert twice(app, "pull_source", source_id=source.id) == ({}, {})
    assert twice(app, "pull_source", source_id=10**6) == ({}, {})


@pytest.mark.parametrize("broken", [{"adapter": "gone"}, {"secrets": seal({"token": "x"}, "an older key")}])
def test_a_source_that_cannot_be_asked_is_put_off_and_not_tried_every_few_seconds(app, session, source, now, broken):
    for name, value in broken.items():
        setattr(source, name, value)
    session.commit()
    source_id = source.id
    with pytest.raises((Refused, OutsideError)):
        run_job(app, job_named("pull_source"), source_id=source_id)
    session.expire_all()
    row = session.get_one(models.Source, source_id)
    assert row.health == "auth" and row.health_text and row.next_pull_at > now + timedelta(minutes=50)
    assert run_job(app, job_named("fetch_sources")) == {}


def test_stored_ads_are_joined_once(app, session, source):
    factories.make_ad(session, source=source)
    session.commit()
    assert twice(app, "join_ads") == ({"joined": 1}, {})


def test_cards_are_matched_and_dealt_once(app, session, source, now):
    group = factories.make_group(session)
    factories.make_filter(session, group)
    operator = factories.make_operator(session, group, seen_at=now, hour_cap=1000)
    bring_in(session, source, said("A1"), said("A2", year=2011), now=now)
    session.commit()
    assert twice(app, "match_cards") == ({"matched": 2}, {})
    assert twice(app, "distribute_cards") == ({"given": 2}, {})
    session.refresh(operator)
    assert (operator.open_n, operator.new_n) == (2, 2)
    assert twice(app, "check_counters") == ({}, {})


def test_what_lies_too_long_returns_once(app, session, now):
    old = now - timedelta(hours=10)
    operator = factories.make_operator(session, seen_at=old, open_n=2, new_n=1)
    for stage in (NEW, IN_WORK):
        card = factories.make_card(session, operator=operator, stage=stage, assigned_at=old, taken_at=old)
        session.add(models.Assignment(card_id=card.id, operator_id=operator.user_id, from_at=old, why="dealt"))
    session.commit()
    first, second = twice(app, "return_cards")
    assert sum(first.values()) == 3 and first["idle"] == 1  # the third is the operator, who is not there
    assert second == {}
    assert set(session.scalars(select(models.Card.stage))) == {POOL}


def test_a_late_price_drop_reopens_once(app, session, now):
    closed = now - timedelta(hours=30)
    refused = session.scalars(select(models.Status).where(models.Status.code == "refused")).one()
    vehicle = factories.make_vehicle(session, price=800_000)
    card = factories.make_card(session, vehicle, stage=9, closed_why="status", closed_price=1_000_000,
                               status_id=refused.id, processed_at=closed)  # fmt: skip
    session.add(models.StatusChange(card_id=card.id, new_id=refused.id, at=closed))
    session.commit()
    assert twice(app, "return_cards") == ({"reopened": 1}, {})


def test_ads_are_read_again_once_after_a_name_was_mapped(app, session, source):
    bring_in(session, source, said(make="Кийка", title="Кийка", model=""))
    alias = session.scalars(select(models.NameAlias).where(models.NameAlias.text == "Кийка")).one()
    kia = session.scalars(select(models.Make.id).where(models.Make.name == "Kia")).one()
    boss = factories.get_user(session, "supervisor").id
    catalogue.map_name(session, alias.id, kia, actor_id=boss, now=datetime.now(UTC))
    session.commit()
    assert twice(app, "recognise_again") == ({"ads": 1}, {})


def test_medians_are_worked_out_once(app, session):
    model = factories.make_model(session)
    for price in range(5):
        factories.make_vehicle(session, model=model, price=500_000 + price)
    session.commit()
    first, second = twice(app, "refresh_prices")
    assert first["medians"] == 1 and second == {}


def test_wrong_counters_are_set_right_once(app, session):
    operator = factories.make_operator(session, open_n=7, new_n=3)
    factories.make_card(session, operator=operator)
    session.commit()
    assert twice(app, "check_counters") == ({"wrong": 1}, {})
    session.refresh(operator)
    assert (operator.open_n, operator.new_n) == (1, 1)
