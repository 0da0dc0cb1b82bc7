"""installation.toml: what is written down becomes an installation, and mistakes are told by their name."""

from __future__ import annotations

import pytest

from app.telephony import facts
from app.telephony.installation import files

SECRETS = {"name": "pbx1", "ami_secret": "a-secret-of-some-length", "database_password": "a-password-of-some-length"}
EXAMPLE = facts.EXAMPLE.format(**SECRETS)


def test_the_example_is_an_installation_as_it_stands():
    one = facts.read(EXAMPLE)
    assert [line.endpoint for line in one.lines] == ["provider1"]
    written = files(one)
    assert "a-secret-of-some-length" in written["manager.conf"] and "permit = 127.0.0.1/" in written["manager.conf"]
    assert "password = a-password-of-some-length" in written["cdr_pgsql.conf"]


def test_every_line_that_the_example_comments_out_may_be_used():
    text = "\n".join(
        line[2:] if line.startswith("# ") and " = " in line and not line.startswith("# A ") else line
        for line in EXAMPLE.splitlines()
    )
    one = facts.read(text)
    line = one.lines[0]
    assert line.registers and line.username == "login" and line.match == ("198.51.100.0/24",)
    pjsip = files(one)["pjsip.conf"]
    assert "external_media_address = 203.0.113.10" in pjsip and "local_net = 192.168.0.0/16" in pjsip
    assert "type = registration" in pjsip and "send_pai = yes" in pjsip
    assert "tlsenable = yes" in files(one)["http.conf"]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('name = "pbx1"', 'name = "PBX 1"', "small latin letters"),
        ('asterisk = "22.0"', 'asterisk = "18.2"', "20 or newer"),
        ('asterisk = "22.0"', 'asterisk = "new"', "no version"),
        ('endpoint = "provider1"', 'endpoint = "Mango & Co"', "small latin letters"),
        ('endpoint = "provider1"', "", "endpoint"),
        ("sip_port = 5060", "sipport = 5060", "sipport: there is no such fact"),
        ('secret = "a-secret-of-some-length"', 'secret = "short"', "16 or more"),
        ('host = "sip.provider.example"', 'host = "sip.provider.example"\nregisters = true', "needs username"),
        ("[database]", "[databse]", "databse: there is no such fact"),
        ("port = 5432", "port = 5432\nport = 5433", "no TOML"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_by_its_name(old, new, said):
    assert old in EXAMPLE
    with pytest.raises(facts.FactsError, match=said):
        facts.read(EXAMPLE.replace(old, new, 1))


def test_a_password_with_a_line_break_never_becomes_a_line_of_a_configuration():
    text = EXAMPLE.replace("a-secret-of-some-length", "a-secret-of-some\\n[evil]\\nwrite=all")
    with pytest.raises(ValueError, match="control character"):
        files(facts.read(text))


def test_a_semicolon_in_a_password_is_no_remark():
    text = EXAMPLE.replace("a-password-of-some-length", "a;password;of;some;length")
    assert r"password = a\;password\;of\;some\;length" in files(facts.read(text))["cdr_pgsql.conf"]
