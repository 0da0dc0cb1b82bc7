"""The `q` of a list, in Rison: what is wrong with it is said before the database hears of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import prison

from app.api.errors import ApiTrouble

PAGE_SIZE, MAX_PAGE_SIZE, MAX_PAGE = 25, 100, 400  # OFFSET grows with the page: far rows are found by filters
MOST_FILTERS = 20
LONGEST = 2048
OPERATORS = ("eq", "neq", "gt", "lt", "sw")  # «contains» would read whole tables
KNOWN = ("page", "page_size", "order_column", "order_direction", "filters", "columns")
INTEGER = 2**63 - 1


@dataclass(slots=True)
class Query:
    page: int = 0
    page_size: int = PAGE_SIZE
    order: tuple[str, str] | None = None
    filters: list[dict[str, Any]] = field(default_factory=list)
    columns: list[str] = field(default_factory=list)


def read_query(api: Any, written: str | None) -> Query:
    """`api` tells which columns exist for whom. Raises ApiTrouble 400 with the name of what is wrong."""
    told = _parsed(written)
    unknown = sorted(set(told) - set(KNOWN))
    if unknown:
        raise _bad(unknown[0], "unknown")
    query = Query()
    query.page = _whole(told, "page", 0, 0, MAX_PAGE)
    # More than the cap is the cap, as the stock API has it: a client that asks for everything gets the first page.
    query.page_size = min(_whole(told, "page_size", PAGE_SIZE, 1, INTEGER), MAX_PAGE_SIZE)
    query.order = _order(api, told)
    query.columns = _columns(api, told.get("columns", []))
    query.filters = _filters(api, told.get("filters", []))
    return query


def _parsed(written: str | None) -> dict[str, Any]:
    if written is None or not written.strip():
        return {}
    if len(written) > LONGEST or written.count("(") > 30:
        raise _bad("q", "too long")
    try:
        told = prison.loads(written)
    except Exception:  # whatever the parser trips over
        raise _bad("q", "no Rison") from None
    if not isinstance(told, dict):
        raise _bad("q", "an object")
    return told


def _whole(told: dict[str, Any], name: str, default: int, low: int, high: int) -> int:
    value = told.get(name, default)
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        raise _bad(name, f"a whole number from {low}" + (f" to {high}" if high < INTEGER else ""))
    return value


def _order(api: Any, told: dict[str, Any]) -> tuple[str, str] | None:
    column, direction = told.get("order_column"), told.get("order_direction", "asc")
    if direction not in ("asc", "desc"):
        raise _bad("order_direction", "asc or desc")
    if column is None:
        return None
    if column not in api.order_columns:
        raise _bad("order_column", "one of: " + ", ".join(api.order_columns))
    return column, direction


def _columns(api: Any, wanted: Any) -> list[str]:
    if not isinstance(wanted, list) or any(name not in api.list_columns for name in wanted):
        raise _bad("columns", "some of: " + ", ".join(api.list_columns))
    return list(dict.fromkeys(wanted))


def _filters(api: Any, wanted: Any) -> list[dict[str, Any]]:
    if not isinstance(wanted, list) or len(wanted) > MOST_FILTERS:
        raise _bad("filters", f"a list of at most {MOST_FILTERS}")
    return [_filter(api, one) for one in wanted]


def _filter(api: Any, one: Any) -> dict[str, Any]:
    if not isinstance(one, dict) or set(one) != {"col", "opr", "value"}:
        raise _bad("filters", "(col:…,opr:…,value:…)")
    column, operator = one["col"], one["opr"]
    if not isinstance(column, str) or column not in api.search_columns:
        raise _bad("filters", "col is one of: " + ", ".join(api.search_columns))
    offered = [item.arg_name for item in api._filters.get_search_filters().get(column, [])]
    if operator not in OPERATORS or operator not in offered:
        raise _bad("filters", f"opr of {column} is one of: " + ", ".join(set(offered) & set(OPERATORS)))
    return {"col": column, "opr": operator, "value": _value(api.datamodel, column, one["value"])}


def _value(data: Any, column: str, value: Any) -> Any:
    """The value in the type of its column; anything else would find nothing and say nothing."""
    if data.is_boolean(column):
        if isinstance(value, bool):
            return value
    elif data.is_integer(column):
        if isinstance(value, int) and not isinstance(value, bool) and abs(value) <= INTEGER:
            return value
    elif data.is_datetime(column) or data.is_date(column):
        if isinstance(value, str) and (moment := _moment(value)):
            return moment
    elif isinstance(value, str) and len(value) <= 200 and value.isprintable():
        return value
    raise _bad("filters", f"another type of value for {column}")


def _moment(said: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(said)
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else None


def _bad(name: str, wanted: str) -> ApiTrouble:
    return ApiTrouble(400, "bad_query", "", **{name: wanted})
