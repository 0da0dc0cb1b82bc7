"""Connections to CRMs as people set them up: options by the adapter's own fields, maps, and a trial that shows all."""

from __future__ import annotations

import json
import secrets as chance
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.crm import Crm, CrmTrouble, LeadOut
from app.domain import lead_map
from app.errors import OutsideError, Refused
from app.extensions import outside
from app.models import DEAL_STAGES, CrmConnection, Lead
from app.services import crm, leads
from app.services.audit import note_event
from app.services.crm import Keys
from app.services.deferring import defer
from app.services.secrets_box import seal, unseal
from app.services.source_editing import Option, options_of

ADDRESSES = {"url", "base_url", "hook_url", "redirect_uri"}
REQUIRED = {"url", "base_url", "hook_url", "secret"}
CARS = ("city", "make", "model", "year", "vin", "plate")


@dataclass(slots=True)
class Draft:
    """A form as it was sent. An empty secret means «as it is»."""

    name: str
    adapter: str
    options: dict[str, str] = field(default_factory=dict)
    field_map: list[tuple[str, str]] = field(default_factory=list)
    car_map: dict[str, str] = field(default_factory=dict)
    stages: list[tuple[str, str]] = field(default_factory=list)
    sync_minutes: str = "15"
    is_enabled: bool = False


def kind_of(adapter: str) -> type[Crm]:
    kind = outside.crm.get(adapter)
    if kind is None:
        raise Refused("adapter_unknown", name=adapter)
    found: type[Crm] = kind
    return found


def fresh(adapter: str, name: str) -> Draft:
    """What a new connection begins with."""
    kind = kind_of(adapter)
    return Draft(
        name=name, adapter=adapter, field_map=list(kind.fields_known), car_map=dict(kind.cars_known),
        stages=list(kind.stages_known.items()), is_enabled=True,
    )  # fmt: skip


def draft_of(row: CrmConnection) -> Draft:
    known = kind_of(row.adapter)
    return Draft(
        name=row.name, adapter=row.adapter, options={name: str(value) for name, value in (row.options or {}).items()},
        field_map=[(one[0], one[1]) for one in row.field_map or ()],
        car_map=dict(row.car_map or known.cars_known), stages=list((row.stage_map or known.stages_known).items()),
        sync_minutes=str(row.sync_minutes), is_enabled=row.is_enabled,
    )  # fmt: skip


def save(
    session: Session, connection_id: int | None, draft: Draft, *, keys: Keys, actor_id: int, now: datetime
) -> CrmConnection:
    """Refused with the field's name when something is wrong."""
    row = _row(session, connection_id, draft)
    before = row.secrets or ""
    fill(row, draft, keys)
    row.name = _name(session, draft.name, connection_id)
    if connection_id is None:
        row.hook_token, row.next_sync_at = chance.token_urlsafe(32), now
        session.add(row)
    session.flush()
    if connection_id is not None:
        crm.open_again(session, row.id)
        if row.secrets != before:
            crm.forget_tokens(session, row.id)
    note_event(
        session, "crm_added" if connection_id is None else "crm_changed", actor_id=actor_id, subject="crm",
        subject_id=row.id, name=row.name, is_enabled=row.is_enabled,
    )  # fmt: skip
    leads.hand_over_waiting(session)
    return row


