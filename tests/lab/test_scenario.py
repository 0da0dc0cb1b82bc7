"""The town's scenarios: good XML, one answer for every number, and every label that is jumped to is there."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest

from app.lab import scenario

SOUNDS = {"person": "/person.alaw", "machine": "/machine.alaw"}


def owner_of(digits: str) -> str:
    return next(seller.name for seller in scenario.TOWN if re.fullmatch(seller.digits, digits))


@pytest.mark.parametrize("text", [scenario.town(SOUNDS), scenario.phone("/tone.alaw"), scenario.caller("/person.alaw")])
def test_a_scenario_is_good_xml_and_jumps_only_to_labels_it_has(text):
    root = ElementTree.fromstring(text.encode())
    labels = {node.get("id") for node in root.iter("label")}
    jumps = {node.get(name) for node in root.iter() for name in ("next", "ontimeout") if node.get(name)}
    assert jumps <= labels


def test_every_pair_of_digits_has_an_owner_and_most_of_them_talk():
    owners = [owner_of(f"{n:02}") for n in range(100)]
    assert set(owners) == {seller.name for seller in scenario.TOWN}
    assert owners.count("person") == 58


@pytest.mark.parametrize(
    ("digits", "name", "reply"),
    [
        ("86", "busy", "486 Busy Here"), ("60", "switched_off", "480 Temporarily Unavailable"),
        ("04", "wrong_number", "404 Not Found"), ("03", "no_network", "503 Service Unavailable"),
        ("90", "declines", "603 Decline"), ("77", "machine", ""), ("80", "no_answer", ""), ("99", "hangs_up_early", ""),
        ("55", "person", ""),
    ],
)  # fmt: skip
def test_the_digits_that_people_know_stay_as_they_are(digits, name, reply):
    assert owner_of(digits) == name
    assert next(seller.reply for seller in scenario.TOWN if seller.name == name) == reply
