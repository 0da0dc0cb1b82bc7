"""The laboratory of this machine, beside `python run.py`: what `make lab` prepared in var/lab, and its processes."""

from __future__ import annotations

import json
import os
import secrets
import socket
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

import psycopg2

from app.lab import scenario
from app.lab.instance import Asterisk, folders, free_port
from app.lab.tree import Tree, command, sipp, version_of
from app.telephony.installation import Base, Installation, Line
from app.telephony.records import role

LINE = "town"
# Fictional, as every number of the demonstration is.
NUMBERS = ("79010000101", "79010000102", "79010000103")
CALL_IN_PORTS = 4
_FIRST_CHOICE = {"ami_port": 15038, "http_port": 18088, "sip_port": 15060, "town_port": 15070}


@dataclass(frozen=True, slots=True)
class Home:
    """lab.json: everything a process needs to find the laboratory."""

    folder: str
    root: str  # of the tree; empty: the distribution's own Asterisk
    ami_port: int
    http_port: int
    sip_port: int
    town_port: int
    call_in_ports: list[int]
    ami_user: str
    ami_secret: str
    database_password: str
    recordings_dir: str
    cdr_csv: str
    sounds: dict[str, str]
    sipp: str

    @property
    def ws_url(self) -> str:
        return f"ws://127.0.0.1:{self.http_port}/ws"

    @property
    def path(self) -> Path:
        return Path(self.folder)

    def save(self) -> None:
        self.path.mkdir(parents=True, exist_ok=True)
        path = self.path / "lab.json"
        path.unlink(missing_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            json.dump(asdict(self), file, indent=1)


def load(var_dir: Path) -> Home | None:
    """None: `make lab` has not been here, or its Asterisk has gone since."""
    try:
        home = Home(**json.loads((var_dir / "lab" / "lab.json").read_text()))
    except (OSError, ValueError, TypeError):
        return None
    there = Path(f"{home.root}/usr/sbin/asterisk").exists() and Path(home.sipp).exists()
    return home if there else None


def make(var_dir: Path, tree: Tree, sounds: dict[str, str]) -> Home:
    """A laboratory of its own for this var/; secrets and ports of an earlier one are kept."""
    folder = var_dir / "lab"
    old = load(var_dir)
    instance = folders(folder / "asterisk", tree)
    home = Home(
        folder=str(folder), root=tree.root, sounds=sounds, sipp=sipp() or "",
        ami_user="prozvon", ami_secret=old.ami_secret if old else secrets.token_urlsafe(24),
        database_password=old.database_password if old else secrets.token_urlsafe(24),
        call_in_ports=old.call_in_ports if old else _ports(15071, CALL_IN_PORTS),
        recordings_dir=instance.monitor, cdr_csv=instance.csv,
        **({name: getattr(old, name) for name in _FIRST_CHOICE} if old else _chosen()),
    )  # fmt: skip
    home.save()
    return home


def with_free_ports(home: Home) -> Home:
    """The same laboratory, on other ports where somebody else has taken its own since."""
    values = asdict(home)
    moved = {name: _port(values[name], _kind(name)) for name in _FIRST_CHOICE}
    if moved == {name: values[name] for name in moved}:
        return home
    changed = Home(**values | moved)
    changed.save()
    return changed


def write(home: Home, url: str) -> None:
    """Asterisk's role in the database of `url`, every configuration file, the town's scenario."""
    one = installation(home, url)
    connection = psycopg2.connect(url)
    try:
        with connection, connection.cursor() as cursor:
            for statement in role(one.base):
                cursor.execute(statement)
    finally:
        connection.close()
    Asterisk(_tree(home), one).write()
    (home.path / "town.xml").write_text(scenario.town(home.sounds))


def installation(home: Home, url: str) -> Installation:
    match = tuple(f"127.0.0.1:{port}" for port in (home.town_port, *home.call_in_ports))
    tree = _tree(home)
    return Installation(
        name="lab", base=base_of(url, home.database_password), ami_user=home.ami_user, ami_secret=home.ami_secret,
        lines=(Line(LINE, "127.0.0.1", home.town_port, match=match, qualify_s=10),), version=tree.version,
        folders=folders(home.path / "asterisk", tree), ami_port=home.ami_port, http_port=home.http_port,
        sip_host="127.0.0.1", sip_port=home.sip_port, rtp=(30_000, 31_998),
    )  # fmt: skip


def base_of(url: str, password: str, user: str = "prozvon_asterisk") -> Base:
    """The embedded server is reached by its unix socket, whose folder libpq takes as a host."""
    parts = urlsplit(url)
    host = parse_qs(parts.query).get("host", [parts.hostname or "127.0.0.1"])[0]
    return Base(unquote(host), parts.port or 5432, unquote(parts.path.lstrip("/")), user, password)


def processes(home: Home) -> list[tuple[str, list[str]]]:
    """(name, argv): the Asterisk and its town; what they say goes into files beside them."""
    asterisk = [*command(home.root), "-C", str(home.path / "asterisk/etc/asterisk.conf"), "-f", "-n", "-q"]
    town = [
        home.sipp, "-sf", str(home.path / "town.xml"), "-i", "127.0.0.1", "-p", str(home.town_port),
        "-mi", "127.0.0.1", "-mp", str(26_000 + home.town_port % 1000 * 4),
        "-nostdin", "-aa", "-default_behaviors", "all", "-skip_rlimit",
    ]  # fmt: skip
    return [("asterisk", _quiet(home, "console", asterisk)), ("town", _quiet(home, "town.log", town))]


def _quiet(home: Home, log: str, argv: list[str]) -> list[str]:
    return ["/bin/sh", "-c", 'unset DBUS_SESSION_BUS_ADDRESS; exec "$@" >"$0" 2>&1', str(home.path / log), *argv]


def _tree(home: Home) -> Tree:
    return Tree(home.root, version_of(home.root) or (22, 0))


def _chosen() -> dict[str, int]:
    return {name: _port(port, _kind(name)) for name, port in _FIRST_CHOICE.items()}


def _kind(name: str) -> socket.SocketKind:
    return socket.SOCK_STREAM if name in ("ami_port", "http_port") else socket.SOCK_DGRAM


def _ports(first: int, n: int) -> list[int]:
    return [_port(first + i, socket.SOCK_DGRAM) for i in range(n)]


def _port(wanted: int, kind: socket.SocketKind) -> int:
    with socket.socket(socket.AF_INET, kind) as probe:
        if kind == socket.SOCK_STREAM:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", wanted))
        except OSError:
            return free_port(kind)
    return wanted


def free_caller_port(home: Home) -> int:
    """The line trusts calls from these ports alone; each carries one call at a time."""
    for port in home.call_in_ports:
        if _port(port, socket.SOCK_DGRAM) == port:
            return port
    raise RuntimeError(f"{CALL_IN_PORTS} sellers are calling already")
