"""Numbers that nobody calls: added once, prolonged, erased without lifting the ban."""

from __future__ import annotations

import hashlib
from datetime import timedelta

import pytest
from sqlalchemy import select

from app.domain.phones import phone_mark
from app.extensions import outside
from app.models import AuditEvent, DoNotCall
from app.services import stop_list
from tests.factories import NOON, fictional_phone

PHONE, OTHER = fictional_phone(), fictional_phone()
TOMORROW = NOON + timedelta(days=1)


def add(session, phone=PHONE, **more) -> bool:
    return stop_list.add(session, phone, **({"reason": "asked", "actor_id": None, "now": NOON} | more))


def test_a_number_is_stopped_until_its_time_is_over(session):
    assert add(session, until=TOMORROW) and add(session, OTHER)
    assert stop_list.stopped(session, [PHONE, OTHER], NOON) == {PHONE, OTHER}
    assert stop_list.stopped(session, [PHONE, OTHER], TOMORROW) == {OTHER}
    assert stop_list.stopped(session, [], NOON) == set()


def test_a_second_ban_prolongs_and_never_shortens(session):
    assert add(session, until=TOMORROW) and not add(session, until=NOON)
    assert add(session, reason="status")  # for ever
    assert not add(session, until=TOMORROW)
    row = session.scalars(select(DoNotCall)).one()
    assert row.until is None and row.reason == "status"


def test_an_erased_number_is_nowhere_and_still_forbids(session):
    add(session)
    entry = stop_list.entry_of(session, PHONE)
    assert stop_list.erase(session, entry.id, actor_id=None, now=NOON)
    assert not stop_list.erase(session, entry.id, actor_id=None, now=NOON), "once is enough"
    told = str(session.execute(select(DoNotCall.__table__)).mappings().all())
    log = str(session.execute(select(AuditEvent.what, AuditEvent.details, AuditEvent.subject_id)).all())
    assert PHONE not in told and PHONE not in log and "do_not_call_erased" in log
    assert stop_list.stopped(session, [PHONE, OTHER], NOON) == {PHONE}
    assert stop_list.entry_of(session, PHONE).id == entry.id
    assert not add(session) and session.scalars(select(DoNotCall.phone)).one() is None, (
        "it does not come back by itself"
    )


def test_the_mark_cannot_be_guessed_without_the_key(session):
    add(session)
    mark = session.scalars(select(DoNotCall.phone_hash)).one()
    assert mark != hashlib.sha256(PHONE.encode()).hexdigest() and mark != phone_mark(PHONE, b"another key")
    with pytest.raises(ValueError, match="guessed"):
        phone_mark(PHONE, b"")


def test_a_changed_key_is_noticed_and_lifts_no_ban_that_still_has_its_number(session, monkeypatch):
    add(session)
    assert not stop_list.unreadable(session)
    monkeypatch.setattr(outside, "phone_key", b"another key")
    assert stop_list.unreadable(session)
    assert stop_list.stopped(session, [PHONE], NOON) == {PHONE} and not add(session)
