"""What stands in front of a production installation, for tests: nginx with deploy/nginx.conf, and coturn. Real ones."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from app.lab.instance import free_port
from tests.telephony.lab import wait_for

ROOT = Path(__file__).resolve().parents[2]
NAME = "calls.example.ru"  # as deploy/nginx.conf has it; no name server is asked for it
AROUND = """
{user}
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log warn;
events {{ worker_connections 512; }}
http {{
    types {{ text/css css; application/javascript js; image/svg+xml svg; font/woff2 woff2; }}
    default_type application/octet-stream;
    access_log {folder}/access.log;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/site.conf;
}}
"""


def program(name: str, package: str) -> str:
    """Its path. Absent: the test is skipped with a word, in CI it fails."""
    found = shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin")
    if found is None:
        why = f"{name} is not here: apt-get install {package}"
        if os.environ.get("CI"):
            pytest.fail(why)
        pytest.skip(why)
    return found


@contextmanager
def nginx(folder: Path, *, web: int, ws: int) -> Iterator[int]:
    """deploy/nginx.conf before a web process and an Asterisk on loopback; yields the port of https."""
    found = program("nginx", "nginx-light")
    port = free_port()
    _certificate(folder)
    (folder / "site.conf").write_text(_site(folder, {"443": port, "80": free_port()}, web, ws), encoding="utf-8")
    user = "user root;" if os.geteuid() == 0 else ""
    (folder / "nginx.conf").write_text(AROUND.format(folder=folder, user=user), encoding="utf-8")
    command = [found, "-e", str(folder / "error.log"), "-p", str(folder), "-c", str(folder / "nginx.conf")]
    tried = subprocess.run([*command, "-t"], capture_output=True, text=True, check=False)
    assert tried.returncode == 0, tried.stderr
    with _running(command):
        wait_for(lambda: _listens(port), 10)
        yield port


def _site(folder: Path, ports: dict[str, int], web: int, ws: int) -> str:
    """The product's file with this machine's ports and paths; everything else as it is."""
    site = (ROOT / "deploy/nginx.conf").read_text(encoding="utf-8")
    for theirs, ours in (
        ("listen 443 ", f"listen 127.0.0.1:{ports['443']} "),
        ("listen 80;", f"listen 127.0.0.1:{ports['80']};"),
        ("127.0.0.1:8080", f"127.0.0.1:{web}"),
        ("127.0.0.1:8088", f"127.0.0.1:{ws}"),
        ("/etc/ssl/prozvon/", f"{folder}/"),
        ("/opt/prozvon/", f"{ROOT}/"),
    ):
        assert theirs in site, f"deploy/nginx.conf no longer says {theirs!r}"
        site = site.replace(theirs, ours)
    return site


def _certificate(folder: Path) -> None:
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={NAME}",  # noqa: S607
         "-addext", f"subjectAltName=DNS:{NAME}",
         "-keyout", str(folder / "privkey.pem"), "-out", str(folder / "fullchain.pem")],
        check=True, capture_output=True,
    )  # fmt: skip


@contextmanager
def coturn(folder: Path, secret: str) -> Iterator[int]:
    """A TURN server that knows names and passwords made of this secret only; yields its port."""
    found, port = program("turnserver", "coturn"), free_port()
    command = [
        found, "-n", "--use-auth-secret", f"--static-auth-secret={secret}", f"--realm={NAME}", "--no-cli", "--no-tls",
        "--no-dtls", "--listening-ip=127.0.0.1", f"--listening-port={port}", "--relay-ip=127.0.0.1",
        "--allow-loopback-peers", "--min-port=36000", "--max-port=37999", f"--pidfile={folder / 'turn.pid'}",
        f"--userdb={folder / 'turn.sqlite'}", f"--log-file={folder / 'turn.log'}", "--simple-log", "--verbose",
    ]  # fmt: skip
    with _running(command):
        wait_for(lambda: _listens(port), 15)
        yield port


@contextmanager
def _running(command: list[str]) -> Iterator[Any]:
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _listens(port: int) -> bool:
    with socket.socket() as line:
        return line.connect_ex(("127.0.0.1", port)) == 0
