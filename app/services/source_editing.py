"""Sources as people set them up: options by the adapter's own fields, secrets sealed and never shown."""

from __future__ import annotations

import dataclasses
import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.errors import Refused
from app.models import Source
from app.services import sources
from app.services.audit import note_event
from app.services.deferring import defer
from app.services.secrets_box import seal, unseal
from app.sources import Source as Adapter

Families = dict[str, type[Adapter]]
EVERY, WINDOW = (1, 10_080), (1, 8_760)


@dataclass(frozen=True, slots=True)
class Option:
    """One field of the form, as the adapter's dataclass says it."""

    name: str
    label: str
    help: str
    is_secret: bool
    choices: tuple[str, ...]
    default: Any

    @property
    def kind(self) -> str:
        if self.choices:
            return "choice"
        if isinstance(self.default, bool):
            return "yes_no"
        return "number" if isinstance(self.default, int) else "secret" if self.is_secret else "text"


def options_of(kind: type[Adapter]) -> list[Option]:
    """What a person may set: not what the deployment decides, nor the field map, which the import wizard makes."""
    return [
        Option(
            name=item.name,
            label=item.metadata.get("label", item.name),
            help=item.metadata.get("help", ""),
            is_secret=bool(item.metadata.get("secret")),
            choices=tuple(item.metadata.get("choices", ())),
            default=item.default if item.default is not dataclasses.MISSING else "",
        )
        for item in dataclasses.fields(kind)
        if item.init and not item.metadata.get("deployment") and item.name != "field_map"
    ]


@dataclass(slots=True)
class Draft:
    """A form as it was sent. `options` are the texts of the fields; an empty secret means «as it is»."""

    name: str
    adapter: str
    every_minutes: str = "5"
    window_hours: str = "24"
    is_enabled: bool = False
    options: dict[str, str] = field(default_factory=dict)


def save(
    session: Session,
    source_id: int | None,
    draft: Draft,
    families: Families,
    *,
    secret_key: str,
    actor_id: int,
    now: datetime,
) -> Source:
    """Write the source. Refused with the field's name when something is wrong."""
    row = _row(session, source_id, draft)
    before = {**(row.options or {})}
    fill(row, draft, families, secret_key=secret_key)
    row.name = _name(draft.name)
    row.every_minutes = _whole(draft.every_minutes, "every_minutes", EVERY)
    row.window_hours = _whole(draft.window_hours, "window_hours", WINDOW)
    row.is_enabled = draft.is_enabled and has_switch(families[row.adapter])
    if source_id is None:
        row.key = _free_key(session, row.name)
        row.next_pull_at = now
        session.add(row)
    session.flush()
    note_event(
        session,
        "source_added" if source_id is None else "source_changed",
        actor_id=actor_id,
        subject="source",
        subject_id=row.id,
        changed=sorted(name for name in {**before, **row.options} if before.get(name) != row.options.get(name)),
        secrets=sorted(option.name for option in options_of(families[row.adapter]) if _given(option, draft)),
        is_enabled=row.is_enabled,
    )
    return row


def draft_row(session: Session, source_id: int | None, draft: Draft, families: Families, *, secret_key: str) -> Source:
    """The source as it would be, outside of the session: for a trial that stores nothing."""
    stored = _row(session, source_id, draft)
    row = Source(
        name=draft.name or "?", key="?", adapter=stored.adapter, options=dict(stored.options or {}),
        secrets=stored.secrets or "", field_map=dict(stored.field_map or {}),
    )  # fmt: skip
    fill(row, draft, families, secret_key=secret_key)
    return row


def fill(row: Source, draft: Draft, families: Families, *, secret_key: str) -> None:
    """Options and secrets of the form into the row. Refused: unknown adapter, bad value, or one the adapter denies."""
    kind = families.get(row.adapter)
    if kind is None:
        raise Refused("adapter_unknown", name=row.adapter)
    known = options_of(kind)
    old = row.options or {}
    options = {item.name: _typed(item, draft.options.get(item.name, "")) for item in known if not item.is_secret}
    stored = unseal(row.secrets or "", secret_key) if row.secrets and not _all_given(known, draft) else {}
    kept = {item.name: stored[item.name] for item in known if item.is_secret and item.name in stored}
    given = {item.name: draft.options[item.name].strip() for item in known if _given(item, draft)}
    if any(name not in given for name in kept) and any(
        "url" in item.name and item.name in old and old[item.name] != options.get(item.name) for item in known
    ):
        # Whoever may change the address must not be able to send a stored token to another one.
        raise Refused("source_secret_again")
    row.options = options
    row.secrets = seal({**kept, **given}, secret_key)
    sources.adapter_of(row, families, secret_key=secret_key, allow_private=False)


