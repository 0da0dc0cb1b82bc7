"""Every event says who, what, when and on which row."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from app import models
from app.services.audit import note_event
from tests import factories


@pytest.mark.parametrize(("actor", "is_person", "kept"), [
    ("user", True, "user"), ("job", False, "job"), ("command", False, "command"), ("command", True, "user"),
])  # fmt: skip
def test_an_event_names_a_person_or_what_acted_instead(session, actor, is_person, kept):
    person = factories.get_user(session, "admin").id if is_person else None
    note_event(session, "filter_enabled", actor_id=person, actor=actor, subject="filter", subject_id=7,
               address="198.51.100.7" * 9, version=2)  # fmt: skip
    session.flush()
    event = session.scalars(select(models.AuditEvent)).one()
    assert (event.actor, event.actor_id, event.what) == (kept, person, "filter_enabled")
    assert (event.subject, event.subject_id, event.details) == ("filter", 7, {"version": 2})
    assert len(event.address) <= 64 and event.at is not None
