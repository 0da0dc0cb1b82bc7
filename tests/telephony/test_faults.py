"""What may go wrong between rows and talks, done to the real Asterisk: each call ends true, none is dialled twice."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from itertools import count

import psycopg2
import pytest
from psycopg2 import sql

from app.database import with_database
from tests.databases import Server, name_of
from tests.telephony.gateway import House, Process, listening, wait_for_line
from tests.telephony.lab import Lab, wait_for
from tests.telephony.raw_ami import RawAmi
from tests.telephony.wire import Wire

pytestmark = pytest.mark.asterisk

ANSWERS, HANGS_UP, BUSY, RINGS = "79000000055", "79000000099", "79000000086", "79000000080"


@pytest.fixture
def wire(asterisk_lab: Lab) -> Iterator[Wire]:
    with Wire(asterisk_lab.ami_port) as wire:
        yield wire


@pytest.fixture
def house(asterisk_lab: Lab, server: Server, wire: Wire) -> House:
    asterisk_lab.add_phone("op1")
    return House(asterisk_lab, server.settings(asterisk_lab.url), port=wire.port)


def hang_up(ami: RawAmi, link: str) -> None:
    """As the operator does: his channel is the call's own."""
    assert ami.action("Hangup", Channel=link)["Response"] == "Success"


def test_the_wire_is_cut_in_a_talk_which_goes_on_and_is_told_to_its_end(house: House, wire: Wire, ami: RawAmi) -> None:
    with listening(house):
        link = house.ask_call(ANSWERS)
        house.wait_state(link, "talking")
        wire.cut()
        wait_for(lambda: wire.connected_n == 2, 3)
        house.wait_up()
        assert house.call(link)["state"] == "talking"
        hang_up(ami, link)
        call = house.wait_state(link, "ended", 5)
        assert call["outcome"] == "answered" and call["talk_ms"] > 0


def test_a_talk_that_ends_while_nobody_listens_ends_true_from_the_records(
    house: House, wire: Wire, ami: RawAmi
) -> None:
    with listening(house):
        link = house.ask_call(HANGS_UP)
        house.wait_state(link, "talking")
        wire.is_open = False
        wire.cut()
        house.wait_down(6)
        ami.wait(UserEvent="PzEnd", CallId=link)
        wire.is_open = True
        call = house.wait_state(link, "ended", 20)
        assert call["outcome"] == "answered" and abs(call["talk_ms"] - 3000) <= 100


def test_asterisk_is_killed_and_its_calls_end_within_a_minute(house: House, asterisk_lab: Lab) -> None:
    with listening(house):
        link = house.ask_call(ANSWERS)
        house.wait_state(link, "talking")
        started = time.monotonic()
        asterisk_lab.asterisk.kill()
        house.wait_down(8)
        asterisk_lab.asterisk.start()
        house.wait_up(20)
        call = house.wait_state(link, "ended", 60 - (time.monotonic() - started))
        assert call["outcome"] == "answered"
        wait_for_line(asterisk_lab)
        again = house.wait_state(house.ask_call(BUSY), "ended")
        assert again["outcome"] == "busy"


def test_a_frozen_asterisk_is_noticed_in_seconds_and_forgiven(house: House, asterisk_lab: Lab) -> None:
    assert asterisk_lab.asterisk.process is not None
    pid = asterisk_lab.asterisk.process.pid
    with listening(house):
        os.kill(pid, signal.SIGSTOP)
        started = time.monotonic()
        try:
            house.wait_down(8)
            assert time.monotonic() - started <= 5.5
        finally:
            os.kill(pid, signal.SIGCONT)
        house.wait_up(20)
        assert house.wait_state(house.ask_call(BUSY), "ended")["outcome"] == "busy"


def test_our_process_is_killed_and_the_next_one_ends_the_call_and_dials_nothing_twice(
    house: House, wire: Wire, server: Server, ami: RawAmi
) -> None:
    environment = server.environment(house.lab.url)
    with Process(environment) as first:
        house.wait_up(20)
        link = house.ask_call(HANGS_UP)
        house.wait_state(link, "talking")
        first.kill()
    ami.wait(UserEvent="PzEnd", CallId=link)
    assert house.call(link)["state"] == "talking"
    house.lab.sql("UPDATE asterisk SET state = 'down'")
    with Process(environment) as second:
        house.wait_up(20)
        call = house.wait_state(link, "ended", 25)
        code, took = second.end()
    assert (call["outcome"], code) == ("answered", 0) and took < 10
    assert [one for _at, one in wire.originated] == [link]


def test_asked_to_end_it_leaves_the_talk_alone(house: House, server: Server, ami: RawAmi) -> None:
    with Process(server.environment(house.lab.url)) as process:
        house.wait_up(20)
        link = house.ask_call(ANSWERS)
        house.wait_state(link, "talking")
        code, took = process.end()
        assert code == 0 and took < 10
        assert house.state() == ("down", "")
    hang_up(ami, link)  # it was alive


def test_an_answer_that_is_lost_is_never_asked_for_again(house: House, wire: Wire) -> None:
    """Asterisk has dialled, and we do not hear so."""

    def lossy(message: bytes) -> list[bytes]:
        if b"Originate successfully queued" in message:
            wire.change = lambda one: [one]
            wire.cut()
            return []
        return [message]

    with listening(house):
        wire.change = lossy
        link = house.ask_call(HANGS_UP)
        call = house.wait_state(link, "ended", 40)
        assert call["outcome"] == "answered" and abs(call["talk_ms"] - 3000) <= 100
    assert [one for _at, one in wire.originated] == [link]


