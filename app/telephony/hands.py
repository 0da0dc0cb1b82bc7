"""Doing what was ordered, several orders at a time: one that Asterisk thinks over does not keep the others waiting."""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime

from app.telephony import actions
from app.telephony.client import Ami, AmiError, AnswerLost, NotConnected
from app.telephony.events import Told
from app.telephony.messages import Message
from app.telephony.office import Away, Office
from app.telephony.orders import ClickOrder, LiveOrder

log = logging.getLogger(__name__)

AT_ONCE = 8
RINGS_FOR_S = 40.0  # a telephone that was rung for an order has told what became of it long before
_ORDER = re.compile(r"order-(\d{1,18})")
# OriginateResponse's Reason, of a telephone rung for listening or for a trial.
_NOT_TAKEN = {"0": "phone_not_registered", "5": "phone_busy", "8": "phone_not_registered"}


def is_of_order(message: Message) -> bool:
    """The end of ringing a telephone for a LiveOrder."""
    return message.get("Event") == "OriginateResponse" and _ORDER.fullmatch(message.get("ActionID", "")) is not None


class Hands:
    """`told` hears of calls that were surely not made."""

    def __init__(self, office: Office, told: Callable[[Told], None]) -> None:
        self._office, self._told = office, told
        self._pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="act")
        self._given_up: set[str] = set()  # calls ended by an order, perhaps before anybody had answered
        self._open: dict[int, tuple[float, str]] = {}  # orders without an end: until when, and what to say then

    def rest(self) -> None:
        self._pool.shutdown(wait=True, cancel_futures=True)

    def take(self, ami: Ami, order: ClickOrder | LiveOrder) -> None:
        if isinstance(order, ClickOrder):
            self._pool.submit(self._click, ami, order)
        else:
            if order.verb == "hangup":
                self._given_up.add(order.link)
            self._open[order.id] = time.monotonic() + RINGS_FOR_S, "operator_no_answer"
            self._pool.submit(self._do, ami, order)

    def _click(self, ami: Ami, order: ClickOrder) -> None:
        try:
            actions.click(ami, order)
        except AnswerLost:
            # It may be ringing. Never again: the next look at the live calls finds it, or that it never was.
            log.warning("nobody knows whether this call has begun", extra={"call": order.link})
        except (AmiError, actions.NotDone, ValueError) as error:
            log.warning("the call was not made", extra={"call": order.link, "why": str(error)[:200]})
            trouble = "telephony_down" if isinstance(error, NotConnected) else "refused_by_dialplan"
            now = datetime.now(UTC)
            self._told(Told("OriginateFailed", order.link, "", now, {"Trouble": trouble}, f"own-{order.link}"))
        except Exception:
            log.exception("an order could not be done", extra={"call": order.link})

    def _do(self, ami: Ami, order: LiveOrder) -> None:
        try:
            if not actions.do(ami, order):
                return  # the telephone rings
            trouble = ""
        except actions.NotDone as no:
            log.warning("not done", extra={"order": order.id, "verb": order.verb, "why": str(no)[:200]})
            trouble = no.code
        except (AmiError, ValueError) as error:
            trouble = "telephony_down" if isinstance(error, AmiError) else "order_wrong"
        except Exception:
            log.exception("an order could not be done", extra={"order": order.id})
            trouble = "order_wrong"
        self._finish(order.id, trouble)

    def judge(self, told: Told) -> Told:
        """An operator's telephone that was not answered because the call was given up has not failed."""
        if told.name not in ("OriginateFailed", "CallEnded") or told.link not in self._given_up:
            return told
        self._given_up.discard(told.link)
        if told.name == "CallEnded":
            return told
        return replace(told, name="CallEnded", details={"DialStatus": "CANCEL", "EndedBy": "operator"})

    def rung(self, message: Message) -> None:
        """OriginateResponse of a telephone that was rung for an order."""
        number = _ORDER.fullmatch(message["ActionID"])
        if number is not None:
            taken = message.get("Response") == "Success"
            self._finish(
                int(number[1]), "" if taken else _NOT_TAKEN.get(message.get("Reason", ""), "operator_no_answer")
            )

    def _finish(self, order_id: int, trouble: str) -> None:
        """Told once; the end of an order that cannot be written now is tried again by `give_up`."""
        try:
            self._office.finish(order_id, trouble)
            self._open.pop(order_id, None)
        except Away:
            log.warning("the end of an order is written later", extra={"order": order_id})
            self._open[order_id] = 0.0, trouble
        except Exception:
            log.exception("the end of an order could not be written", extra={"order": order_id})
            self._open.pop(order_id, None)

    def give_up(self) -> None:
        """Whoever has not told by now will not."""
        now = time.monotonic()
        for order_id, (until, trouble) in list(self._open.items()):
            if until < now:
                self._finish(order_id, trouble)
