"""The page «API»: keys are made and revoked by administrators, shown once, written into the audit log."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from app.models import AccessKey, AuditEvent
from tests.factories import get_user


def form(session, **more):
    return {"name": "1С", "user_id": get_user(session, "supervisor").id, "scope": "push", "days": "90",
            "per_minute": "60"} | more  # fmt: skip


def test_a_key_is_shown_once_and_works(as_admin, session, client):
    page = as_admin.post("/apikeys/", data=form(session)).text
    key = re.search(r"pzv_[\w-]{40,}", page)[0]
    row = session.query(AccessKey).one()
    assert (row.name, row.scope, row.per_minute) == ("1С", "push", 60)
    assert timedelta(days=89) < row.expires_at - datetime.now(UTC) <= timedelta(days=90)
    answer = client.post("/api/v1/ads/push", json={"source": "none", "ads": [{}]},
                         headers={"Authorization": f"Bearer {key}"})  # fmt: skip
    assert answer.json["code"] == "source_unknown"
    later = as_admin.get("/apikeys/").text
    assert key not in later and row.prefix in later
    event = session.query(AuditEvent).filter_by(what="api_key_made").one()
    assert event.actor_id == get_user(session, "admin").id and key not in str(event.details)


def test_a_revoked_key_stays_in_the_list_and_cannot_be_revoked_twice(as_admin, session):
    as_admin.post("/apikeys/", data=form(session, days=""))
    row = session.query(AccessKey).one()
    assert row.expires_at is None
    answer = as_admin.post(f"/apikeys/{row.id}/revoke", follow_redirects=True)
    assert "Ключ больше ничего не открывает." in answer.text and "отозван" in answer.text
    assert "Этот ключ уже отозван." in as_admin.post(f"/apikeys/{row.id}/revoke", follow_redirects=True).text
    assert session.query(AuditEvent).filter_by(what="api_key_revoked").count() == 1


def test_a_form_with_nonsense_makes_no_key(as_admin, session):
    wrong = [{"name": " "}, {"name": "x" * 101}, {"scope": "root"}, {"user_id": "987654"}, {"user_id": "x"},
             {"user_id": str(10**20)}, {"days": "0"}, {"days": "x"}, {"days": "99999"}, {"per_minute": "0"},
             {"per_minute": str(10**9)}, {"per_minute": "x"}]  # fmt: skip
    for more in wrong:
        answer = as_admin.post("/apikeys/", data=form(session, **more))
        assert answer.status_code == 200 and "pzv_" not in answer.text.replace("pzv_…", ""), more
    assert session.query(AccessKey).count() == 0


def test_only_an_administrator_sees_the_page(as_supervisor, as_operator):
    assert as_supervisor.get("/apikeys/").status_code == 403
    assert as_operator.post("/apikeys/", data={}).status_code == 403
