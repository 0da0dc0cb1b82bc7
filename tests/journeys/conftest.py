"""One full installation for all checks of every page, and one walk over them in the browser."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from app.extensions import db
from tests.conftest import CleanClient, LiveServer
from tests.databases import Server, make_app
from tests.journeys import everywhere


@pytest.fixture(scope="session")
def full_server(server: Server, template: str) -> Iterator[LiveServer]:
    """A listening server on the filled demonstration. Whoever writes there must not mind what the others see."""
    url = server.create(template)
    app = make_app(server, url)
    app.test_client_class = CleanClient
    everywhere.fill(app)
    live = LiveServer(app, url)
    live.start()
    yield live
    live.stop()
    with app.app_context():
        db.engine.dispose()
    server.drop(url)
