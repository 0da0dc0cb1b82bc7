from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from app.sources import Health, SourceTrouble, _bytes
from app.sources._bytes import decoded, encoding_of, gunzipped, open_saved

RUSSIAN = "Марка;Модель;Цена\nТаврия;Нова;450000\nсеребристый седан с пробегом\n"


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "cp1251", "utf-16", "utf-16-le", "utf-16-be", "koi8-r", "cp866"]
)
def test_russian_text_is_read_in_whatever_encoding_it_came(encoding: str) -> None:
    assert decoded(RUSSIAN.encode(encoding)) == RUSSIAN


def test_two_encodings_glued_together_are_both_read() -> None:
    glued = ("Ж" * 400).encode() + "Казань".encode("cp1251") + " и ещё".encode()
    assert decoded(glued) == "Ж" * 400 + "Казань и ещё"


def test_packed_bytes_are_unpacked_and_a_cut_archive_gives_its_beginning() -> None:
    body = RUSSIAN.encode() * 2000
    packed = gzip.compress(body)
    assert gunzipped(packed) == body
    assert gunzipped(body) is body
    assert body.startswith(gunzipped(packed[:-20])) and gunzipped(packed[:-20])


def test_a_packed_bomb_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_bytes, "RATIO_FREE", 1 << 20)
    bomb = gzip.compress(b"\0" * (8 << 20))
    with pytest.raises(SourceTrouble) as caught:
        gunzipped(bomb)
    assert caught.value.health is Health.LAYOUT_CHANGED


def test_a_packed_file_streams(tmp_path: Path) -> None:
    path = tmp_path / "ads.csv.gz"
    path.write_bytes(gzip.compress(RUSSIAN.encode("cp1251")))
    with open_saved(path) as stream:
        assert encoding_of(stream.read()) == "cp1251"
