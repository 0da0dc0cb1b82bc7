"""Work asked for in a transaction lives and dies with it."""

from __future__ import annotations

import threading

from sqlalchemy import text

from app.extensions import db
from app.services.deferring import defer, lock_name


def waiting() -> list[tuple[str, dict]]:
    with db.engine.connect() as connection:
        return [tuple(row) for row in connection.execute(text("SELECT task_name, args FROM procrastinate_jobs"))]


def test_a_job_disappears_when_the_transaction_that_wanted_it_rolls_back(own_database, session):
    assert defer(session, "join_ads")
    session.rollback()
    assert waiting() == []


def test_a_job_waits_once_its_transaction_has_committed(own_database, session):
    defer(session, "pull_source", source_id=3)
    assert waiting() == []
    session.commit()
    assert waiting() == [("pull_source", {"source_id": 3})]


def test_the_same_work_waits_only_once_and_the_transaction_survives(own_database, session):
    assert defer(session, "pull_source", source_id=3)
    session.commit()
    assert not defer(session, "pull_source", source_id=3)
    assert defer(session, "pull_source", source_id=4)
    session.commit()
    assert len(waiting()) == 2


def test_a_waiting_job_does_not_start_before_the_second_who_wants_it_has_committed(own_database, session):
    defer(session, "join_ads")
    session.commit()
    defer(session, "join_ads")
    fetch = text("SELECT id FROM procrastinate_fetch_job_v2(NULL, NULL)")
    with db.engine.begin() as worker:
        assert worker.execute(fetch).scalar() is None
    session.commit()
    with db.engine.begin() as worker:
        assert worker.execute(fetch).scalar() is not None


def test_two_at_once_want_the_same_and_both_go_on(app, own_database, session):
    defer(session, "join_ads")
    answers = []

    def other() -> None:
        with app.app_context():
            answers.append(defer(db.session(), "join_ads"))
            db.session.commit()

    thread = threading.Thread(target=other)
    thread.start()
    thread.join(0.5)
    assert thread.is_alive(), "the second waits for the first"
    session.commit()
    thread.join(5)
    assert answers == [False] and len(waiting()) == 1


def test_the_lock_is_the_job_with_its_arguments():
    assert lock_name("pull_source", {"b": 2, "a": 1}) == lock_name("pull_source", {"a": 1, "b": 2})
    assert lock_name("pull_source", {"a": 1}) != lock_name("pull_source", {"a": 2})
