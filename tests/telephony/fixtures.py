"""The real Asterisk of a session, for tests marked `asterisk`. Absent: they are left out with a word, failed in CI."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest

from app.lab.tree import missing
from tests.databases import Server
from tests.telephony.lab import Lab, running_lab
from tests.telephony.raw_ami import RawAmi

_links = count(1)


@pytest.fixture(scope="session")
def asterisk_lab(server: Server, template: str) -> Iterator[Lab]:
    """One for all tests of the session, with a deployed database of its own (`asterisk_lab.url`)."""
    if why := missing():
        pytest.skip(why)
    url = server.create(template)
    with running_lab(url) as lab:
        yield lab
    server.drop(url)


@pytest.fixture
def ami(asterisk_lab: Lab) -> Iterator[RawAmi]:
    """The account with least rights, as the product's own process has it."""
    with RawAmi(asterisk_lab.ami_port, asterisk_lab.ami_user, asterisk_lab.ami_secret) as line:
        yield line


@pytest.fixture
def link() -> str:
    """A name for one call, unlike any other of this session."""
    return f"pz-test{next(_links)}x{id(object()):x}"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What needs the real Asterisk runs in one process (tests.one_asterisk), first of all, as it waits a lot.

    A browser and a telephone server have clocks of their own, and on a crowded machine one may be late. Such a test may
    be tried once more; the summary tells it as a rerun, and failing twice is a failure.
    """
    for item in items:
        if item.get_closest_marker("asterisk") or item.get_closest_marker("browser"):
            item.add_marker(pytest.mark.flaky(reruns=1))
    items.sort(key=lambda item: item.get_closest_marker("asterisk") is None)


def pytest_terminal_summary(terminalreporter: Any) -> None:
    left_out = [one for one in terminalreporter.stats.get("skipped", []) if "make lab" in str(one.longrepr)]
    if left_out:
        terminalreporter.write_line(f"{len(left_out)} tests on a real Asterisk were left out: {missing()}")
