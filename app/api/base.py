"""The safe base of every resource: what is not listed is neither shown, ordered nor filtered by; junk is 400."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, ClassVar

from flask import current_app, g, has_request_context, request
from flask_appbuilder.api import BaseApi, ModelRestApi, expose, permission_name, protect
from flask_appbuilder.models.sqla.filters import FilterEqual
from flask_login import current_user
from marshmallow import Schema, ValidationError
from sqlalchemy import ARRAY

from app import formats
from app.api.errors import ApiTrouble
from app.api.query import Query, read_query
from app.extensions import db
from app.safety import COUNT_CAP, FastInterface
from app.services import row_names
from app.services.audit import note_event


class Rows(FastInterface):
    """A table as the API reads it: the listed columns alone, whatever is related left out."""

    def __init__(self, obj: Any, only: Iterable[str]) -> None:
        super().__init__(obj, db.session)
        self.list_only = tuple(only)

    def get_columns_list(self) -> list[str]:
        # FAB has no filter for lists of values and says so in the log at every request.
        return [name for name in super().get_columns_list() if not isinstance(self._type_of(name), ARRAY)]

    def _type_of(self, name: str) -> Any:
        column = self.list_columns.get(name)
        return None if column is None else column.type


def now() -> datetime:
    return datetime.now(UTC)


def zone() -> str:
    return str(current_app.config["PROZVON"].timezone)


class ReadApi(ModelRestApi):
    """GET a page of rows, GET one row. Subclasses name `list_columns`, `show_columns`, search and order columns."""

    allow_browser_login = True  # app.api.gate has already turned cookies away; this only skips a second look
    include_route_methods: set[str] = {"get_list", "get"}
    names: ClassVar[dict[str, tuple[str, str]]] = {}  # what is added -> (column with the id, kind of row_names)
    masked: ClassVar[tuple[str, ...]] = ()  # phones: shown in full by the desk's own, counted button only
    base_order = ("id", "desc")

    def _init_properties(self) -> None:
        super()._init_properties()
        mine: Any = self  # FAB's attributes carry no types
        # FAB reads an empty list as «every column»: hidden ones would become filterable.
        for name in ("search_columns", "order_columns", "add_columns", "edit_columns"):
            setattr(mine, name, list(getattr(type(self), name) or ()))
        self._filters = self.datamodel.get_filters(self.search_columns)

    def _init_model_schemas(self) -> None:
        """Rows are written out by name below: nothing of them is ever loaded back."""

    @property
    def _filters(self) -> Any:
        """One Filters object per request: the stock one is shared by all threads of a process."""
        if not has_request_context():
            return self.__dict__.get("_filters0")
        mine = g.setdefault("_fab_filters", {})
        if id(self) not in mine:
            mine[id(self)] = self.datamodel.get_filters(self.search_columns)
        return mine[id(self)]

    @_filters.setter
    def _filters(self, value: Any) -> None:
        self.__dict__["_filters0"] = value

    def limits_of(self) -> list[list[Any]]:
        """[[column, FilterEqual, value], …] of the rows that the asking person may see; empty: all of them."""
        return []

    def visible(self) -> Any:
        return self.datamodel.get_filters().add_filter_list(self.limits_of())

    @expose("/", methods=["GET"])
    @protect()
    @permission_name("get")
    def get_list(self) -> Any:
        query = read_query(self, request.args.get("q"))
        count, rows = self._page(query)
        shown = self._shown(rows, query.columns or self.list_columns)
        keys = self.datamodel.get_keys(rows)
        # A large table is not counted for the sake of a page: past the cap the number is the planner's guess.
        return self.response(200, count=count, count_is_exact=count <= COUNT_CAP, ids=keys, result=shown)

    @expose("/<int:pk>", methods=["GET"])
    @protect()
    @permission_name("get")
    def get(self, pk: int) -> Any:
        row = self.row_or_404(pk)
        return self.response(200, id=pk, result=self._shown([row], self.show_columns)[0])

    def row_or_404(self, pk: int) -> Any:
        row = self.datamodel.get(pk, self.visible())
        if row is None:
            raise ApiTrouble(404)
        return row

    def _page(self, query: Query) -> tuple[int, list[Any]]:
        self._filters.clear_filters()
        self._filters.rest_add_filters(query.filters)
        wanted = self._filters.get_joined_filters(self.visible())
        column, direction = query.order or self.base_order
        count, rows = self.datamodel.query(wanted, column, direction, page=query.page, page_size=query.page_size)
        return count, rows

    def _shown(self, rows: list[Any], columns: list[str]) -> list[dict[str, Any]]:
        shown = [{name: _plain(getattr(row, name)) for name in columns} for row in rows]
        for one in shown:
            for name in self.masked:
                if name in one:
                    one[name] = _masked(one[name])
        for name, (column, kind) in self.names.items():
            if column in columns:
                found = row_names.names_of(db.session(), kind, (one[column] for one in shown))
                for one in shown:
                    one[name] = found.get(one[column])
        return shown


class ActionApi(BaseApi):
    """Calls that do something, through the same services as the screens."""

    allow_browser_login = True


class Doing:
    """What every call that changes something needs."""

    def done(self, what: str, subject: str, subject_id: int | None, **details: Any) -> None:
        """One commit with a line in the audit log that says by which key it was done; without one it was a token."""
        if key_id := g.get("api_key_id"):
            details["key_id"] = key_id
        note_event(
            db.session(), f"api_{what}"[:48], actor_id=current_user.id, subject=subject, subject_id=subject_id,
            address=request.remote_addr or "", **details,
        )  # fmt: skip
        db.session.commit()


def read_body(schema: Schema) -> dict[str, Any]:
    """The body by the schema; 422 names the fields that are wrong."""
    body = g.get("api_body")
    if body is None:
        body = {}
    if not isinstance(body, dict):
        raise ApiTrouble(422, body="an object")
    try:
        read: dict[str, Any] = schema.load(body)
    except ValidationError as trouble:
        raise ApiTrouble(422, **{str(name): said for name, said in trouble.normalized_messages().items()}) from None
    except (OverflowError, RecursionError):
        raise ApiTrouble(422) from None
    return read


def own(column: str) -> list[Any]:
    return [column, FilterEqual, current_user.id]


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    return value.isoformat() if hasattr(value, "isoformat") else value


def _masked(value: Any) -> Any:
    if isinstance(value, list):
        return [formats.phone(one, masked=True) for one in value]
    return formats.phone(value, masked=True) if value else value
