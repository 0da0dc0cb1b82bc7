"""The telephony process against a bare socket: how many events a second it reads and understands."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime

from app.telephony.client import Ami
from app.telephony.events import Told, parse
from app.telephony.inbox import Inbox
from app.telephony.messages import Message
from bench.harness import Plan, Row, at_least

END = b"\r\n\r\n"
BOUND = 0.3
CHANNEL = (
    "Channel: PJSIP/town-{n:08x}\r\nChannelState: 6\r\nChannelStateDesc: Up\r\nCallerIDNum: 79001234567\r\n"
    "CallerIDName: <unknown>\r\nConnectedLineNum: 79010000101\r\nConnectedLineName: <unknown>\r\nLanguage: ru\r\n"
    "AccountCode: \r\nContext: pz-click\r\nExten: 79001234567\r\nPriority: 12\r\nUniqueid: lab-1795384283.{n}\r\n"
    "Linkedid: pz-0123456789abcdef{n}"
)
# As many of each as the account's filter lets through in an answered call.
HEADS = (
    "Event: Newstate", "Event: DialBegin",
    "Event: UserEvent\r\nUserEvent: PzOperatorUp\r\nCallId: pz-0123456789abcdef{n}",
    "Event: DialState", "Event: UserEvent\r\nUserEvent: PzSellerUp\r\nCallId: pz-0123456789abcdef{n}\r\nRec: a.wav",
    "Event: DialEnd", "Event: DeviceStateChange\r\nDevice: PJSIP/op5\r\nState: INUSE", "Event: MixMonitorStop",
    "Event: Hangup\r\nCause: 16", "Event: Hangup\r\nCause: 16\r\nTechCause: 200",
    "Event: UserEvent\r\nUserEvent: PzEnd\r\nCallId: pz-0123456789abcdef{n}\r\nTalkMs: 3000\r\nDialStatus: ANSWER",
    "Event: Cdr",
)  # fmt: skip


def stream(n: int) -> bytes:
    one = [
        f"{head}\r\nPrivilege: call,all\r\nTimestamp: 1795384283.{{n:06d}}\r\n{CHANNEL}".format(n=number).encode() + END
        for number in range(n // len(HEADS))
        for head in HEADS
    ]
    return b"".join(one)


def bench(plan: Plan) -> list[Row]:
    raw = stream(6_000 if plan.quick else 24_000)
    n = raw.count(END)
    ours: list[float] = []
    bare: list[float] = []
    for turn in range(plan.rounds + 1):
        speeds = _speed(raw, n, _gateway), _speed(raw, n, _bare)
        if turn:
            ours.append(speeds[0])
            bare.append(speeds[1])
    return [at_least(f"telephony: events/s read and understood, A: ours, B: a bare socket, {n:,}", ours, bare, BOUND)]


def _speed(raw: bytes, n: int, read: Callable[[int, int], None]) -> float:
    """Events a second, of a server that says everything at once."""
    with socket.create_server(("127.0.0.1", 0)) as door:
        thread = threading.Thread(target=_say, args=(door, raw), daemon=True)
        thread.start()
        started = time.perf_counter()
        read(door.getsockname()[1], n)
        took = time.perf_counter() - started
        thread.join()
    return n / took


def _say(door: socket.socket, raw: bytes) -> None:
    line, _ = door.accept()
    with line:
        line.sendall(b"Asterisk Call Manager/11.0.0\r\n" + raw)
        line.shutdown(socket.SHUT_WR)
        line.recv(1)


def _gateway(port: int, n: int) -> None:
    """As the listener does it: read, understood, laid in the inbox."""
    inbox: Inbox[Told] = Inbox(n)
    done = threading.Event()

    def heard(message: Message) -> None:
        if (told := parse(message, datetime.now(UTC))) is not None:
            inbox.put(told)

    ami = Ami(heard, done.set)
    ami.connect("127.0.0.1", port)
    done.wait(120)
    ami.close()
    assert len(inbox) == n * 7 // len(HEADS), len(inbox)  # five kinds say nothing of a call
    inbox.close()


def _bare(port: int, n: int) -> None:
    """The least that anybody must do: find the ends, and the headers of each message."""
    found, heard = 0, b""
    with socket.create_connection(("127.0.0.1", port)) as line:
        while more := line.recv(65_536):
            *messages, heard = (heard + more).split(END)
            for raw in messages:
                found += len(dict(one.split(b": ", 1) for one in raw.split(b"\r\n") if b": " in one)) > 0
    assert found == n, found