def test_events_of_the_end_are_lost_and_the_row_ends_true_all_the_same(house: House, wire: Wire) -> None:
    wire.change = lambda message: [] if b"PzEnd" in message or b"Event: Hangup" in message else [message]
    with listening(house):
        link = house.ask_call(HANGS_UP)
        call = house.wait_state(link, "ended", 40)
        assert call["outcome"] == "answered" and abs(call["talk_ms"] - 3000) <= 100


def test_events_that_come_twice_and_late_make_the_same_row(house: House, wire: Wire) -> None:
    held: list[bytes] = []

    def shuffled(message: bytes) -> list[bytes]:
        if b"Event: " not in message or b"FullyBooted" in message or b"EventList" in message:
            return [message]
        if b"PzOperatorUp" in message or b"PzSellerUp" in message:
            held.append(message)
            return []
        late = [*held, *held] if b"Event: Hangup" in message else []
        return [message, *late, message]

    wire.change = shuffled
    with listening(house):
        link = house.ask_call(HANGS_UP)
        call = house.wait_state(link, "ended", 15)
        wait_for(lambda: house.call(link)["operator_up_at"])
        assert call["outcome"] == "answered" and abs(call["talk_ms"] - 3000) <= 100


def test_the_database_goes_away_in_a_talk_and_comes_back(house: House, server: Server) -> None:
    name = name_of(house.lab.url)
    with listening(house) as listener:
        link = house.ask_call(HANGS_UP)
        house.wait_state(link, "talking")
        with away(server, name):
            time.sleep(4.5)  # as long as a restart takes; the seller hangs up meanwhile
        call = house.wait_state(link, "ended", 25)
        assert call["outcome"] == "answered" and abs(call["talk_ms"] - 3000) <= 100
        house.wait_up()
        assert house.wait_state(house.ask_call(BUSY), "ended", 15)["outcome"] == "busy"
        assert not listener._stopped.is_set()


class away:  # noqa: N801  reads as a word
    """What a process sees of a restart: every connection ends, and none is let in for a while."""

    def __init__(self, server: Server, name: str) -> None:
        self._uri, self._name = with_database(server.uri, "postgres"), name

    def __enter__(self) -> None:
        self._say("ALTER DATABASE {} ALLOW_CONNECTIONS false")
        connection = psycopg2.connect(self._uri)
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (self._name,))
        connection.close()

    def __exit__(self, *_: object) -> None:
        self._say("ALTER DATABASE {} ALLOW_CONNECTIONS true")

    def _say(self, words: str) -> None:
        connection = psycopg2.connect(self._uri)
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(sql.SQL(words).format(sql.Identifier(self._name)))
        connection.close()


def test_five_hundred_events_a_second_neither_delay_an_order_nor_break_anything(house: House, wire: Wire) -> None:
    numbers = count(1)

    def flood(seconds: float) -> None:
        end, started, n = time.monotonic() + seconds, time.monotonic(), 0
        while time.monotonic() < end:
            while n < (time.monotonic() - started) * 500:
                wire.inject(noise(next(numbers)))
                n += 1
            time.sleep(0.005)

    with listening(house) as listener:
        flood(2)
        asked_at = time.time()
        link = house.ask_call(BUSY)
        flood(4)
        sent_at, first = wire.originated[0]
        assert first == link and sent_at - asked_at < 0.5
        assert house.wait_state(link, "ended", 5)["outcome"] == "busy"
        assert listener._inbox.lost_n == 0
        assert house.state()[0] == "up"


def noise(n: int) -> bytes:
    """What a busy server says: talks of others, telephones, things nobody has heard of, and rubbish."""
    kinds = (
        f"Event: Newstate\r\nChannel: PJSIP/x-{n:08x}\r\nChannelStateDesc: Ringing\r\n"
        f"Linkedid: pz-x{n}\r\nUniqueid: {n}.1",
        f"Event: Hangup\r\nChannel: PJSIP/town-{n:08x}\r\nCause: 16\r\nLinkedid: pz-x{n}\r\nTimestamp: 1795384283.{n}",
        f"Event: DeviceStateChange\r\nDevice: PJSIP/op{n % 50 + 100}\r\nState: {('INUSE', 'NOT_INUSE')[n % 2]}",
        f"Event: UserEvent\r\nUserEvent: PzEnd\r\nCallId: pz-x{n}\r\nTalkMs: {n}",
        f"Event: SomethingNew{n}\r\nNovelty: {n}",
        f"no event at all {n}",
    )
    return kinds[n % len(kinds)].encode() + b"\r\n\r\n"


def test_a_second_process_for_the_same_asterisk_waits_until_the_first_is_gone(house: House, server: Server) -> None:
    environment = server.environment(house.lab.url)
    bells = "SELECT count(*) FROM pg_stat_activity WHERE application_name = %s"
    locks = "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND classid = 724500 AND granted"
    with Process(environment) as first:
        house.wait_up(25)
        with Process(environment) as second:
            wait_for(lambda: house.lab.sql(bells, f"prozvon telephony {house.id}")[0][0] == 2, 25)
            assert len(house.lab.sql(locks)) == 1
            assert house.wait_state(house.ask_call(BUSY), "ended")["outcome"] == "busy"
            holder = house.lab.sql(locks)
            first.kill()
            wait_for(lambda: house.lab.sql(locks) not in ([], holder), 10)
            assert house.wait_state(house.ask_call(BUSY), "ended", 20)["outcome"] == "busy"
            assert second.end()[0] == 0
