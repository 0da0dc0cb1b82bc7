"""A browser's telephone: one log-in, one short password, nothing that outlives them."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from app import log_ins
from app.errors import Refused
from app.models import PhoneAccount, UserSession
from app.services import phone_accounts
from app.services.phone_accounts import LIFE, REALM, Relays
from tests.factories import NOON, get_user
from tests.services.calls_made import make_asterisk, make_phone


@pytest.fixture
def phone(session: Any) -> PhoneAccount:
    user = get_user(session, "operator")
    account: PhoneAccount = make_phone(session, make_asterisk(session, ws_url="ws://127.0.0.1:8088/ws"), user.id)
    for sid, hours in (("old", 3), ("new", 1)):
        session.add(UserSession(sid_hash=sid, user_id=user.id, created_at=NOON - timedelta(hours=hours)))
    session.flush()
    return account


def cred(session: Any, phone: PhoneAccount) -> str:
    found = session.execute(text("SELECT md5_cred FROM ps_auths WHERE id = :id"), {"id": phone.extension}).scalar()
    return str(found)


def test_asterisk_gets_a_digest_and_never_the_password(session: Any, phone: PhoneAccount) -> None:
    opened = phone_accounts.open_session(session, phone.user_id, NOON, sid_hash="new")
    digest = hashlib.md5(f"{phone.extension}:{REALM}:{opened.password}".encode()).hexdigest()
    row = session.execute(text("SELECT * FROM ps_auths WHERE id = :id"), {"id": phone.extension}).one()
    assert (row.auth_type, row.username, row.realm, row.md5_cred, row.password) == (
        "md5", phone.extension, REALM, digest, None,
    )  # fmt: skip
    assert opened.password not in repr(opened) and opened.until == NOON + LIFE
    assert opened.uri.startswith(f"sip:{phone.extension}@") and opened.ws_url == "ws://127.0.0.1:8088/ws"


def test_the_endpoint_is_a_browser_that_may_dial_nothing_of_its_own(session: Any, phone: PhoneAccount) -> None:
    phone_accounts.open_session(session, phone.user_id, NOON, sid_hash="new")
    row = session.execute(text("SELECT * FROM ps_endpoints WHERE id = :id"), {"id": phone.extension}).one()
    assert (row.webrtc, row.context, row.allow, row.auth, row.device_state_busy_at) == (
        "yes", "pz-phones", "alaw,ulaw", phone.extension, 1,
    )  # fmt: skip
    aor = session.execute(text("SELECT * FROM ps_aors WHERE id = :id"), {"id": phone.extension}).one()
    assert (aor.max_contacts, aor.remove_existing) == (1, "yes")


def test_every_opening_makes_the_password_before_it_worthless(session: Any, phone: PhoneAccount) -> None:
    first = phone_accounts.open_session(session, phone.user_id, NOON, sid_hash="new")
    was = cred(session, phone)
    second = phone_accounts.open_session(session, phone.user_id, NOON, sid_hash="new")
    assert first.password != second.password and cred(session, phone) != was


def test_the_later_log_in_gets_the_telephone_and_the_earlier_one_has_to_ask_for_it(
    session: Any, phone: PhoneAccount
) -> None:
    phone_accounts.open_session(session, phone.user_id, NOON, sid_hash="old")
    phone_accounts.open_session(session, phone.user_id, NOON, sid_hash="new")
    with pytest.raises(Refused, match="phone_elsewhere"):
        phone_accounts.open_session(session, phone.user_id, NOON, sid_hash="old")
    phone_accounts.open_session(session, phone.user_id, NOON, sid_hash="old", take=True)
    assert phone.sid_hash == "old"


def test_a_telephone_that_nobody_renews_is_free_for_any_log_in(session: Any, phone: PhoneAccount) -> None:
    phone_accounts.open_session(session, phone.user_id, NOON, sid_hash="new")
    later = NOON + LIFE + timedelta(seconds=1)
    assert phone_accounts.open_session(session, phone.user_id, later, sid_hash="old").until == later + LIFE


@pytest.mark.parametrize("end", ["all log-ins", "the log-in", "the time"])
def test_the_password_ends_with_the_log_in_or_with_its_time(session: Any, phone: PhoneAccount, end: str) -> None:
    phone_accounts.open_session(session, phone.user_id, NOON, sid_hash="new")
    was = cred(session, phone)
    if end == "all log-ins":
        log_ins.end_log_ins(session, phone.user_id, NOON)
    else:
        if end == "the log-in":
            session.execute(text("DELETE FROM user_session WHERE sid_hash = 'new'"))
        assert log_ins.end_phones(session, now=NOON + (LIFE if end == "the time" else timedelta())) == 1
    session.expire_all()
    assert phone.password_until is None and phone.sid_hash == ""
    assert len(cred(session, phone)) == 32 and cred(session, phone) != was


def test_a_living_telephone_is_left_alone(session: Any, phone: PhoneAccount) -> None:
    phone_accounts.open_session(session, phone.user_id, NOON, sid_hash="new")
    assert log_ins.end_phones(session, now=NOON) == 0


def test_who_has_no_browser_telephone_is_told_so(session: Any, phone: PhoneAccount) -> None:
    with pytest.raises(Refused, match="phone_none"):
        phone_accounts.open_session(session, get_user(session, "operator2").id, NOON)
    phone.kind = "desk"
    session.flush()
    with pytest.raises(Refused, match="phone_none"):
        phone_accounts.open_session(session, phone.user_id, NOON)


def test_a_telephone_on_the_desk_keeps_its_password(session: Any, phone: PhoneAccount) -> None:
    phone.kind = "desk"
    session.flush()
    password = phone_accounts.set_desk_password(session, phone.user_id)
    was = cred(session, phone)
    assert was == hashlib.md5(f"{phone.extension}:{REALM}:{password}".encode()).hexdigest()
    log_ins.end_phones(session, now=NOON + timedelta(days=30))
    log_ins.end_log_ins(session, phone.user_id, NOON)
    assert cred(session, phone) == was
    webrtc = session.execute(text("SELECT webrtc FROM ps_endpoints WHERE id = :id"), {"id": phone.extension}).scalar()
    assert webrtc == "no"


def test_relays_get_a_name_and_a_password_for_a_day(session: Any, phone: PhoneAccount) -> None:
    relays = Relays(("stun:calls.example.test:3478", "turn:calls.example.test:3478"), "a shared secret")
    stun, turn = phone_accounts.open_session(session, phone.user_id, NOON, sid_hash="new", relays=relays).ice_servers
    assert stun == {"urls": ["stun:calls.example.test:3478"]}
    assert turn["username"] == f"{int((NOON + timedelta(days=1)).timestamp())}:{phone.extension}"
    assert len(turn["credential"]) == 28 and "secret" not in str(turn)


def test_a_removed_account_leaves_nothing_with_asterisk(session: Any, phone: PhoneAccount) -> None:
    phone_accounts.open_session(session, phone.user_id, NOON, sid_hash="new")
    phone_accounts.remove(session, phone.extension)
    for table in ("ps_endpoints", "ps_auths", "ps_aors"):
        assert session.execute(text(f"SELECT count(*) FROM {table}")).scalar() == 0
