"""Letters on the wire: nothing secret before TLS, no strange certificate, no header of somebody else's making."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.errors import OutsideError
from app.smtp import MailServer, is_address
from tests.a_mail_server import PASSWORD, USER, AMailServer, mail_server
from tests.factories import NOON

WHO = f"{USER}:{PASSWORD.replace('@', '%40').replace(' ', '%20')}@"


def client_of(server: AMailServer, scheme: str = "smtp", who: str = "") -> MailServer:
    return MailServer.of(f"{scheme}://{who}{server.host}:{server.port}", "prozvon@example.test")


def letter_by(client: MailServer, to: str = "olga@example.test", subject: str = "Приглашение"):
    return client.message(to, subject, "Привет\n", "<p>Привет</p>", name="Prozvon", key="mail.1", at=NOON)


@pytest.fixture
def server() -> Iterator[AMailServer]:
    with mail_server() as running:
        yield running


def test_a_letter_arrives_with_its_text_and_its_html(server):
    client = client_of(server)
    client.send(letter_by(client))
    (letter,) = server.letters
    assert letter["Subject"] == "Приглашение" and letter["To"] == "olga@example.test"
    assert letter["From"] == "Prozvon <prozvon@example.test>" and letter["Message-ID"] == "<mail.1@example.test>"
    assert letter.get_body(("plain",)).get_content().strip() == "Привет"
    assert "<p>Привет</p>" in letter.get_body(("html",)).get_content()


def test_the_password_is_said_under_tls_only(tmp_path: Path, monkeypatch):
    with mail_server("127.0.0.2", tmp_path) as server:  # not this machine by name, so TLS is demanded
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "certificate.pem"))
        client = client_of(server, who=WHO)
        client.send(letter_by(client))
        assert len(server.letters) == 1
        assert "TLS AUTH" in server.said and "AUTH" not in server.said


def test_tls_from_the_first_word_works_too(tmp_path: Path, monkeypatch):
    with mail_server("127.0.0.1", tmp_path, tls_first=True) as server:
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "certificate.pem"))
        client_of(server, "smtps", WHO).check()
        assert "TLS AUTH" in server.said and server.letters == []


@pytest.mark.parametrize("scheme", ["smtp", "smtps"])
def test_a_certificate_that_nobody_vouches_for_is_refused(tmp_path: Path, scheme: str):
    with mail_server("127.0.0.2", tmp_path, tls_first=scheme == "smtps") as server:
        client = client_of(server, scheme, WHO)
        with pytest.raises(OutsideError, match="certificate is not trusted"):
            client.send(letter_by(client))
        assert server.letters == [] and not [line for line in server.said if "AUTH" in line]


def test_a_server_that_takes_tls_away_gets_neither_password_nor_letter():
    with mail_server("127.0.0.2") as server:
        client = client_of(server, who=WHO)
        with pytest.raises(OutsideError):
            client.send(letter_by(client))
        assert server.letters == [] and "AUTH" not in server.said


@pytest.mark.parametrize(
    ("verb", "answer", "permanent"),
    [("RCPT", "550 no such person", True), ("RCPT", "451 come back later", False), ("DATA", "554 not wanted", True),
     ("MAIL", "421 too busy", False), ("AUTH", "535 who are you", False)],
)  # fmt: skip
def test_never_is_told_from_not_now(server, verb: str, answer: str, permanent: bool):
    server.answers[verb] = answer
    client = client_of(server, who=WHO)
    with pytest.raises(OutsideError) as error:
        client.send(letter_by(client))
    assert error.value.permanent is permanent and answer[:3] in str(error.value)
    assert PASSWORD not in str(error.value)


def test_a_server_that_is_not_there_is_worth_another_try():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    client = MailServer.of(f"smtp://127.0.0.1:{port}", "prozvon@example.test")
    with pytest.raises(OutsideError) as error:
        client.check()
    assert not error.value.permanent


@pytest.mark.parametrize("evil", ["Тема\r\nBcc: all@example.test", "Тема\nX: 1"])
def test_no_line_break_gets_into_a_header(server, evil: str):
    with pytest.raises(ValueError):
        letter_by(client_of(server), subject=evil)
    with pytest.raises(ValueError):
        letter_by(client_of(server), to=f"olga@example.test{evil}")


def test_plain_addresses_are_told_from_all_others():
    assert all(is_address(good) for good in ("a@b.ru", "olga.petrova+1@mail.example.test"))
    bad = ("", "olga", "olga@", "@example.test", "olga@localhost", "a b@example.test", "a@b.ru\nBcc: c@d.ru",
           "Ольга <olga@example.test>", "ольга@example.test", "a@b.ru,c@d.ru", "a@.ru.", "x" * 65 + "@b.ru",
           "a\0@b.ru")  # fmt: skip
    assert [one for one in bad if is_address(one)] == []


def test_the_password_is_not_in_what_a_log_would_show(server):
    assert PASSWORD not in repr(client_of(server, who=WHO))


def trouble_of(client: MailServer) -> OutsideError:
    with pytest.raises(OutsideError) as error:
        client.send(letter_by(client))
    return error.value


@pytest.mark.parametrize(
    ("verb", "answer", "code"),
    [("AUTH", "535 who are you", "auth"), ("RCPT", "550 no such person", "recipient"),
     ("MAIL", "553 not you", "sender"), ("RCPT", "552 mailbox full", "mailbox_full"),
     ("RCPT", "451 greylisted", "later"), ("DATA", "554 spam", "")],
)  # fmt: skip
def test_a_refusal_has_a_code_and_the_servers_own_words(server, verb: str, answer: str, code: str):
    server.answers[verb] = answer
    trouble = trouble_of(client_of(server, who=WHO))
    assert (trouble.code, trouble.said) == (code, answer)


def test_a_server_that_is_not_there_does_not_answer_or_knows_no_tls_is_told_apart(server, tmp_path, monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        monkeypatch.setattr("app.smtp.TIMEOUT_S", 0.2)
        assert trouble_of(MailServer.of(f"smtp://127.0.0.1:{port}", "p@example.test")).code == "timeout"
    assert trouble_of(MailServer.of(f"smtp://127.0.0.1:{port}", "p@example.test")).code == "refused"
    monkeypatch.undo()
    assert trouble_of(client_of(server, "smtps")).code in ("tls", "hung_up")
    with mail_server("127.0.0.2") as bare:
        assert trouble_of(client_of(bare)).code == "no_tls"
    with mail_server("127.0.0.2", tmp_path) as strange:
        assert trouble_of(client_of(strange)).code == "certificate"
    assert trouble_of(MailServer.of("smtp://nowhere.invalid:587", "p@example.test")).code in ("no_host", "unreachable")
