"""Which test runs in which process: whatever needs the one real Asterisk in one of them, files of journeys whole, all
others anywhere.

pytest-xdist has groups for this, but with pytest 9.2 it no longer reads them and says nothing.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

ROOT = Path(__file__).resolve().parents[1]
GROUP = "asterisk"
SHARING = ("tests/journeys/", "tests/attacks/")


class OneAsterisk(LoadScopeScheduling):
    """A test is a scope of its own, but for those of the files that use Asterisk, which are one together, and for files
    whose tests share what takes long to build: a filled installation, a walk over all of its pages."""

    def _split_scope(self, nodeid: str) -> str:
        path = nodeid.partition("::")[0]
        if uses_asterisk(path):
            return GROUP
        return path if path.startswith(SHARING) else nodeid


@cache
def uses_asterisk(path: str) -> bool:
    file = ROOT / path
    return file.is_file() and "mark.asterisk" in file.read_text(encoding="utf-8")


@pytest.hookimpl(optionalhook=True)  # there are machines and moments without xdist
def pytest_xdist_make_scheduler(config: Any, log: Any) -> OneAsterisk:
    return OneAsterisk(config, log)
