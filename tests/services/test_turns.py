"""Sources of one account share the pause that its site asks for, across processes; other accounts do not wait."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session

from app.database import sqlalchemy_url
from app.services import turns
from app.sources.ads_api import AdsApi
from app.sources.rest_app import RestApp


@pytest.fixture
def processes(database: str) -> Any:
    """Four sessions with connections of their own, as four workers have them."""
    engines = [create_engine(sqlalchemy_url(database)) for _ in range(4)]
    yield [Session(engine) for engine in engines]
    for engine in engines:
        engine.dispose()


def account(name: str = "a@b.example") -> AdsApi:
    return AdsApi(user=name, token="s3cret")


def test_two_sources_of_one_account_take_turns(processes: Any) -> None:
    waits: list[float] = []
    adapters = [account(), account("A@B.example")]
    for adapter, session in zip(adapters, processes, strict=False):
        turns.share(session, adapter)
        adapter.sleep = waits.append
    for adapter in (*adapters, *adapters):
        adapter.take_turn()
    assert [round(seconds) for seconds in waits] == [5, 10, 15]  # each minds all before it; nobody has slept


def test_another_account_or_another_service_waits_for_nobody(processes: Any) -> None:
    one, two = processes[:2]
    assert turns.claim(one.get_bind(), account()) == 0
    assert turns.claim(two.get_bind(), account("c@d.example")) == 0
    assert turns.claim(two.get_bind(), RestApp(login="a@b.example", token="s3cret")) == 0
    assert turns.claim(two.get_bind(), account()) > 4


def test_many_at_once_get_a_moment_each(processes: Any) -> None:
    found: list[float] = []
    start = threading.Barrier(len(processes))

    def ask(session: Session) -> None:
        start.wait()
        found.extend(turns.claim(session.get_bind(), account()) for _ in range(5))

    threads = [threading.Thread(target=ask, args=(session,)) for session in processes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert [round(seconds / 5) for seconds in sorted(found)] == list(range(20))


def test_a_pause_that_is_over_is_not_waited_for_and_no_secret_is_stored(processes: Any) -> None:
    session = processes[0]
    turns.claim(session.get_bind(), account())
    session.execute(text("UPDATE source_turn SET next_at = now() - interval '1 hour'"))
    session.commit()
    assert turns.claim(session.get_bind(), account()) == 0
    stored = session.execute(text("SELECT account FROM source_turn")).scalars().all()
    assert len(stored) == 1 and "s3cret" not in stored[0] and "a@b" not in stored[0]


def test_a_trial_takes_its_moment_before_it_asks(processes: Any) -> None:
    session, waits, adapter = processes[0], [], account()
    turns.claim(session.get_bind(), account())
    turns.share_one(session, adapter)
    adapter.sleep = waits.append
    adapter.take_turn()
    assert round(waits[0]) == 5
    assert turns.claim(session.get_bind(), account()) > 9


def test_a_source_without_an_account_is_left_as_it_is(processes: Any) -> None:
    from app.sources.autoru_feed import AutoruFeed

    adapter = AutoruFeed()
    turns.share(processes[0], adapter)
    turns.share_one(processes[0], adapter)
    assert not hasattr(adapter, "ask_turn")
