"""A lock that outlives transactions: one holder at a time, free again when the block or its holder ends."""

from __future__ import annotations

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session

from app.database import sqlalchemy_url
from app.errors import Refused
from app.services.locks import only_one

KEY = 42


@pytest.fixture
def sessions(database):
    engines = [create_engine(sqlalchemy_url(database)) for _ in range(2)]
    yield [Session(engine) for engine in engines]
    for engine in engines:
        engine.dispose()


def test_a_second_holder_is_refused_until_the_first_is_done(sessions):
    one, two = sessions
    with only_one(one, KEY, busy="busy"):
        one.execute(text("SELECT 1"))
        one.commit()  # the lock does not hang on the session's own transaction
        with pytest.raises(Refused) as refused, only_one(two, KEY, busy="busy"):
            pytest.fail("two hold one lock")
        assert refused.value.reason.code == "busy"
        with only_one(two, KEY + 1, busy="busy"):
            pass
    with only_one(two, KEY, busy="busy"):
        pass


def test_an_error_inside_frees_the_lock(sessions):
    one, two = sessions
    with pytest.raises(ValueError, match="inside"), only_one(one, KEY, busy="busy"):
        raise ValueError("inside")
    with only_one(two, KEY, busy="busy"):
        pass


def test_a_holder_whose_connection_dies_frees_the_lock(sessions):
    one, two = sessions
    with pytest.raises(Exception, match="terminat|closed"), only_one(one, KEY, busy="busy"):
        two.execute(text("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND objid = 42"))
        two.commit()
        with only_one(two, KEY, busy="busy"):
            pass
