"""SMS gateways and templates as people set them up: options by the gateway's own fields, and a trial."""

from __future__ import annotations

import secrets as chance
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain import sms_text
from app.errors import OutsideError, Refused, refuse_unless
from app.extensions import outside
from app.models import SmsGateway, SmsTemplate
from app.services import sms_sending
from app.services.audit import note_event
from app.services.secrets_box import seal, unseal
from app.services.sms_sending import Keys
from app.services.source_editing import Option, options_of
from app.sms import AnswerLost, Gateway, Permanent, Temporary

ADDRESSES = {"url", "host"}
OPTIONAL = {"callback_url"}
OURS = {"door", "allow_private", "timeout_s", "callback_url"}  # not for a form: what we fill in ourselves


@dataclass(slots=True)
class Draft:
    """A form as it was sent. An empty secret means «as it is»."""

    name: str
    kind: str
    sender: str = ""
    position: str = "1"
    is_enabled: bool = False
    options: dict[str, str] = field(default_factory=dict)
    per_second: str = "10"


@dataclass(frozen=True, slots=True)
class Trial:
    """What the gateway said to the question for the balance."""

    balance: Decimal | None = None
    trouble: str = ""  # a code; empty: it answers
    was_asked: bool = True  # some gateways can be asked nothing without a message


def kind_of(key: str) -> type[Gateway]:
    kind: type[Gateway] | None = outside.sms.get(key)
    if kind is None:
        raise Refused("adapter_unknown", name=key)
    return kind


def asked_of(kind: type[Gateway]) -> list[Option]:
    """What a person has to say."""
    return [one for one in options_of(kind) if one.name not in OURS]  # type: ignore[arg-type]  # the same kind of fields


def draft_of(row: SmsGateway) -> Draft:
    options = {name: str(value) for name, value in (row.options or {}).items()}
    return Draft(row.name, row.kind, row.sender, str(row.position), row.is_enabled, options, str(row.per_second))


def save(
    session: Session, gateway_id: int | None, draft: Draft, *, keys: Keys, public_url: str, actor_id: int, now: datetime
) -> SmsGateway:
    """Refused with the field's name when something is wrong."""
    row = session.get(SmsGateway, gateway_id, with_for_update=True) if gateway_id is not None else None
    if gateway_id is not None and row is None:
        raise Refused("sms_gateway_gone")
    if row is None:
        kind_of(draft.kind)
        row = SmsGateway(kind=draft.kind, hook_token=chance.token_urlsafe(32), created_at=now)
    fill(row, draft, keys)
    row.name = _name(session, draft.name, gateway_id)
    if "callback_url" in {one.name for one in options_of(kind_of(row.kind))}:  # type: ignore[arg-type]
        row.options = {**row.options, "callback_url": f"{public_url}/hooks/sms/{row.hook_token}" if public_url else ""}
    row.closed_until, row.trouble = None, ""
    session.add(row)
    session.flush()
    note_event(
        session, "sms_gateway_added" if gateway_id is None else "sms_gateway_changed", actor_id=actor_id,
        subject="sms_gateway", subject_id=row.id, name=row.name, is_enabled=row.is_enabled,
    )  # fmt: skip
    return row


