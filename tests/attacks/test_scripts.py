"""Adverts, names and notes are written by strangers: on no page do they become elements, attributes or scripts."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any

import pytest
from flask import Flask
from flask_appbuilder import Model
from sqlalchemy import String, Text, text

from app.extensions import db
from app.security import seed_roles

MARK = "pwned"
# Out of text, out of an attribute in either kind of quotes, out of a script, a style, a comment and a template.
EVIL = f"""{MARK}'"></script></style>--><{MARK} on{MARK}=1><img src=x onerror={MARK}()>{{{{7*191}}}}"""
# Words of the program itself: keys, states, kinds, hashes, addresses that something is asked under.
OURS = {
    "key", "code", "state", "kind", "health", "adapter", "job", "what", "subject", "actor", "presence", "timezone",
    "purpose", "color", "icon", "hotkey", "token_hash", "sid_hash", "key_hash", "prefix", "scope", "phone",
    "phone_hash", "secrets", "sealed", "facts_hash", "username", "email", "password", "why", "vin", "plate", "body",
    "fuel", "gearbox", "drive", "wheel", "name_sort", "folded", "context", "account", "version_num", "uuid", "to",
}  # fmt: skip
LONGEST_ID = 12


class Found(HTMLParser):
    """What has come to life."""

    def __init__(self) -> None:
        super().__init__()
        self.alive: list[str] = []

    def handle_starttag(self, tag: str, pairs: list[tuple[str, str | None]]) -> None:
        for name, value in pairs:
            if MARK in name or name.startswith("on"):
                self.alive.append(f"<{tag} {name}={value!r}>")
            if name in ("href", "src", "action", "hx-get", "hx-post") and (value or "").strip().lower().startswith(
                ("javascript:", "data:text")
            ):
                self.alive.append(f"<{tag} {name}={value!r}>")
        if MARK in tag:
            self.alive.append(f"<{tag}>")


def poison(app: Flask) -> int:
    """Every text of every table that people or sites write. Returns how many columns."""
    n = 0
    with app.app_context():
        seed_roles(app.extensions["appbuilder"].sm, restore=True)  # other attacks may have taken rights away
        for table in Model.metadata.sorted_tables:
            if table.name.startswith(("ab_permission", "ab_view", "ab_role", "ab_api", "login", "call", "crm")):
                continue
            for column in table.columns:
                if not isinstance(column.type, String | Text) or column.primary_key or column.name in OURS:
                    continue
                if column.foreign_keys or column.computed is not None:
                    continue
                longest = getattr(column.type, "length", None) or 500
                if longest < len(EVIL) + LONGEST_ID:
                    continue
                step = db.session.begin_nested()
                try:
                    db.session.execute(
                        text(f'UPDATE "{table.name}" SET "{column.name}" = :evil || ctid::text'), {"evil": EVIL}
                    )
                    step.commit()
                    n += 1
                except Exception:  # a rule of the table forbids it: then nobody else can write it either
                    step.rollback()
        db.session.execute(
            text("UPDATE ad SET url = 'javascript:pwned()', photos = ARRAY['javascript:pwned()', 'data:text/html,x']")
        )
        db.session.execute(
            text("UPDATE card SET form = jsonb_build_object('comment', :evil, 'seller_name', :evil)"), {"evil": EVIL}
        )
        db.session.commit()
        db.session.remove()
    return n


@pytest.fixture(scope="module")
def poisoned(installation: Flask, pages: Any) -> int:
    return poison(installation)


@pytest.mark.parametrize("role", ["operator", "supervisor", "admin"])
def test_nothing_that_strangers_write_comes_to_life(poisoned: int, pages: Any, enter: Any, role: str) -> None:
    assert poisoned > 25
    client, alive, seen, broken = enter(role), [], 0, []
    for page in (one for one in pages if one.role == role):
        answer = client.get(page.address)
        if answer.status_code >= 500:
            broken.append(f"{page.address}: {answer.status_code}")
        if answer.mimetype != "text/html":
            continue
        seen += MARK in answer.text
        found = Found()
        found.feed(answer.text)
        alive += [f"{page.address}: {one}" for one in found.alive]
        if "1337" in answer.text and "{{7*191}}" not in answer.text.replace("&#123;", "{"):
            alive.append(f"{page.address}: a template was run")
    assert not broken, "\n".join(broken)
    assert not alive, "\n".join(alive[:30])
    assert seen >= 2, "what strangers write is on the pages"
