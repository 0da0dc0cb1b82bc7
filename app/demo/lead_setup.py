"""Gives the demonstration a way in for leads and a filter of its own, so that a newcomer sees his lead arrive."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

import config
from app.demo.accounts import classified_port, lead_token
from app.demo.people import VOLGA
from app.domain.filters import CRITERIA
from app.models import AdFilter, LeadIntake, OperatorGroup
from app.services import filters, lead_intakes
from app.services.filters import FilterDraft
from app.services.lead_intakes import IntakeDraft

NAME, FILTER = "Демо-сайт: продай авто", "Лиды с сайта"


def install(session: Session, settings: config.Config) -> None:
    thanks = f"http://127.0.0.1:{classified_port(settings)}/thanks"
    row = session.execute(select(LeadIntake).where(LeadIntake.name == NAME)).scalar_one_or_none()
    if row is None:
        draft = IntakeDraft(name=NAME, kind="form", target_min=5)
        row, _secret = lead_intakes.save(
            session, None, draft, secret_key=settings.secret_key, actor_id=None, now=datetime.now(UTC)
        )
        _filter(session, row)
    row.token, row.thanks_url = lead_token(settings), thanks
    session.flush()


def _filter(session: Session, intake: LeadIntake) -> None:
    """Leads before all adverts: whoever asked to be called does not wait."""
    if session.execute(select(AdFilter.id).where(AdFilter.name == FILTER)).first() is not None:
        return
    group_id = session.execute(select(OperatorGroup.id).where(OperatorGroup.name == VOLGA)).scalar()
    wishes = {"origin": ["lead"], "source_ids": [intake.source_id], "take_min": 5, "unknown_ok": list(CRITERIA)}
    draft = FilterDraft(name=FILTER, priority=500, group_id=group_id, criteria=wishes)
    filters.save(session, draft, actor_id=None, enable=True)
