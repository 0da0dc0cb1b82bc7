"""How much memory the product takes: a file of 100,000 adverts, and everything of `python run.py` when nobody works.

Run: python -m bench memory. A process's peak is its own (VmHWM), not that of whoever started it.
"""

from __future__ import annotations

import csv
import json
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import psycopg2

from bench.harness import Plan, Row, skipped, within
from bench.ingest_data import WORDS, a_phone

RUN = Path(__file__).resolve().parents[1] / "run.py"
IMPORT_MB, IDLE_MB = 300, 700
IDLE_S, READY_S = 20, 240
IMPORT = "peak memory of importing {n:,} rows of CSV, MB"
IDLE = f"everything of run.py after {IDLE_S} s of idling, with PostgreSQL, PSS, MB"


def bench(plan: Plan) -> list[Row]:
    return [importing(plan, 20_000 if plan.quick else 100_000), idling()]


# --- the import


def importing(plan: Plan, n: int) -> Row:
    name = IMPORT.format(n=n)
    with tempfile.TemporaryDirectory(prefix="prozvon-bench-") as folder, plan.server.database() as url:
        path = Path(folder) / "adverts.csv"
        write_adverts(path, n, url)
        size = path.stat().st_size / 2**20
        command = [sys.executable, str(RUN), "ads", "import", str(path), "--source", "bench", "--json"]
        with (Path(folder) / "said").open("w+b") as said:
            began = time.monotonic()
            process = subprocess.Popen(command, env=os.environ | plan.server.environment(url), stdout=said, stderr=said)
            peak = peak_of(process)
            took = time.monotonic() - began
            said.seek(0)
            words = said.read().decode(errors="replace").strip().splitlines()
        try:
            told = json.loads(words[-1])
        except (IndexError, ValueError):
            failed = f"ended with {process.returncode}: {words[-1:]}"
            return Row(name, peak, IMPORT_MB, 0, f"<= {IMPORT_MB}", False, failed)
        assert told["new"] == n, told
        return within(name, peak, IMPORT_MB, f"a file of {size:.0f} MB, {n / took:,.0f} rows/s from start to end")


def write_adverts(path: Path, n: int, url: str) -> None:
    """Real makes, models and towns out of the books, so that recognition does all its work; the rest is made up."""
    with psycopg2.connect(url) as connection, connection.cursor() as cursor:
        cursor.execute("INSERT INTO source (key, name, adapter) VALUES ('bench', 'Bench', 'table_file')")
        cursor.execute("SELECT mk.name, mo.name FROM car_model mo JOIN make mk ON mk.id = mo.make_id ORDER BY mo.id")
        cars = cursor.fetchall()
        cursor.execute(
            "SELECT c.name, r.name FROM city c JOIN region r ON r.id = c.region_id ORDER BY c.population DESC"
        )
        towns = cursor.fetchall()
    connection.close()
    rng = random.Random("file")
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(
            ("id", "url", "make", "model", "year", "mileage", "price", "city", "region", "phone", "seller", "body",
             "fuel", "gearbox", "drive", "color", "vin", "description", "photos")
        )  # fmt: skip
        for number in range(1, n + 1):
            make, model = rng.choice(cars)
            city, region = rng.choice(towns)
            writer.writerow(
                (number, f"https://cars.example.test/used/sale/{number}/", make, model, rng.randint(1998, 2025),
                 rng.randrange(1000, 300_000), rng.randrange(100, 5000) * 1000, city, region, a_phone(rng), "Иван",
                 rng.choice(("седан", "внедорожник", "хэтчбек")), rng.choice(("бензин", "дизель")),
                 rng.choice(("механика", "автомат", "вариатор")), rng.choice(("передний", "полный")), "чёрный",
                 f"XTA{rng.randrange(10**14):014d}" if rng.random() < 0.3 else "",
                 " ".join(rng.choices(WORDS, k=rng.randint(10, 70))),
                 ";".join(f"https://img.example.test/{number}/{photo}.jpg" for photo in range(rng.randint(1, 8))))
            )  # fmt: skip


def peak_of(process: subprocess.Popen[bytes]) -> float:
    """The highest resident memory of the process in MB, looked at until it ends."""
    peak = 0
    while process.poll() is None:
        try:
            status = Path(f"/proc/{process.pid}/status").read_text()
        except OSError:
            break
        peak = max([peak, *(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM"))])
        time.sleep(0.02)
    process.wait()
    return peak / 1024


# --- everything, idle


def idling() -> Row:
    bound = f"<= {IDLE_MB}"
    with tempfile.TemporaryDirectory(prefix="prozvon-bench-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        try:
            with everything(Path(folder)) as processes:
                time.sleep(IDLE_S)
                sizes = {process.pid: process.memory_full_info().pss / 2**20 for process in processes()}
        except (NotReady, psutil.AccessDenied, AttributeError) as trouble:
            return skipped(IDLE, bound, f"{type(trouble).__name__} {trouble}")
        return within(IDLE, sum(sizes.values()), IDLE_MB, f"{len(sizes)} processes")


class NotReady(Exception):
    """It did not come up; the text says how far it got."""


@contextmanager
def everything(var: Path) -> Iterator[object]:
    """`python run.py` on its own folder and port, as a newcomer starts it; gives a look at all its processes."""
    port = _free_port()
    environment = {
        name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "PROZVON_EMBEDDED")
    }
    environment |= {"PROZVON_VAR": str(var), "PROZVON_PORT": str(port)}
    with (var / "said").open("w+b") as said:
        process = subprocess.Popen([sys.executable, str(RUN)], env=environment, stdout=said, stderr=said)
        try:
            _wait_until_ready(process, port, var / "said")
            yield lambda: _family(process.pid, var)
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(timeout=40)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            _stop_database(var)


def _wait_until_ready(process: subprocess.Popen[bytes], port: int, said: Path) -> None:
    end = time.monotonic() + READY_S
    while time.monotonic() < end:
        if process.poll() is not None:
            raise NotReady(f"run.py ended with {process.returncode}: {said.read_text(errors='replace')[-300:]}")
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=2) as answer:
                if answer.status == 200:
                    return
        except OSError:
            time.sleep(0.5)
    raise NotReady(f"/readyz did not answer within {READY_S} s: {said.read_text(errors='replace')[-300:]}")


def _family(pid: int, var: Path) -> list[psutil.Process]:
    """The started process, its children, and the database, which is nobody's child."""
    heads = [psutil.Process(pid)]
    if (postmaster := _postmaster(var)) is not None:
        heads.append(postmaster)
    return [process for head in heads for process in (head, *head.children(recursive=True))]


def _postmaster(var: Path) -> psutil.Process | None:
    try:
        return psutil.Process(int((var / "pg" / "postmaster.pid").read_text().split()[0]))
    except (OSError, ValueError, IndexError, psutil.NoSuchProcess):
        return None


def _stop_database(var: Path) -> None:
    """It stops by itself with the last process that asked for it; after a kill it has to be told."""
    postmaster = _postmaster(var)
    if postmaster is not None:
        postmaster.send_signal(signal.SIGINT)
        postmaster.wait(30)


def _free_port() -> int:
    """Two in a row: the made-up classified of the demonstration listens on the next one."""
    while True:
        with socket.socket() as one, socket.socket() as other:
            one.bind(("127.0.0.1", 0))
            port: int = one.getsockname()[1]
            try:
                other.bind(("127.0.0.1", port + 1))
            except (OSError, OverflowError):
                continue
            return port
