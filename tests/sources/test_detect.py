from __future__ import annotations

import gzip
from pathlib import Path

import pytest

import app.sources
from app.domain.ads import AdData, Rejected
from app.registry import members
from app.sources import Source
from app.sources.detect import detect_file, detect_format, preview, propose_map
from app.sources.table_file import TableFile

PAGES = Path(__file__).parent / "pages"
CSV = "Марка,Модель,Год,Цена\nTavria,Nova,2015,-5\nTavria,Volt,2020,500000\n".encode()


@pytest.mark.parametrize("path", sorted(PAGES.iterdir()), ids=lambda path: path.name)
def test_every_saved_page_is_known_by_its_content(path: Path) -> None:
    families = sorted(members(app.sources, Source), key=len, reverse=True)
    expected = next(key for key in families if path.name.startswith(key))
    assert detect_file(path) == expected
    assert detect_format(gzip.compress(path.read_bytes())[:65536], "misleading.csv") == expected


@pytest.mark.parametrize(
    "content", [b"", b"a,b\n1,2\n", b"\x89PNG\r\n", b"{}", b"<a><b/></a>", b"\0" * 100, b"\x1f\x8b"]
)
def test_what_nobody_reads_has_no_format(content: bytes) -> None:
    assert detect_format(content, "ads.csv") == ""


def test_a_table_is_a_table_whatever_its_name() -> None:
    assert detect_format(CSV, "ads.xml") == "table_file"


def test_the_wizard_sees_columns_map_rows_and_what_becomes_of_them() -> None:
    shown = preview(CSV.decode().encode("cp1251"))
    assert (shown.kind, shown.encoding, shown.delimiter, shown.has_header) == ("csv", "cp1251", ",", True)
    assert shown.columns == ["Марка", "Модель", "Год", "Цена"]
    assert shown.field_map == propose_map(CSV) == {"make": "Марка", "model": "Модель", "year": "Год", "price": "Цена"}
    assert shown.rows[0] == ["Tavria", "Nova", "2015", "-5"]
    assert isinstance(shown.records[0], Rejected) and isinstance(shown.records[1], AdData)


def test_the_wizard_shows_why_a_map_does_not_fit() -> None:
    shown = preview(CSV, TableFile(field_map={"make": "Нет такой"}))
    assert "Нет такой" in shown.trouble and shown.records == []


def test_every_source_has_a_label_and_every_option_a_label_or_belongs_to_the_installation() -> None:
    from dataclasses import fields

    for key, kind in members(app.sources, Source).items():
        assert kind.label, key
        for option in fields(kind):
            assert option.metadata.get("deployment") or (option.metadata["label"] and option.metadata["help"]), option
            if option.name in ("token", "password", "key"):
                assert option.metadata["secret"], option
