"""The first steps of a new installation: what is done is read from the work itself, never ticked by hand."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.models import PersonChoice

HIDDEN = "first_steps_hidden"


@dataclass(frozen=True, slots=True)
class Step:
    """One line of the list. `n` is how far it has come: invitations that wait, operators who have not come yet."""

    code: str
    is_done: bool
    n: int = 0


_FACTS = text("""
    SELECT EXISTS (SELECT FROM source) AS source,
           EXISTS (SELECT FROM source WHERE is_enabled AND last_ok_at IS NOT NULL) OR EXISTS (SELECT FROM ad) AS pulled,
           EXISTS (SELECT FROM operator_group WHERE is_enabled) AS grouped,
           (SELECT count(*) FROM operator_profile p JOIN ab_user u ON u.id = p.user_id WHERE u.active) AS operators,
           (SELECT count(*) FROM operator_profile p JOIN ab_user u ON u.id = p.user_id
             WHERE u.active AND u.last_login IS NULL) AS absent,
           (SELECT count(*) FROM invite WHERE purpose = 'invite' AND used_at IS NULL AND expires_at > :now) AS invited,
           EXISTS (SELECT FROM audit_event WHERE subject = 'operator_profile' AND what = 'operator_profile_changed')
             OR EXISTS (SELECT FROM operator_profile
                         WHERE (max_new, max_open, hour_cap, day_cap) <> (10, 60, 30, 150)) AS limited,
           EXISTS (SELECT FROM ad_filter WHERE is_enabled AND NOT is_archived) AS filtered,
           EXISTS (SELECT FROM assignment) AS dealt,
           EXISTS (SELECT FROM status_change) AS worked
""")


def steps(session: Session, now: datetime) -> list[Step]:
    """All of them in the order in which they are best done."""
    facts = session.execute(_FACTS, {"now": now}).one()
    return [
        Step("source", facts.source),
        Step("pulled", facts.pulled),
        Step("group", facts.grouped),
        Step("operators", facts.operators > 0, facts.invited),
        Step("came", facts.operators > facts.absent, facts.absent),
        Step("limits", facts.limited),
        Step("filter", facts.filtered),
        Step("dealt", facts.dealt),
        Step("result", facts.worked),
    ]


def is_hidden(session: Session, user_id: int) -> bool:
    return session.get(PersonChoice, (user_id, HIDDEN)) is not None


def hide(session: Session, user_id: int) -> None:
    """For this person alone; whoever comes later still finds the list."""
    session.execute(insert(PersonChoice).values(user_id=user_id, name=HIDDEN).on_conflict_do_nothing())


def show_again(session: Session, user_id: int) -> None:
    session.execute(delete(PersonChoice).where(PersonChoice.user_id == user_id, PersonChoice.name == HIDDEN))
