"""A .zip with one file in it is read as that file, under the limits of everything packed."""

from __future__ import annotations

import gzip
import io
import zipfile
from pathlib import Path

import pytest
from openpyxl import Workbook

from app.sources import SourceTrouble, _bytes
from app.sources._bytes import gunzipped, head_of, open_saved
from app.sources.detect import archive_fault, detect_file, detect_format, preview
from app.sources.table_file import TableFile

CSV = "id,марка,модель,год,цена\n" + "".join(f"{n},Таврия,Нова,2015,{450_000 + n}\n" for n in range(50))


def zipped(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return out.getvalue()


def workbook() -> bytes:
    book, out = Workbook(), io.BytesIO()
    for row in (["Марка", "Модель", "Год", "Цена"], ["Таврия", "Нова", 2015, 450_000]):
        book.active.append(row)
    book.save(out)
    return out.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "n"),
    [
        ("ads.csv", CSV.encode("cp1251"), 50),
        ("ads.json", b'[{"id": 1, "make": "Tavria", "model": "Nova", "year": 2015, "price": 450000}]', 1),
        ("ads.xml", b"<offers><offer><id>1</id><make>Tavria</make><model>Nova</model><year>2015</year></offer>"
                    b"<offer><id>2</id><make>Tavria</make><model>Nova</model><year>2016</year></offer></offers>", 2),
        ("ads.xlsx", workbook(), 1),
    ],
)  # fmt: skip
def test_the_one_file_inside_is_read_whatever_its_format(tmp_path: Path, name: str, content: bytes, n: int) -> None:
    path = tmp_path / "ads.zip"
    path.write_bytes(zipped({"папка/": b"", f"папка/{name}": content, f"__MACOSX/{name}": b"junk"}))
    assert archive_fault(path) == "" and detect_file(path) == "table_file"
    assert len([ad for ad in TableFile().parse_file(path) if hasattr(ad, "external_id")]) == n
    assert preview(path).records
    assert detect_format(path.read_bytes()) == "table_file"
    assert len(list(TableFile().parse(path.read_bytes()))) == n


def test_a_workbook_packed_by_gzip_is_read_too(tmp_path: Path) -> None:
    path = tmp_path / "ads.xlsx.gz"
    path.write_bytes(gzip.compress(workbook()))
    assert len(list(TableFile().parse_file(path))) == 1


def locked() -> bytes:
    content = bytearray(zipped({"a.csv": b"x"}))
    content[6] |= 1  # the flags of the file and of its entry in the list
    content[content.index(b"PK\x01\x02") + 8] |= 1
    return bytes(content)


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (zipped({"a.csv": b"x", "b.csv": b"y"}), "many"),
        (zipped({"folder/": b""}), "empty"),
        (zipped({}), ""),  # twenty-two bytes without a file: no archive that begins with one
        (locked(), "locked"),
        (workbook(), ""),
        (b"PK\x03\x04 cut", ""),
    ],
)
def test_what_cannot_be_read_as_one_file_says_why(tmp_path: Path, content: bytes, fault: str) -> None:
    path = tmp_path / "ads.zip"
    path.write_bytes(content)
    assert archive_fault(path) == fault


def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_bytes, "RATIO_FREE", 1 << 20)
    path = tmp_path / "ads.zip"
    path.write_bytes(zipped({"ads.csv": b"0" * (20 << 20)}))
    assert archive_fault(path) == "bomb"
    with pytest.raises(SourceTrouble, match="too much"):
        open_saved(path)


def test_a_damaged_file_inside_gives_what_stands_before_the_damage() -> None:
    body = bytes(range(256)) * 4000
    content = bytearray(zipped({"ads.csv": body}))
    middle = len(content) // 2
    content[middle : middle + 20] = b"\xff" * 20
    found = gunzipped(bytes(content))
    assert len(found) < len(body) or found != body


def test_bytes_that_are_no_archive_are_left_as_they_are() -> None:
    book = workbook()
    assert gunzipped(book) is book
    assert head_of(book, 4) == b"PK\x03\x04"
