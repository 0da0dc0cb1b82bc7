"""The loop of the telephony process: orders from the database to Asterisk, events from Asterisk to the database.

It survives whoever goes away, and calls go on without it: it owns none of them. One thread reads AMI, some act, and
this one, which alone waits for the database, does everything in turn.
"""

from __future__ import annotations

import logging
import random
import select
import threading
from collections.abc import Sequence
from datetime import UTC, datetime

import psycopg2

from app.telephony import actions
from app.telephony.client import Ami, AmiError, LoginRefused, watch
from app.telephony.doorbell import Doorbell
from app.telephony.due import Due
from app.telephony.events import Told, parse
from app.telephony.hands import Hands, is_of_order
from app.telephony.inbox import Inbox
from app.telephony.messages import Message
from app.telephony.office import Away, Office

log = logging.getLogger(__name__)

LOOK_EVERY_S = 5.0  # orders announce themselves; this is for the word that got lost
ALIVE_EVERY_S = 5.0
RECONCILE_EVERY_S = 15.0
DEVICES_EVERY_S = 60.0
PING_EVERY_S = 2.0
PING_WITHIN_S = 2.0
BOOT_WITHIN_S = 6.0
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.25, 15.0
LOCK_EVERY_S = 1.0
BATCH = 200


class Listener:
    """`run` until `stop`; 0 when it was asked to end or is not wanted any more."""

    def __init__(self, office: Office, database_url: str, asterisk_id: int) -> None:
        self._office, self._url, self._id = office, database_url, asterisk_id
        self._stopped = threading.Event()
        self._inbox: Inbox[Told | Message] = Inbox()
        self._ami: Ami | None = None
        self._hands = Hands(office, self._inbox.put)
        self._due = Due()
        self._pause_s, self._lost_n = FIRST_PAUSE_S, 0
        self._trouble = self._version = ""
        self._waits_for_lock = False

    def stop(self) -> None:
        """From any thread. What waits for Asterisk stops waiting; calls go on."""
        self._stopped.set()
        self._inbox.wake()
        if (ami := self._ami) is not None:
            ami.close()

    def run(self) -> int:
        pause_s = 0.1
        try:
            while not self._stopped.is_set():
                try:
                    self._with_a_bell()
                    pause_s = 0.1
                except (Away, psycopg2.Error) as error:
                    log.warning("the database does not answer", extra={"kind": type(error).__name__})
                    self._stopped.wait(pause_s)
                    pause_s = min(2.0, pause_s * 2)
        finally:
            self._leave()
        return 0

    def _leave(self) -> None:
        self._drop("")
        self._hands.rest()
        try:
            while self._inbox:
                self._fold()
            if not self._waits_for_lock:
                self._office.alive(False, "", self._version)
        except Away:
            pass  # what was not written is found again by whoever comes next
        self._inbox.close()

    # --- being the only one

    def _with_a_bell(self) -> None:
        bell = Doorbell(self._url, self._id)
        try:
            while not bell.take():
                if not self._waits_for_lock:
                    log.warning("another process serves this Asterisk; waiting")
                self._waits_for_lock = True
                self._drop("")
                if self._stopped.wait(LOCK_EVERY_S):
                    return
            self._waits_for_lock = False
            self._due = Due()
            while not self._stopped.is_set():
                self._once(bell)
        finally:
            bell.close()

    def _once(self, bell: Doorbell) -> None:
        if self._due.is_due("alive", ALIVE_EVERY_S):
            bell.check()
            self._say_alive()
        if not self._is_up():
            self._connect_when_due()
        select.select([bell.fileno(), self._inbox.fileno()], [], [], self._time_left())
        if self._is_up() and (self._inbox.lost_n > self._lost_n or self._due.is_due("reconcile", RECONCILE_EVERY_S)):
            self._reconcile()
        if bell.rang() or self._due.is_due("orders", LOOK_EVERY_S):
            self._take_orders()
        self._fold()
        self._hands.give_up()

    def _time_left(self) -> float:
        names = ("alive", "orders", "reconcile" if self._is_up() else "connect")
        return min(1.0, self._due.left(names))

    def _say_alive(self) -> None:
        if not self._office.alive(self._is_up(), self._trouble, self._version):
            log.info("this Asterisk is switched off: nothing to do here any more")
            self._stopped.set()

    # --- the connection

    def _is_up(self) -> bool:
        return self._ami is not None and self._ami.connected()

    def _connect_when_due(self) -> None:
        if self._ami is not None:
            log.warning("the connection to Asterisk is gone")
            self._drop("ami_away")
            self._say_alive()
        if self._stopped.is_set() or not self._due.is_due("connect", 0.0):
            return
        ami = Ami(self._heard, self._inbox.wake, name=f"pz{self._id}")
        try:
            self._connect(ami)
        except (AmiError, ValueError) as error:
            ami.close()
            self._drop(error.code if isinstance(error, AmiError) else "ami_error")
            log.warning("Asterisk does not let us in", extra={"code": self._trouble, "why": str(error)[:200]})
            self._say_alive()
            # With jitter: after a power cut not everybody comes at the same moment.
            self._due.put_off("connect", self._pause_s * random.uniform(0.5, 1.0))
            self._pause_s = (
                LONGEST_PAUSE_S if isinstance(error, LoginRefused) else min(self._pause_s * 2, LONGEST_PAUSE_S)
            )

    def _connect(self, ami: Ami) -> None:
        address = self._office.address()
        if address is None:
            self._stopped.set()
            return
        self._ami = ami  # from here on `stop` can end its waiting
        ami.connect(address.host, address.port, within_s=3.0)
        ami.login(address.user, address.secret)
        ami.wait_booted(BOOT_WITHIN_S)
        settings = ami.send_action({"Action": "CoreSettings"})
        self._version = settings.get("AsteriskVersion", "")[:100]
        watch(ami, PING_EVERY_S, PING_WITHIN_S)
        self._pause_s, self._trouble = FIRST_PAUSE_S, ""
        log.info("connected", extra={"version": self._version})
        for name in ("devices", "reconcile", "orders"):  # in this turn: the truth first, then the orders
            self._due.hurry(name)
        self._say_alive()

    def _drop(self, trouble: str) -> None:
        ami, self._ami, self._trouble = self._ami, None, trouble
        if ami is not None:
            ami.close()

    # --- orders

    def _take_orders(self) -> None:
        """None are taken without a connection: those who ask are told so, and nothing is dialled late."""
        ami = self._ami
        if ami is None or not ami.connected():
            return
        try:
            orders = self._office.claim()
        except Away:
            raise
        except Exception:
            # They stay asked, and end as such when their time is over; talks and events go on.
            log.exception("orders could not be taken")
            return
        for order in orders:
            self._hands.take(ami, order)

    # --- events

    def _heard(self, message: Message) -> None:
        """In the reading thread: quick, and nothing that waits."""
        if is_of_order(message):
            self._inbox.put(message)
        elif (told := parse(message, datetime.now(UTC))) is not None:
            self._inbox.put(self._hands.judge(told))

    def _fold(self) -> list[Told]:
        batch = self._inbox.take(BATCH)
        told = [one for one in batch if isinstance(one, Told)]
        try:
            self._write(told)
        except Away:
            self._inbox.give_back(batch)
            raise
        for one in batch:
            if not isinstance(one, Told):
                self._hands.rung(one)
        return told

    def _write(self, told: Sequence[Told]) -> None:
        """One transaction; should one event spoil it, the others are written without it."""
        if not told:
            return
        try:
            self._office.handle(told)
        except Away:
            raise
        except Exception:
            log.exception("events could not be written", extra={"n": len(told)})
            if len(told) > 1:
                for one in told:
                    self._write([one])

    # --- the truth of what goes on

    def _reconcile(self) -> None:
        """Compare the rows with the live channels: what Asterisk has no more is over, whoever forgot to tell."""
        ami = self._ami
        assert ami is not None
        self._lost_n = self._inbox.lost_n
        try:
            live = set(actions.live_legs(ami))
            # What has been told meanwhile counts first, and is no less alive than what the list has.
            for _ in range(len(self._inbox) // BATCH + 1):
                live |= {one.link for one in self._fold() if one.name not in ("CallEnded", "OriginateFailed")}
            self._office.reconcile(live)
            if self._due.is_due("devices", DEVICES_EVERY_S):
                states = ami.list_action("DeviceStateList")
                self._office.devices({one.get("Device", ""): one.get("State", "") for one in states})
        except Away:
            raise
        except AmiError as error:
            log.warning("the live calls could not be read", extra={"why": str(error)[:200]})
        except Exception:
            log.exception("rows and live calls could not be compared")
