"""Is a telephony server in order, as far as its own process and we can tell? One sentence per hop, with advice."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from app import settings
from app.domain.dialling import Server
from app.errors import OutsideError, Reason
from app.models import Asterisk
from app.services import servers


@dataclass(frozen=True, slots=True)
class Hop:
    """`what` and `advice` are codes that become sentences on the screen."""

    passed: bool
    what: Reason
    advice: Reason | None = None


@dataclass(frozen=True, slots=True)
class _Facts:
    phones: int = 0
    registered: int = 0
    lines: list[Any] = field(default_factory=list)


def check(session: Session, server: Asterisk, now: datetime, secret_key: str) -> Iterator[Hop]:
    """Hops in the order in which a call takes them; who opens AMI is the telephony process alone, so it is asked."""
    yield _hop(server.is_enabled, "server_on", "server_switch_on")
    yield _secret(server, secret_key)
    yield from _process(server, now)
    facts = _facts(session, server.id)
    yield _hop(bool(facts.phones), "server_phones", "server_give_phones", n=facts.phones)
    if facts.phones:
        yield _hop(bool(facts.registered), "server_registered", "server_open_desk", n=facts.registered, of=facts.phones)
    yield from _lines(facts)
    yield from _recordings(session, server)


def _hop(passed: bool, what: str, advice: str, **args: Any) -> Hop:
    return Hop(passed, Reason(what if passed else f"{what}_not", args), None if passed else Reason(advice, args))


def _secret(server: Asterisk, secret_key: str) -> Hop:
    try:
        has = bool(servers.secret_of(server, secret_key))
    except OutsideError:
        return Hop(False, Reason("server_secret_unreadable"), Reason("server_enter_secret"))
    return _hop(has, "server_secret", "server_enter_secret")


def _process(server: Asterisk, now: datetime) -> Iterator[Hop]:
    if server.seen_at is None or not Server("up", server.seen_at).is_up(now):
        yield Hop(False, Reason("server_process_silent"), Reason("server_start_process"))
        return
    yield Hop(True, Reason("server_process"))
    args = {"host": server.ami_host, "port": server.ami_port, "why": server.trouble, "version": server.version}
    yield _hop(server.state == "up", "server_ami", f"server_ami_{server.trouble or 'down'}", **args)


def _facts(session: Session, server_id: int) -> _Facts:
    row = session.execute(
        text("""
        SELECT count(*) AS n, count(*) FILTER (WHERE device_state NOT IN ('unknown', 'unavailable', 'invalid')) AS on_n
        FROM phone_account WHERE asterisk_id = :id
        """),
        {"id": server_id},
    ).one()
    lines = session.execute(
        text("SELECT name, is_enabled, stopped_at, stopped_why FROM trunk WHERE asterisk_id = :id ORDER BY position, id"),
        {"id": server_id},
    )
    return _Facts(row.n, row.on_n, list(lines))


def _lines(facts: _Facts) -> Iterator[Hop]:
    if not any(line.is_enabled for line in facts.lines):
        yield Hop(False, Reason("server_lines_not"), Reason("server_add_line"))
    for line in facts.lines:
        if line.is_enabled:
            yield _hop(line.stopped_at is None, "server_line", "server_start_line", name=line.name)


def _recordings(session: Session, server: Asterisk) -> Iterator[Hop]:
    if server.recordings_dir:
        passed = os.path.isdir(server.recordings_dir) and os.access(server.recordings_dir, os.R_OK | os.X_OK)
        yield _hop(passed, "server_recordings", "server_recordings_path", path=server.recordings_dir)
    elif settings.get(session, "recording_on"):
        yield Hop(False, Reason("server_recordings_none"), Reason("server_recordings_path"))
    if server.cdr_csv:
        passed = os.access(server.cdr_csv, os.R_OK)
        yield _hop(passed, "server_csv", "server_csv_path", path=server.cdr_csv)
