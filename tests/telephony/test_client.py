"""AMI, tamed: whatever the other side says or does not say, nobody waits for ever and nobody gets another's answer."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest

from app.telephony.client import Ami, AmiError, AnswerLost, LoginRefused, NotConnected, watch
from app.telephony.messages import Message, read, written
from tests.telephony.an_ami import END, AnAmi, success
from tests.telephony.lab import wait_for


@pytest.fixture
def server() -> Iterator[AnAmi]:
    with AnAmi() as server:
        yield server


class Line:
    """A client that is in, and what it has heard."""

    def __init__(self, server: AnAmi) -> None:
        self.events: list[Message] = []
        self.lost: list[float] = []
        self.ami = Ami(self.events.append, lambda: self.lost.append(time.monotonic()))
        self.ami.connect("127.0.0.1", server.port)
        self.ami.login("prozvon", "secret")
        self.ami.wait_booted(2)


@pytest.fixture
def line(server: AnAmi) -> Iterator[Line]:
    line = Line(server)
    yield line
    line.ami.close()


def event(name: str, **headers: str) -> bytes:
    lines = [f"Event: {name}", *(f"{key}: {value}" for key, value in headers.items())]
    return "\r\n".join(lines).encode() + END


def test_each_asker_gets_his_own_answer_though_they_come_in_any_order(server: AnAmi, line: Line) -> None:
    kept: list[bytes] = []

    def late(action: Message) -> bytes:
        kept.append(success(action))
        if len(kept) < 8:
            return b""
        out, kept[:] = b"".join(reversed(kept)), []
        return out

    server.answer = late
    wrong: list[str] = []

    def ask(name: str) -> None:
        for n in range(40):
            said = line.ami.send_action({"Action": "Echo", "Say": f"{name}{n}"})["Said"]
            if said != f"{name}{n}":
                wrong.append(said)

    threads = [threading.Thread(target=ask, args=(name,)) for name in "abcdefgh"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert not wrong and not any(thread.is_alive() for thread in threads)


def test_an_action_without_an_answer_ends_in_time_and_its_late_answer_hurts_nobody(server: AnAmi, line: Line) -> None:
    late: list[bytes] = []
    server.answer = lambda action: late.append(success(action)) or b""  # type: ignore[func-returns-value]
    started = time.monotonic()
    with pytest.raises(AnswerLost):
        line.ami.send_action({"Action": "Ping"}, within_s=0.2)
    assert time.monotonic() - started < 1
    server.answer = success
    server.say(late[0])
    assert line.ami.send_action({"Action": "Echo", "Say": "next"})["Said"] == "next"


@pytest.mark.parametrize("bad", ["a\r\nAction: Command", "a\nb", "a\rb", "a\0b", "x" * 3000])
def test_a_value_that_would_be_more_than_a_line_is_never_sent(server: AnAmi, line: Line, bad: str) -> None:
    before = len(server.heard)
    for headers in ({"Action": "Hangup", "Channel": bad}, {"Action": "Originate", "Variable": ["A=1", f"B={bad}"]},
                    {"Action": "Ping", f"X{bad}": "1"}):  # fmt: skip
        with pytest.raises(ValueError, match="never sent"):
            line.ami.send_action(headers)
    assert line.ami.send_action({"Action": "Ping"})["Response"] == "Success"
    assert len(server.heard) == before + 1


def test_pyst2s_own_verbs_pass_through_the_same_door(server: AnAmi, line: Line) -> None:
    assert line.ami.hangup("PJSIP/op1-00000001")["Response"] == "Success"
    assert server.heard[-1]["Action"] == "Hangup"
    with pytest.raises(ValueError, match="never sent"):
        line.ami.redirect("PJSIP/op1-1", "s\r\nAction: Logoff", context="pz-to")


def test_a_handler_that_fails_stops_nothing(server: AnAmi) -> None:
    heard: list[Message] = []

    def bad(message: Message) -> None:
        heard.append(message)
        raise RuntimeError("mine")

    ami = Ami(bad)
    ami.connect("127.0.0.1", server.port)
    ami.login("prozvon", "secret")
    server.say(event("One") + event("Two"))
    wait_for(lambda: len(heard) == 2)
    assert ami.send_action({"Action": "Ping"})["Response"] == "Success" and ami.bad_n == 2
    ami.close()


def test_a_line_of_64_kib_wrong_bytes_and_half_messages_are_contained(server: AnAmi, line: Line) -> None:
    server.say(event("Long", Text="x" * 65_536))
    server.say(b"Event: Bytes\r\nCallerIDName: \xff\xfe\xd0 <script>" + END)
    server.say(b"no colon here\r\n\r\n\r\n\r\n:\r\n: \r\nEvent" + END)
    for byte in event("Slow", Text="Привет"):
        server.say(bytes([byte]))
    wait_for(lambda: len(line.events) == 3)
    assert [len(line.events[0]["Text"]), line.events[1]["Event"], line.events[2]["Event"]] == [65_536, "Bytes", "Slow"]
    assert "�" in line.events[1]["CallerIDName"]


def test_a_message_without_an_end_is_passed_over_and_memory_stays_flat(server: AnAmi, line: Line) -> None:
    server.say(b"Event: Endless\r\nText: ")
    for _ in range(40):
        server.say(b"x" * 65_536)
    server.say(END + event("After"))
    wait_for(lambda: line.events)
    assert [one["Event"] for one in line.events] == ["After"] and line.ami.bad_n == 1


def test_a_list_is_whole_and_events_between_its_rows_are_not_swallowed(server: AnAmi, line: Line) -> None:
    def listed(action: Message) -> bytes:
        number = action["ActionID"]
        return (
            success(action) + event("Row", ActionID=number, N="1") + event("Between")
            + event("Row", ActionID=number, N="2") + event("RowsComplete", ActionID=number, EventList="Complete")
        )  # fmt: skip

    server.answer = listed
    assert [row["N"] for row in line.ami.list_action("Rows")] == ["1", "2"]
    wait_for(lambda: line.events)
    assert [one["Event"] for one in line.events] == ["Between"]


def test_a_refused_list_is_an_error_at_once(server: AnAmi, line: Line) -> None:
    server.answer = lambda action: f"Response: Error\r\nActionID: {action['ActionID']}\r\nMessage: No".encode() + END
    with pytest.raises(AmiError, match="No"):
        line.ami.list_action("Rows", within_s=5)


def test_a_cut_ends_every_waiting_at_once_and_is_told_once(server: AnAmi, line: Line) -> None:
    server.answer = lambda action: b""
    ended: list[float] = []

    def ask() -> None:
        with pytest.raises(AnswerLost):
            line.ami.send_action({"Action": "Ping"}, within_s=30)
        ended.append(time.monotonic())

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    wait_for(lambda: len(server.heard) == 5)
    server.cut()
    wait_for(lambda: len(ended) == 4, 3)
    wait_for(lambda: line.lost)
    line.ami.close()
    assert len(line.lost) == 1
    with pytest.raises(NotConnected):
        line.ami.send_action({"Action": "Ping"})


def test_a_server_that_falls_silent_is_given_up(server: AnAmi, line: Line) -> None:
    watch(line.ami, 0.05, 0.2)
    wait_for(lambda: len(server.heard) > 3)
    server.answer = lambda action: b""
    wait_for(lambda: line.lost, 3)
    assert not line.ami.connected()


def test_who_does_not_greet_or_never_boots_keeps_nobody_waiting() -> None:
    for greets in (False, True):
        with AnAmi(greets=greets, boots=False) as server:
            ami = Ami(lambda message: None)
            started = time.monotonic()
            with pytest.raises(NotConnected):
                ami.connect("127.0.0.1", server.port, within_s=0.3)
                ami.login("prozvon", "secret")
                ami.wait_booted(0.3)
            assert time.monotonic() - started < 2 and not ami.connected()


def test_a_wrong_password_has_a_name_of_its_own(server: AnAmi) -> None:
    server.answer = lambda action: f"Response: Error\r\nActionID: {action['ActionID']}\r\nMessage: Bad".encode() + END
    ami = Ami(lambda message: None)
    ami.connect("127.0.0.1", server.port)
    with pytest.raises(LoginRefused):
        ami.login("prozvon", "wrong")
    assert not ami.connected()


def test_one_object_is_one_connection_and_leaves_no_thread(server: AnAmi) -> None:
    before = threading.active_count()
    ami = Ami(lambda message: None)
    ami.connect("127.0.0.1", server.port)
    ami.close()
    with pytest.raises(AmiError):
        ami.connect("127.0.0.1", server.port)
    wait_for(lambda: threading.active_count() <= before + 1)  # the server's own


def test_words_in_every_alphabet_pass_both_ways() -> None:
    sent = written({"Action": "Setvar", "Value": "Привет ☎"})
    assert read(sent.removesuffix(END)) == {"Action": "Setvar", "Value": "Привет ☎"}
