"""CRMs: one per module. A member says how a lead is told to its CRM, and reads what the CRM tells of clients and deals.

To add a CRM: write `app/crm/<key>.py` with a subclass of `Crm` that has a `key`, a `label`, its options as dataclass
fields, the `rate` its maker allows, `push_lead` and `push_comment`. What it can read back it says by `clients`, `cars`,
`stages` and `read_hook`. Ask over `self.door` only (app.crm._http): it checks the address, waits for the connection's
turn and keeps what was said for «Check». Test it against a server of its own in `tests/crm/`, in the CRM's own words.

A lead has one key for ever. Where the CRM honours a key, send it; where it does not, look for the lead before making
it again: `again` says that an earlier try may have reached the CRM.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar

from app.errors import OutsideError


class CrmTrouble(OutsideError):
    """The CRM did not do it. `permanent`: trying the same again changes nothing, a person has to look.

    `kind` says what is wrong (network, limit, auth, refused, strange); `wait_s` is how long the CRM asks to be left
    alone; `closes` means that this is about the whole connection and not about this one lead.
    """

    def __init__(
        self, message: str, *, kind: str = "network", permanent: bool = False, wait_s: float | None = None,
        closes: bool = False,
    ) -> None:  # fmt: skip
        self.kind, self.wait_s, self.closes = kind, wait_s, closes
        super().__init__(message[:500], permanent=permanent)


@dataclass(frozen=True, slots=True)
class Rate:
    """A leaky bucket: so many requests a second drain, so many may stand in it."""

    per_second: float
    burst: int = 1


@dataclass(frozen=True, slots=True)
class LeadOut:
    """A lead as it is handed over. `fields` are the CRM's names with their values, as the field map made them."""

    key: str
    number: int  # ours: what people say on the phone
    fields: Mapping[str, Any]
    facts: Mapping[str, Any]  # ours, by our names
    at: datetime

    @property
    def phones(self) -> list[str]:
        return list(self.facts.get("phones") or ())


@dataclass(frozen=True, slots=True)
class CommentOut:
    """Something that happened after the lead went out. `mark` stands in the text, so that it is found again."""

    key: str
    kind: str  # note, call, sms
    text: str
    at: datetime
    mark: str


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the CRM calls it now."""

    external_id: str
    url: str = ""
    was_there: bool = False  # found by the search: an earlier try had arrived after all


@dataclass(frozen=True, slots=True)
class Request:
    """One request as it will be sent; shown to the administrator before it is."""

    method: str
    url: str
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ClientIn:
    external_id: str
    name: str
    phones: tuple[str, ...]  # as the CRM writes them
    url: str = ""
    is_gone: bool = False


@dataclass(frozen=True, slots=True)
class CarIn:
    external_id: str
    client_id: str
    facts: Mapping[str, Any]  # city, make, model, year, vin, plate: as the CRM writes them
    url: str = ""
    is_gone: bool = False


@dataclass(frozen=True, slots=True)
class StageIn:
    external_id: str
    stage: str  # as the CRM calls it
    is_gone: bool = False


@dataclass(slots=True)
class Found:
    """One page of a sync. `cursor` is kept once the page is stored, so a killed sync goes on from here."""

    clients: list[ClientIn] = field(default_factory=list)
    cars: list[CarIn] = field(default_factory=list)
    stages: list[StageIn] = field(default_factory=list)
    cursor: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Event:
    """What a web-hook says: the thing to ask the CRM for, or the whole of it where the CRM tells it at once."""

    kind: str  # client, car, lead
    external_id: str
    stage: str = ""  # told at once; empty: ask
    is_gone: bool = False


class HookRefused(Exception):
    """A web-hook that is not from our CRM, too old, or not readable."""


Tokens = Callable[[str], str]  # the access token; told the one that was refused, gives a newer one


@dataclass
class Crm:
    """Contract of a CRM. Options are dataclass fields; metadata {"secret": True} is never shown."""

    key: ClassVar[str] = ""
    label: ClassVar[str] = ""  # English msgid, translated where shown
    rate: ClassVar[Rate] = Rate(2)
    hint: ClassVar[str] = ""  # how the address of web-hooks is used over there
    keeps_key: ClassVar[bool] = False  # the CRM itself makes sure that a key has one effect
    reads: ClassVar[bool] = False  # clients, cars and stages can be asked for
    stages_known: ClassVar[Mapping[str, str]] = {}  # its own stages -> ours, where the maker names them
    needs_token: ClassVar[bool] = False
    fields_known: ClassVar[tuple[tuple[str, str], ...]] = ()  # (its field, template of ours): the first field map
    cars_known: ClassVar[Mapping[str, str]] = {}  # our word of a car -> its field, as most would call it

    def __post_init__(self) -> None:
        # Attributes and no options: a service puts its own in, a test its clock.
        self.door: Any = None
        self.tokens: Tokens | None = None
        self.car_map: Mapping[str, str] = self.cars_known

    def lead_request(self, lead: LeadOut) -> Request:
        """The request that makes the lead, without asking anybody."""
        raise NotImplementedError

    def push_lead(self, lead: LeadOut, *, again: bool) -> Receipt:
        raise NotImplementedError

    def push_comment(self, external_id: str, comment: CommentOut, *, again: bool) -> Receipt:
        raise NotImplementedError

    def check(self) -> str:
        """Ask something harmless; what the CRM says of itself. Raises CrmTrouble."""
        raise NotImplementedError

    def changes(self, cursor: Mapping[str, Any]) -> Iterator[Found]:
        """Clients, cars and stages that changed since the cursor, page by page."""
        return iter(())

    def look(self, event: Event) -> Found:
        """What a web-hook has only named."""
        return Found()

    def read_hook(self, headers: Mapping[str, str], body: bytes, now: datetime) -> list[Event]:
        """Raises HookRefused. Never asks anybody: the CRM waits for the answer."""
        raise HookRefused("this CRM sends nothing")

    def secrets(self) -> list[str]:
        """What must not be read in any message."""
        return []
