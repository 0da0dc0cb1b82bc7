"""Our own telephony process in tests: as a thread beside the test, or as the real process that can be killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine

import config
from app import database
from app.cli_telephony import DatabaseOffice
from app.services.secrets_box import seal
from app.telephony.listener import Listener
from tests.telephony.lab import Lab, wait_for

ROOT = Path(__file__).resolve().parents[2]
NAME = "gateway"


class House:
    """The rows of one Asterisk in its database: server, line, an operator with the telephone `op1`."""

    def __init__(self, lab: Lab, settings: config.Config, *, port: int | None = None, extension: str = "op1") -> None:
        self.lab, self.settings, self.extension = lab, settings, extension
        wait_for_line(lab)
        sealed = seal({"secret": lab.ami_secret}, settings.secret_key).encode()
        lab.sql("DELETE FROM call_order")
        lab.sql("DELETE FROM call")
        lab.sql("DELETE FROM phone_account")
        lab.sql("DELETE FROM trunk")
        lab.sql("DELETE FROM asterisk")
        self.id = lab.sql(
            """INSERT INTO asterisk (name, ami_host, ami_port, ami_user, ami_secret, cdr_csv, recordings_dir)
               VALUES (%s, '127.0.0.1', %s, %s, %s, %s, %s) RETURNING id""",
            NAME, port or lab.ami_port, lab.ami_user, sealed, str(lab.cdr_csv), str(lab.recordings),
        )[0][0]  # fmt: skip
        self.trunk = lab.sql(
            """INSERT INTO trunk (asterisk_id, name, endpoint, ring_s, max_channels, stop_after)
               VALUES (%s, 'town', 'town', 6, 1000, 0) RETURNING id""", self.id,
        )[0][0]  # fmt: skip
        self.operator = lab.sql("SELECT id FROM ab_user WHERE username = 'operator'")[0][0]
        lab.sql("INSERT INTO phone_account (user_id, asterisk_id, extension) VALUES (%s, %s, %s)",
                self.operator, self.id, extension)  # fmt: skip

    def ask_call(self, phone: str) -> str:
        """As the desk does: the row and the word are one transaction. Returns the link."""
        link = self.lab.sql(
            """WITH asked AS (
                 INSERT INTO call (type, asterisk_id, trunk_id, phone, caller_number, operator_id)
                 VALUES ('individual', %s, %s, %s, '79010000101', %s) RETURNING link)
               SELECT link, pg_notify('telephony_' || %s, '') FROM asked""",
            self.id, self.trunk, phone, self.operator, self.id,
        )[0][0]  # fmt: skip
        return str(link)

    def order(self, link: str | None, verb: str, args: str = "{}") -> int:
        row = self.lab.sql(
            """WITH asked AS (
                 INSERT INTO call_order (asterisk_id, verb, call_id, args)
                 VALUES (%s, %s, (SELECT id FROM call WHERE link = %s), %s::jsonb) RETURNING id)
               SELECT id, pg_notify('telephony_' || %s, '') FROM asked""",
            self.id, verb, link, args, self.id,
        )  # fmt: skip
        return int(row[0][0])

    def call(self, link: str) -> dict[str, Any]:
        names = (
            "state outcome trouble talk_ms sent_at operator_up_at ringing_at answered_at ended_at ended_by recording"
        )
        row = self.lab.sql(f"SELECT {', '.join(names.split())} FROM call WHERE link = %s", link)
        return dict(zip(names.split(), row[0], strict=True))

    def wait_state(self, link: str, state: str, within_s: float = 12) -> dict[str, Any]:
        try:
            return wait_for(lambda: (call := self.call(link))["state"] == state and call, within_s)
        except AssertionError:
            raise AssertionError(f"not {state}: {self.call(link)}") from None

    def order_end(self, order_id: int, within_s: float = 8) -> str:
        row = wait_for(
            lambda: self.lab.sql("SELECT trouble FROM call_order WHERE id = %s AND done_at IS NOT NULL", order_id),
            within_s,
        )
        return str(row[0][0])

    def state(self) -> tuple[str, str]:
        return self.lab.sql("SELECT state, trouble FROM asterisk WHERE id = %s", self.id)[0]

    def wait_up(self, within_s: float = 10) -> None:
        wait_for(lambda: self.state()[0] == "up", within_s)

    def wait_down(self, within_s: float = 10) -> None:
        wait_for(lambda: self.state()[0] == "down", within_s)


def wait_for_line(lab: Lab) -> None:
    """Until Asterisk has asked the town whether it is there, no call goes to it."""
    wait_for(lambda: " Avail " in lab.asterisk.cli("pjsip show contacts"), 15, 0.2)


@contextmanager
def listening(house: House) -> Iterator[Listener]:
    """In a thread of this process."""
    engine = create_engine(database.sqlalchemy_url(house.lab.url), pool_size=4, pool_pre_ping=True)
    office = DatabaseOffice(engine, house.id, house.settings)
    listener = Listener(office, database.plain_url(house.lab.url), house.id)
    thread = threading.Thread(target=listener.run, name="listener", daemon=True)
    thread.start()
    try:
        house.wait_up()
        yield listener
    finally:
        listener.stop()
        thread.join(10)
        engine.dispose()
        assert not thread.is_alive(), "the listener does not end"


class Process:
    """`python run.py telephony` as an installation runs it."""

    def __init__(self, environment: dict[str, str], *arguments: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "run.py", "telephony", *arguments], cwd=ROOT, env=os.environ | environment,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def end(self) -> tuple[int, float]:
        """How it ended after SIGTERM, and how long that took."""
        started = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(15)
        return self.process.returncode, time.monotonic() - started

    def __enter__(self) -> Process:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.kill()
        if self.process.stdout is not None:
            self.process.stdout.close()
