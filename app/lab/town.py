"""The town: SIPp processes that stand for the public network, for its callers and for telephones on desks."""

from __future__ import annotations

import itertools
import math
import os
import socket
import subprocess
from pathlib import Path

from app.lab import scenario
from app.lab.tree import die_with_parent, sipp

_turn = itertools.count()


class Sipp:
    """One SIPp: a scenario on a port of loopback."""

    def __init__(self, folder: Path, name: str, text: str, port: int) -> None:
        self.folder, self.name, self.port = folder, name, port
        self.folder.mkdir(parents=True, exist_ok=True)
        self._file = self.folder / f"{name}.xml"
        self._file.write_text(text)
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, *more: str) -> Sipp:
        program = sipp()
        assert program is not None, "sip-tester is not installed"
        argv = [
            program, "-sf", str(self._file), "-i", "127.0.0.1", "-p", str(self.port), "-mi", "127.0.0.1",
            "-mp", str(_media_port()), "-nostdin", "-aa", "-default_behaviors", "all", "-skip_rlimit", *more,
        ]  # fmt: skip
        with (self.folder / f"{self.name}.log").open("ab") as log:
            self.process = subprocess.Popen(  # noqa: S603  our own argv
                argv, cwd=self.folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
                preexec_fn=die_with_parent,
            )  # fmt: skip
        return self

    @property
    def is_alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait()


def network(folder: Path, port: int, sounds: dict[str, str]) -> Sipp:
    return Sipp(folder, "town", scenario.town(sounds), port)


def desk_phone(folder: Path, port: int, *, hertz: int = 440, name: str = "phone") -> Sipp:
    """Answers whatever rings it with a tone of its own, so that a test can hear who is speaking."""
    return Sipp(folder, name, scenario.phone(tone(folder, hertz)), port)


def call_in(folder: Path, port: int, server: int, *, caller: str, called: str, sound: str, **timing: int) -> Sipp:
    """A seller rings us from the town. The process ends with the call."""
    one = Sipp(folder, f"caller-{port}", scenario.caller(sound, **timing), port)
    return one.start("-s", called, "-key", "caller", caller, "-m", "1", f"127.0.0.1:{server}")


def _media_port() -> int:
    """SIPp ends when its port for sound is taken; several laboratories on one machine must not meet there."""
    for _ in range(200):
        port = 50_000 + (os.getpid() * 37 + next(_turn)) % 240 * 40
        if all(_is_free(port + i) for i in range(4)):
            return port
    raise RuntimeError("no port for sound is free")


def _is_free(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


# --- sounds: raw A-law, eight thousand bytes a second


def tone(folder: Path, hertz: int, seconds: int = 2) -> str:
    path = folder / f"tone-{hertz}.alaw"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        wave = (int(8000 * math.sin(2 * math.pi * hertz * n / 8000)) for n in range(8000 * seconds))
        path.write_bytes(bytes(to_alaw(sample) for sample in wave))
    return str(path)


def to_alaw(sample: int) -> int:
    """One sample of sixteen bits by G.711."""
    sign = 0x80 if sample >= 0 else 0
    value = min(sample if sample >= 0 else -sample - 1, 32_767) >> 3
    segment = max(0, value.bit_length() - 5)
    return (sign | segment << 4 | value >> max(segment, 1) & 0x0F) ^ 0x55
