"""The commands about adverts: a file comes in by one line, whatever its shape, and says what became of it."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, text

from app.database import sqlalchemy_url

ROOT = Path(__file__).resolve().parents[1]
HEADER = "id,марка,модель,год выпуска,пробег,цена,город,телефон\n"
ROWS = "".join(
    f"a{n},LADA,Granta,{2015 + n % 8},{50_000 + n},{400_000 + n},Самара,+7 900 000-{n // 100:02d}-{n % 100:02d}\n"
    for n in range(30)
)


def run(server: Any, database: str, *words: str, code: int = 0) -> Any:
    done = subprocess.run(
        [sys.executable, str(ROOT / "run.py"), *words],
        cwd=ROOT, env={"PATH": "/usr/bin:/bin", **server.environment(database)}, capture_output=True, text=True,
        timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == code, done.stderr
    return json.loads(done.stdout.splitlines()[-1]) if code == 0 else done.stderr


def test_a_packed_file_comes_in_and_a_second_time_changes_nothing(server: Any, database: str, tmp_path: Path) -> None:
    file = tmp_path / "ads.csv.gz"
    file.write_bytes(gzip.compress((HEADER + ROWS + "b1,,,,,,,\n").encode("cp1251")))
    first = run(server, database, "ads", "import", str(file), "--source", "probe", "--json")
    assert (first["read"], first["new"], first["rejected"]) == (31, 30, 1)
    assert set(first) >= {
        "read", "new", "changed", "price_changed", "unchanged", "rejected", "rejected_reasons", "vehicles_new",
        "seconds",
    }  # fmt: skip
    second = run(server, database, "ads", "import", str(file), "--source", "probe", "--json")
    assert (second["new"], second["changed"], second["unchanged"]) == (0, 0, 30)
    with create_engine(sqlalchemy_url(database)).begin() as connection:
        ad_id, known = connection.execute(
            text("SELECT min(id), count(*) FILTER (WHERE model_id IS NOT NULL AND city_id IS NOT NULL) FROM ad")
        ).one()
    assert known == 30
    told = run(server, database, "ads", "explain", str(ad_id), "--json")
    assert told["card"]
    assert told["why"]["code"] in ("not_matched_yet", "no_filter_wants_it")


def test_a_dry_run_writes_no_ad(server: Any, database: str, tmp_path: Path) -> None:
    file = tmp_path / "ads.csv"
    file.write_text(HEADER + ROWS, "utf-8")
    told = run(server, database, "ads", "import", str(file), "--source", "dry", "--dry-run", "--json")
    assert told["new"] == 30
    with create_engine(sqlalchemy_url(database)).begin() as connection:
        assert connection.execute(text("SELECT count(*) FROM ad")).scalar() == 0


def test_a_map_tells_the_columns_of_a_table_without_names(server: Any, database: str, tmp_path: Path) -> None:
    file, field_map = tmp_path / "rows.csv", tmp_path / "map.json"
    file.write_text("x1;Kia;Rio;2017;900000\nx2;Kia;Ceed;2018;1000000\n", "utf-8")
    field_map.write_text(
        json.dumps({"external_id": 0, "make": 1, "model": 2, "year": 3, "price": 4, "city": {"const": "Казань"}}),
        "utf-8",
    )
    words = [
        "ads",
        "import",
        str(file),
        "--source",
        "mapped",
        "--format",
        "table_file",
        "--map",
        str(field_map),
        "--json",
    ]
    assert run(server, database, *words, "--json")["new"] == 2


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("nothing.csv", b"", "not recognised"),
        ("picture.png", b"\x89PNG\r\n\x1a\n" + bytes(99), "not recognised"),
        ("gone.csv", None, "cannot be read"),
    ],
)
def test_a_file_that_is_none_is_refused_in_words(
    server: Any, database: str, tmp_path: Path, name: str, content: bytes | None, said: str
) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    assert said in run(server, database, "ads", "import", str(tmp_path / name), "--source", "bad", code=1)
