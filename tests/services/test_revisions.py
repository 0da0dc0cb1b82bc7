"""A revision grows with every change, and is seen by others only together with the change."""

from __future__ import annotations

from app.services import revisions


def test_a_name_that_never_changed_is_at_one(session):
    assert revisions.of(session, "tea") == 1


def test_every_change_makes_it_larger(session):
    seen = [revisions.raise_it(session, "tea") for _ in range(3)]
    assert seen == [2, 3, 4] and revisions.of(session, "tea") == 4
    assert revisions.of(session, "coffee") == 1


def test_a_change_that_is_taken_back_takes_its_number_along(session):
    with session.begin_nested() as step:
        revisions.raise_it(session, "tea")
        step.rollback()
    assert revisions.of(session, "tea") == 1
