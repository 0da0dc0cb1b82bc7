"""What the senders of leads write: whatever it is, it is a lead or junk, and never breaks anything."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.lead_words import Junk, is_signed, parsed, read, signature

DAY = "20261122"
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(), lambda kids: st.lists(kids) | st.dictionaries(
        st.text(), kids), max_leaves=6)  # fmt: skip
NAMES = (
    "phone",
    "name",
    "comment",
    "id",
    "make",
    "model",
    "year",
    "mileage_km",
    "price",
    "city",
    "vin",
    "url",
    "website",
)


@given(st.dictionaries(st.sampled_from(NAMES), anything))
def test_any_words_are_a_lead_or_junk(told):
    try:
        lead = read(told, day=DAY)
    except Junk:
        return
    assert lead.phone.isdigit() and len(lead.phone) == 11 and "\0" not in f"{lead.name}{lead.note}{lead.facts}"
    assert len(lead.once) <= 64


@given(st.binary(max_size=60))
def test_any_bytes_are_an_object_or_junk(body):
    with suppress(Junk):
        assert isinstance(parsed(body), dict)


def test_numbers_are_read_as_people_write_them():
    lead = read({"phone": "8 (916) 000-11-22", "price": "1 250 000", "year": 2019.0, "mileage_km": "много"}, day=DAY)
    assert (lead.phone, lead.facts) == ("79160001122", {"price": 1_250_000, "year": 2019})


def test_the_words_of_tomorrow_are_another_lead_and_an_id_is_the_same_one_for_ever():
    told = {"phone": "79160001122"}
    assert read(told, day=DAY).once != read(told, day="20261123").once
    assert read(told | {"id": 5}, day=DAY).once == read(told | {"id": "5"}, day="20261123").once


@pytest.mark.parametrize(
    ("secret", "at", "body", "good"),
    [("s", 1000, b"{}", True), ("s", 1301, b"{}", False), ("s", 699, b"{}", False), ("t", 1000, b"{}", False),
     ("s", 1000, b"{ }", False)],
)  # fmt: skip
def test_a_signature_holds_for_its_words_for_five_minutes(secret, at, body, good):
    assert is_signed("s", "1000", signature(secret, "1000", b"{}"), body, at) is good


def test_no_secret_signs_nothing():
    assert not is_signed("", "1000", signature("", "1000", b""), b"", 1000)
    assert not is_signed("s", "²", "x", b"", 1000) and not is_signed("s", "1000", "\udc80", b"", 1000)
