"""Clients, cars and stages come back from the CRM: by asking and by web-hooks."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from datetime import UTC, datetime
from urllib.parse import urlencode

import pytest
from sqlalchemy import func, select, text

from app import models
from app.crm import CarIn, ClientIn, Found, HookRefused, StageIn
from app.demo.crm import APPLICATION_TOKEN
from app.errors import Refused
from app.services import crm_push, crm_sync
from app.wording_crm import comment_text
from tests import factories
from tests.crm.connections import KEYS, make_bitrix, make_lead
from tests.crm.servers import FakeBitrix24, running

NOW = datetime.now(UTC)


@pytest.fixture
def portal() -> Iterator[FakeBitrix24]:
    with running(FakeBitrix24()) as server:
        yield server


@pytest.fixture
def connection(app, session, portal) -> models.CrmConnection:
    return make_bitrix(session, portal)


def sync(session, connection) -> dict[str, int]:
    return crm_sync.sync(session, connection.id, KEYS, go_on=lambda: True)


def test_clients_come_with_their_numbers_whatever_they_look_like(session, portal, connection):
    numbers = ("8 (916) 000-11-22", "+375 29 000-00-00", None, "нет")
    portal.world.put(
        "contact", {"NAME": None, "LAST_NAME": "Примеров", "PHONE": [{"VALUE": number} for number in numbers]}
    )
    portal.world.put("contact", {"NAME": "Без\x00номера", "PHONE": None})
    assert sync(session, connection)["clients"] == 2
    first, second = session.scalars(select(models.CrmClient).order_by(models.CrmClient.id)).all()
    assert (first.name, first.phones) == ("Примеров", ["79160001122"]) and first.url.endswith("/crm/contact/details/1/")
    assert second.phones == [] and "\x00" not in second.name
    assert session.scalars(select(models.CrmClientPhone.phone)).all() == ["79160001122"]
    assert sync(session, connection)["clients"] == 0, "what has not changed is not written"


def test_a_number_that_goes_to_somebody_else_leaves_the_first(session, connection):
    store = lambda *clients: crm_sync.store(session, connection.id, Found(clients=list(clients)), {})  # noqa: E731
    store(ClientIn("1", "А", ("79160001122", "79160001133")), ClientIn("2", "Б", ()))
    store(ClientIn("1", "А", ("79160001133",)), ClientIn("2", "Б", ("79160001122",)))
    owners = dict(session.execute(select(models.CrmClientPhone.phone, models.CrmClient.external_id).join(
        models.CrmClient, models.CrmClient.id == models.CrmClientPhone.client_id)).all())  # fmt: skip
    assert owners == {"79160001133": "1", "79160001122": "2"}
    store(ClientIn("2", "", (), is_gone=True))
    assert session.scalar(select(func.count()).select_from(models.CrmClientPhone)) == 1
    assert session.scalars(select(models.CrmClient.name).where(models.CrmClient.is_gone)).all() == ["Б"]


def test_a_car_that_stands_in_an_ad_joins_its_vehicle(session, connection):
    vehicle = factories.make_vehicle(session, vin="XTAGFL110KY000001")
    car = CarIn("deal5", "1", {"make": "LADA", "model": "Vesta", "year": "2019 г.", "vin": " xtagfl110ky000001 "})
    strange = CarIn("deal6", "", {"make": None, "year": "давно", "vin": "короткий", "plate": "x" * 50})
    crm_sync.store(session, connection.id, Found(cars=[car, strange]), {})
    assert crm_sync.join_vehicles(session) == 1
    row, odd = session.scalars(select(models.CrmVehicle).order_by(models.CrmVehicle.id)).all()
    assert (row.vehicle_id, row.year, str(row)) == (vehicle.id, 2019, "LADA Vesta 2019")
    assert (odd.year, odd.vin, odd.plate) == (None, None, None)


def test_a_stage_comes_back_to_the_lead_and_a_strange_one_changes_nothing(session, portal, connection):
    lead = make_lead(session)
    assert crm_push.deliver(session, KEYS, comment_text) == "done"
    number = portal.world.rows["lead"][1]["ID"]
    for stage, expected in (("IN_PROCESS", "in_work"), ("SOMETHING_OWN", "in_work"), ("JUNK", "refused")):
        portal.world.call("crm.lead.update", {"id": number, "fields": {"STATUS_ID": stage}})
        sync(session, connection)
        session.refresh(lead)
        assert lead.stage == expected
    connection.stage_map = {"SOMETHING_OWN": "inspected"}
    crm_sync.store(session, connection.id, Found(stages=[StageIn(number, "SOMETHING_OWN")]), connection.stage_map)
    session.refresh(lead)
    assert lead.stage == "inspected"
    crm_sync.store(session, connection.id, Found(stages=[StageIn(number, "", is_gone=True)]), {})
    session.refresh(lead)
    assert lead.stage == "gone"


def hook(**more: str) -> bytes:
    told = {
        "event": "ONCRMLEADUPDATE",
        "data[FIELDS][ID]": "1",
        "ts": "1",
        "auth[application_token]": APPLICATION_TOKEN,
    }
    return urlencode(told | more).encode()


def test_a_web_hook_brings_the_stage_at_once_and_its_copy_brings_nothing(client, session, portal, connection):
    lead = make_lead(session)
    crm_push.deliver(session, KEYS, comment_text)
    portal.world.call("crm.lead.update", {"id": 1, "fields": {"STATUS_ID": "CONVERTED"}})
    # The application's own key: the row was sealed by the tests' one.
    keys = KEYS
    assert crm_sync.take_hook(session, connection.hook_token, {}, hook(), keys, NOW)
    assert not crm_sync.take_hook(session, connection.hook_token, {}, hook(), keys, NOW)
    session.commit()
    assert crm_sync.work_off(session, connection.id, keys, go_on=lambda: True) == 1
    session.refresh(lead)
    assert lead.stage == "in_work"


def test_a_web_hook_to_nobody_or_from_a_stranger_is_refused(session, connection):
    with pytest.raises(Refused):
        crm_sync.take_hook(session, "x" * 40, {}, hook(), KEYS, NOW)
    with pytest.raises(HookRefused):
        strange = hook(**{"auth[application_token]": "x"})
        crm_sync.take_hook(session, connection.hook_token, {}, strange, KEYS, NOW)
    assert session.scalar(select(func.count()).select_from(models.CrmHook)) == 0


def test_a_web_hook_about_what_the_crm_cannot_tell_now_is_asked_again(session, portal, connection):
    from app.crm import CrmTrouble

    crm_sync.take_hook(session, connection.hook_token, {}, hook(event="ONCRMCONTACTUPDATE"), KEYS, NOW)
    session.commit()
    portal.script = [(500, "oops")]
    with pytest.raises(CrmTrouble):
        crm_sync.work_off(session, connection.id, KEYS, go_on=lambda: True)
    session.rollback()
    portal.world.put("contact", {"NAME": "Олег"})
    assert crm_sync.work_off(session, connection.id, KEYS, go_on=lambda: True) == 1
    assert session.scalars(select(models.CrmClient.name)).all() == ["Олег"]


def test_ten_thousand_clients_take_no_memory_to_speak_of(session, portal, connection):
    page = [ClientIn(str(n), f"Имя {n}", (f"7916{n:07d}",)) for n in range(10_000)]
    crm_sync.store(session, connection.id, Found(clients=page[:250]), {})
    tracemalloc.start()
    for start in range(0, 10_000, 250):
        crm_sync.store(session, connection.id, Found(clients=page[start : start + 250]), {})
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 20 << 20
    assert session.scalar(select(func.count()).select_from(models.CrmClientPhone)) == 10_000


def test_a_connection_is_asked_when_its_time_has_come(session, connection):
    connection.sync_minutes = 15
    session.flush()
    assert crm_sync.due(session, datetime.now(UTC)) == [connection.id]
    assert crm_sync.due(session, datetime.now(UTC)) == []
    session.execute(text("UPDATE crm_connection SET sync_minutes = 0, next_sync_at = now() - interval '1 h'"))
    assert crm_sync.due(session, datetime.now(UTC)) == []
