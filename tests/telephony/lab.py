"""The laboratory of a test session: a real Asterisk on free ports with the product's configuration, and a town."""

from __future__ import annotations

import shutil
import socket
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import parse_qs, unquote, urlsplit

import psycopg2

from app.lab import town, tree
from app.lab.instance import Asterisk, folders, free_port
from app.lab.town import Sipp
from app.telephony.installation import Base, Installation, Line
from app.telephony.records import role

T = TypeVar("T")
TRUNK, CALL_IN_PORTS = "town", 4
PASSWORD = "of-a-test-telephone"
AMI_USER, AMI_SECRET = "prozvon", "of-a-test-installation"


def wait_for(condition: Callable[[], T], within_s: float = 8.0, step_s: float = 0.02) -> T:
    """The first true answer of `condition`; an AssertionError when none comes in time."""
    end = time.monotonic() + within_s
    while time.monotonic() < end:
        if found := condition():
            return found
        time.sleep(step_s)
    raise AssertionError(f"did not come true in {within_s} s: {condition}")


class Lab:
    """ami_port, http_port, sip_port, ami_user, ami_secret, recordings, cdr_csv, ws_url; one trunk, `town`.

    Its phones and records are in the database `url`. Numbers whose last two digits choose the outcome: see
    app.lab.scenario.TOWN (55 answers, 99 hangs up after 3 s, 77 machine, 86 busy, 80 no answer, 60 switched off,
    90 declines, 04 wrong number, 03 network failure).
    """

    ami_user, ami_secret, trunk = AMI_USER, AMI_SECRET, TRUNK

    def __init__(self, folder: Path, url: str) -> None:
        found = tree.find()
        assert found is not None, tree.missing()
        self.folder, self.url = folder, url
        self.sip_port, self.ami_port, self.http_port = free_port(socket.SOCK_DGRAM), free_port(), free_port()
        self.town_port, self.phone_port = free_port(socket.SOCK_DGRAM), free_port(socket.SOCK_DGRAM)
        self.call_in_ports = [free_port(socket.SOCK_DGRAM) for _ in range(CALL_IN_PORTS)]
        self.tree = found
        self.installation = self._installation()
        self.asterisk = Asterisk(found, self.installation)
        self.processes: list[Sipp] = []
        self.recordings = Path(self.installation.folders.monitor)  # type: ignore[union-attr]
        self.cdr_csv = Path(self.installation.folders.csv)  # type: ignore[union-attr]
        self.ws_url = f"ws://127.0.0.1:{self.http_port}/ws"

    def _installation(self) -> Installation:
        match = tuple(f"127.0.0.1:{port}" for port in (self.town_port, *self.call_in_ports))
        return Installation(
            name="test", base=base_of(self.url), ami_user=AMI_USER, ami_secret=AMI_SECRET,
            lines=(Line(TRUNK, "127.0.0.1", self.town_port, match=match, qualify_s=2),),
            version=self.tree.version, folders=folders(self.folder / "asterisk", self.tree),
            ami_port=self.ami_port, http_port=self.http_port, sip_host="127.0.0.1", sip_port=self.sip_port,
            rtp=(40_000, 49_998), order_wait_s=4,
        )  # fmt: skip

    def start(self) -> Lab:
        give_role(self.url, self.installation.base)
        sounds = {"person": town.tone(self.folder / "town", 600), "machine": town.tone(self.folder / "town", 800)}
        self.processes = [
            town.network(self.folder / "town", self.town_port, sounds).start(),
            town.desk_phone(self.folder / "town", self.phone_port).start(),
        ]
        self.asterisk.write().start()
        return self

    def stop(self) -> None:
        self.asterisk.stop()
        for process in self.processes:
            process.stop()

    def add_phone(self, extension: str, *, hertz: int = 440) -> None:
        """A telephone that answers by itself after 0.3 s and sounds; no registration is needed to ring it."""
        port = self.phone_port
        if hertz != 440:
            port = free_port(socket.SOCK_DGRAM)
            self.processes.append(
                town.desk_phone(self.folder / "town", port, hertz=hertz, name=f"phone-{extension}").start()
            )
        self.add_realtime(extension, contact=f"sip:{extension}@127.0.0.1:{port}")

    def add_realtime(self, extension: str, *, contact: str = "", webrtc: str = "no", password: str = PASSWORD) -> None:
        """Rows as the product writes them; with a password in plain text and, if wished, a fixed contact."""
        self.sql("DELETE FROM ps_endpoints WHERE id = %s", extension)
        self.sql("DELETE FROM ps_auths WHERE id = %s", extension)
        self.sql("DELETE FROM ps_aors WHERE id = %s", extension)
        self.sql("INSERT INTO ps_auths (id, auth_type, username, password) VALUES (%s, 'userpass', %s, %s)",
                 extension, extension, password)  # fmt: skip
        self.sql("INSERT INTO ps_aors (id, contact) VALUES (%s, nullif(%s, ''))", extension, contact)
        self.sql("INSERT INTO ps_endpoints (id, aors, auth, webrtc) VALUES (%s, %s, %s, %s)",
                 extension, extension, extension, webrtc)  # fmt: skip

    def call_in(self, caller: str, called: str, **timing: int) -> Sipp:
        """A seller rings us; the process lives as long as his call. Timing: gives_up_ms, talk_ms."""
        busy = {process.port for process in self.processes if process.is_alive}
        port = next(port for port in self.call_in_ports if port not in busy)
        sound = town.tone(self.folder / "town", 600)
        process = town.call_in(
            self.folder / "town", port, self.sip_port, caller=caller, called=called, sound=sound, **timing
        )
        self.processes.append(process)
        return process

    def sql(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        connection = psycopg2.connect(self.url)
        try:
            with connection, connection.cursor() as cursor:
                cursor.execute(statement, values)
                return cursor.fetchall() if cursor.description else []
        finally:
            connection.close()


def base_of(url: str, user: str = "prozvon_asterisk", password: str = "of-the-lab") -> Base:
    """The embedded server is reached by its unix socket, which libpq takes as a host."""
    parts = urlsplit(url)
    host = parse_qs(parts.query).get("host", [parts.hostname or "127.0.0.1"])[0]
    return Base(unquote(host), parts.port or 5432, parts.path.lstrip("/"), user, password)


def give_role(url: str, base: Base) -> None:
    connection = psycopg2.connect(url)
    try:
        with connection, connection.cursor() as cursor:
            for statement in role(base):
                cursor.execute(statement)
    finally:
        connection.close()


@contextmanager
def running_lab(url: str) -> Iterator[Lab]:
    folder = Path(tempfile.mkdtemp(prefix="prozvon-lab-"))
    lab = Lab(folder, url)
    try:
        yield lab.start()
    finally:
        lab.stop()
        shutil.rmtree(folder, ignore_errors=True)