def fill(row: CrmConnection, draft: Draft, keys: Keys) -> None:
    """The form into the row. Nothing of it is asked of the CRM here."""
    known = options_of(kind_of(row.adapter))  # type: ignore[arg-type]  # the same dataclass fields
    given = {one.name: draft.options.get(one.name, "").replace("\0", "").strip() for one in known}
    stored = unseal(row.secrets, keys.secret_key) if row.secrets else {}
    kept = {one.name: stored[one.name] for one in known if one.is_secret and one.name in stored}
    new = {one.name: given[one.name] for one in known if one.is_secret and given[one.name]}
    options = {one.name: _checked(one, given[one.name]) for one in known if not one.is_secret}
    moved = any(name in (row.options or {}) and row.options[name] != options.get(name) for name in ADDRESSES)
    if moved and any(name not in new for name in kept):
        # Whoever may change the address must not be able to send a stored secret to another one.
        raise Refused("crm_secret_again")
    values = {**options, **kept, **new}
    for one in known:
        if one.name in REQUIRED and not values.get(one.name):
            raise Refused("crm_option_missing", name=one.label)
        if one.name in ADDRESSES and values.get(one.name):
            _check_address(one, str(values[one.name]), keys)
    row.options, row.secrets = options, seal({**kept, **new}, keys.secret_key)
    row.field_map = [list(pair) for pair in _field_map(draft.field_map)]
    cars = {name: draft.car_map.get(name, "").replace("\0", "").strip()[:100] for name in CARS}
    row.car_map = {name: theirs for name, theirs in cars.items() if theirs}
    row.stage_map = _stages(draft.stages)
    row.sync_minutes = _minutes(draft.sync_minutes)
    row.is_enabled = draft.is_enabled


def _checked(option: Option, value: str) -> str:
    if option.choices and value not in option.choices:
        raise Refused("option_choice", name=option.label)
    if len(value) > 2000:
        raise Refused("option_long", name=option.label)
    return value


def _check_address(option: Option, value: str, keys: Keys) -> None:
    try:
        parts = urlsplit(value)
        good = parts.scheme in ("http", "https") and bool(parts.hostname) and "@" not in parts.netloc
    except ValueError:
        good = False
    if not good:
        raise Refused("crm_address_bad", name=option.label)
    if parts.scheme != "https" and not keys.allow_private:
        raise Refused("crm_https", name=option.label)


def _field_map(rows: list[tuple[str, str]]) -> list[tuple[str, str]]:
    found: dict[str, str] = {}
    for name, template in ((one[0].strip(), one[1].replace("\r\n", "\n").strip()) for one in rows):
        if not name and template:
            raise Refused("map_no_field")
        if not name or not template:
            continue
        if name in found:
            raise Refused("map_twice", field=name)
        for unknown in lead_map.unknown_names(template):
            raise Refused("map_unknown_name", field=name[:100], name=unknown[:100])
        too_long = len(name) > 100 or len(template) > lead_map.LONGEST or len(found) >= lead_map.MOST_ROWS
        if too_long or "\0" in name + template:
            raise Refused("map_long")
        found[name] = template
    return list(found.items())


def _stages(rows: list[tuple[str, str]]) -> dict[str, str]:
    found: dict[str, str] = {}
    for theirs, ours in rows:
        theirs = theirs.replace("\0", "").strip()
        if theirs and ours and ours not in DEAL_STAGES or len(theirs) > 64 or len(found) > 100:
            raise Refused("stage_map_bad")
        if theirs and ours:
            found[theirs] = ours
    return found


def _minutes(value: str) -> int:
    if not value.strip().isascii() or not value.strip().isdigit() or not 0 <= int(value[:9]) <= 10_080:
        raise Refused("crm_sync_minutes")
    return int(value)


def _name(session: Session, raw: str, connection_id: int | None) -> str:
    name = raw.replace("\0", "").strip()
    if not 1 <= len(name) <= 100:
        raise Refused("crm_needs_name")
    same = session.execute(select(CrmConnection.id).where(CrmConnection.name == name)).scalar()
    if same is not None and same != connection_id:
        raise Refused("crm_name_taken")
    return name


def _row(session: Session, connection_id: int | None, draft: Draft) -> CrmConnection:
    if connection_id is None:
        return CrmConnection(adapter=draft.adapter, options={}, secrets="", field_map=[], car_map={}, stage_map={})
    row = session.get(CrmConnection, connection_id)
    if row is None:
        raise Refused("crm_gone")
    return row


# --- the trial

SAMPLE: Mapping[str, Any] = {
    "title": "LADA Vesta, 2019", "make": "LADA", "model": "Vesta", "year": 2019, "mileage_km": 54_000,
    "price": 690_000, "our_price": 640_000, "asked_price": 680_000, "city": "Самара", "region": "Самарская область",
    "seller_name": "Проверка Prozvon", "phone": "+79000000000", "phones": ["79000000000"],
    "vin": "XTA00000000000000", "comment": "Пробный лид: можно удалить", "status": "Записан на осмотр",
}  # fmt: skip


