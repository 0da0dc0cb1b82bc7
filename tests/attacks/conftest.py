"""One full installation for all attacks: pages with rows on them, where commits are real."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from flask_appbuilder.security.sqla.models import User
from sqlalchemy import delete, update

from app.extensions import db
from app.models import LoginTry
from tests.attacks.forms import Reader, read
from tests.conftest import CleanClient
from tests.databases import CHEAP_HASH, USERS, Server, make_app
from tests.journeys import everywhere


@pytest.fixture(scope="package")
def installation(server: Server, template: str) -> Iterator[Flask]:
    url = server.create(template)
    app = make_app(server, url)
    app.test_client_class = CleanClient
    everywhere.fill(app)
    # What breaks is answered as in life, with 500, and the log names it.
    app.config["PROPAGATE_EXCEPTIONS"] = False
    yield app
    with app.app_context():
        db.engine.dispose()
    server.drop(url)


@pytest.fixture(scope="package")
def pages(installation: Flask) -> list[everywhere.Page]:
    return everywhere.pages(installation)


@pytest.fixture
def enter(installation: Flask) -> Callable[[str], CleanClient]:
    """enter("operator") is that person's browser; enter("") a stranger's."""

    def come(role: str) -> CleanClient:
        with installation.app_context():  # log-in and own password are attacked too: the door may be closed, or new
            db.session.execute(delete(LoginTry))
            mine = update(User).where(User.username.in_(USERS))
            db.session.execute(mine.values(password=CHEAP_HASH, active=True))
            db.session.commit()
            db.session.remove()
        client = installation.test_client()
        return client.log_in(role) if role else client

    return come


class Walk:
    """What a role finds on all its pages."""

    def __init__(self, client: CleanClient, addresses: list[str]) -> None:
        self.read: dict[str, Reader] = {}
        for address in addresses:
            answer = client.get(address)
            if answer.mimetype == "text/html":
                self.read[address] = read(answer.text, address)


@pytest.fixture(scope="package")
def walks(installation: Flask, pages: list[everywhere.Page]) -> dict[str, Walk]:
    found = {}
    for role in ("", "operator", "supervisor", "admin"):
        client = installation.test_client()
        if role:
            client.log_in(role)
        found[role] = Walk(client, [page.address for page in pages if page.role == role])
    return found


class Witness(logging.Handler):
    """Keeps what the log says of a failure, so that a test can name it."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.last = ""

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if record.exc_info else None
        self.last = f"{type(error).__name__}: {str(error)[:200]}" if error else record.getMessage()[:200]


@pytest.fixture
def witness() -> Iterator[Witness]:
    handler = Witness()
    logging.getLogger().addHandler(handler)
    yield handler
    logging.getLogger().removeHandler(handler)


def is_broken(answer: Any) -> bool:
    return bool(answer.status_code >= 500 or "Traceback (most recent" in answer.text)
