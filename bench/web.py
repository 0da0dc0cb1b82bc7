"""A web server of the product on a filled database, and browsers without a screen, for what is measured over HTTP."""

from __future__ import annotations

import http.client
import re
import socket
import subprocess
import sys
import tempfile
import time
import urllib.parse
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import psutil
from sqlalchemy import Engine, text
from werkzeug.security import generate_password_hash

ROOT = Path(__file__).resolve().parents[1]
PASSWORD = "made up for the bench only"  # noqa: S105  it opens a scratch database on loopback
READY_S = 60
IDLE_S = 1.0
_TOKEN = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"|X-CSRFToken": "([^"]+)"')


class Browser:
    """One person's connection: keeps it open, keeps cookies and the form token, follows nothing."""

    def __init__(self, port: int, timeout: float = 30) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
        self.cookies: dict[str, str] = {}
        self._used = 0.0
        self.token = ""
        self.body = ""
        self.etag = ""  # of the last answer, for asking whether anything is new

    def get(self, path: str, headers: Mapping[str, str] | None = None) -> int:
        return self._ask("GET", path, None, headers or {})

    def post(self, path: str, fields: Mapping[str, object]) -> int:
        body = urllib.parse.urlencode({"csrf_token": self.token, **fields})
        kind = {"Content-Type": "application/x-www-form-urlencoded", "X-CSRFToken": self.token, "HX-Request": "true"}
        return self._ask("POST", path, body, kind)

    def log_in(self, username: str, password: str = PASSWORD) -> bool:
        self.get("/login/")
        self._learn_token()
        inside = self.post("/login/", {"username": username, "password": password}) == 302
        return inside and self.get("/") in (200, 302)

    def open(self, path: str) -> int:
        """A whole page, whose form token later posts need."""
        status = self.get(path)
        self._learn_token()
        return status

    def close(self) -> None:
        self._connection.close()

    def _ask(self, method: str, path: str, body: str | None, headers: Mapping[str, str]) -> int:
        cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        sent = {"Cookie": cookies, "Accept-Encoding": "gzip", "Accept-Language": "ru", **headers}
        if time.monotonic() - self._used > IDLE_S:
            self._connection.close()  # The server ends idle connections; a new one is opened by itself.
        try:
            self._connection.request(method, path, body, sent)
            answer = self._connection.getresponse()
        except (http.client.HTTPException, ConnectionError):
            self._connection.close()  # a worker that was renewed; the next request opens a fresh connection
            raise
        said = answer.read()
        self.etag = answer.headers.get("ETag", self.etag)
        self._used = time.monotonic()
        for cookie in answer.headers.get_all("Set-Cookie") or ():
            name, _, value = cookie.split(";", 1)[0].partition("=")
            self.cookies[name] = value
        if answer.headers.get("Content-Encoding") == "gzip":
            import gzip

            said = gzip.decompress(said)
        self.body = said.decode("utf-8", "replace")
        return answer.status

    def _learn_token(self) -> None:
        if found := _TOKEN.search(self.body.replace("&#34;", '"').replace("&quot;", '"')):
            self.token = found.group(1) or found.group(2)


class Served:
    """A server that listens, with the CPU time of all its processes."""

    def __init__(self, port: int, pid: int) -> None:
        self.port = port
        self._pid = pid

    def cpu_s(self) -> float:
        head = psutil.Process(self._pid)
        times = [process.cpu_times() for process in (head, *head.children(recursive=True))]
        return sum(one.user + one.system for one in times)


@contextmanager
def served(command: Sequence[str], environment: Mapping[str, str], port: int, path: str = "/") -> Iterator[Served]:
    """The command's server on loopback, ended with it. Raises RuntimeError when it does not come up."""
    with tempfile.TemporaryFile() as said:  # a pipe that nobody reads would stop the server when it is full
        process = subprocess.Popen(command, cwd=ROOT, env=dict(environment), stdout=said, stderr=said)
        try:
            _wait(process, port, path, said)
            yield Served(port, process.pid)
        finally:
            process.terminate()
            try:
                process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _wait(process: subprocess.Popen[bytes], port: int, path: str, said: IO[bytes]) -> None:
    end = time.monotonic() + READY_S
    while time.monotonic() < end:
        if process.poll() is not None:
            said.seek(0)
            raise RuntimeError(f"the server ended with {process.returncode}: {said.read()[-500:].decode()}")
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
            connection.request("GET", path)
            if connection.getresponse().status < 500:
                return
        except OSError:
            time.sleep(0.2)
    raise RuntimeError(f"the server did not answer within {READY_S} s")


def product(environment: Mapping[str, str], port: int) -> tuple[list[str], dict[str, str]]:
    """The command and environment of `python run.py web`."""
    return [sys.executable, str(ROOT / "run.py"), "web"], {**environment, "PROZVON_PORT": str(port)}


def give_roles(engine: Engine, operators: Sequence[int], supervisors: Sequence[int]) -> None:
    """These people may log in with PASSWORD; they exist already."""
    password = generate_password_hash(PASSWORD)
    with engine.begin() as connection:
        for role, people in (("Operator", operators), ("Supervisor", supervisors)):
            connection.execute(
                text("""
                INSERT INTO ab_user_role (id, user_id, role_id)
                SELECT nextval('ab_user_role_id_seq'), one, (SELECT id FROM ab_role WHERE name = :role)
                FROM unnest(CAST(:people AS int[])) one
                """),
                {"role": role, "people": list(people)},
            )
        connection.execute(
            text("UPDATE ab_user SET password = :password WHERE id = ANY(:people)"),
            {"password": password, "people": [*operators, *supervisors]},
        )


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
