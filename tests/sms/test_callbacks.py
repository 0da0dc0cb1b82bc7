"""Call-backs of all gateways: whatever a stranger sends, it is read or refused, never a failure."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app import registry, sms
from app.sms import Gateway, Report

GATEWAYS = registry.members(sms, Gateway)
WORDS = st.sampled_from(
    ["id", "phone", "status", "data[0]", "message_id", "dateAnswer", "ts", "sms_status", "delivered"]
)
VALUES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.lists(st.integers())
JSON = st.dictionaries(WORDS, VALUES, max_size=5).map(lambda told: json.dumps(told).encode())
LINES = st.lists(st.text(max_size=12) | WORDS, min_size=1, max_size=5).map("\n".join)
FORMS = st.dictionaries(WORDS, LINES | st.integers().map(str), max_size=5).map(
    lambda told: "&".join(f"{name}={value}" for name, value in told.items()).encode("utf-8", "replace")
)


@pytest.mark.parametrize("key", sorted(GATEWAYS))
@given(body=st.binary(max_size=200) | JSON | FORMS)
def test_whatever_is_sent_is_read_or_refused(key: str, body: bytes) -> None:
    gateway: Any = object.__new__(GATEWAYS[key])
    try:
        told = gateway.read_callback(body)
    except ValueError:
        return
    assert all(isinstance(one, Report) and one.state and isinstance(one.ref, str) for one in told)


def test_all_gateways_are_tried() -> None:
    assert set(GATEWAYS) == {"smsc", "smsru", "smsaero", "exolve", "smpp"}