def fill(row: SmsGateway, draft: Draft, keys: Keys) -> None:
    """The form into the row. Nothing of it is asked of the gateway here."""
    known = asked_of(kind_of(row.kind))
    given = {one.name: draft.options.get(one.name, "").replace("\0", "").strip() for one in known}
    stored = unseal(row.secrets, keys.secret_key) if row.secrets else {}
    kept = {one.name: stored[one.name] for one in known if one.is_secret and one.name in stored}
    new = {one.name: given[one.name] for one in known if one.is_secret and given[one.name]}
    options: dict[str, Any] = {one.name: given[one.name] for one in known if not one.is_secret}
    moved = any(name in (row.options or {}) and row.options[name] != options.get(name) for name in ADDRESSES)
    if moved and any(name not in new for name in kept):
        raise Refused("crm_secret_again")  # a stored secret is not sent to a new address
    values = {**options, **kept, **new}
    for one in known:
        value = str(values.get(one.name, ""))
        if not value and one.name not in OPTIONAL:
            raise Refused("crm_option_missing", name=one.label)
        if len(value) > 500:
            raise Refused("option_long", name=one.label)
    if "url" in values:
        _check_address(str(values["url"]), keys)
    if "port" in options:
        options["port"] = _whole(options["port"], 1, 65535, "port_range")
    sender = draft.sender.replace("\0", "").strip()
    if len(sender) > 15 or any(not 32 <= ord(letter) < 127 for letter in sender):
        raise Refused("sms_sender_form")
    row.sender, row.options, row.secrets = sender, options, seal({**kept, **new}, keys.secret_key)
    row.position = _whole(draft.position, 1, 100, "sms_position_range")
    row.per_second = _whole(draft.per_second, 1, 1000, "sms_rate_range")
    row.is_enabled = draft.is_enabled


def trial(session: Session, gateway_id: int | None, draft: Draft, keys: Keys) -> Trial:
    """Ask with what stands in the form; nothing is stored."""
    stored = session.get(SmsGateway, gateway_id) if gateway_id is not None else None
    row = SmsGateway(kind=draft.kind, secrets="", options={})
    if stored is not None:
        row.secrets, row.options = stored.secrets, dict(stored.options or {})
    fill(row, draft, keys)
    if not kind_of(row.kind).can_check:
        return Trial(was_asked=False)
    try:
        return Trial(sms_sending.gateway_of(row, keys).balance())
    except Permanent as no:
        return Trial(trouble=no.code)
    except (Temporary, AnswerLost, OutsideError):
        return Trial(trouble="sms_silent")


def set_enabled(session: Session, gateway_id: int, on: bool, *, actor_id: int) -> bool:
    row = session.get_one(SmsGateway, gateway_id, with_for_update=True)
    if row.is_enabled == on:
        return False
    row.is_enabled, row.closed_until = on, None
    what = "sms_gateway_on" if on else "sms_gateway_off"
    note_event(session, what, actor_id=actor_id, subject="sms_gateway", subject_id=row.id, name=row.name)
    return True


def check_template(row: SmsTemplate) -> None:
    """Asked when a supervisor saves it."""
    refuse_unless(sms_text.check_template(row.text or ""))
    counted = sms_text.count(sms_text.fill(row.text, EXAMPLE))
    if counted.parts > sms_text.MOST_PARTS:
        raise Refused("sms_too_many_parts", n=counted.parts, most=sms_text.MOST_PARTS)


# A made-up card of usual length: what a template is shown with while it is written.
EXAMPLE: Mapping[str, str] = {
    "имя": "Александр", "машина": "Volkswagen Passat", "марка": "Volkswagen", "модель": "Passat", "год": "2018",
    "цена": "1 250 000 руб.", "город": "Екатеринбург",
    "оператор": "Анна", "компания": "Автовыкуп", "телефон": "+7 495 000-00-00", "ссылка": "https://cars.example/1234567",
}  # fmt: skip


def _name(session: Session, name: str, own_id: int | None) -> str:
    name = name.replace("\0", "").strip()[:100]
    if not name:
        raise Refused("crm_needs_name")
    taken = select(SmsGateway.id).where(SmsGateway.name == name, SmsGateway.id != (own_id or 0))
    if session.execute(taken).first():
        raise Refused("crm_name_taken")
    return name


def _check_address(value: str, keys: Keys) -> None:
    try:
        parts = urlsplit(value)
        good = parts.scheme in ("http", "https") and bool(parts.hostname) and "@" not in parts.netloc
    except ValueError:
        good = False
    if not good or (parts.scheme != "https" and not keys.allow_private):
        raise Refused("sms_address")


def _whole(value: str, low: int, high: int, code: str) -> int:
    if not (value.isascii() and value.isdigit() and low <= int(value[:9]) <= high):
        raise Refused(code, low=low, high=high)
    return int(value)
