"""The books in memory: makes, models, generations, cities and the spellings that people have mapped."""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.domain.cars import UnknownName
from app.domain.names import NameBook, fold
from app.domain.places import Atlas
from app.services import revisions


@dataclass(slots=True)
class Books:
    revision: int
    names: NameBook
    atlas: Atlas

    def queue_unknown(self, session: Session, unknown: Counter[UnknownName]) -> None:
        """Spellings nobody has mapped yet wait for a person, the most frequent first."""
        rows = [
            {
                "kind": name.kind,
                "context": str(name.context),
                "text": name.text[:200],
                "folded": fold(name.text)[:200],
                "n": n,
            }
            for name, n in sorted(unknown.items(), key=lambda item: (item[0].kind, str(item[0].context), item[0].text))
            if name.text.strip()
        ]
        if rows:
            session.execute(_QUEUE, rows)


_QUEUE = text("""
    INSERT INTO name_alias (kind, context, text, folded, seen_n) VALUES (:kind, :context, :text, :folded, :n)
    ON CONFLICT (kind, context, folded) DO UPDATE SET seen_n = name_alias.seen_n + EXCLUDED.seen_n
""")

_current: Books | None = None
_lock = threading.Lock()


def current(session: Session) -> Books:
    """The books of this process; read again when a person has changed them anywhere."""
    global _current
    revision = revisions.of(session, "names")
    with _lock:
        if _current is None or _current.revision != revision:
            _current = Books(revision, _names(session), _atlas(session))
        return _current


def _rows(session: Session, query: str) -> list[dict[str, Any]]:
    return [dict(row) for row in session.execute(text(query)).mappings()]
