"""The person who is logged in, as every request needs them: read by one statement, without the ORM."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

from flask_appbuilder.security.sqla.models import User
from sqlalchemy.orm import Session

from app.plain_rows import rows

# The person, the log-in behind the cookie, and which edition of the roles is in force. `own` are the roles of the
# person, `lent` those of the person's groups.
_WHO = """
    SELECT u.id, u.username, u.first_name, u.last_name, u.active,
           s.user_id AS of_user, s.created_at, s.seen_at, s.sid_hash,
           (SELECT n FROM revision WHERE name = 'rights') AS rights,
           (SELECT json_agg(json_build_array(r.id, r.name) ORDER BY r.id) FROM ab_user_role ur
              JOIN ab_role r ON r.id = ur.role_id WHERE ur.user_id = u.id) AS own,
           (SELECT json_agg(json_build_array(r.id, r.name) ORDER BY r.id) FROM ab_user_group ug
              JOIN ab_group_role gr ON gr.group_id = ug.group_id
              JOIN ab_role r ON r.id = gr.role_id WHERE ug.user_id = u.id) AS lent
    FROM ab_user u LEFT JOIN user_session s ON s.sid_hash = %(sid)s
    WHERE u.id = %(id)s
"""


class _Who(NamedTuple):
    id: int
    username: str
    first_name: str
    last_name: str
    active: bool
    of_user: int | None
    created_at: datetime
    seen_at: datetime
    sid_hash: str
    rights: int | None
    own: list[Any] | None
    lent: list[Any] | None


class KnownRole(NamedTuple):
    id: int
    name: str

    def __str__(self) -> str:
        return self.name


class LogIn(NamedTuple):
    user_id: int
    created_at: datetime
    seen_at: datetime
    sid_hash: str


class SignedIn:
    """Stands in for the row of the user. What it does not know itself it asks of the row, which is then read."""

    # Nothing else can be set: whoever changes a person has to say so to the row.
    __slots__ = ("_session", "all_roles", "first_name", "id", "is_active", "last_name", "rights", "roles", "username")
    is_authenticated = True
    is_anonymous = False

    def __init__(self, session: Any, found: Any) -> None:
        self._session = session
        self.id: int = found.id
        self.username: str = found.username
        self.first_name: str = found.first_name
        self.last_name: str = found.last_name
        self.is_active = bool(found.active)
        self.roles = [KnownRole(*role) for role in found.own or ()]
        self.all_roles = self.roles + [KnownRole(*role) for role in found.lent or ()]
        # Whoever has the same may open the same; None while the database has not counted any edition of the roles.
        self.rights = None if found.rights is None else (int(found.rights), *sorted({r.id for r in self.all_roles}))

    def get_id(self) -> str:
        return str(self.id)

    def get_full_name(self) -> str:
        return f"{self.first_name} {self.last_name}"

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):  # how SQLAlchemy asks whether this is a row: it is none
            raise AttributeError(name)
        return getattr(self._session.get_one(User, self.id), name)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SignedIn | User) and other.id == self.id

    def __hash__(self) -> int:
        return hash(self.id)

    def __repr__(self) -> str:
        return self.get_full_name()


def find(session: Session, user_id: int, sid_hash: str) -> tuple[SignedIn, LogIn | None] | None:
    """The person and the log-in of that cookie, if both are there."""
    told = rows(session, _WHO, {"id": user_id, "sid": sid_hash})
    if not told:
        return None
    found = _Who(*told[0])
    log_in = None
    if found.of_user is not None:
        log_in = LogIn(found.of_user, found.created_at, found.seen_at, found.sid_hash)
    return SignedIn(session, found), log_in
