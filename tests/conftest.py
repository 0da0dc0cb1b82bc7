"""Enough fixtures: a database that forgets, an application, a client per actor, a counter of SQL, a browser."""

from __future__ import annotations

import contextvars
import os
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.orm import Session
from werkzeug.serving import make_server

from app import plain_rows
from app.database import sqlalchemy_url
from app.extensions import db
from app.services import books, matching, revisions
from tests.databases import PASSWORD, Server, build_template, make_app, running_server
from tests.one_asterisk import pytest_xdist_make_scheduler  # noqa: F401  a hook
from tests.telephony.fixtures import (  # noqa: F401  fixtures and hooks of the real Asterisk, for every folder
    ami,
    asterisk_lab,
    link,
    pytest_collection_modifyitems,
    pytest_terminal_summary,
)

# A slow machine is no failure, and every example of a database test shares that test's transaction.
hypothesis_settings.register_profile(
    "house", deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
hypothesis_settings.load_profile("house")


@pytest.fixture(autouse=True)
def _push_request_context() -> None:
    """Switches pytest-flask's fixture of this name off: in a shared context every client is the first one's user."""


# --- databases


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    with running_server() as running:
        yield running


@pytest.fixture(scope="session")
def template(server: Server) -> str:
    return build_template(server)


@pytest.fixture
def database(server: Server, template: str) -> Iterator[str]:
    """URL of a fresh, deployed database of the test's own: for races, processes and whatever really commits."""
    url = server.create(template)
    yield url
    server.drop(url)


@pytest.fixture
def empty_database(server: Server) -> Iterator[str]:
    """URL of a database without a single table."""
    url = server.create()
    yield url
    server.drop(url)


# --- the application


class CleanClient(FlaskClient):
    """Every request starts with nothing pushed, as in life, whatever context the test itself stands in."""

    def open(self, *args: Any, **more: Any) -> Any:
        if _current is not None:
            _current.commit()  # what the test has prepared is there before anybody asks
        answer = contextvars.Context().run(super().open, *args, **more)
        if _current is not None:
            _current.expire_all()
        return answer

    def log_in(self, username: str, password: str = PASSWORD) -> CleanClient:
        """Through the real form."""
        answer = self.post("/login/", data={"username": username, "password": password})
        assert answer.status_code == 302 and "/login" not in answer.location, f"{username} cannot log in"
        return self


_current: Session | None = None  # the session of the running test, when it asked for one


@pytest.fixture(scope="session")
def one_app(server: Server, template: str) -> Iterator[Flask]:
    global _shipped_names
    url = server.create(template)
    app = make_app(server, url)
    app.test_client_class = CleanClient
    with app.app_context():
        _shipped_names = revisions.of(db.session(), "names")
        db.session.remove()
    yield app
    with app.app_context():
        db.engine.dispose()
    server.drop(url)


_shipped_names = 0  # the revision of the books that every test finds


def _forget_rolled_back() -> None:
    """A process keeps books and filters by their revision, and a rolled back test gives its revision to the next."""
    matching._known = None
    if books._current is not None and books._current.revision != _shipped_names:
        books._current = None


class _RolledBack(Connection):
    """Stands in for the engine: all that is committed through it is gone after the test."""

    @contextmanager
    def begin(self) -> Iterator[Connection]:  # type: ignore[override]
        with self.begin_nested():
            yield self

    connect = begin

    def dispose(self) -> None:
        """An engine can; a transaction has nothing to give back before the test ends."""


@contextmanager
def _bound(app: Flask, bind: Any) -> Iterator[None]:
    engines = db._app_engines[app]  # Flask-SQLAlchemy has no public way to lend an app another engine
    own = engines[None]
    engines[None] = bind
    try:
        yield
    finally:
        engines[None] = own


@pytest.fixture
def app(one_app: Flask, request: pytest.FixtureRequest) -> Iterator[Flask]:
    """The application; whatever the test writes is rolled back. With `own_database` it stands on that instead."""
    if "own_database" in request.fixturenames:
        engine = create_engine(sqlalchemy_url(request.getfixturevalue("database")))
        with _bound(one_app, engine):
            yield one_app
        engine.dispose()
        _forget_rolled_back()
        return
    with one_app.app_context():
        engine = db.engine
    connection = _RolledBack(engine)
    transaction = Connection.begin(connection)  # the outer one, which never commits
    with _bound(one_app, connection):
        yield one_app
    transaction.rollback()
    connection.close()
    _forget_rolled_back()


@pytest.fixture
def own_database(database: str) -> str:
    """Ask for it beside `app`, `session` or a client when commits must be real: threads, NOTIFY, SKIP LOCKED."""
    return database


@pytest.fixture
def session(app: Flask) -> Iterator[Session]:
    """db.session in an app context of the test's own. Clients do not see that context, only what it has written."""
    global _current
    with app.app_context():
        _current = db.session()
        yield _current
        _current = None


@pytest.fixture
def db_session(session: Session) -> Session:
    return session


# --- actors: one client each, logged in through the form


@pytest.fixture
def client(app: Flask) -> CleanClient:
    return app.test_client()


@pytest.fixture
def log_in(app: Flask) -> Callable[[str], CleanClient]:
    """log_in("operator2") is one more client."""
    return lambda username: app.test_client().log_in(username)


@pytest.fixture
def as_operator(log_in: Callable[[str], CleanClient]) -> CleanClient:
    return log_in("operator")


@pytest.fixture
def as_supervisor(log_in: Callable[[str], CleanClient]) -> CleanClient:
    return log_in("supervisor")


@pytest.fixture
def as_admin(log_in: Callable[[str], CleanClient]) -> CleanClient:
    return log_in("admin")


# --- measuring


class Counted:
    def __init__(self) -> None:
        self.statements: list[str] = []

    @property
    def n(self) -> int:
        return len(self.statements)


@pytest.fixture
def count_sql() -> Callable[[], Any]:
    """`with count_sql() as counted: ...; assert counted.n <= 12`: every statement of every engine and thread."""

    @contextmanager
    def counting() -> Iterator[Counted]:
        counted = Counted()

        def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
            # Savepoints are this suite's own, for rolling back; the product pays for none of them.
            if not statement.startswith(("SAVEPOINT", "RELEASE SAVEPOINT", "ROLLBACK TO")):
                counted.statements.append(statement)

        def note_plain(cursor: Any, statement: str, values: Any) -> Any:
            counted.statements.append(statement)
            return plain(cursor, statement, values)

        plain = plain_rows._run
        event.listen(Engine, "before_cursor_execute", note)
        plain_rows._run = note_plain
        try:
            yield counted
        finally:
            event.remove(Engine, "before_cursor_execute", note)
            plain_rows._run = plain

    return counting


# --- a real server and a real browser


class LiveServer:
    def __init__(self, app: Flask, database: str) -> None:
        self.app, self.database = app, database
        self._server = make_server("127.0.0.1", 0, app, threaded=True)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@pytest.fixture
def live_server(server: Server, database: str) -> Iterator[LiveServer]:
    """A listening server (`.url`, `.app`) with form guard on, on a database of its own where commits are real."""
    app = make_app(server, database, WTF_CSRF_ENABLED=True)
    live = LiveServer(app, database)
    live.start()
    yield live
    live.stop()
    with app.app_context():
        db.engine.dispose()


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Headless Chromium: the system's, else Playwright's own. Absent: skipped here, an error in CI."""
    from playwright.sync_api import Error, sync_playwright

    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    with sync_playwright() as playwright:
        try:
            # Chromium's sandbox refuses to run as root, which is what CI machines are.
            launched = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        except Error as error:
            if os.environ.get("CI"):
                raise
            pytest.skip(f"no Chromium on this machine: {str(error).splitlines()[0]}")
        yield launched
        launched.close()


@pytest.fixture
def page(browser: Any, live_server: LiveServer) -> Iterator[Any]:
    """A page of a fresh browser profile whose addresses are relative to the live server."""
    context = browser.new_context(base_url=live_server.url, locale="ru-RU", viewport={"width": 1440, "height": 900})
    yield context.new_page()
    context.close()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Any:
    """In CI nothing may be left out silently: a skip there is a failure that names its reason."""
    report = yield
    if report.skipped and os.environ.get("CI") and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = (
            f"skipped in CI: {report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr}"
        )
    return report
