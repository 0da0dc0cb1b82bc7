"""Reports as people like to see them: saved views, own and shared, one as the start page; what filters can choose."""

from __future__ import annotations

from typing import Any

from sqlalchemy import or_, select, text
from sqlalchemy.orm import Session

from app.errors import Refused
from app.models import SavedView

MOST_VIEWS = 50
MOST_CHOICES = 1_500

_CHOICES = {
    "operator_id": """SELECT p.user_id, trim(concat(u.last_name, ' ', u.first_name)) FROM operator_profile p
                      JOIN ab_user u ON u.id = p.user_id ORDER BY 2""",
    "group_id": "SELECT id, name FROM operator_group ORDER BY name",
    "city_id": """SELECT c.id, c.name || CASE WHEN r.name IS NULL OR r.name = c.name THEN '' ELSE ', ' || r.name END
                  FROM city c LEFT JOIN region r ON r.id = c.region_id
                  WHERE EXISTS (SELECT 1 FROM vehicle v WHERE v.city_id = c.id AND v.on_sale) ORDER BY 2""",
    "source_id": "SELECT id, name FROM source ORDER BY name",
    "make_id": "SELECT id, name FROM make ORDER BY name",
    "filter_id": "SELECT id, name FROM ad_filter WHERE NOT is_archived ORDER BY name",
    "trunk_id": "SELECT id, name FROM trunk ORDER BY name",
    "connection_id": "SELECT id, name FROM crm_connection ORDER BY name",
    "gateway_id": "SELECT id, name FROM sms_gateway ORDER BY position, name",
    "template_id": "SELECT id, name FROM sms_template ORDER BY position, name",
}


def choices(session: Session, dim: str) -> list[tuple[Any, str]]:
    """(id, name) of what a filter can choose from."""
    if dim not in _CHOICES:
        return []
    rows = session.execute(text(f"{_CHOICES[dim]} LIMIT {MOST_CHOICES}"))  # noqa: S608  constants of ours
    return [(row[0], row[1]) for row in rows]


def mine(session: Session, user_id: int, report: str) -> list[SavedView]:
    """One's own views of the report and what others share."""
    return list(
        session.scalars(
            select(SavedView)
            .where(SavedView.report == report, or_(SavedView.user_id == user_id, SavedView.is_shared))
            .order_by(SavedView.name)
            .limit(MOST_VIEWS)
        )
    )


def start_of(session: Session, user_id: int) -> SavedView | None:
    """The view that a person has made the start page."""
    return session.scalars(select(SavedView).where(SavedView.user_id == user_id, SavedView.is_start)).one_or_none()


def keep(
    session: Session, user_id: int, report: str, name: str, query: str, *, is_shared: bool, is_start: bool
) -> SavedView:
    """A name that is there already gets the new content. Refused: no name, or too many views."""
    name = " ".join(name.replace("\0", "").split())[:80]
    if not name:
        raise Refused("view_needs_name")
    found = session.scalars(
        select(SavedView).where(SavedView.user_id == user_id, SavedView.report == report, SavedView.name == name)
    ).one_or_none()
    if found is None:
        many = session.execute(text("SELECT count(*) FROM saved_view WHERE user_id = :id"), {"id": user_id}).scalar()
        if (many or 0) >= MOST_VIEWS:
            raise Refused("views_too_many", cap=MOST_VIEWS)
        found = SavedView(user_id=user_id, report=report, name=name)
        session.add(found)
    if is_start:
        session.execute(text("UPDATE saved_view SET is_start = false WHERE user_id = :id"), {"id": user_id})
    found.query, found.is_shared, found.is_start = query[:1000], is_shared, is_start
    session.flush()
    return found


def forget(session: Session, user_id: int, view_id: int) -> bool:
    """Only one's own; False when there is none."""
    found = session.execute(
        text("DELETE FROM saved_view WHERE id = :id AND user_id = :user RETURNING id"), {"id": view_id, "user": user_id}
    )
    return found.first() is not None


def all_of(session: Session, user_id: int) -> list[SavedView]:
    """Of every report: one's own views and the shared ones."""
    wanted = select(SavedView).where(or_(SavedView.user_id == user_id, SavedView.is_shared))
    return list(session.scalars(wanted.order_by(SavedView.report, SavedView.name).limit(500)))


def with_address(session: Session) -> list[tuple[int, str, str]]:
    """(id, name, address) of the people who can be written to."""
    rows = session.execute(
        text("""SELECT id, trim(concat(last_name, ' ', first_name)) AS name, email FROM ab_user
                WHERE active AND email LIKE '%@%.%' ORDER BY 2 LIMIT 1500""")
    )
    return [(row.id, row.name, row.email) for row in rows]
