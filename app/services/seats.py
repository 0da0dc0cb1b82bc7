"""What the frame of an operator's desk shows: state, pauses, telephone and the numbers of the tabs; one statement."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from sqlalchemy.orm import Session

from app.plain_rows import rows
from app.services import worklist
from app.services.phone_accounts import BrowserPhone


class Pause(NamedTuple):
    id: int
    name: str


class Seat(NamedTuple):
    """Of an operator; who only looks in has none."""

    presence: str
    presence_since: datetime
    pause_id: int | None
    keys_on: bool
    auto_next: bool


class Frame(NamedTuple):
    seat: Seat | None
    pauses: tuple[Pause, ...]
    phone: BrowserPhone | None
    counts: dict[str, int]


_FRAME = f"""
    SELECT p.presence, p.presence_since, p.pause_id, p.keys_on, p.auto_next,
           (SELECT json_agg(json_build_array(r.id, r.name) ORDER BY r.position, r.id) FROM pause_reason r
            WHERE r.is_enabled OR r.id = p.pause_id) AS pauses,
           a.extension, s.ws_url, c.*
    FROM ({worklist.COUNTS}) c
    LEFT JOIN operator_profile p ON p.user_id = %(id)s
    LEFT JOIN (phone_account a JOIN asterisk s ON s.id = a.asterisk_id AND s.is_enabled)
           ON a.user_id = %(id)s AND a.kind = 'browser'
"""  # noqa: S608  the part is a constant


def frame(session: Session, operator_id: int, now: datetime) -> Frame:
    row = rows(session, _FRAME, {"id": operator_id, "now": now})[0]
    presence, since, pause_id, keys_on, auto_next, pauses, extension, ws_url, *counts = row
    is_operator = presence is not None
    return Frame(
        Seat(presence, since, pause_id, keys_on, auto_next) if is_operator else None,
        tuple(Pause(*pause) for pause in pauses or ()) if is_operator else (),
        BrowserPhone(extension, ws_url) if extension is not None else None,
        dict(zip(worklist.COUNTED, counts, strict=True)),
    )
