"""A child that dies comes back, more slowly every time; all stop together and in time."""

from __future__ import annotations

import sys
import time

from app import supervisor
from app.supervisor import Child, Supervisor

SLEEPER = [sys.executable, "-c", "import time; time.sleep(60)"]
STUBBORN = [
    sys.executable,
    "-c",
    "import signal, time; signal.signal(15, signal.SIG_IGN); print(flush=True); time.sleep(60)",
]


def until(question, within: float = 5.0) -> None:
    end = time.monotonic() + within
    while not question():
        assert time.monotonic() < end, "not in time"
        time.sleep(0.02)


def test_a_dead_child_is_started_again_after_a_pause_that_grows(monkeypatch):
    child = Child("short", [sys.executable, "-c", ""])
    child.start()
    pauses = []
    for _ in range(3):
        until(lambda: not child.is_alive)
        child.look_after()
        pauses.append(child.pause_s)
        child.again_at = time.monotonic()
        child.look_after()
        assert child.process.poll() is None or child.process.returncode == 0
    child.process.wait()
    assert pauses == [0.5, 1.0, 2.0]


def test_the_pause_stops_growing_and_a_long_life_forgets_it(monkeypatch):
    child = Child("short", [sys.executable, "-c", ""], pause_s=20.0)
    child.start()
    until(lambda: not child.is_alive)
    child.look_after()
    assert child.pause_s == supervisor.LONGEST_PAUSE_S
    child.again_at, child.started_at = 0.0, time.monotonic() - supervisor.STEADY_AFTER_S
    child.look_after()
    assert child.pause_s == 0.5


def test_all_children_stop_politely():
    children = [Child("one", SLEEPER), Child("two", SLEEPER)]
    for child in children:
        child.start()
    assert Supervisor(children)._stop_all() == 0
    assert not any(child.is_alive for child in children)


def test_who_does_not_listen_is_killed_in_time(monkeypatch):
    monkeypatch.setattr(supervisor, "STOP_WITHIN_S", 0.5)
    child = Child("stubborn", STUBBORN)
    child.start()
    time.sleep(0.5)  # until it has shut its ears
    started = time.monotonic()
    assert Supervisor([child])._stop_all() == 1
    assert not child.is_alive and time.monotonic() - started < 3


def test_whoever_is_wanted_later_is_started_and_who_is_not_any_more_is_ended(monkeypatch):
    monkeypatch.setattr(supervisor, "ASK_EVERY_S", 0.0)
    wanted: list[str] | None = ["telephony Moscow"]
    everybody = Supervisor([], also=lambda: None if wanted is None else [Child(name, SLEEPER) for name in wanted])

    def living() -> dict[str, int]:
        everybody._receive_guests()
        return {child.name: child.process.pid for child in everybody._children if child.is_alive}

    first = living()
    assert list(first) == ["telephony Moscow"]
    wanted = ["telephony Moscow", "telephony Kazan"]
    both = living()
    assert list(both) == wanted and both["telephony Moscow"] == first["telephony Moscow"]
    wanted = None  # the database is away: nobody is touched
    assert living() == both
    wanted = ["telephony Kazan"]
    assert living() == {"telephony Kazan": both["telephony Kazan"]}
    assert everybody._stop_all() == 0
