"""/api/v1/_openapi: the whole API as OpenAPI 3, made of the resources themselves."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from flask import current_app
from flask_appbuilder.api import expose, permission_name, protect

from app.api.base import ActionApi, ReadApi
from app.api.docs import KNOWN, Call, answers, described
from app.api.query import MAX_PAGE, MAX_PAGE_SIZE, OPERATORS
from app.api.shapes import ANY, SHAPES, TEXT, WHEN, WHOLE, YES_NO, Shape, many, maybe, named, one_row, thing

_LIST = answers("A page of rows.", refusals=(400,))
_ONE = answers("One row.")
_JSON = "application/json"


class DescriptionApi(ActionApi):
    route_base = "/api/v1"
    class_permission_name = "DescriptionApi"

    @expose("/_openapi", methods=["GET"])
    @protect()
    @permission_name("get")
    def describe(self) -> Any:
        return self.response(200, **whole(self.appbuilder.baseviews))


described(DescriptionApi, "About", describe=answers("This description.", result="Description", refusals=()))


def whole(views: list[Any]) -> dict[str, Any]:
    ours = [view for view in views if type(view) in KNOWN]
    shapes = dict(SHAPES) | {"Description": {"type": "object"}}
    paths: dict[str, Any] = _log_in()
    for view in ours:
        if isinstance(view, ReadApi):
            shapes[view.resource_name] = _row(view)
        for path, method, name, call in _calls(view):
            paths.setdefault(path, {})[method] = _operation(view, path, method, name, call)
    bearer = {"type": "http", "scheme": "bearer", "description": "a token of /security/login, or a key pzv_…"}
    return {
        "openapi": "3.0.3",
        "info": {"title": f"{current_app.config['APP_NAME']} API", "version": "v1"},
        "servers": [{"url": "/"}],
        "security": [{"bearer": []}],
        "paths": paths,
        "components": {"schemas": shapes, "securitySchemes": {"bearer": bearer}},
    }


def _calls(view: Any) -> Iterator[tuple[str, str, str, Call]]:
    told = KNOWN[type(view)].calls
    usual = {"get_list": _LIST, "get": _ONE}
    for name in dir(type(view)):
        handler = getattr(type(view), name)
        if view.include_route_methods is not None and name not in view.include_route_methods:
            continue
        for url, methods in getattr(handler, "_urls", ()):
            path = view.route_base + re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", url)
            for method in methods:
                yield path, method.lower(), name, told.get(name) or usual[name]


def _operation(view: Any, path: str, method: str, name: str, call: Call) -> dict[str, Any]:
    told: dict[str, Any] = {
        "operationId": f"{type(view).__name__}.{name}",
        "tags": [KNOWN[type(view)].tag],
        "summary": call.summary,
        "responses": _responses(_result(view, name, call), call.refusals, writes=method != "get"),
    }
    parameters = [_parameter(found, "path", {"type": "integer", "minimum": 1, "format": "int64"})
                  for found in re.findall(r"{(\w+)}", path)]  # fmt: skip
    if name == "get_list":
        parameters.append({"name": "q", "in": "query", "description": "in Rison", "content": {_JSON: {
            "schema": _query(view)}}})  # fmt: skip
    if parameters:
        told["parameters"] = parameters
    if call.body:
        told["requestBody"] = {"required": True, "content": {_JSON: {"schema": named(call.body)}}}
    return told


def _parameter(name: str, where: str, shape: Shape) -> dict[str, Any]:
    return {"name": name, "in": where, "required": where == "path", "schema": shape}


def _responses(shape: Shape, refusals: tuple[int, ...], *, writes: bool) -> dict[str, Any]:
    words = {400: "cannot be read", 401: "who are you?", 403: "no right", 404: "not there, or not yours",
             409: "a rule says no: `code` names it", 413: "too large", 415: "no JSON", 422: "wrong values: `errors`",
             429: "too often: wait Retry-After", 503: "busy: wait Retry-After"}  # fmt: skip
    codes = {*refusals, 400, 401, 403, 429, 503} | ({413, 415} if writes else set())
    error = {_JSON: {"schema": named("Error")}}
    told: dict[str, Any] = {"200": {"description": "done", "content": {_JSON: {"schema": shape}}}}
    return told | {str(code): {"description": words[code], "content": error} for code in sorted(codes)}


def _result(view: Any, name: str, call: Call) -> Shape:
    if name == "get_list":
        return thing(count=WHOLE, count_is_exact=YES_NO, ids=many(WHOLE), result=many(named(view.resource_name)))
    return one_row(view.resource_name) if name == "get" else named(call.result)


def _query(view: Any) -> Shape:
    return thing(
        page={"type": "integer", "minimum": 0, "maximum": MAX_PAGE},
        page_size={"type": "integer", "minimum": 1, "maximum": MAX_PAGE_SIZE},
        order_column={"type": "string", "enum": view.order_columns},
        order_direction={"type": "string", "enum": ["asc", "desc"]},
        columns=many({"type": "string", "enum": view.list_columns}),
        filters=many(thing(
            ("col", "opr", "value"), col={"type": "string", "enum": view.search_columns},
            opr={"type": "string", "enum": list(OPERATORS)}, value=ANY)),
    )  # fmt: skip


def _row(view: Any) -> Shape:
    columns = {name: _column(view.datamodel, name) for name in view.show_columns}
    return thing((), **columns, **{name: maybe(TEXT) for name in view.names})


def _column(data: Any, name: str) -> Shape:
    if data.is_boolean(name):
        return maybe(YES_NO)
    if data.is_integer(name):
        return maybe(WHOLE)
    if data.is_datetime(name):
        return maybe(WHEN)
    if data.is_float(name):
        return maybe({"type": "number"})
    return maybe(TEXT) if data.is_string(name) or data.is_text(name) or data.is_date(name) else ANY


def _log_in() -> dict[str, Any]:
    """Flask-AppBuilder's own two calls: a password for a token, a refresh token for the next one."""
    log_in = {"operationId": "log_in", "tags": ["About"], "summary": "A token for a user name and a password.",
              "security": [], "requestBody": {"required": True, "content": {_JSON: {"schema": named("LogIn")}}},
              "responses": _responses(named("Tokens"), (), writes=True)}  # fmt: skip
    refresh = {"operationId": "refresh", "tags": ["About"], "summary": "The next token; send the refresh token.",
               "responses": _responses(named("Tokens"), (), writes=True)}  # fmt: skip
    return {"/api/v1/security/login": {"post": log_in}, "/api/v1/security/refresh": {"post": refresh}}
