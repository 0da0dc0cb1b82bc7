"""What a long list as an Excel book costs beside the csv module, and that its size does not show in the memory.

Each side runs in a process of its own: the peak (VmHWM) is nobody else's. The rows are as a list of calls has them;
making them up costs both sides the same and is taken off.
"""

from __future__ import annotations

import csv
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any

from app.reports import streams
from app.reports.streams import CLOCK, MOMENT, NUMBER, TEXT, Column
from bench.harness import Plan, Row, at_most

ROWS, FEW, QUICK_ROWS = 1_000_000, 100_000, 200_000
KINDS = (MOMENT, TEXT, TEXT, TEXT, TEXT, TEXT, NUMBER, TEXT, CLOCK, CLOCK, TEXT, TEXT)
FIRST = datetime(2026, 11, 1, 9)  # noqa: DTZ001  as a file tells it


def rows(n: int) -> Iterator[tuple[Any, ...]]:
    """Twelve cells; a car's name in every twentieth row has a sign that XML wants escaped."""
    for i in range(n):
        yield (
            FIRST + timedelta(seconds=i), "исходящий", "ответил" if i % 3 else None,
            f"+7 9{i % 90 + 10} {i % 997:03d}-{i % 89 + 10}-{i % 83 + 10}", f"Фамилия {i * 31 % 100}",
            f"Линия {i % 5}", i, f"Toyota Camry, {i}" if i % 20 else f"Land Rover <{i}> & прочее",
            timedelta(seconds=i % 30), timedelta(seconds=i % 300), f"Город {i * 7919 % 1100}", "В работе",
        )  # fmt: skip


def run(side: str, n: int, folder: Path) -> dict[str, float]:
    started = time.process_time()
    if side == "nothing":
        for _row in rows(n):
            pass
    elif side == "csv":
        with (folder / "rows.csv").open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows(rows(n))
    else:
        columns = [Column(str(place), kind) for place, kind in enumerate(KINDS)]
        streams.write_xlsx(folder / "rows.xlsx", "rows", columns, rows(n), lambda _done: None)
    spent = time.process_time() - started
    peak = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
    return {"cpu": spent, "peak": int(peak.split()[1]) / 1024}


def bench(plan: Plan) -> list[Row]:
    n = QUICK_ROWS if plan.quick else ROWS
    with tempfile.TemporaryDirectory(prefix="prozvon-bench-") as folder:
        sides = [("nothing", n), ("csv", n), ("xlsx", n)]
        found: list[list[float]] = [[] for _ in sides]
        peaks: list[float] = []
        few: list[float] = []
        for _ in range(3 if plan.quick else plan.rounds):
            for times, side in zip(found, sides, strict=True):
                told = _apart(*side, folder)
                times.append(told["cpu"])
            peaks.append(told["peak"])
            few.append(_apart("xlsx", FEW, folder)["peak"])
    idle = median(found[0])
    theirs, mine = ([one - idle for one in times] for times in found[1:])
    return [
        at_most(f"Excel of {n:,} rows / csv module, CPU s", mine, theirs, 2.0, f"making the rows up, {idle:.1f}, off"),
        at_most(f"Excel of {n:,} rows / of {FEW:,}, peak memory MB", peaks, few, 1.2),
    ]


def _apart(side: str, n: int, folder: str) -> dict[str, float]:
    command = [sys.executable, "-m", "bench.exports", side, str(n), folder]
    done = subprocess.run(command, cwd=Path(__file__).resolve().parents[1], capture_output=True, text=True, check=True)
    told: dict[str, float] = json.loads(done.stdout)
    return told


if __name__ == "__main__":
    print(json.dumps(run(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3]))))
