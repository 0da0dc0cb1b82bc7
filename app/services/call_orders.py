"""What is asked of a live call: end it, hand it over, press a key; and the trial of a telephone."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.domain.dialling import PHONE, Server
from app.errors import Refused
from app.models import Call, CallOrder, PhoneAccount, Trunk
from app.services import stop_list
from app.services.call_closing import cancel
from app.services.line_choice import MOSCOW, Wanted, choose

OWN_VERBS = ("hangup", "transfer", "attended", "dtmf", "check")


def notify(session: Session, asterisk_id: int) -> None:
    """Telephony hears of it when this transaction commits."""
    session.execute(text("SELECT pg_notify(:channel, '')"), {"channel": f"telephony_{asterisk_id}"})


def order(
    session: Session,
    call_id: int,
    verb: str,
    args: Mapping[str, str] | None = None,
    *,
    actor_id: int,
    now: datetime,
    anyones: bool = False,
    zone: str = MOSCOW,
) -> CallOrder | None:
    """Ask something of a live call; of another's only with `anyones`. None: it was not sent yet, and is cancelled."""
    if verb not in OWN_VERBS:
        raise Refused("verb_unknown")
    call = session.get(Call, call_id, with_for_update={"of": Call}, populate_existing=True)
    if call is None or not (anyones or call.operator_id == actor_id):
        raise Refused("call_none")
    if call.state == "ended":
        raise Refused("call_over")
    if verb == "hangup" and call.state == "asked":
        cancel(session, call, now, zone)
        return None
    if verb in ("transfer", "attended", "dtmf") and call.state != "talking":
        raise Refused("call_not_talking")
    return _ordered(
        session, call.asterisk_id, verb, call.id, _checked(session, call, verb, args, now, zone), actor_id, now
    )


def _checked(
    session: Session, call: Call, verb: str, args: Mapping[str, str] | None, now: datetime, zone: str
) -> dict[str, str]:
    given = dict(args or {})
    if verb == "dtmf":
        digits = given.get("digits", "")
        if not digits or len(digits) > 32 or set(digits) - set("0123456789*#"):
            raise Refused("digits_wrong")
        return {"digits": digits}
    if verb not in ("transfer", "attended"):
        return {}
    if phone := given.get("phone"):
        return _way_out(session, call, phone, now, zone)
    extension = given.get("extension", "")
    known = session.scalar(
        select(PhoneAccount.extension).where(
            PhoneAccount.asterisk_id == call.asterisk_id, PhoneAccount.extension == extension
        )
    )
    if known is None:
        raise Refused("colleague_has_no_phone")
    return {"extension": known}


def _way_out(session: Session, call: Call, phone: str, now: datetime, zone: str) -> dict[str, str]:
    """To a number outside: checked as one that is called, and out by a line with room."""
    if not PHONE.fullmatch(phone):
        raise Refused("number_wrong")
    if stop_list.stopped(session, [phone], now):
        raise Refused("do_not_call")
    line = choose(session, Wanted(call.asterisk_id, phone), now, zone)
    endpoint = session.get_one(Trunk, line.trunk_id).endpoint
    return {"phone": phone, "trunk_endpoint": endpoint, "dialled": line.dialled, "caller_number": line.caller_number}


def order_own(
    session: Session, verb: str, *, actor_id: int, now: datetime, to_id: int | None = None, zone: str = MOSCOW
) -> CallOrder | None:
    """The same of one's own live call, whichever it is; `to_id` is the colleague who gets it. `check` needs no call."""
    if verb == "check":
        return check_phone(session, actor_id, actor_id=actor_id, now=now)
    call_id = session.scalar(
        select(Call.id).where(Call.operator_id == actor_id, Call.state != "ended").order_by(Call.id.desc()).limit(1)
    )
    if call_id is None:
        raise Refused("call_none")
    colleague = session.get(PhoneAccount, to_id) if to_id is not None else None
    args = {"extension": colleague.extension} if colleague is not None else None
    return order(session, call_id, verb, args, actor_id=actor_id, now=now, zone=zone)


def check_phone(session: Session, user_id: int, *, actor_id: int, now: datetime) -> CallOrder:
    """Let a person's telephone ring and say back what it hears."""
    account = session.get(PhoneAccount, user_id)
    if account is None or not account.asterisk.is_enabled:
        raise Refused("phone_none")
    if not Server(account.asterisk.state, account.asterisk.seen_at).is_up(now):
        raise Refused("telephony_down")
    return _ordered(session, account.asterisk_id, "check", None, {"extension": account.extension}, actor_id, now)


def _ordered(
    session: Session,
    asterisk_id: int,
    verb: str,
    call_id: int | None,
    args: dict[str, str],
    actor_id: int,
    now: datetime,
) -> CallOrder:
    row = CallOrder(asterisk_id=asterisk_id, verb=verb, call_id=call_id, args=args, asked_by_id=actor_id, asked_at=now)
    session.add(row)
    session.flush()
    notify(session, asterisk_id)
    return row
