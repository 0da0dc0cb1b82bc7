"""The doctor's hops to telephony: all well on a real Asterisk, and each trouble told by its own name."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from app.database import sqlalchemy_url
from app.models import Asterisk, Trunk
from app.services import servers, telephony_check
from app.services.telephony_check import Hop
from app.wording_hops import HOPS
from tests.telephony.lab import Lab, wait_for

KEY = "the-secret-key-of-these-tests-0123456789"
HTTP = "http://127.0.0.1:8080"


@pytest.fixture
def lab_session(asterisk_lab: Lab) -> Iterator[Session]:
    engine = create_engine(sqlalchemy_url(asterisk_lab.url))
    with Session(engine) as session:
        yield session
        session.rollback()
        session.query(Trunk).filter(Trunk.name.like("hop %")).delete(synchronize_session=False)
        session.query(Asterisk).filter(Asterisk.name == "of the hops").delete()
        session.commit()
    engine.dispose()


@pytest.fixture
def exchange(lab_session: Session, asterisk_lab: Lab) -> Asterisk:
    made = Asterisk(
        name="of the hops", ami_host="127.0.0.1", ami_port=asterisk_lab.ami_port, ami_user=asterisk_lab.ami_user,
        ws_url=asterisk_lab.ws_url, recordings_dir=str(asterisk_lab.recordings), seen_at=datetime.now(UTC), state="up",
    )  # fmt: skip
    servers.set_secret(made, asterisk_lab.ami_secret, KEY)
    lab_session.add(made)
    lab_session.flush()
    lab_session.add(Trunk(asterisk_id=made.id, name="hop known", endpoint="town"))
    lab_session.commit()
    return made


def hops(session: Session, server: Asterisk, *, key: str = KEY, public_url: str = HTTP) -> list[Hop]:
    return list(telephony_check.check(session, server, key=key, public_url=public_url))


def bad(found: list[Hop]) -> set[str]:
    return {hop.code for hop in found if not hop.passed}


@pytest.mark.asterisk
def test_an_installation_in_order_passes_every_hop(lab_session, exchange):
    wait_for(lambda: not bad(hops(lab_session, exchange)), within_s=10)  # the line is asked every two seconds
    found = hops(lab_session, exchange)
    assert [hop.code for hop in found] == [
        "ami", "version", "dialplan", "clock", "realtime", "line", "telephones", "ws", "recordings", "disk", "process",
    ]  # fmt: skip
    left = (
        lab_session.connection().exec_driver_sql("SELECT count(*) FROM ps_endpoints WHERE id LIKE 'probe%%'").scalar()
    )
    assert left == 0


@pytest.mark.asterisk
def test_a_wrong_secret_is_told_as_such(lab_session, exchange):
    servers.set_secret(exchange, "another", KEY)
    assert "ami_login" in bad(hops(lab_session, exchange))


@pytest.mark.asterisk
def test_a_changed_secret_key_is_told_as_such(lab_session, exchange):
    assert "ami_sealed" in bad(hops(lab_session, exchange, key="another-secret-key-0123456789012345678"))


@pytest.mark.asterisk
def test_an_asterisk_that_is_not_there_is_told_and_the_other_hops_are_still_looked_at(lab_session, exchange):
    exchange.ami_port = 1
    found = hops(lab_session, exchange)
    assert "ami_away" in bad(found)
    assert {"ws", "recordings"} <= {hop.code for hop in found}


@pytest.mark.asterisk
def test_a_line_that_asterisk_does_not_know_or_whose_provider_is_silent_is_named(lab_session, exchange):
    lab_session.add(Trunk(asterisk_id=exchange.id, name="hop elsewhere", endpoint="elsewhere"))
    lab_session.commit()
    found = [hop for hop in hops(lab_session, exchange) if hop.code == "line_unknown"]
    assert [hop.args["line"] for hop in found] == ["hop elsewhere"] and not found[0].passed


@pytest.mark.asterisk
def test_a_secure_page_with_an_insecure_socket_is_told(lab_session, exchange):
    assert "ws_mixed" in bad(hops(lab_session, exchange, public_url="https://calls.example.ru"))


@pytest.mark.asterisk
def test_nobody_at_the_browser_telephones_address_is_told(lab_session, exchange):
    exchange.ws_url = "ws://127.0.0.1:1/ws"
    assert "ws_away" in bad(hops(lab_session, exchange))


@pytest.mark.asterisk
def test_a_web_server_that_does_not_pass_sockets_on_is_told(lab_session, exchange, asterisk_lab):
    exchange.ws_url = f"ws://127.0.0.1:{asterisk_lab.http_port}/elsewhere"
    assert [hop.args["status"] for hop in hops(lab_session, exchange) if hop.code == "ws"] == [404]


@pytest.mark.asterisk
def test_a_missing_folder_of_recordings_and_a_silent_process_are_told(lab_session, exchange, tmp_path):
    exchange.recordings_dir = str(tmp_path / "none")
    exchange.seen_at = None
    assert {"recordings_none", "process_away"} <= bad(hops(lab_session, exchange))


def test_every_code_has_words_and_every_trouble_a_next_step():
    text = Path(telephony_check.__file__).read_text()
    for code, (what, advice) in HOPS.items():
        assert f'"{code}"' in text, f"{code} is told by nobody"
        assert str(what)
        assert advice or code in ("ami", "telephones", "process"), f"{code} says not what to do"
