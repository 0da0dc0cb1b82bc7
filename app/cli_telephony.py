"""`python run.py telephony`: the process that talks with one Asterisk. It hands the product to the listener."""

from __future__ import annotations

import argparse
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from typing import Any

import flask_appbuilder.security.sqla.models  # noqa: F401  users and roles, of which our tables speak
from sqlalchemy import Engine, create_engine, select, text
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.orm import Session

import config
from app import database
from app.errors import OutsideError
from app.extensions import outside
from app.models import Asterisk
from app.services import call_events, calls, devices, servers
from app.telephony.events import Told
from app.telephony.listener import Listener
from app.telephony.office import Address, Away
from app.telephony.orders import ClickOrder, LiveOrder

LEAVE_WITHIN_S = 9.0
STATEMENT_WITHIN_MS = 15_000


def run(arguments: argparse.Namespace, settings: config.Config) -> int:
    """Until SIGTERM or Ctrl-C. Calls go on without us."""
    outside.phone_key = settings.phone_key.encode()  # the stop list is asked by marks made with it
    url = database.resolve(settings)
    engine = create_engine(
        database.sqlalchemy_url(url), pool_size=4, max_overflow=8, pool_pre_ping=True,
        connect_args={
            "connect_timeout": 4, "application_name": "prozvon telephony",
            "options": f"-c statement_timeout={STATEMENT_WITHIN_MS}",
        },
    )  # fmt: skip
    try:
        with Session(engine) as session:
            server = chosen(session, arguments.asterisk)
            if server is None:
                print("No Asterisk is registered and enabled: nothing to talk with. Add one in the admin.")
                return 1
            server_id, name = server.id, server.name
        print(f"telephony: {name}", file=sys.stderr)
        listener = Listener(DatabaseOffice(engine, server_id, settings), database.plain_url(url), server_id)
        with stopped_by_signals(listener.stop):
            return listener.run()
    finally:
        engine.dispose()


def chosen(session: Session, name: str | None) -> Asterisk | None:
    """The named one; without a name the only one there is."""
    enabled = session.scalars(select(Asterisk).where(Asterisk.is_enabled).order_by(Asterisk.name)).all()
    if name is None and len(enabled) < 2:
        return enabled[0] if enabled else None
    for server in enabled:
        if server.name == name:
            return server
    known = ", ".join(server.name for server in enabled) or "none"
    why = f"no Asterisk {name} is enabled" if name else "one process talks with one Asterisk; add --asterisk NAME"
    raise OutsideError(f"{why} (enabled: {known})", permanent=True)


@contextmanager
def stopped_by_signals(stop: Callable[[], None]) -> Iterator[None]:
    """The handler only writes a byte: it may interrupt us anywhere, also while we hold a lock that `stop` needs."""
    here, there = socket.socketpair()
    ended = threading.Event()

    def wait() -> None:
        with here:
            if not here.recv(1):
                return
            stop()
            # Whatever does not end in time is ended: our caller kills a little later, and nothing here is ours to save.
            if not ended.wait(LEAVE_WITHIN_S):
                os._exit(1)

    def ask(*_: object) -> None:
        with suppress(OSError):  # asked already, and gone
            there.send(b".")

    before = {one: signal.signal(one, ask) for one in (signal.SIGTERM, signal.SIGINT)}
    threading.Thread(target=wait, name="stopper", daemon=True).start()
    try:
        yield
    finally:
        ended.set()
        for one, handler in before.items():
            signal.signal(one, handler)
        there.close()


class DatabaseOffice:
    """The product as the listener asks for it: each method one transaction on a session of its own."""

    def __init__(self, engine: Engine, asterisk_id: int, settings: config.Config) -> None:
        self._engine, self._id, self._zone, self._key = engine, asterisk_id, settings.timezone, settings.secret_key
        self._state: tuple[bool, str] | None = None

    @contextmanager
    def _transaction(self) -> Iterator[Session]:
        try:
            with Session(self._engine) as session, session.begin():
                yield session
        except (OperationalError, InterfaceError) as error:
            raise Away(type(error).__name__) from None

    def address(self) -> Address | None:
        with self._transaction() as session:
            server = session.get(Asterisk, self._id)
            if server is None or not server.is_enabled:
                return None
            try:
                secret = servers.secret_of(server, self._key)
            except OutsideError:
                secret = ""  # sealed with another SECRET_KEY: AMI refuses us, and that is told
            return Address(server.ami_host, server.ami_port, server.ami_user, secret)

    def claim(self) -> list[ClickOrder | LiveOrder]:
        with self._transaction() as session:
            return calls.claim_orders(session, self._id, now(), self._zone)

    def finish(self, order_id: int, trouble: str = "", answer: str = "") -> None:
        with self._transaction() as session:
            calls.finish_order(session, order_id, now(), trouble=trouble, answer=answer)

    def handle(self, told: Sequence[Told]) -> None:
        with self._transaction() as session:
            call_events.handle(session, self._id, told, now(), self._zone)

    def reconcile(self, live: Collection[str]) -> None:
        with self._transaction() as session:
            calls.reconcile(session, self._id, live, now(), self._zone)

    def devices(self, states: Mapping[str, str]) -> None:
        with self._transaction() as session:
            devices.all_of(session, self._id, states, now())

    def alive(self, is_up: bool, trouble: str, version: str) -> bool:
        values: dict[str, Any] = {
            "id": self._id, "state": "up" if is_up else "down", "trouble": trouble, "version": version, "now": now(),
        }  # fmt: skip
        with self._transaction() as session:
            done = session.execute(
                text("""
                UPDATE asterisk SET seen_at = :now, state = :state, trouble = :trouble,
                  version = CASE WHEN :version = '' THEN version ELSE :version END,
                  state_since = CASE WHEN state = :state THEN state_since ELSE :now END
                WHERE id = :id RETURNING is_enabled
                """),
                values,
            ).scalar()
        return bool(done)


def now() -> datetime:
    return datetime.now(UTC)
