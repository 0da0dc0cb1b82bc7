"""The texts of a configuration: least rights, nothing that runs programs, nothing smuggled into a file."""

from __future__ import annotations

import socket

import pytest

from app.lab.instance import Asterisk, folders, free_port
from app.telephony import conf
from app.telephony.installation import Base, Folders, Installation, Line, files
from app.telephony.records import CSV_COLUMNS, csv_line, role

BASE = Base("/run/postgresql", 5432, "prozvon", "prozvon_asterisk", "it's a password")
KNOWN = Line("mango", "203.0.113.7", match=("203.0.113.0/28",))
REGISTERED = Line("exolve", "sip.example.ru", username="login", password="pass;word", registers=True)


def installation(**over) -> Installation:
    values = {"name": "pbx1", "base": BASE, "ami_user": "prozvon", "ami_secret": "s" * 24, "lines": (KNOWN, REGISTERED)}
    return Installation(**values | over)


def section(text: str, name: str, kind: str = "") -> dict[str, str]:
    """The lines of one section (of pjsip's several of that name: the one of the type)."""
    for part in text.split("\n[")[1:]:
        head, _, body = part.partition("]\n")
        lines = dict(line.split(" = ", 1) for line in body.splitlines() if " = " in line)
        if head == name and (not kind or lines.get("type") == kind):
            return lines
    raise AssertionError(f"[{name}] {kind} is not there")


def test_the_ami_user_has_the_least_rights_that_work():
    text = files(installation())["manager.conf"]
    user = section(text, "prozvon")
    assert set(user["write"].split(",")) == {"call", "agent", "originate", "reporting"}
    assert "command" not in user["read"] and "all" not in user["read"].split(",")
    assert user["deny"] == "0.0.0.0/0.0.0.0" and user["permit"].startswith("127.0.0.1/")
    assert section(text, "general")["bindaddr"] == "127.0.0.1" and section(text, "general")["webenabled"] == "no"
    assert "eventfilter(action(include),name(UserEvent)) =" in text and "VarSet" not in text


@pytest.mark.parametrize(
    ("version", "line"),
    [
        ((20, 9), "eventfilter = Event: Hangup"), ((20, 10), "name(Hangup)"), ((21, 4), "eventfilter = Event: Hangup"),
        ((21, 5), "name(Hangup)"), ((22, 0), "name(Hangup)"), ((23, 1), "name(Hangup)"),
    ],
)  # fmt: skip
def test_filters_are_written_as_the_version_reads_them(version, line):
    assert line in files(installation(version=version))["manager.conf"]


def test_no_module_that_runs_programs_is_loaded():
    text = files(installation())["modules.conf"]
    assert "autoload = no" in text
    for name in (
        "app_system",
        "func_shell",
        "func_curl",
        "app_originate",
        "pbx_spool",
        "res_agi",
        "func_env",
        "res_ari",
    ):
        assert name not in text
    assert section(files(installation())["asterisk.conf"], "options")["live_dangerously"] == "no"


def test_a_known_provider_is_told_by_his_addresses_and_one_we_register_with_by_the_registration():
    text = files(installation())["pjsip.conf"]
    assert section(text, "mango-from", "identify")["match"] == "203.0.113.0/28"
    assert section(text, "exolve-reg", "registration")["line"] == "yes"
    assert "[exolve-from]" not in text
    assert section(text, "exolve-auth", "auth")["password"] == r"pass\;word"


@pytest.mark.parametrize("name", ["mango", "exolve"])
def test_what_comes_from_a_line_begins_where_no_line_can_be_reached_and_may_not_transfer(name):
    endpoint = section(files(installation())["pjsip.conf"], name, "endpoint")
    assert endpoint["context"] == "pz-in" and endpoint["allow_transfer"] == "no" and endpoint["direct_media"] == "no"


def test_more_than_a_hundred_browser_telephones_may_stay_open():
    assert int(section(files(installation())["http.conf"], "general")["sessionlimit"]) >= 1000


def test_an_own_folder_is_named_and_a_distribution_keeps_its_own():
    assert "astspooldir = /lab/spool" in files(installation(folders=Folders("/lab", "/mods")))["asterisk.conf"]
    assert "astspooldir" not in files(installation())["asterisk.conf"]


@pytest.mark.parametrize("sign", ["\n", "\r", "\0", "\x7f"])
def test_a_value_with_a_control_character_is_refused(sign):
    with pytest.raises(ValueError, match="control character"):
        conf.section("a", b=f"x{sign}y")
    with pytest.raises(ValueError, match="control character"):
        files(installation(ami_secret=f"secret{sign}[evil]"))


def test_the_role_is_quoted_and_gets_what_it_needs_and_no_more():
    text = "\n".join(role(BASE))
    assert "PASSWORD 'it''s a password'" in text
    assert "UPDATE" not in text and "DELETE" not in text and "SUPERUSER" not in text and "ALL" not in text


def test_the_csv_has_a_value_for_each_column():
    assert csv_line().count("CSV_QUOTE(") == len(CSV_COLUMNS) == len(set(CSV_COLUMNS))


@pytest.mark.parametrize("bad", ["Mango", "m&ngo", "1line", "a" * 33, "x y", ""])
def test_a_name_of_a_line_that_a_dial_string_could_misread_is_refused(bad):
    with pytest.raises(ValueError, match="small latin letters"):
        Line(bad, "203.0.113.7")


@pytest.mark.asterisk
def test_asterisk_understands_a_production_configuration_without_a_complaint(asterisk_lab, tmp_path):
    """Two kinds of provider, NAT and every option that the example names; addresses of loopback stand for theirs."""
    here = asterisk_lab.installation
    lines = (
        Line("mango", "127.0.0.1", 5, match=("127.0.0.8/30",), caller_id_header="pai", from_domain="example.ru"),
        Line("exolve", "127.0.0.1", 6, username="login", password="a;password", registers=True),
    )
    one = installation(
        base=here.base, folders=folders(tmp_path, asterisk_lab.tree), version=here.version, lines=lines,
        ami_port=free_port(), http_port=free_port(), sip_host="127.0.0.1", sip_port=free_port(socket.SOCK_DGRAM),
        public_address="203.0.113.10", local_nets=("10.0.0.0/8", "192.168.0.0/16"),
    )  # fmt: skip
    asterisk = Asterisk(asterisk_lab.tree, one).write().start()
    try:
        shown = asterisk.cli("pjsip show registrations") + asterisk.cli("pjsip show endpoints")
    finally:
        asterisk.stop()
    assert "exolve-reg/sip:127.0.0.1:6" in shown and "mango" in shown
    said = (tmp_path / "log/messages").read_text().splitlines()
    complaints = [line for line in said if ("ERROR[" in line or "WARNING[" in line) and "egistration" not in line]
    assert complaints == []