@dataclass(slots=True)
class Trial:
    """What was asked and answered, and the request that would make a lead."""

    trouble: CrmTrouble | None = None
    said: list[Any] = field(default_factory=list)
    request: str = ""
    arrived: str = ""
    link: str = ""


def trial(session: Session, connection_id: int | None, draft: Draft, keys: Keys, *, send: bool) -> Trial:
    """Ask the CRM with what stands in the form; with `send`, hand a trial lead over. Nothing is stored here."""
    stored = _row(session, connection_id, draft)
    row = CrmConnection(
        id=connection_id, adapter=stored.adapter, options=dict(stored.options or {}), secrets=stored.secrets or ""
    )
    fill(row, draft, keys)
    facts = _facts(session)
    key = "trial-" + chance.token_hex(8)
    lead = LeadOut(key, 0, lead_map.fields_of(row.field_map, facts), facts, datetime.now(UTC))
    told = Trial()
    with crm.opened(session, row, keys, keep=True) as adapter:
        if adapter.needs_token and not getattr(adapter, "long_token", "") and connection_id is None:
            raise Refused("crm_save_first")
        session.rollback()  # nothing waits for a slow CRM
        told.request = _shown(adapter, lead)
        try:
            if send:
                receipt = adapter.push_lead(lead, again=False)
                told.arrived, told.link = receipt.external_id, receipt.url
            else:
                adapter.check()
        except CrmTrouble as trouble:
            told.trouble = trouble
        except OutsideError as trouble:
            told.trouble = CrmTrouble(str(trouble), kind="auth", permanent=True)
        told.said = list(adapter.door.said)
    return told


def _shown(adapter: Crm, lead: LeadOut) -> str:
    request = adapter.lead_request(lead)
    body = request.body.decode() if isinstance(request.body, bytes) else request.body
    if isinstance(body, str):
        body = json.loads(body)
    text_of = f"{request.method} {request.url}\n\n{json.dumps(body, ensure_ascii=False, indent=2)}"
    return str(adapter.door.clean(text_of))


def _facts(session: Session) -> dict[str, Any]:
    """The newest lead's own facts, without its person: a trial must not tell a stranger's number."""
    newest = session.execute(select(Lead).order_by(Lead.id.desc()).limit(1)).scalar()
    return {**SAMPLE, **{
        name: value for name, value in (dict(newest.payload) if newest else {}).items()
        if name not in ("phone", "phones", "seller_name", "comment", "key", "lead_id")
    }}  # fmt: skip


# --- the list's buttons


def set_enabled(session: Session, connection_id: int, on: bool, *, actor_id: int) -> None:
    row = session.get(CrmConnection, connection_id, with_for_update=True)
    if row is None:
        raise Refused("crm_gone")
    row.is_enabled = on
    note_event(session, "crm_changed", actor_id=actor_id, subject="crm", subject_id=connection_id, is_enabled=on)
    session.flush()
    if on:
        crm.open_again(session, connection_id)
        leads.hand_over_waiting(session)


def sync_now(session: Session, connection_id: int, *, actor_id: int) -> None:
    row = session.get(CrmConnection, connection_id)
    if row is None:
        raise Refused("crm_gone")
    if not kind_of(row.adapter).reads:
        raise Refused("crm_nothing_to_read")
    if not row.is_enabled:
        raise Refused("source_off", name=row.name)
    note_event(session, "crm_sync_asked", actor_id=actor_id, subject="crm", subject_id=connection_id)
    crm.open_again(session, connection_id)
    session.flush()
    defer(session, "sync_crm", connection_id=connection_id)


def counts_of(session: Session) -> dict[int, tuple[int, int, int]]:
    """By connection: leads that arrived, wait, failed."""
    rows = session.execute(
        text("""SELECT connection_id, count(*) FILTER (WHERE state = 'done'), count(*) FILTER (WHERE state = 'waiting'),
                       count(*) FILTER (WHERE state = 'failed') FROM crm_push WHERE what = 'lead' GROUP BY 1""")
    )
    return {row[0]: (row[1], row[2], row[3]) for row in rows}
