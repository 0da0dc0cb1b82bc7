"""The safe base of every Flask-AppBuilder list, the guard in front of all requests, and the security headers."""

from __future__ import annotations

import re
import secrets
from typing import Any

import prison
from flask import Flask, Response, abort, g, has_request_context, redirect, request
from flask_appbuilder import ModelView, expose
from flask_appbuilder.models.sqla.interface import SQLAInterface
from sqlalchemy import func, select, text
from sqlalchemy.orm import load_only, selectinload

MAX_PAGE_SIZE = 200
MAX_PAGE = 400  # OFFSET grows with the page; nobody reads page 400, a crawler does
COUNT_CAP = 10_000


class FastInterface(SQLAInterface):
    """A list never counts a whole table and never asks row by row.

    `list_only` are the columns that the list needs, `list_rel` the relations that it shows.
    """

    list_only: tuple[str, ...] = ()
    list_rel: tuple[str, ...] = ()

    def query_count(self, query: Any, filters: Any = None, select_columns: Any = None) -> int:
        if filters is None or not filters.filters:
            estimate = self.session.execute(
                text("SELECT reltuples::bigint FROM pg_class WHERE oid = CAST(:name AS regclass)"),
                {"name": self.obj.__tablename__},
            ).scalar()
            if estimate and estimate > COUNT_CAP:
                return int(estimate)
        narrow = self.apply_filters(query.with_entities(self.get_pk()), self.get_inner_filters(filters))
        capped = narrow.order_by(None).limit(COUNT_CAP + 1).subquery()
        return int(self.session.execute(select(func.count()).select_from(capped)).scalar_one())

    def query(
        self,
        filters: Any = None,
        order_column: Any = "",
        order_direction: str = "",
        page: int | None = None,
        page_size: int | None = None,
        select_columns: Any = None,
        outer_default_load: bool = False,
    ) -> tuple[int, list[Any]]:
        query = self.session.query(self.obj)
        count = self.query_count(query, filters, select_columns)
        query = self.apply_all(query, filters, order_column, order_direction, page, page_size, select_columns)
        options: list[Any] = [selectinload(getattr(self.obj, name)) for name in self.list_rel]
        if self.list_only:
            options.append(load_only(*[getattr(self.obj, name) for name in self.list_only]))
        return count, list(query.options(*options).all())


class SafeModelView(ModelView):
    """What the stock ModelView leaves open is closed here; all our list views derive from this one.

    Every subclass names `search_columns` and `order_columns`: a hidden column is neither filterable nor sortable.
    """

    page_size = 25
    search_columns: list[str] = []
    order_columns: list[str] = []

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

    def _get_list_widget(
        self,
        filters: Any,
        actions: Any = None,
        order_column: str = "",
        order_direction: str = "",
        page: int | None = None,
        page_size: int | None = None,
        **more: Any,
    ) -> Any:
        if order_column and order_column not in self.order_columns:
            abort(400)
        return super()._get_list_widget(
            filters,
            actions=actions,
            order_column=order_column,
            order_direction=order_direction,
            page=min(max(0, page or 0), MAX_PAGE),
            page_size=min(max(1, page_size or self.page_size), MAX_PAGE_SIZE),
            **more,
        )

    @expose("/action/<string:name>/<pk>", methods=["GET", "POST"])
    def action(self, name: str, pk: str) -> Any:
        return self._run(name, [pk], single=True)

    @expose("/action_post", methods=["POST"])
    def action_post(self) -> Any:
        return self._run(request.form.get("action", ""), request.form.getlist("rowid"), single=False)

    def _run(self, name: str, keys: list[str], *, single: bool) -> Any:
        action = self.actions.get(name)
        if action is None or not (action.single if single else action.multiple):
            abort(404)
        if request.method != "POST":
            abort(405)
        if not self.appbuilder.sm.has_access(self.get_action_permission_name(name), self.class_permission_name):
            abort(403)
        if not keys:
            return redirect(self.get_redirect())
        items = [self._visible(key) for key in keys[:MAX_PAGE_SIZE]]
        return action.func(items[0] if single else items)

    def _visible(self, key: str) -> Any:
        """The row, if the person may see it: the stock action forgets base_filters."""
        try:
            item = self.datamodel.get(self._deserialize_pk_if_composite(key), self._base_filters)
        except Exception:  # a key of another type is just not there
            item = None
        return item if item is not None else abort(404)


def install(app: Flask, *, tile_url: str, secure: bool, max_body: int = 10 * 1024 * 1024) -> None:
    """Put the request guard and the headers around every view of the app."""
    app.config["MAX_CONTENT_LENGTH"] = max_body
    app.before_request(_guard)
    app.jinja_env.globals["csp_nonce"] = _nonce
    tile_host = "/".join(tile_url.split("/")[:3]) if tile_url else ""

    @app.after_request
    def headers(response: Response) -> Response:
        _set_headers(response, tile_host=tile_host, secure=secure)
        return response


def _nonce() -> str:
    if "csp_nonce" not in g:
        g.csp_nonce = secrets.token_urlsafe(16)
    return str(g.csp_nonce)


