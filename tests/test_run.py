"""`python run.py`: one command, a whole installation; everything it started is gone when it ends."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

ROOT = Path(__file__).resolve().parents[1]
PLAIN = {name: value for name, value in os.environ.items() if not name.startswith(("PROZVON_", "DATABASE_URL"))}


def free_port() -> int:
    """A port with a free neighbour: the made-up classified takes the next one."""
    while True:
        with socket.socket() as first, socket.socket() as second:
            first.bind(("127.0.0.1", 0))
            port = first.getsockname()[1]
            try:
                second.bind(("127.0.0.1", port + 1))
            except (OSError, OverflowError):
                continue
            return port


class Running:
    def __init__(self, var: Path) -> None:
        self.port = free_port()
        self.var = var
        self.said: list[str] = []
        environment = PLAIN | {"PROZVON_VAR": str(var), "PROZVON_PORT": str(self.port), "LC_ALL": "C"}
        self.process = subprocess.Popen(
            [sys.executable, "run.py"], cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True,
        )  # fmt: skip

    def wait_for(self, words: str, within: float) -> str:
        end = time.monotonic() + within
        for line in self.process.stdout:
            self.said.append(line)
            if words in line:
                return line
            if time.monotonic() > end:
                break
        pytest.fail(f"{words!r} was not said:\n" + "".join(self.said[-40:]))

    def get(self, path: str) -> str:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=5) as answer:
            return answer.read().decode()

    def family(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children(recursive=True)

    def stop(self) -> tuple[int, float]:
        started = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        self.process.communicate(timeout=40)
        return self.process.returncode, time.monotonic() - started


@pytest.fixture
def running(tmp_path_factory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("installation")
    folder.chmod(0o755)
    started = Running(folder / "var")
    yield started
    if started.process.poll() is None:
        started.stop()


def of_folder(var: Path) -> list[psutil.Process]:
    return [p for p in psutil.process_iter(["cmdline"]) if any(str(var) in part for part in p.info["cmdline"] or ())]


def test_one_command_starts_everything_and_one_signal_ends_it(running):
    running.wait_for("Prozvon is running", within=90)
    for account in ("admin", "supervisor", "operator1"):
        running.wait_for(f"  {account} ", within=5)
    assert json.loads(running.get("/readyz")) == {"status": "ok"}
    assert "csrf_token" in running.get("/login/")

    web = next(p for p in running.family() if "gunicorn" in " ".join(p.cmdline()))
    web.kill()
    web.wait(5)
    running.wait_for("process died child=web", within=10)
    end = time.monotonic() + 30
    while True:
        try:
            assert json.loads(running.get("/healthz")) == {"status": "ok"}
            break
        except OSError:
            assert time.monotonic() < end, "the web did not come back"
            time.sleep(0.2)

    family = running.family()
    code, took = running.stop()
    assert code == 0 and took <= 30
    assert not [p for p in family if p.is_running() and p.status() != psutil.STATUS_ZOMBIE]
    assert of_folder(running.var) == []


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "run.py", *arguments], cwd=ROOT, env=PLAIN | environment, capture_output=True, text=True,
        timeout=120,
    )  # fmt: skip


SECRET = {"SECRET_KEY": "n7Gq2pXv9LkT4wZs8RbYc3MdHf6JaE1u"}


def test_a_named_database_gets_no_demonstration_and_no_account(empty_database, tmp_path):
    environment = {"DATABASE_URL": empty_database, "PROZVON_VAR": str(tmp_path), **SECRET}
    assert run("demo", **environment).returncode == 1
    told = run("init", **environment)
    assert told.returncode == 0, told.stderr
    assert re.search(r"http://127\.0\.0\.1:8080/invite/[\w-]{40,}", told.stdout)
    import psycopg2

    connection = psycopg2.connect(empty_database)
    with connection, connection.cursor() as cursor:
        cursor.execute("SELECT (SELECT count(*) FROM ab_user), (SELECT count(*) FROM invite)")
        assert cursor.fetchone() == (0, 1)
    connection.close()


def test_a_bad_setting_stops_the_start_with_its_name_and_no_trace():
    told = run("web", PROZVON_PORT="eighty")
    assert told.returncode == 2
    assert "PROZVON_PORT='eighty'" in told.stderr and "Traceback" not in told.stderr


def test_the_doctor_finds_a_healthy_installation_and_names_what_is_not(database, empty_database, server):
    healthy = run("doctor", **server.environment(database))
    assert "BAD  tables" not in healthy.stdout and "ok   PostgreSQL" in healthy.stdout
    assert "ok   permissions are complete" in healthy.stdout and "ok   administrators: 1" in healthy.stdout
    empty = run("doctor", **server.environment(empty_database))
    assert empty.returncode == 1
    assert "BAD  tables" in empty.stdout and "-> python run.py migrate" in empty.stdout
    gone = run("doctor", **(server.environment(database) | {"DATABASE_URL": database.replace("prozvon", "nowhere")}))
    assert gone.returncode == 1 and "the database does not answer" in gone.stdout