def _given(option: Option, draft: Draft) -> bool:
    return option.is_secret and bool(draft.options.get(option.name, "").strip())


def _all_given(known: list[Option], draft: Draft) -> bool:
    return all(_given(item, draft) for item in known if item.is_secret)


def _typed(option: Option, raw: str) -> Any:
    value = raw.replace("\0", "").strip()
    if option.kind == "yes_no":
        return value == "1"
    if option.kind == "number":
        if not re.fullmatch(r"-?\d{1,9}", value):
            raise Refused("option_number", name=option.label)
        return int(value)
    if option.kind == "choice" and value not in option.choices:
        raise Refused("option_choice", name=option.label)
    if len(value) > 2000:
        raise Refused("option_long", name=option.label)
    return value


def _row(session: Session, source_id: int | None, draft: Draft) -> Source:
    if source_id is None:
        return Source(adapter=draft.adapter, options={}, secrets="", field_map={})
    row = session.get(Source, source_id)
    if row is None:
        raise Refused("source_gone")
    return row


def _name(raw: str) -> str:
    name = raw.replace("\0", "").strip()
    if not 1 <= len(name) <= 100:
        raise Refused("source_needs_name")
    return name


def _whole(raw: str, name: str, span: tuple[int, int]) -> int:
    if not re.fullmatch(r"\d{1,6}", raw.strip()) or not span[0] <= int(raw) <= span[1]:
        raise Refused(f"source_{name}", low=span[0], high=span[1])
    return int(raw)


_LATIN = "a b v g d e e zh z i y k l m n o p r s t u f h c ch sh sch - y - e yu ya"
_LETTERS = dict(zip("абвгдеёжзийклмнопрстуфхцчшщъыьэюя", _LATIN.split(), strict=True))


def _free_key(session: Session, name: str) -> str:
    """The word by which commands and files call the source: Latin, unique, for ever."""
    latin = "".join(_LETTERS.get(letter, letter) for letter in name.lower())
    stem = re.sub(r"[^a-z0-9]+", "-", latin.replace("-", "")).strip("-")[:40] or "source"
    taken = set(session.execute(select(Source.key).where(Source.key.startswith(stem))).scalars())
    return next(key for n in range(1, len(taken) + 2) if (key := stem if n == 1 else f"{stem}-{n}") not in taken)


def has_switch(kind: type[Adapter]) -> bool:
    """Adverts of files come when a person brings them; all others stop when the source is switched off."""
    return kind.can_fetch or kind.takes_push


def set_enabled(session: Session, source_id: int, on: bool, families: Families, *, actor_id: int) -> Source:
    row = session.get(Source, source_id, with_for_update=True)
    if row is None:
        raise Refused("source_gone")
    kind = families.get(row.adapter)
    if on and not (kind is not None and has_switch(kind)):
        _check_can_fetch(row, families)
    row.is_enabled = on
    note_event(session, "source_enabled" if on else "source_disabled", actor_id=actor_id, subject="source",
               subject_id=source_id)  # fmt: skip
    return row


def pull_now(session: Session, source_id: int, families: Families, *, actor_id: int, now: datetime) -> bool:
    """Let a worker pull the source at once. False when that waits already."""
    row = session.get(Source, source_id, with_for_update=True)
    if row is None:
        raise Refused("source_gone")
    _check_can_fetch(row, families)
    if not row.is_enabled:
        raise Refused("source_off", name=row.name)
    row.next_pull_at = now
    note_event(session, "source_pull_asked", actor_id=actor_id, subject="source", subject_id=source_id)
    session.flush()
    return defer(session, "pull_source", source_id=source_id)


def _check_can_fetch(row: Source, families: Families) -> None:
    kind = families.get(row.adapter)
    if kind is None:
        raise Refused("adapter_unknown", name=row.adapter)
    if not kind.can_fetch:
        raise Refused("source_is_file", name=row.name)


def file_source(session: Session, name: str, *, actor_id: int, now: datetime) -> Source:
    """A source whose adverts come by files only: it is never pulled."""
    row = Source(
        key=_free_key(session, _name(name)), name=_name(name), adapter="table_file", is_enabled=False, next_pull_at=now
    )
    session.add(row)
    session.flush()
    note_event(session, "source_added", actor_id=actor_id, subject="source", subject_id=row.id, name=row.name)
    return row
