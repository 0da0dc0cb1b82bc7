"""One running Asterisk of the laboratory: its folder, its configuration, its life. Several at once do not meet."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
import wave
from pathlib import Path

from app.lab.tree import Tree, die_with_parent
from app.telephony.installation import Folders, Installation, files

BOOT_S = 30.0


class Asterisk:
    """Written by `write`, started by `start`. Files of our own are made again each time; what it recorded stays."""

    def __init__(self, tree: Tree, one: Installation) -> None:
        assert one.folders is not None, "an Asterisk of the laboratory lives in a folder of its own"
        self.tree, self.one = tree, one
        self.root = Path(one.folders.root)
        self.process: subprocess.Popen[bytes] | None = None

    def write(self) -> Asterisk:
        for folder in ("etc", "lib/keys", "run", "spool/monitor", "log/cdr-custom", "data/sounds", "cache", "agi"):
            (self.root / folder).mkdir(parents=True, exist_ok=True)
        # Asterisk refuses to start without its own documentation.
        _link(self.root / "data/documentation", self.tree.share / "documentation")
        _link(self.root / "data/static-http", self.tree.share / "static-http")
        if self.tree.sounds is not None:
            _link(self.root / "data/sounds/ru", self.tree.sounds)
            _link(self.root / "data/sounds/en", self.tree.sounds)
        _silence(self.root / "silence.wav")
        for name, text in files(self.one).items():
            _write_secret(self.root / "etc" / name, text)
        return self

    def start(self, within_s: float = BOOT_S) -> Asterisk:
        log = (self.root / "log/console").open("ab")
        environment = {name: value for name, value in os.environ.items() if not name.startswith("DBUS")}
        with log:
            self.process = subprocess.Popen(  # noqa: S603  our own argv
                self._argv("-f", "-n", "-q"),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                cwd=self.root,
                env=environment,
                preexec_fn=die_with_parent,
            )
        self.wait_booted(within_s)
        return self

    def wait_booted(self, within_s: float = BOOT_S) -> None:
        """AMI lets us in and has said FullyBooted: its port opens before the modules are there."""
        end = time.monotonic() + within_s
        while time.monotonic() < end:
            if self.process is not None and self.process.poll() is not None:
                raise RuntimeError(f"Asterisk ended with {self.process.returncode}:\n{self._last_words()}")
            if self._says_booted(end):
                return
            time.sleep(0.03)
        raise TimeoutError(f"Asterisk did not start in {within_s:.0f} s:\n{self._last_words()}")

    def _says_booted(self, end: float) -> bool:
        login = f"Action: Login\r\nUsername: {self.one.ami_user}\r\nSecret: {self.one.ami_secret}\r\n\r\n"
        try:
            with socket.create_connection((self.one.ami_host, self.one.ami_port), 1) as line:
                line.settimeout(max(0.1, min(5.0, end - time.monotonic())))
                line.sendall(login.encode())
                heard = b""
                while b"FullyBooted" not in heard:
                    more = line.recv(4096)
                    if not more:
                        return False
                    heard += more
                return True
        except OSError:
            return False

    def cli(self, command: str) -> str:
        done = subprocess.run(self._argv("-r", "-x", command), capture_output=True, text=True, timeout=20)  # noqa: S603
        return done.stdout

    def stop(self, within_s: float = 8.0) -> None:
        if self.process is None or self.process.poll() is not None:
            return
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(within_s)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()

    def _argv(self, *arguments: str) -> list[str]:
        return self.tree.argv("-C", str(self.root / "etc/asterisk.conf"), *arguments)

    def _last_words(self) -> str:
        files = [self.root / "log/console", self.root / "log/messages"]
        return "\n".join(path.read_text(errors="replace")[-2000:] for path in files if path.exists())


def folders(root: Path, tree: Tree) -> Folders:
    return Folders(str(root), tree.modules)


def free_port(kind: socket.SocketKind = socket.SOCK_STREAM) -> int:
    with socket.socket(socket.AF_INET, kind) as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def _link(link: Path, target: Path) -> None:
    if link.is_symlink() and link.readlink() != target:
        link.unlink()
    if not link.exists() and not link.is_symlink():
        link.symlink_to(target)


def _silence(path: Path) -> None:
    """A music class without a file complains at every call."""
    if not path.exists():
        with wave.open(str(path), "wb") as file:
            file.setparams((1, 2, 8000, 0, "NONE", ""))
            file.writeframes(bytes(16_000))


def _write_secret(path: Path, text: str) -> None:
    """For its owner alone from the first byte on: passwords stand in several of these files."""
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
