"""What Asterisk says of people's telephones: connected or not, free, ringing, in use."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

STATES = ("not_inuse", "inuse", "busy", "ringing", "ringinuse", "onhold", "unavailable", "invalid", "unknown")
FREE = ("not_inuse", "idle")  # it would ring
# A browser's telephone that came after Asterisk's own start is «unavailable» to it for ever, though it rings: whether
# such a one is there the page itself tells (phone_accounts.tell), and Asterisk only whether it talks.
TRUE_STATE = """
  CASE WHEN p.kind = 'browser' AND p.password_until > :now AND {state} IN ('unavailable', 'invalid', 'unknown')
    AND p.device_state NOT IN ('unavailable', 'invalid', 'unknown') THEN 'not_inuse' ELSE {state} END
"""
_ONE, _EACH = TRUE_STATE.format(state="CAST(:state AS text)"), TRUE_STATE.format(state="n.state")
ABSENT = ("unavailable", "invalid", "unknown")  # nobody could be rung there


def extension_of(device: str) -> str:
    """PJSIP/op5 -> op5; empty for what is not a telephone of ours."""
    kind, _slash, name = device.partition("/")
    return name if kind == "PJSIP" and 0 < len(name) <= 16 and name.isascii() and name.isalnum() else ""


def changed(session: Session, asterisk_id: int, device: str, state: str, now: datetime) -> bool:
    """True when that is news of a telephone of ours."""
    extension, state = extension_of(device), state.lower()
    if not extension or state not in STATES:
        return False
    done = session.execute(
        text(f"""
        UPDATE phone_account p SET device_state = {_ONE}, device_since = :now
        WHERE asterisk_id = :asterisk AND extension = :extension AND device_state <> {_ONE}
        """),  # noqa: S608  constants of this module
        {"asterisk": asterisk_id, "extension": extension, "state": state, "now": now},
    )
    return bool(done.rowcount)  # type: ignore[attr-defined]


def all_of(session: Session, asterisk_id: int, states: Mapping[str, str], now: datetime) -> int:
    """The whole list, as it is told after every connect; what is not in it cannot ring. Returns how many are new."""
    known = {extension_of(device): state.lower() for device, state in states.items() if state.lower() in STATES}
    done = session.execute(
        text(f"""
        UPDATE phone_account p SET device_state = {_EACH}, device_since = :now
        FROM (SELECT a.user_id, COALESCE(s.state, 'unavailable') AS state FROM phone_account a
              LEFT JOIN unnest(CAST(:extensions AS text[]), CAST(:states AS text[])) AS s(extension, state)
                ON s.extension = a.extension WHERE a.asterisk_id = :asterisk) n
        WHERE n.user_id = p.user_id AND p.device_state <> {_EACH}
        """),  # noqa: S608  constants of this module
        {"asterisk": asterisk_id, "extensions": list(known), "states": list(known.values()), "now": now},
    )
    return int(done.rowcount)  # type: ignore[attr-defined]
