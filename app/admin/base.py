"""What all generated screens share: forms that keep what was typed, saving with an audit row, names behind ids."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from flask import abort, flash, redirect, request
from flask_appbuilder import expose, has_access
from flask_appbuilder.fields import AJAXSelectField
from flask_appbuilder.urltools import get_filter_args
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from sqlalchemy import ARRAY, Boolean, String, Text, inspect
from sqlalchemy.exc import DataError, IntegrityError
from sqlalchemy.orm import lazyload
from wtforms import BooleanField, StringField, ValidationError
from wtforms.validators import DataRequired, Length

from app.errors import Refused
from app.extensions import db
from app.safety import FastInterface, SafeModelView
from app.services import row_names
from app.services.audit import note_event
from app.wording import say

READ = {"list", "show"}
ACT = {"action", "action_post"}
MOST_CHOICES = 500  # more than that is picked by typing: PickField
WRITE = {"list", "show", "add", "edit", "delete"}


def now() -> datetime:
    return datetime.now(UTC)


def names_of(kind: str, ids: Iterable[Any]) -> dict[Any, str]:
    return row_names.names_of(db.session(), kind, ids)


class Choices(FastInterface):
    """The rows of a select: one statement, nothing counted, none of their own relations read. Short tables only."""

    def query(self, *_args: Any, **_more: Any) -> tuple[int, list[Any]]:
        rows = self.session.query(self.obj).options(lazyload("*")).limit(MOST_CHOICES).all()
        return len(rows), sorted(rows, key=lambda row: str(row).casefold())


class Listing(FastInterface):
    """A table as a list shows it. `names`: attribute -> (column with an id, kind of row_names), filled by the page;
    `after`: what else a page of rows needs to know."""

    def __init__(
        self,
        obj: Any,
        session: Any = None,
        *,
        only: Sequence[str] = (),
        rel: Sequence[str] = (),
        names: dict[str, tuple[str, str]] | None = None,
        after: Callable[[list[Any]], None] | None = None,
    ) -> None:
        super().__init__(obj, session)
        self.list_only, self.list_rel = tuple(only), tuple(rel)
        self.names, self.after = names or {}, after

    def query(self, *args: Any, **more: Any) -> tuple[int, list[Any]]:
        count, rows = super().query(*args, **more)
        self._name(rows, self.list_only)
        return count, rows

    def get_columns_list(self) -> list[str]:
        # FAB has no filter for lists of values and says so in the log at every request.
        return [name for name in super().get_columns_list() if not isinstance(self._type_of(name), ARRAY)]

    def _type_of(self, name: str) -> Any:
        column = self.list_columns.get(name)
        return None if column is None else column.type

    def get(self, *args: Any, **more: Any) -> Any:
        row = super().get(*args, **more)
        if row is not None:
            self._name([row])
        return row

    def get_related_interface(self, col_name: str) -> Choices:
        return Choices(self.get_related_model(col_name), self.session)

    def _name(self, rows: list[Any], loaded: Sequence[str] = ()) -> None:
        """In a list, names of the columns that it has loaded: any other would cost a query per row."""
        for attribute, (column, kind) in self.names.items():
            if loaded and column not in loaded:
                continue
            found = names_of(kind, (getattr(row, column) for row in rows))
            for row in rows:
                setattr(row, attribute, found.get(getattr(row, column), ""))
        if self.after is not None:
            self.after(rows)


class AdminView(SafeModelView):
    """A generated screen. Subclasses name all columns; an empty list means none, not «all»."""

    subject = ""  # the noun in the audit log
    empty_text: Any = ""
    saved_message: Any = _l("Saved.")
    deleted_message: Any = _l("Deleted.")
    in_use_message: Any = _l("It is in use and cannot be deleted. Switch it off instead.")
    not_audited: tuple[str, ...] = ()  # values that do not belong into the audit log: phones

    def _init_properties(self) -> None:
        mine: Any = self  # FAB's attributes carry no types
        for name in ("label_columns", "add_form_extra_fields", "edit_form_extra_fields"):
            setattr(mine, name, dict(getattr(mine, name) or {}))
        super()._init_properties()
        # FAB reads an empty list as «every column»: hidden ones would become filterable and editable.
        for name in ("search_columns", "order_columns", "add_columns", "edit_columns"):
            setattr(mine, name, list(getattr(type(self), name) or ()))
        self._filters = self.datamodel.get_filters(self.search_columns)

    def _init_forms(self) -> None:
        self._refuse_blanks()
        for columns, fields in (
            (self.add_columns, self.add_form_extra_fields),
            (self.edit_columns, self.edit_form_extra_fields),
        ):
            for name in columns:
                if name not in fields and (field := self._lenient_field(name)) is not None:
                    fields[name] = field
        super()._init_forms()

    def _refuse_blanks(self) -> None:
        """FAB takes spaces for an answer; a name of spaces is none."""
        mine: Any = self  # FAB's attributes carry no types
        mine.validators_columns = dict(self.validators_columns or {})
        for name in {*self.add_columns, *self.edit_columns}:
            column = self.datamodel.list_columns.get(name)
            if column is None or column.nullable or column.server_default is not None:
                continue
            if isinstance(column.type, String):
                mine.validators_columns[name] = [DataRequired(), *mine.validators_columns.get(name, ())]

    def _lenient_field(self, name: str) -> Any:
        """FAB demands an answer for every column that is NOT NULL: a box could not be unticked, a note not left out."""
        column = self.datamodel.list_columns.get(name)
        if column is None:
            return None
        label, hint = self.label_columns.get(name, name), (self.description_columns or {}).get(name, "")
        if isinstance(column.type, Boolean) and not column.nullable:
            default = bool(column.default.arg) if column.default is not None else False
            return BooleanField(label, description=hint, default=default)
        if isinstance(column.type, Text) and column.server_default is not None:
            return StringField(label, [Length(max=2000)], filters=[_stripped], description=hint, default="")
        return None

    # --- reading the address

    def _list(self, **more: Any) -> Any:
        self._check_filter_args()
        return super()._list(**more)

    def _check_filter_args(self) -> None:
        known = self._filters.get_search_filters()
        for argument in request.args:
            found = re.fullmatch(r"_flt_(\d+)_(.+)", argument)
            if found and (found[2] not in known or int(found[1]) >= len(known[found[2]])):
                abort(400)

    # --- saving

    def check(self, item: Any) -> None:
        """Raises Refused when a rule forbids the row."""

    def check_delete(self, item: Any) -> None:
        """Raises Refused when the row must stay."""

    def after_save(self, item: Any, *, is_new: bool) -> None:
        """In the same transaction, after the row has been written."""

    def _add(self) -> Any:
        self._check_filter_args()
        get_filter_args(self._filters, disallow_if_not_in_search=False)
        hidden = self._filters.get_relation_cols()
        form = self.add_form.refresh()
        if request.method == "POST":
            self._fill_form_exclude_cols(hidden, form)
            if form.validate() and self._store(form, self.datamodel.obj(), is_new=True):
                return None
        else:
            self.update_redirect()
        return self._get_add_widget(form=form, exclude_cols=hidden)

    def _edit(self, pk: Any) -> Any:
        item = self.datamodel.get(pk, self._base_filters)
        if item is None:
            abort(404)
        pk = self.datamodel.get_pk_value(item)
        if request.method == "POST":
            form = self.edit_form.refresh(request.form)
            form._id = pk  # the row itself is no duplicate of itself
            if form.validate() and self._store(form, item, is_new=False):
                return None
        else:
            form = self.edit_form.refresh(obj=item)
            self.prefill_form(form, pk)
            self.update_redirect()
        return self._get_edit_widget(form=form)

    @expose("/edit/<pk>", methods=["GET", "POST"])
    @has_access
    def edit(self, pk: str) -> Any:
        """The row alone: what belongs to it has its place on the row's own page."""
        widgets = self._edit(self._deserialize_pk_if_composite(pk))
        if not widgets:
            return self.post_edit_redirect()
        return self.render_template(self.edit_template, title=self.edit_title, widgets=widgets, related_views=[])

    def _store(self, form: Any, item: Any, *, is_new: bool) -> bool:
        session = db.session()
        try:
            with session.no_autoflush:
                form.populate_obj(item)
                self.check(item)
            changes = {} if is_new else _changes(item, self.not_audited)
            session.add(item)
            session.flush()
            self.after_save(item, is_new=is_new)
            self._note("added" if is_new else "changed", item, **changes)
            session.commit()
        except Refused as refusal:
            session.rollback()
            flash(say(refusal.reason), "danger")
            return False
        except IntegrityError:
            session.rollback()
            flash(_("Not saved: there is such a row already, or a number is outside its bounds."), "danger")
            return False
        except DataError:
            session.rollback()
            flash(_("Not saved: a value is too large."), "danger")
            return False
        flash(str(self.saved_message), "success")
        return True

    def _note(self, verb: str, item: Any, **details: Any) -> None:
        key = self.datamodel.get_pk_value(item)
        note_event(
            db.session(),
            f"{self.subject}_{verb}"[:48],
            actor_id=current_user.id,
            subject=self.subject[:32],
            subject_id=key if isinstance(key, int) else None,
            address=request.remote_addr or "",
            **details,
        )

    @expose("/delete/<pk>", methods=["POST"])
    @has_access
    def delete(self, pk: str) -> Any:
        item = self._visible(pk)
        session = db.session()
        try:
            self.check_delete(item)
            self._note("deleted", item, name=str(item)[:200] if not self.not_audited else "")
            session.delete(item)
            session.commit()
            flash(str(self.deleted_message), "success")
        except Refused as refusal:
            session.rollback()
            flash(say(refusal.reason), "danger")
        except IntegrityError:
            session.rollback()
            flash(str(self.in_use_message), "danger")
        return self.post_delete_redirect()

    # --- actions

    def act(self, items: Any, do: Callable[[Any], Any], done: Callable[[int], str]) -> Any:
        """One service per row, one commit per row: what a rule refuses is told, the others are done."""
        n, told = 0, set()
        for item in items if isinstance(items, list) else [items]:
            try:
                do(item)
                db.session.commit()
                n += 1
            except Refused as refusal:
                db.session.rollback()
                told.add(say(refusal.reason))
        if n:
            flash(done(n), "success")
        for words in sorted(told):
            flash(words, "danger")
        self.update_redirect()
        return redirect(self.get_redirect())


class PickField(AJAXSelectField):
    """One row of a table too long for a list of choices; with AjaxSelectWidget. Junk is an error of the form."""

    def process_formdata(self, valuelist: list[Any]) -> None:
        key = str(valuelist[0]) if valuelist else ""
        if key in ("", "__None"):
            self.data = None
        elif key.isascii() and key.isdigit() and len(key) < 10:
            super().process_formdata([key])
        else:
            self.data = None
            raise ValidationError(_("Choose from the list."))


def _stripped(value: Any) -> str:
    return (value or "").replace("\0", "").strip()


def _changes(item: Any, left_out: tuple[str, ...]) -> dict[str, Any]:
    """{column: [old, new]} of what the form has changed."""
    found = {}
    for attribute in inspect(item).attrs:
        history = attribute.history
        if history.has_changes() and attribute.key not in left_out:
            old = history.deleted[0] if history.deleted else None
            new = history.added[0] if history.added else None
            if old != new:
                found[attribute.key] = [_plain(old), _plain(new)]
    return found


def _plain(value: Any) -> Any:
    return value if value is None or isinstance(value, bool | int | float | list | dict) else str(value)[:200]
