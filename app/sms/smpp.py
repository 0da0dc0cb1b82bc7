"""SMPP 3.4: submit over a transmitter's connection, delivery receipts over a receiver's; a checked address."""

from __future__ import annotations

import re
import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from time import monotonic
from typing import Any, ClassVar

from smpplib import client, consts, exceptions, gsm, smpp

from app.addresses import is_public
from app.sms import AnswerLost, Gateway, Heard, Message, Permanent, Report, Sent, Temporary

THROTTLED, QUEUE_FULL, SYSTEM = 0x58, 0x14, 0x08
UCS2 = 0x08  # of data_coding
ERRORS = {0x0A: "sms_sender", 0x0B: "sms_phone", 0x0D: "sms_auth", 0x0E: "sms_auth", 0x0F: "sms_auth",
          0x45: "sms_unroutable"}  # fmt: skip
STATES = {"DELIVRD": "delivered", "EXPIRED": "expired", "DELETED": "failed", "UNDELIV": "failed", "REJECTD": "failed",
          "ACCEPTD": "sent", "ENROUTE": "sent", "UNKNOWN": "sent"}  # fmt: skip
TROUBLES = {"EXPIRED": "sms_expired", "DELETED": "sms_refused", "UNDELIV": "sms_unreachable", "REJECTD": "sms_refused"}
_RECEIPT = re.compile(rb"id:(\S{1,64}) .{0,200}?done date:(\d{10,12}) stat:([A-Z]{7})", re.DOTALL)


@dataclass
class Smpp(Gateway):
    key: ClassVar[str] = "smpp"
    label: ClassVar[str] = "SMPP"
    keeps_id: ClassVar[bool] = False

    host: str = ""
    port: int = 2775
    login: str = ""
    password: str = field(default="", metadata={"secret": True})
    allow_private: bool = False
    timeout_s: float = 10.0

    def send(self, message: Message) -> Sent:
        pieces, coding, kind = gsm.make_parts(message.text)
        with self._bound("bind_transmitter") as talk:
            refs = [self._submit(talk, message, piece, coding, kind, n) for n, piece in enumerate(pieces)]
        return Sent(refs[0], len(refs), None)  # receipts of the later parts meet no message and are let go

    def balance(self) -> Decimal | None:
        """The protocol has no word for it; but the gateway tells whether it lets us in."""
        with self._bound("bind_transmitter"):
            return None

    def reports(self, refs: Sequence[str]) -> list[Report]:
        """What the gateway has kept for us: it tells once, so all of it is given, asked for or not."""
        found: list[Report] = []
        heard: list[Heard] = []
        self.heard = heard
        with self._bound("bind_receiver") as talk:
            talk.set_message_received_handler(lambda pdu: _take(pdu, found, heard))
            end = monotonic() + 3 * self.timeout_s
            try:
                while monotonic() < end:
                    talk.read_once(auto_send_enquire_link=False)
            except TimeoutError:
                pass  # silence: everything is told
        return found

    def read_callback(self, body: bytes) -> list[Report]:
        raise ValueError("SMPP has no call-backs")

    def _submit(self, talk: Any, message: Message, piece: bytes, coding: int, kind: int, n: int) -> str:
        ton = consts.SMPP_TON_INTL if message.sender.isdecimal() else consts.SMPP_TON_ALNUM
        try:
            asked = talk.send_message(
                source_addr_ton=ton, source_addr=message.sender, dest_addr_ton=consts.SMPP_TON_INTL,
                dest_addr_npi=consts.SMPP_NPI_ISDN, destination_addr=message.phone, short_message=piece,
                data_coding=coding, esm_class=kind, registered_delivery=True,
            )  # fmt: skip
            answer = _answer(talk, asked.sequence)
        except (exceptions.ConnectionError, exceptions.PDUError, OSError) as trouble:
            raise AnswerLost(f"{self.host}: {type(trouble).__name__}") from None
        if answer.is_error():
            if n:  # a part of it is out: to begin again would send that part twice
                raise AnswerLost(f"{self.host}: refused part {n + 1}")
            raise _refusal(int(answer.status))
        return str(answer.message_id.decode("ascii", "replace"))[:64]

    @contextmanager
    def _bound(self, how: str) -> Iterator[Any]:
        talk = client.Client(self._address(), self.port, timeout=self.timeout_s, allow_unknown_opt_params=True)
        bind: Callable[..., Any] = getattr(talk, how)
        try:
            talk.connect()
            bind(system_id=self.login, password=self.password)
        except exceptions.PDUError as refused:
            _hang_up(talk)
            raise _refusal(refused.args[1] if len(refused.args) > 1 else 0) from None
        except (exceptions.ConnectionError, OSError):
            _hang_up(talk)
            raise Temporary(60) from None
        try:
            yield talk
        finally:
            _hang_up(talk)

    def _address(self) -> str:
        """Resolve once and connect to the checked address: a name cannot change its mind in between."""
        try:
            found = socket.getaddrinfo(self.host, self.port, socket.AF_INET, socket.SOCK_STREAM)
        except (OSError, UnicodeError):
            raise Temporary(60) from None
        addresses = [str(item[4][0]) for item in found]
        if not self.allow_private and not all(is_public(one) for one in addresses):
            raise Permanent("sms_address_private")
        return addresses[0]


def _answer(talk: Any, sequence: int) -> Any:
    """The answer to our request; the gateway may ask in between whether we are there."""
    for _ in range(20):
        pdu = talk.read_pdu()
        if pdu.sequence == sequence and pdu.command == "submit_sm_resp":
            return pdu
        if pdu.command == "enquire_link":
            alive = smpp.make_pdu("enquire_link_resp", client=talk)
            alive.sequence = pdu.sequence
            talk.send_pdu(alive)
    raise OSError("no answer among twenty")


def _refusal(status: int) -> Exception:
    if status in (THROTTLED, QUEUE_FULL, SYSTEM):
        return Temporary(5 if status == THROTTLED else 60)
    return Permanent(ERRORS.get(status, "sms_refused"))


def _take(pdu: Any, found: list[Report], heard: list[Heard]) -> None:
    told = _RECEIPT.search(pdu.short_message or b"")
    if told is None:
        letters = "utf-16-be" if pdu.data_coding == UCS2 else "latin-1"
        words = (pdu.short_message or b"").decode(letters, "replace")
        heard.append(Heard((pdu.source_addr or b"").decode("ascii", "replace"), words))
        return
    ref, done, stat = (one.decode("ascii", "replace") for one in told.groups())
    try:
        when = datetime.strptime(done[:10], "%y%m%d%H%M").replace(tzinfo=UTC)
    except ValueError:
        when = None
    found.append(Report(ref, STATES.get(stat, "sent"), when, TROUBLES.get(stat, "")))


def _hang_up(talk: Any) -> None:
    try:
        if talk.state != consts.SMPP_CLIENT_STATE_CLOSED and talk.state != consts.SMPP_CLIENT_STATE_OPEN:
            talk.unbind()
    except (exceptions.PDUError, exceptions.ConnectionError, OSError):
        pass  # it is over anyhow
    talk.disconnect()
