"""For Flask-AppBuilder's own forms of accounts and roles: our rules before they save, and every change in the log."""

from __future__ import annotations

from typing import Any

from flask import g, request
from flask_appbuilder.exceptions import FABException
from flask_login import current_user

from app.errors import Refused
from app.extensions import db
from app.services.audit import note_event
from app.wording import say

Facts = dict[str, Any]


class Noted:
    """A mixin in front of the stock view. Subclasses say which facts of a row count, and what may not be."""

    subject = ""

    def facts(self, item: Any) -> Facts:
        raise NotImplementedError

    def rule(self, item: Any, old: Facts, new: Facts) -> None:
        """Raises Refused. `old` is empty for a new row, `new` for one that is to be deleted."""

    def told(self, old: Facts, new: Facts) -> Facts:
        """What the log says of a change."""
        return {name: [old[name], new[name]] for name in new if old.get(name) != new[name]}

    def _edit(self, pk: Any) -> Any:
        mine: Any = self
        item = mine.datamodel.get(pk, mine._base_filters)
        g.facts_before = self.facts(item) if item is not None else {}
        return super()._edit(pk)  # type: ignore[misc]

    def pre_add(self, item: Any) -> None:
        self._ask(item, {}, self.facts(item))

    def post_add(self, item: Any) -> None:
        self._note("added", item, self.facts(item))
        db.session.commit()

    def pre_update(self, item: Any) -> None:
        old, new = g.facts_before, self.facts(item)
        self._ask(item, old, new)
        if changes := self.told(old, new):
            self._note("changed", item, changes)

    def pre_delete(self, item: Any) -> None:
        super().pre_delete(item)  # type: ignore[misc]
        self._ask(item, self.facts(item), {})
        self._note("deleted", item, self.facts(item))

    def _ask(self, item: Any, old: Facts, new: Facts) -> None:
        try:
            self.rule(item, old, new)
        except Refused as refusal:
            db.session.rollback()
            raise FABException(say(refusal.reason)) from None  # the stock form shows its text

    def _note(self, verb: str, item: Any, details: Facts) -> None:
        note_event(
            db.session(), f"{self.subject}_{verb}", actor_id=current_user.id, subject=self.subject,
            subject_id=item.id, address=request.remote_addr or "", **details,
        )  # fmt: skip
