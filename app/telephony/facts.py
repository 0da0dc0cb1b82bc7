"""The facts of a production server as an administrator writes them down: installation.toml, read strictly."""

from __future__ import annotations

import re
import tomllib
from dataclasses import fields
from typing import Any

from app.telephony.installation import Base, Installation, Line

EXAMPLE = """\
# The facts of one telephony server. Passwords stand here: the file is for its owner alone.
# Change what is yours, then run the same command again: it writes the configuration beside this file.

name = "{name}"                # of this server in the names of its calls; small latin letters and digits
asterisk = "22.0"            # the version that is installed there, 20 or newer: asterisk -V

[database]                   # the product's database, as this server reaches it
host = "127.0.0.1"
port = 5432
name = "prozvon"
user = "prozvon_asterisk"    # a role of its own: role.sql makes it
password = "{database_password}"

[ami]                        # by which the product's telephony process commands this server
host = "127.0.0.1"           # where Asterisk listens; with the process on another machine: an inner address
port = 5038
user = "prozvon"
secret = "{ami_secret}"
permit = ["127.0.0.1/255.255.255.255"]   # from where the process may log in

[phones]                     # browser phones come through the web server in front (deploy/nginx.conf)
http_host = "127.0.0.1"
http_port = 8088
# wss_port = 8089            # or Asterisk does TLS itself
# certificate = "/etc/asterisk/keys/fullchain.pem"
# private_key = "/etc/asterisk/keys/privkey.pem"

[network]
sip_host = "0.0.0.0"
sip_port = 5060
rtp = [10000, 20000]
# public_address = "203.0.113.10"        # behind NAT: how this server is seen from outside
# local_nets = ["10.0.0.0/8", "192.168.0.0/16"]

# A line for each provider. Its name is what «Линии» in the administration calls the endpoint.
[[line]]
endpoint = "provider1"
host = "sip.provider.example"
port = 5060
# The provider knows our address (nothing more to say), or we register with it:
# registers = true
# username = "login"
# password = "password"
# from_domain = "provider.example"
# match = ["198.51.100.0/24"]            # addresses it calls from, when they are not those of `host`
# caller_id_header = "pai"               # from, pai or rpid: where it looks for our number
"""
_SECTIONS = {
    "": {"name", "asterisk", "ring_s", "order_wait_s", "notice_sound", "database", "ami", "phones", "network", "line"},
    "database": {"host", "port", "name", "user", "password"},
    "ami": {"host", "port", "user", "secret", "permit"},
    "phones": {"http_host", "http_port", "wss_port", "certificate", "private_key"},
    "network": {"sip_host", "sip_port", "rtp", "public_address", "local_nets"},
    "line": {field.name for field in fields(Line)},
}
_LISTS = ("rtp", "local_nets", "match", "permit")


class FactsError(Exception):
    """installation.toml cannot be used; the text says where and why."""


def read(text: str) -> Installation:
    try:
        told = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise FactsError(f"it is no TOML: {error}") from None
    _known("", told)
    for name in ("database", "ami", "phones", "network"):
        _known(name, told.get(name, {}))
    try:
        return _installation(told)
    except KeyError as missing:
        raise FactsError(f"{missing.args[0]} is missing") from None
    except (ValueError, TypeError) as error:
        raise FactsError(str(error)) from None


def _installation(told: dict[str, Any]) -> Installation:
    if "name" not in told or "database" not in told:
        raise KeyError("name" if "name" not in told else "[database]")
    ami, network = _values(told, "ami"), _values(told, "network")
    if len(str(ami.get("secret", ""))) < 16 or len(str(told["database"].get("password", ""))) < 16:
        raise ValueError("ami.secret and database.password have to be random texts of 16 or more characters")
    renamed = {f"ami_{key}": value for key, value in ami.items()}
    top = {key: told[key] for key in ("name", "ring_s", "order_wait_s", "notice_sound") if key in told}
    lines = tuple(_line(line) for line in told.get("line", []))
    return Installation(
        base=Base(**told["database"]), lines=lines, version=_version(told.get("asterisk", "")),
        **top, **renamed, **_values(told, "phones"), **network,
    )  # fmt: skip


def _line(told: dict[str, Any]) -> Line:
    _known("line", told)
    return Line(**_tuples(told))


def _values(told: dict[str, Any], section: str) -> dict[str, Any]:
    return _tuples(told.get(section, {}))


def _tuples(values: dict[str, Any]) -> dict[str, Any]:
    return {key: tuple(value) if key in _LISTS else value for key, value in values.items()}


def _version(text: str) -> tuple[int, int]:
    found = re.fullmatch(r"(\d+)\.(\d+)(\.\d+)?", str(text))
    if found is None:
        raise ValueError(f'asterisk = "{text}" is no version; example: asterisk = "22.0"')
    return int(found[1]), int(found[2])


def _known(section: str, values: dict[str, Any]) -> None:
    """A misspelt name would silently mean the default."""
    if strangers := sorted(set(values) - _SECTIONS[section]):
        raise FactsError(f"{f'[{section}] ' if section else ''}{', '.join(strangers)}: there is no such fact")
