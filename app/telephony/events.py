"""What Asterisk says, read: one AMI event becomes one thing that has happened, or nothing. Pure.

Nobody outside this file knows how AMI spells things. Of an event only known headers are taken, each cut short.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

Message = Mapping[str, str]

LONGEST_DETAIL, LONGEST_LINK, LONGEST_CHANNEL = 200, 40, 100
_LINK = re.compile(r"[0-9A-Za-z][0-9A-Za-z._-]{0,39}")
_OURS = re.compile(r"pz-[0-9a-z]{1,37}")  # a call that we began; the link of an incoming one is Asterisk's own id
_PHONE_CHANNEL = re.compile(r"PJSIP/([a-z0-9]{1,16})-[0-9a-f]{8}")
_DEVICE = re.compile(r"PJSIP/([a-z0-9]{1,16})")


@dataclass(frozen=True, slots=True)
class Told:
    """`link` is the call's (empty: of a telephone, not of a call); `once` is the same for the same words."""

    name: str
    link: str
    channel: str
    at: datetime
    details: dict[str, str] = field(default_factory=dict)
    once: str = ""


@dataclass(frozen=True, slots=True)
class _Read:
    """What a reader has found; None as the name would be nothing at all."""

    name: str
    link: str
    details: dict[str, str] = field(default_factory=dict)


def parse(message: Message, heard_at: datetime | None = None) -> Told | None:
    """`heard_at` counts only where Asterisk has not said when (timestampevents=yes in its manager.conf)."""
    reader = READERS.get(message.get("Event", ""))
    found = reader(message) if reader is not None else None
    if found is None:
        return None
    if found.name != "DeviceChanged" and not _LINK.fullmatch(found.link):
        return None
    at = _moment(message.get("Timestamp", "")) or heard_at
    if at is None:
        return None
    channel = message.get("Channel", "")[:LONGEST_CHANNEL].replace("\0", "")
    return Told(found.name, found.link, channel, at, found.details, _digest(message))


def channel_of_phone(channel: str) -> str:
    """PJSIP/op5-0000002a -> op5; empty for anything else."""
    found = _PHONE_CHANNEL.fullmatch(channel)
    return found[1] if found else ""


def is_ours(link: str) -> bool:
    return _OURS.fullmatch(link) is not None


def _digest(message: Message) -> str:
    words = "\0".join(map("\1".join, sorted(message.items())))
    return hashlib.sha256(words.encode("utf-8", "replace")).hexdigest()


def _moment(text: str) -> datetime | None:
    """Seconds since 1970 with a fraction; nonsense and other centuries are none."""
    try:
        seconds = float(text)
    except ValueError:
        return None
    return datetime.fromtimestamp(seconds, UTC) if 1e9 < seconds < 4e9 else None


def _picked(message: Message, *names: str) -> dict[str, str]:
    return {
        name: message[name][:LONGEST_DETAIL].replace("\0", "") for name in names if message.get(name) not in (None, "")
    }


# --- our own events, said by the dialplan: name in AMI -> name here, and what may be taken along

_USER_EVENTS: dict[str, tuple[str, tuple[str, ...]]] = {
    "PzOperatorUp": ("OperatorAnswered", ()),
    "PzSellerUp": ("SellerAnswered", ("Rec",)),
    "PzEnd": ("CallEnded", ("DialStatus", "TalkMs", "Cause", "TechCause", "EndedBy", "Rec")),
    "PzIn": ("IncomingArrived", ("Caller", "Called", "Trunk")),
    "PzInTo": ("IncomingRang", ("Extension",)),
    "PzInUp": ("IncomingAnswered", ("Extension", "Rec")),
    "PzInMiss": ("IncomingMissed", ("Extension", "DialStatus")),
    "PzTransfer": ("Transferred", ("Number",)),
}


def _user_event(message: Message) -> _Read | None:
    known = _USER_EVENTS.get(message.get("UserEvent", ""))
    return _Read(known[0], message.get("CallId", ""), _picked(message, *known[1])) if known else None


# --- Asterisk's own


def _originated(message: Message) -> _Read | None:
    link = message.get("ActionID", "")
    if not is_ours(link):
        return None  # of listening or a trial of a telephone: the listener keeps these in mind itself
    good = message.get("Response") == "Success"
    return _Read("OriginateAnswered" if good else "OriginateFailed", link, _picked(message, "Reason"))


def _rang(message: Message) -> _Read | None:
    link = message.get("Linkedid", "")
    if message.get("ChannelStateDesc") != "Ringing" or not is_ours(link):
        return None
    return _Read("OperatorRang" if message.get("Uniqueid") == link else "SellerRang", link)


def _hung_up(message: Message) -> _Read:
    return _Read("LegHungUp", message.get("Linkedid", ""), _picked(message, "Cause", "TechCause"))


def _device(message: Message) -> _Read | None:
    device = _DEVICE.fullmatch(message.get("Device", ""))
    state = message.get("State", "")
    return _Read("DeviceChanged", "", {"Extension": device[1], "State": state[:16]}) if device and state else None


def _blind(message: Message) -> _Read:
    link = message.get("TransfererLinkedid", "") or message.get("TransfereeLinkedid", "")
    return _Read("Transferred", link, _picked(message, "Result", "Extension"))


def _attended(message: Message) -> _Read:
    return _Read("Transferred", message.get("OrigTransfererLinkedid", ""), _picked(message, "Result", "DestType"))


def _spied(name: str) -> Callable[[Message], _Read]:
    def reader(message: Message) -> _Read:
        extension = channel_of_phone(message.get("SpyerChannel", ""))
        return _Read(name, message.get("SpyeeLinkedid", ""), {"Extension": extension} if extension else {})

    return reader


def _of_call(name: str, *names: str) -> Callable[[Message], _Read]:
    return lambda message: _Read(name, message.get("Linkedid", ""), _picked(message, *names))


def _from_queue(message: Message) -> _Read:
    """The queue of last resort does not say by itself to whose telephone it has given the call."""
    device = _DEVICE.fullmatch(message.get("Interface", ""))
    return _Read("IncomingAnswered", message.get("Linkedid", ""), {"Extension": device[1]} if device else {})


READERS: dict[str, Callable[[Message], _Read | None]] = {
    "UserEvent": _user_event,
    "OriginateResponse": _originated,
    "Newstate": _rang,
    "Hangup": _hung_up,
    "DeviceStateChange": _device,
    "BlindTransfer": _blind,
    "AttendedTransfer": _attended,
    "ChanSpyStart": _spied("SpyStarted"),
    "ChanSpyStop": _spied("SpyStopped"),
    "MixMonitorStop": _of_call("RecordWritten"),
    "Hold": _of_call("Held"),
    "Unhold": _of_call("Resumed"),
    "AgentConnect": _from_queue,
}
