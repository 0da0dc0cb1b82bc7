"""Which Asterisk and which SIPp this machine has, and how they are started without root."""

from __future__ import annotations

import ctypes
import os
import platform
import re
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from app.telephony.installation import OLDEST_ASTERISK

MULTIARCH = f"{platform.machine()}-linux-gnu"


@dataclass(frozen=True, slots=True)
class Tree:
    """An Asterisk and what belongs to it. `root` is empty for the distribution's own."""

    root: str
    version: tuple[int, int]

    @property
    def modules(self) -> str:
        return f"{self.root}/usr/lib/{MULTIARCH}/asterisk/modules"

    @property
    def share(self) -> Path:
        return Path(f"{self.root}/usr/share/asterisk")

    @property
    def sounds(self) -> Path | None:
        """The Russian announcements; inside a tree the distribution's own links lead out of it."""
        found = sorted(self.share.glob("sounds/ru_*")) + [self.share / "sounds/ru"]
        return next((folder for folder in found if folder.is_dir() and any(folder.iterdir())), None)

    def argv(self, *arguments: str) -> list[str]:
        return [*command(self.root), *arguments]


def cache() -> Path:
    """Outlives a clone, so that the second set-up on a machine is quick."""
    return Path(os.environ.get("PROZVON_LAB") or Path.home() / ".cache" / "prozvon").resolve()


def command(root: str) -> list[str]:
    """A tree's own loader with its own libraries: neither chroot nor root is needed."""
    program = f"{root}/usr/sbin/asterisk"
    if not root:
        return [program]
    loaders = [*Path(root, "lib64").glob("ld-linux-*"), *Path(root, "lib").glob("ld-linux-*")]
    if not loaders:
        return [program]
    libraries = f"{root}/usr/lib/{MULTIARCH}:{root}/lib/{MULTIARCH}"
    return [str(loaders[0]), "--library-path", libraries, program]


def find() -> Tree | None:
    """ASTERISK_ROOT, else the cached tree, else the distribution's when it is new enough."""
    given = os.environ.get("ASTERISK_ROOT", "").rstrip("/")
    for root in [given] if given else [str(cache() / "asterisk"), ""]:
        version = version_of(root)
        if version is not None and version >= OLDEST_ASTERISK:
            return Tree(root, version)
    return None


def version_of(root: str) -> tuple[int, int] | None:
    if not Path(f"{root}/usr/sbin/asterisk").exists():
        return None
    try:
        told = subprocess.run([*command(root), "-V"], capture_output=True, text=True, timeout=20)  # noqa: S603
    except (OSError, subprocess.TimeoutExpired):
        return None
    found = re.search(r"Asterisk (?:certified/)?(\d+)\.(\d+)", told.stdout)
    return (int(found[1]), int(found[2])) if found else None


def die_with_parent() -> None:
    """Before exec, on Linux: when whoever started it is killed outright, it ends instead of staying behind."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGTERM)


def sipp() -> str | None:
    return os.environ.get("SIPP") or shutil.which("sipp")


def missing() -> str:
    """Why there can be no laboratory here, in one sentence; nothing is missing: empty."""
    if find() is None:
        return "there is no Asterisk 20 or newer here (make lab brings one; or set ASTERISK_ROOT)"
    if sipp() is None:
        return "there is no SIPp here (make lab brings it; or apt-get install sip-tester)"
    return ""
