"""The books of an installation: brought in once, kept as people grew them, taught new spellings by people."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from app import models
from app.errors import Refused
from app.services import books, catalogue, recognise, revisions
from tests import factories
from tests.factories import NOON
from tests.services.adverts import ad_of, bring_in, said


@pytest.fixture
def source(session):
    return factories.make_source(session)


@pytest.fixture
def person(session):
    return factories.get_user(session, "supervisor").id


def waiting(session, kind: str, written: str) -> models.NameAlias:
    return session.scalars(
        select(models.NameAlias).where(models.NameAlias.kind == kind, models.NameAlias.text == written)
    ).one()


def named(session, table, name: str, **more):
    query = select(table).where(table.name == name)
    for column, value in more.items():
        query = query.where(getattr(table, column) == value)
    return session.scalars(query).one()


def read_all_again(session) -> int:
    total = 0
    while n := recognise.again(session, NOON):
        total += n
    session.expire_all()
    return total


def rows_of(session) -> tuple[int, ...]:
    tables = (models.Make, models.CarModel, models.Generation, models.Region, models.City)
    return tuple(session.scalar(select(func.count()).select_from(table)) for table in tables)


def test_installing_again_adds_nothing_and_tells_nobody(session):
    before, revision = rows_of(session), revisions.of(session, "names")
    done = catalogue.install(session)
    assert not any(done.values())
    assert rows_of(session) == before and revisions.of(session, "names") == revision


def test_installing_keeps_what_people_added(session, person):
    make = factories.make_make(session, "Самоделкин")
    factories.make_model(session, "Багги", make)
    kia = named(session, models.Make, "Kia")
    factories.make_model(session, "Редчайшая", kia)
    before = rows_of(session)
    catalogue.install(session)
    assert rows_of(session) == before
    assert named(session, models.CarModel, "Редчайшая").make_id == kia.id


def test_an_unknown_make_is_mapped_and_its_ads_are_recognised(session, source, person):
    bring_in(session, source, said(make="Кийка", model="Rio", title="Кийка Rio"), said("A2", year=2011))
    assert ad_of(session).make_id is None
    kia = named(session, models.Make, "Kia")
    alias = catalogue.map_name(session, waiting(session, "make", "Кийка").id, kia.id, actor_id=person, now=NOON)
    assert (alias.target_id, alias.mapped_by_id, alias.mapped_at) == (kia.id, person, NOON)
    assert read_all_again(session) == 1
    ad = ad_of(session)
    assert (ad.make_id, ad.model_id) == (kia.id, named(session, models.CarModel, "Rio", make_id=kia.id).id)
    assert session.get_one(models.Vehicle, ad.vehicle_id).model_id == ad.model_id
    assert read_all_again(session) == 0
    bring_in(session, source, said("A3", make="Кийка", model="Rio", title="Кийка Rio", year=2012))
    assert ad_of(session, "A3").make_id == kia.id


def test_an_unknown_model_is_mapped_within_its_make(session, source, person):
    bring_in(session, source, said(model="Рийка", title="Рийка"))
    kia = named(session, models.Make, "Kia")
    assert ad_of(session).make_id == kia.id and ad_of(session).model_id is None
    alias = waiting(session, "model", "Рийка")
    assert alias.context == str(kia.id)
    foreign = named(session, models.CarModel, "Octavia")
    with pytest.raises(Refused) as refused:
        catalogue.map_name(session, alias.id, foreign.id, actor_id=person, now=NOON)
    assert refused.value.reason.code == "alias_target_unknown"
    rio = named(session, models.CarModel, "Rio", make_id=kia.id)
    catalogue.map_name(session, alias.id, rio.id, actor_id=person, now=NOON)
    assert read_all_again(session) == 1
    assert ad_of(session).model_id == rio.id


def test_a_model_that_the_books_lack_is_added_by_its_name(session, source, person):
    bring_in(session, source, said(model="Рийка", title="Рийка"))
    alias = catalogue.map_name(
        session, waiting(session, "model", "Рийка").id, None, actor_id=person, now=NOON, new_name=" Riika "
    )
    added = session.get_one(models.CarModel, alias.target_id)
    assert (added.name, str(added.make)) == ("Riika", "Kia")
    assert read_all_again(session) == 1
    assert ad_of(session).model_id == added.id


def test_an_unknown_town_is_mapped_and_its_cars_get_their_place(session, source, person):
    bring_in(session, source, said(city="Загадочинск", region=""))
    assert ad_of(session).city_id is None
    tver = named(session, models.City, "Тверь")
    alias = waiting(session, "city", "Загадочинск")
    catalogue.map_name(session, alias.id, tver.id, actor_id=person, now=NOON)
    assert read_all_again(session) == 1
    assert (ad_of(session).city_id, ad_of(session).region_id) == (tver.id, tver.region_id)
    assert session.get_one(models.Vehicle, ad_of(session).vehicle_id).city_id == tver.id


def test_an_ignored_name_waits_no_more_however_often_it_comes(session, source, person):
    bring_in(session, source, said(make="Разное", title="Разное"))
    alias = waiting(session, "make", "Разное")
    catalogue.ignore_name(session, alias.id, actor_id=person, now=NOON)
    bring_in(session, source, said("A2", make="Разное", title="Разное"))
    session.refresh(alias)
    assert (alias.is_ignored, alias.target_id, alias.seen_n) == (True, None, 2)
    catalogue.map_name(session, alias.id, named(session, models.Make, "Kia").id, actor_id=person, now=NOON)
    assert not alias.is_ignored


def test_what_is_not_there_cannot_be_mapped(session, source, person):
    bring_in(session, source, said(make="Кийка", title="Кийка"), said("A2", city="Нигдейск", region=""))
    alias = waiting(session, "make", "Кийка")
    for args, code in (((10**9, 1), "alias_gone"), ((alias.id, 10**8), "alias_target_unknown")):
        with pytest.raises(Refused) as refused:
            catalogue.map_name(session, *args, actor_id=person, now=NOON)
        assert refused.value.reason.code == code
    with pytest.raises(Refused) as refused:
        catalogue.map_name(session, alias.id, None, actor_id=person, now=NOON, new_name="  ")
    assert refused.value.reason.code == "alias_needs_name"
    with pytest.raises(Refused) as refused:
        catalogue.map_name(
            session, waiting(session, "city", "Нигдейск").id, None, actor_id=person, now=NOON, new_name="Нигдейск"
        )
    assert refused.value.reason.code == "alias_needs_target"
    with pytest.raises(Refused):
        catalogue.ignore_name(session, 10**9, actor_id=person, now=NOON)


def test_names_mapped_while_ads_are_read_again_reach_those_that_were_read_before(session, source, person, monkeypatch):
    monkeypatch.setattr(recognise, "BATCH", 2)
    odd = [said(f"B{n}", make="Кийка", model="", title="Кийка", year=2005 + n) for n in range(3)]
    odd += [said(f"A{n}", make="Чехомобиль", model="", title="Чехомобиль", year=2005 + n) for n in range(3)]
    bring_in(session, source, *odd)
    catalogue.map_name(session, waiting(session, "make", "Кийка").id, named(session, models.Make, "Kia").id,
                       actor_id=person, now=NOON)  # fmt: skip
    recognise.again(session, NOON)  # the first batch has been read with the books of this moment
    catalogue.map_name(session, waiting(session, "make", "Чехомобиль").id, named(session, models.Make, "Skoda").id,
                       actor_id=person, now=NOON)  # fmt: skip
    read_all_again(session)
    assert not session.scalars(select(models.Ad.external_id).where(models.Ad.make_id.is_(None))).all()


def test_the_books_in_memory_follow_the_revision(session, person):
    before = books.current(session)
    assert books.current(session) is before
    factories.make_make(session, "Самоделкин")
    assert books.current(session) is before
    revisions.raise_it(session, "names")
    after = books.current(session)
    assert after is not before
    assert after.names.car("Самоделкин", "").make_id is not None
