"""Files and pages leave packed; a file with a hash in its address is kept for ever."""

from __future__ import annotations

import gzip
import re
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from app.compression import framed

ROOT = Path(__file__).resolve().parents[1]
GZIP = {"Accept-Encoding": "gzip"}


def test_a_style_sheet_leaves_packed_and_is_kept_for_ever(client: Any) -> None:
    answer = client.get("/static/css/prozvon.css?v=1", headers=GZIP)
    assert answer.headers["Content-Encoding"] == "gzip"
    assert "immutable" in answer.headers["Cache-Control"]
    assert "Accept-Encoding" in answer.headers["Vary"]
    assert gzip.decompress(answer.data) == (ROOT / "app" / "static" / "css" / "prozvon.css").read_bytes()


def test_a_file_that_has_not_changed_is_not_sent_again(client: Any) -> None:
    first = client.get("/static/js/shell.js", headers=GZIP)
    again = client.get("/static/js/shell.js", headers={**GZIP, "If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


def test_a_file_without_a_hash_is_not_called_immutable(client: Any) -> None:
    assert "immutable" not in client.get("/static/js/shell.js", headers=GZIP).headers.get("Cache-Control", "")


def test_nothing_outside_the_folder_is_served(client: Any) -> None:
    assert client.get("/static/../config.py", headers=GZIP).status_code == 404
    assert client.get("/static/%2e%2e/pages.py", headers=GZIP).status_code == 404
    assert client.get("/static/no-such-file.css", headers=GZIP).status_code == 404


def test_a_page_leaves_packed_only_to_those_who_can_unpack(client: Any) -> None:
    packed, plain = client.get("/login/", headers=GZIP), client.get("/login/", headers={"Accept-Encoding": "identity"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert "<form" in gzip.decompress(packed.data).decode()
    assert "Content-Encoding" not in plain.headers
    assert "<form" in plain.text


def test_a_short_answer_is_left_alone(client: Any) -> None:
    assert "Content-Encoding" not in client.get("/healthz", headers=GZIP).headers


@given(st.lists(st.text(max_size=20) | st.text(min_size=900, max_size=3000)))
def test_pieces_that_were_packed_apart_are_one_page(app: Any, pieces: list[str]) -> None:
    with app.test_request_context(headers=GZIP):
        answer = framed(pieces)
    assert gzip.decompress(answer.data).decode() == "".join(pieces)
    assert answer.headers["Content-Encoding"] == "gzip" and "Accept-Encoding" in answer.headers["Vary"]


def test_the_desk_says_the_same_packed_and_plain(as_operator: Any) -> None:
    as_operator.get("/desk/")
    packed = gzip.decompress(as_operator.get("/desk/", headers=GZIP).data).decode()
    plain = as_operator.get("/desk/", headers={"Accept-Encoding": "identity"}).text
    changes = r'nonce="[^"]*"|data-spent="\d+"|token[^>]*>'
    assert re.sub(changes, "", packed) == re.sub(changes, "", plain)
