"""Whatever comes in, a source gives adverts, reports rows or says what is wrong; it never falls over."""

from __future__ import annotations

import copy
import json
import random
import re
from pathlib import Path
from typing import Any

import pytest

import app.sources
from app.domain.ads import REJECT_REASONS, AdData, Rejected
from app.registry import members
from app.sources import Source, SourceTrouble
from app.sources.detect import detect_format

PAGES = Path(__file__).parent / "pages"
FAMILIES = members(app.sources, Source)
JUNK: list[Any] = [
    None,
    5,
    -1,
    1e308,
    True,
    "",
    "x",
    "\0",
    "\ud800",
    [],
    [None],
    [[1]],
    {},
    {"a": {"b": []}},
    10**30,
    "٣",
]


def check(source: Source, content: bytes) -> None:
    try:
        for record in source.parse(content):
            assert isinstance(record, AdData | Rejected)
            if isinstance(record, Rejected):
                assert record.reason in REJECT_REASONS
                continue
            assert record.external_id and isinstance(record.external_id, str)
            for name in ("title", "make", "model", "description", "city", "url", "vin", "seller_name"):
                said = getattr(record, name)
                assert isinstance(said, str) and "\0" not in said
                said.encode()
            for name in ("year", "price", "mileage_km", "engine_cc", "power_hp", "owners", "doors"):
                told = getattr(record, name)
                assert told is None or (isinstance(told, int) and 0 <= told < 2**31), name
            assert all(isinstance(item, str) for item in (*record.phones, *record.photos))
            assert record.published_at is None or record.published_at.tzinfo is not None
    except SourceTrouble as trouble:
        assert str(trouble)


def nodes(tree: Any) -> list[tuple[Any, Any]]:
    keys = list(tree) if isinstance(tree, dict) else range(len(tree)) if isinstance(tree, list) else []
    return [(tree, key) for key in keys] + [pair for key in keys for pair in nodes(tree[key])]


def json_in(path: Path) -> tuple[str, Any, str]:
    """The text around the JSON of a saved page and the JSON itself."""
    page = path.read_text("utf-8")
    found = re.search(r'(<script[^>]*json"[^>]*>)(.*?)(</script>)', page, re.DOTALL)
    if path.suffix == ".json" or not found:
        return "", json.loads(page), ""
    return page[: found.start(2)], json.loads(found.group(2)), page[found.end(2) :]


@pytest.mark.parametrize(
    "name", ["ads_api.json", "rest_app_avito.json", "rest_app_autoru.json", "autoru_page.html", "json_ld.html"]
)
def test_values_of_a_wrong_kind_anywhere_in_a_record(name: str) -> None:
    rng = random.Random(name)
    before, tree, after = json_in(PAGES / name)
    source = next(kind() for key, kind in FAMILIES.items() if name.startswith(key))
    for _ in range(300):
        broken = copy.deepcopy(tree)
        for _ in range(rng.choice([1, 1, 3])):
            holder, key = rng.choice(nodes(broken))
            holder[key] = copy.deepcopy(rng.choice(JUNK))
        check(source, (before + json.dumps(broken) + after).encode())


@pytest.mark.parametrize("path", sorted(PAGES.iterdir()), ids=lambda path: path.name)
def test_bytes_that_are_cut_lost_or_damaged(path: Path) -> None:
    rng = random.Random(path.name)
    whole = path.read_bytes()
    source = next(kind() for key, kind in FAMILIES.items() if path.name.startswith(key))
    for _ in range(60):
        broken = bytearray(whole)
        for _ in range(rng.choice([1, 5, 40])):
            at = rng.randrange(len(broken) or 1)
            broken[at : at + rng.choice([0, 1, 1, 20])] = rng.choice(
                [b"", b"\0", b"<", b'"', b"}", b"&", b"\xff", b"\n;"]
            )
        if rng.random() < 0.4:
            del broken[rng.randrange(len(broken) or 1) :]
        check(source, bytes(broken))


@pytest.mark.parametrize("key", FAMILIES)
def test_noise_of_every_kind_in_every_adapter(key: str) -> None:
    rng = random.Random(key)
    samples = [
        b"",
        b"\0" * 5000,
        b"[]",
        b"{}",
        b"[[]]",
        b"null",
        b"true",
        b'"x"',
        b"<",
        b"<a",
        b"<a/>",
        b"[1,2",
        b"PK\x03\x04",
    ]
    samples += [rng.randbytes(rng.randrange(1, 4000)) for _ in range(20)]
    samples += [path.read_bytes() for path in PAGES.iterdir()]
    for sample in samples:
        check(FAMILIES[key](), sample)
        detect_format(sample[:65536], "a.bin")
