"""Tokens: one refresh for all workers, kept in the transaction that spent the old one, alive after every restart."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from sqlalchemy import create_engine, select, text
from sqlalchemy.orm import Session

from app import models
from app.crm import CrmTrouble
from app.database import sqlalchemy_url
from app.services import crm
from app.services.crm_push import lead_out
from tests.crm.connections import KEYS, make_connection, make_lead
from tests.crm.servers import FakeAmo, Plain, running


@pytest.fixture
def amo() -> FakeAmo:
    return FakeAmo()


@pytest.fixture
def connection(own_database, app, session, amo) -> Iterator[models.CrmConnection]:
    with running(Plain(amo)) as server:
        options = {"base_url": server.url, "client_id": "id", "redirect_uri": "https://example.test/"}
        row = make_connection(session, "amocrm", {"client_secret": "s", "code": "the-code"}, options=options,
                              field_map=[["name", "{title}"]])  # fmt: skip
        session.commit()
        yield row


def test_the_code_becomes_tokens_that_outlive_a_restart(session, connection, amo):
    for _ in range(2):
        with crm.opened(session, connection, KEYS) as adapter:
            assert adapter.check() == "Пример"
        session.expire_all()
    assert amo.issued == 1
    row = session.scalars(select(models.CrmToken)).one()
    assert "refresh-1" not in row.sealed and row.good_until > datetime.now(UTC)


def test_many_workers_that_find_the_token_old_spend_the_refresh_token_once(session, connection, amo, own_database):
    with crm.opened(session, connection, KEYS) as adapter:
        adapter.check()
    session.execute(text("UPDATE crm_token SET good_until = now()"))
    session.commit()
    engine, troubles = create_engine(sqlalchemy_url(own_database), pool_size=20), []
    connection_id = connection.id
    start = threading.Barrier(6)

    def work() -> None:
        try:
            with Session(engine) as own:
                row = own.get_one(models.CrmConnection, connection_id)
                with crm.opened(own, row, KEYS) as adapter:
                    start.wait()
                    adapter.check()
        except Exception as trouble:
            troubles.append(trouble)

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    engine.dispose()
    assert not troubles and amo.issued == 2


def test_a_token_taken_back_before_its_time_is_refreshed_and_the_lead_goes(session, connection, amo):
    with crm.opened(session, connection, KEYS) as adapter:
        adapter.check()
        amo.access = "another"  # the account has ended ours
        lead = make_lead(session)
        out = lead_out(session, connection, lead)
        session.commit()
        assert adapter.push_lead(out, again=False).external_id == "9000"
    assert amo.issued == 2


def test_a_refresh_token_that_is_dead_is_tried_once_and_a_person_is_asked(session, connection, amo):
    amo.code = ""
    for _ in range(3):
        with crm.opened(session, connection, KEYS) as adapter, pytest.raises(CrmTrouble) as told:
            adapter.check()
        assert told.value.kind == "auth" and told.value.closes
    crm.forget_tokens(session, connection.id)
    session.commit()
    amo.code = "the-code"
    with crm.opened(session, connection, KEYS) as adapter:
        assert adapter.check() == "Пример"