def _set_headers(response: Response, *, tile_host: str, secure: bool) -> None:
    nonce = g.get("csp_nonce")
    scripts = f"'self' 'nonce-{nonce}'" if nonce else "'self'"
    # Only a page with the telephone on it hears anything, and only such a page reaches the telephony server.
    ears = "(self)" if g.get("microphone") else "()"
    wanted = {
        "Content-Security-Policy": f"default-src 'self'; script-src {scripts}; style-src 'self' 'unsafe-inline'; "
        f"img-src 'self' data: {tile_host}; object-src 'none'; base-uri 'none'; frame-ancestors 'none'; "
        f"connect-src 'self' {g.get('connect_to', '')}; form-action 'self'",
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Referrer-Policy": "same-origin",
        "Permissions-Policy": f"geolocation=(), camera=(), microphone={ears}",
        "Cross-Origin-Opener-Policy": "same-origin",
    }
    if secure:
        wanted["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"
    if (endpoint := request.endpoint) and not endpoint.endswith("static"):
        wanted["Cache-Control"] = "no-store"
    headers = response.headers  # what a view has said itself stays; asking for each name would walk them each time
    said = {name.lower() for name, _ in headers}
    for name, value in wanted.items():
        if name.lower() not in said:
            headers.add(name, value)


def _guard() -> Any:
    """Turn junk away before Flask-AppBuilder meets it: it would answer 500."""
    for name, values in request.args.lists():
        if name.startswith(("page_", "psize_")) and not all(_small_number(value) for value in values):
            abort(400)
        if "\0" in name or any("\0" in value for value in values):
            abort(400)
    if "q" in request.args and request.path.startswith("/api/") and not _is_rison(request.args["q"]):
        return {"message": "bad rison"}, 400
    _guard_list_view()
    if request.method == "POST" and not request.path.startswith(_OWN_CARE) and _has_nul(request.form):
        abort(400)
    if request.endpoint == "ResetPasswordView.this_form_post" and not _small_number(request.args.get("pk", "")):
        abort(404)
    key = (request.view_args or {}).get("pk")
    if isinstance(key, str) and (len(key) > 200 or (key.isascii() and key.isdigit() and int(key) > 2**31 - 1)):
        abort(404)
    if isinstance(key, str) and ("\0" in key or _is_no_number(key)):
        abort(404)
    return None


# Programs are told in their own shape; the desk cleans what is typed and saves it, for nothing may be lost there.
_OWN_CARE = ("/api/", "/desk/", "/hooks/", "/static/")


def _has_nul(form: Any) -> bool:
    """No keyboard types it, and PostgreSQL takes it nowhere."""
    return any("\0" in name or any("\0" in value for value in values) for name, values in form.lists())


def _is_no_number(key: str) -> bool:
    """A word where the table has numbers: the database would refuse to compare them."""
    view = _list_views().get((request.endpoint or "").rpartition(".")[0])
    data: Any = getattr(view, "datamodel", None)
    return data is not None and data.is_integer(data.get_pk_name()) and not (key.isascii() and key.isdigit())


def _small_number(value: str) -> bool:
    return value.isascii() and value.isdigit() and len(value) <= 6


def _is_rison(value: str) -> bool:
    if len(value) > 2048 or value.count("(") > 30:
        return False
    try:
        prison.loads(value)
    except Exception:  # whatever the parser trips over, the answer is 400
        return False
    return True


def _guard_list_view() -> None:
    endpoint = request.endpoint or ""
    view = _list_views().get(endpoint.rpartition(".")[0])
    if view is None:
        return
    if not all(_fits_filter(view, name, value) for name, value in request.args.items(multi=True)):
        abort(400)
    order = request.args.get("_oc_" + type(view).__name__)
    if order and order not in (getattr(view, "order_columns", None) or ()):
        abort(400)
    if endpoint.endswith(".download"):
        abort(404)  # no table of ours keeps files, so FAB has no folder to look into
    if endpoint.endswith(".action") and (request.view_args or {}).get("name") not in view.actions:
        abort(404)
    if endpoint.endswith(".action_post") and request.form.get("action") not in view.actions:
        abort(404)


_YES_NO = {"", "0", "1", "true", "false", "t", "f", "y", "n", "yes", "no", "on", "off"}


def _fits_filter(view: Any, name: str, value: str) -> bool:
    """A filter by yes and no, or by a row of another table: the database would refuse to compare anything else."""
    found = re.fullmatch(r"_flt_\d+_(.+)", name)
    if found is None or found[1] not in (getattr(view, "search_columns", None) or ()):
        return True
    data, column = view.datamodel, found[1]
    if data.is_relation(column):
        return value == "" or value == "__None" or _small_key(value)
    return not data.is_boolean(column) or value.strip().lower() in _YES_NO


def _small_key(value: str) -> bool:
    return value.isascii() and value.isdigit() and int(value[:20]) < 2**31


def _list_views() -> dict[str, Any]:
    from flask import current_app

    views: dict[str, Any] | None = current_app.extensions.get("prozvon_list_views")
    if views is None:
        views = {
            view.endpoint: view for view in current_app.extensions["appbuilder"].baseviews if hasattr(view, "actions")
        }
        current_app.extensions["prozvon_list_views"] = views
    return views
