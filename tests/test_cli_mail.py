"""Mail from the command line: a trial letter at once, and what the doctor says of the mail server."""

from __future__ import annotations

import socket

import pytest

from app import cli
from app.extensions import outside
from tests.a_mail_server import mail_server


@pytest.fixture
def run(server, database, monkeypatch, capsys):
    """run("mail") -> (code, what it said, what it complained of); mail=8025 sets the port of the mail server."""
    monkeypatch.setattr(cli.logs, "configure", lambda **_: None)  # the root logger belongs to pytest
    monkeypatch.setattr(outside, "mail", None)

    def command(*argv: str, mail: int = 0) -> tuple[int, str, str]:
        more = {"PROZVON_SMTP_URL": f"smtp://127.0.0.1:{mail}", "PROZVON_MAIL_FROM": "p@example.test"} if mail else {}
        for name, value in server.environment(database, **more).items():
            monkeypatch.setenv(name, value)
        code = cli.main(argv)
        told = capsys.readouterr()
        return code, told.out, told.err

    return command


def test_a_trial_letter_is_sent_at_once(run):
    with mail_server() as post_office:
        code, said, _ = run("mail", "test", "olga@example.test", mail=post_office.port)
    assert code == 0 and "olga@example.test" in said
    (letter,) = post_office.letters
    assert letter["To"] == "olga@example.test" and "пробное письмо" in letter["Subject"]
    assert "работает" in letter.get_body(("html",)).get_content()


def test_without_mail_and_with_a_bad_address_it_says_so_in_one_line(run):
    code, _, complaint = run("mail", "test", "olga@example.test")
    assert code == 1 and "Mail is not set up" in complaint and "Traceback" not in complaint
    with mail_server() as post_office:
        code, _, complaint = run("mail", "test", "olga", mail=post_office.port)
        assert code == 1 and "no e-mail address" in complaint and post_office.letters == []


def test_a_server_that_refuses_is_told(run):
    with mail_server() as post_office:
        post_office.answers["MAIL"] = "550 go away"
        code, _, complaint = run("mail", "test", "olga@example.test", mail=post_office.port)
    assert code == 1 and "550" in complaint


def test_the_command_alone_says_whether_mail_is_set_up(run):
    code, said, _ = run("mail")
    assert code == 0 and "mail is off" in said
    with mail_server() as post_office:
        assert "mail is set up" in run("mail", mail=post_office.port)[1]


def test_the_doctor_tells_off_from_working_from_broken(run):
    _, said, _ = run("doctor")
    assert "ok   mail is off" in said and "PROZVON_SMTP_URL" in said
    with mail_server() as post_office:
        assert "ok   the mail server 127.0.0.1 takes letters" in run("doctor", mail=post_office.port)[1]
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    code, said, _ = run("doctor", mail=port)
    assert code == 1 and "BAD  the mail server does not answer" in said
