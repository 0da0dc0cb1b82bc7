"""Programs that call the API: with a token of a log-in, or with a key that an administrator has made."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from app.services import api_keys
from tests.databases import PASSWORD
from tests.factories import get_user


class Program:
    """A client without cookies whose every call carries its key or token."""

    def __init__(self, client: Any, secret: str) -> None:
        self.client, self.secret = client, secret

    def _call(self, method: str, path: str, **more: Any) -> Any:
        headers = {"Authorization": f"Bearer {self.secret}", **more.pop("headers", {})}
        address = path if path.startswith("/") else f"/api/v1/{path}"
        return self.client.open(address, method=method, headers=headers, **more)

    def get(self, path: str, **more: Any) -> Any:
        return self._call("GET", path, **more)

    def post(self, path: str, json: Any = None, **more: Any) -> Any:
        return self._call("POST", path, **({"json": json} if json is not None else {}), **more)

    def rows(self, path: str) -> list[dict[str, Any]]:
        answer = self.get(path)
        assert answer.status_code == 200, answer.text
        return answer.json["result"]


@pytest.fixture
def make_key(session: Any) -> Callable[..., str]:
    def make(username: str = "admin", **more: Any) -> str:
        user = get_user(session, username)
        values = {"name": "программа", "scope": "all", "now": datetime.now(UTC), "actor_id": user.id} | more
        return api_keys.make(session, user_id=user.id, **values)

    return make


@pytest.fixture
def as_program(app: Any, make_key: Callable[..., str]) -> Callable[..., Program]:
    """as_program("operator") calls with a key of that person."""
    return lambda username="admin", **more: Program(app.test_client(), make_key(username, **more))


@pytest.fixture
def with_token(app: Any) -> Callable[[str], Program]:
    def log_in(username: str) -> Program:
        client = app.test_client()
        body = {"username": username, "password": PASSWORD, "provider": "db", "refresh": True}
        answer = client.post("/api/v1/security/login", json=body)
        assert answer.status_code == 200, answer.text
        return Program(client, answer.json["access_token"])

    return log_in
