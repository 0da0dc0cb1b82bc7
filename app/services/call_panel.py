"""What the panel of a call shows: the state of the line, the operator's live call, and what is left to do after it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from app import settings

# A telephony process that has not been heard of for so long is dead, whatever its last word was.
SILENT_S = 20
# Where the supervisor's statuses name none: how else a call may have ended that means the same.
MEANS = {"rejected": "busy", "machine": "no_answer"}


@dataclass(frozen=True, slots=True)
class Panel:
    line: str  # up, down
    presence: str
    device: str
    call: Row[Any] | None  # the operator's last one
    wraps_up: bool
    elapsed_ms: int  # of the call's state, or since it ended
    limit_s: int = 0
    suggest: Row[Any] | None = None
    is_handed_over: bool = False  # the talk goes on, with a colleague

    @property
    def live(self) -> Row[Any] | None:
        return self.call if self.call is not None and self.call.state != "ended" and not self.is_handed_over else None


_LINE = f"CASE WHEN a.state = 'up' AND a.seen_at > :now - interval '{SILENT_S} seconds' THEN 'up' ELSE 'down' END"
_WORD = text(f"""
  SELECT {_LINE} AS line,
         (SELECT id FROM call WHERE operator_id = p.user_id AND state <> 'ended' ORDER BY id DESC LIMIT 1) AS call,
         COALESCE(o.presence = 'wrap_up', false) AS wrap
  FROM phone_account p JOIN asterisk a ON a.id = p.asterisk_id AND a.is_enabled
  LEFT JOIN operator_profile o ON o.user_id = p.user_id WHERE p.user_id = :id
""")  # noqa: S608  a constant of this module

_PANEL = f"""
  SELECT {_LINE} AS line,
         COALESCE(o.presence, '') AS presence, o.presence_since, p.device_state, o.wrap_up_until, c.id, c.link, c.type,
         c.state, c.card_id, c.phone, c.outcome, c.trouble, c.talk_ms, c.ring_ms, c.created_at, c.ringing_at,
         c.answered_at, c.ended_at, c.operator_id, s.name AS seller, v.title
  FROM phone_account p JOIN asterisk a ON a.id = p.asterisk_id AND a.is_enabled
  LEFT JOIN operator_profile o ON o.user_id = p.user_id
  LEFT JOIN LATERAL (SELECT * FROM call WHERE {{whose}} ORDER BY created_at DESC LIMIT 1) c ON true
  LEFT JOIN seller s ON s.id = c.seller_id
  LEFT JOIN card k ON k.id = c.card_id LEFT JOIN vehicle v ON v.id = k.vehicle_id
  WHERE p.user_id = :id
"""  # noqa: S608  a constant of this module
_OWN = text(_PANEL.format(whose="operator_id = p.user_id"))
# Whoever has handed his talk over has its card to finish.
_LEFT_BEHIND = text(_PANEL.format(
    whose="(operator_id = p.user_id OR asked_by_id = p.user_id) AND created_at > :now - interval '12 hours'"
))  # fmt: skip


def word(session: Session, user_id: int, now: datetime) -> dict[str, Any] | None:
    """For the desk's own pulse, every few seconds: nothing that changes while nothing happens. None: no telephone."""
    row = session.execute(_WORD, {"id": user_id, "now": now}).one_or_none()
    return dict(row._mapping) if row is not None else None


def load(session: Session, user_id: int, now: datetime) -> Panel | None:
    values = {"id": user_id, "now": now}
    row = session.execute(_OWN, values).one_or_none()
    if row is not None and row.presence == "wrap_up":
        row = session.execute(_LEFT_BEHIND, values).one()
    if row is None:
        return None
    call = row if row.id is not None else None
    handed_over = call is not None and row.presence == "wrap_up" and call.operator_id != user_id
    wraps_up = row.presence == "wrap_up" and call is not None and (handed_over or call.state == "ended")
    began = row.presence_since if handed_over else row.ended_at
    limit = 0
    if wraps_up and began is not None:
        until, own = row.wrap_up_until, settings.get(session, "wrap_up_s")
        limit = int((until - began).total_seconds()) if until is not None and until > began else int(own)
    return Panel(
        line=row.line,
        presence=row.presence,
        device=row.device_state,
        call=call,
        wraps_up=wraps_up,
        elapsed_ms=_ms(row.presence_since, now) if handed_over else _elapsed(call, now),
        limit_s=limit,
        suggest=suggested(session, call.outcome) if wraps_up and call is not None and not handed_over else None,
        is_handed_over=handed_over,
    )


def _elapsed(call: Row[Any] | None, now: datetime) -> int:
    if call is None:
        return 0
    began = {"talking": call.answered_at, "ringing": call.ringing_at, "ended": call.ended_at}.get(call.state)
    return _ms(began or call.created_at, now)


def _ms(since: datetime, now: datetime) -> int:
    return max(0, int((now - since).total_seconds() * 1000))


def suggested(session: Session, outcome: str | None) -> Row[Any] | None:
    """The result that fits how the call ended: as the supervisor has set it, else by what the status means."""
    if not outcome or outcome == "answered":
        return None
    return session.execute(
        text("""
        SELECT id, name FROM status
        WHERE is_enabled AND (suggested_by IN (:outcome, :like) OR (:outcome = 'wrong_number' AND is_wrong_number))
        ORDER BY suggested_by = :outcome DESC, suggested_by = :like DESC, position, id LIMIT 1
        """),
        {"outcome": outcome, "like": MEANS.get(outcome, outcome)},
    ).one_or_none()


def colleagues(session: Session, user_id: int) -> list[Row[Any]]:
    """To whom a talk may be handed: people with a telephone on the same server, those of one's own group first."""
    return list(
        session.execute(
            text("""
            SELECT u.id, u.first_name || ' ' || u.last_name AS name, p.extension, COALESCE(o.presence, '') AS presence,
                   g.name AS group_name, COALESCE(o.group_id = me.group_id, false) AS is_near,
                   p.device_state IN ('not_inuse', 'idle')
                     AND NOT EXISTS (SELECT 1 FROM call c WHERE c.operator_id = u.id AND c.state <> 'ended') AS is_free
            FROM phone_account p JOIN ab_user u ON u.id = p.user_id AND u.active
            JOIN phone_account mine ON mine.user_id = :id AND mine.asterisk_id = p.asterisk_id
            LEFT JOIN operator_profile me ON me.user_id = :id
            LEFT JOIN operator_profile o ON o.user_id = u.id LEFT JOIN operator_group g ON g.id = o.group_id
            WHERE u.id <> :id ORDER BY is_near DESC, is_free DESC, name LIMIT 50
            """),
            {"id": user_id},
        )
    )
