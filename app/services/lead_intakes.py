"""The ways by which leads come in: made with an address and a secret of their own, and a source that filters name."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.errors import Refused
from app.models import INTAKE_KINDS, LeadIntake, Source
from app.services.audit import note_event
from app.services.ingest import storable
from app.services.secrets_box import seal, unseal
from app.services.sources import PUSH_KIND


@dataclass(slots=True)
class IntakeDraft:
    """What the form sends."""

    name: str = ""
    kind: str = "form"
    target_min: int = 5
    per_minute: int = 30
    thanks_url: str = ""
    is_enabled: bool = True


def save(
    session: Session, intake_id: int | None, draft: IntakeDraft, *, secret_key: str, actor_id: int | None, now: datetime
) -> tuple[LeadIntake, str]:
    """The row, and the secret that was made with it: shown once. Empty when the row was there before."""
    _check(draft)
    name = storable(draft.name).strip()
    twin = session.execute(select(LeadIntake.id).where(LeadIntake.name == name)).scalar()
    if twin is not None and twin != intake_id:
        raise Refused("intake_name_taken", name=name)
    if intake_id is not None:
        row, secret, what = _locked(session, intake_id), "", "intake_changed"
        source = session.get_one(Source, row.source_id)
        source.name, source.is_enabled = name, draft.is_enabled
    else:
        row, secret, what = _fresh(session, name, draft.kind, now), secrets.token_urlsafe(32), "intake_added"
        row.secret = seal({"secret": secret}, secret_key)
    row.name, row.is_enabled = name, draft.is_enabled
    row.target_min, row.per_minute, row.thanks_url = draft.target_min, draft.per_minute, draft.thanks_url.strip()
    session.flush()
    note_event(session, what, actor_id=actor_id, subject="intake", subject_id=row.id, name=name)
    return row, secret


def new_secret(session: Session, intake_id: int, *, secret_key: str, actor_id: int | None) -> str:
    """The old one signs nothing from this moment on."""
    row = _locked(session, intake_id)
    secret = secrets.token_urlsafe(32)
    row.secret = seal({"secret": secret}, secret_key)
    note_event(session, "intake_secret", actor_id=actor_id, subject="intake", subject_id=row.id, name=row.name)
    return secret


def secret_of(row: LeadIntake, secret_key: str) -> str:
    return str(unseal(row.secret, secret_key).get("secret", ""))


def source_ids(session: Session) -> frozenset[int]:
    """The sources of which every advert is a lead."""
    return frozenset(session.scalars(select(LeadIntake.source_id)))


def _fresh(session: Session, name: str, kind: str, now: datetime) -> LeadIntake:
    token = secrets.token_urlsafe(32)
    source = Source(key=f"leads-{token[:12].lower()}", name=name, adapter=PUSH_KIND, is_enabled=True, next_pull_at=now)
    session.add(source)
    session.flush()
    row = LeadIntake(name=name, kind=kind, token=token, source_id=source.id, created_at=now)
    session.add(row)
    return row


def _check(draft: IntakeDraft) -> None:
    if not 1 <= len(storable(draft.name).strip()) <= 100:
        raise Refused("intake_needs_name")
    if draft.kind not in INTAKE_KINDS:
        raise Refused("field_choice")
    if not 1 <= draft.target_min <= 1440:
        raise Refused("intake_target")
    if not 1 <= draft.per_minute <= 1000:
        raise Refused("intake_rate")
    url = draft.thanks_url.strip()
    if url and (len(url) > 500 or not _is_page(url)):
        raise Refused("intake_thanks")


def _is_page(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname) and url.isprintable() and "\\" not in url


def _locked(session: Session, intake_id: int) -> LeadIntake:
    row = session.execute(select(LeadIntake).where(LeadIntake.id == intake_id).with_for_update()).scalar()
    if row is None:
        raise Refused("intake_gone")
    return row
