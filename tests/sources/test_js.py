from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.sources import _js

values = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**9), 10**9) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=20,
)


@given(st.lists(values, max_size=5))
def test_json_is_a_literal_too(value) -> None:
    assert _js.read(json.dumps(value)) == value


def test_what_json_forbids_is_read() -> None:
    source = "[{a: 'it\\'s', \"b\": [1, .5, 0xff,], /* no */ c: undefined, d: `x`}, // end\n]"
    assert _js.read(source) == [{"a": "it's", "b": [1, 0.5, 255], "c": None, "d": "x"}]


@pytest.mark.parametrize("source", ["[", "{a:", "{a b}", "['x", "function(){}", "[" * 5000, "{,:}", ""])
def test_code_and_cuts_are_no_literals(source: str) -> None:
    with pytest.raises(_js.NotALiteral):
        _js.read(source)
