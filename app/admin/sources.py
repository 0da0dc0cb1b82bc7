"""Sources: how each is set up, how it does, what its runs brought; the trial that a person asks for before saving."""

from __future__ import annotations

from tempfile import SpooledTemporaryFile
from typing import Any

from flask import abort, current_app, flash, redirect, render_template, request, send_file, url_for
from flask_appbuilder import action, expose, has_access, permission_name
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from flask_login import current_user
from markupsafe import Markup

from app import formats
from app.admin.base import ACT, READ, AdminView, Listing, now
from app.admin.importing import IMPORT, ImportPages
from app.admin.shown import formatted, labels, lamp, linked, pairs, tag, took, yes_no
from app.errors import OutsideError, Refused
from app.extensions import db, outside
from app.models import Source, SourceRun
from app.services import rejected_rows, source_check, source_editing, sources, turns
from app.services.source_editing import Draft
from app.wording import say, word

# Labels and hints of the adapters' fields are translated where they are shown; here the collector finds them.
_SPOKEN = (
    _l("A longer reply is refused as a whole"), _l("Address"), _l("Another one for a demo server"),
    _l("Any page with schema.org data"), _l("As the service writes them, several joined with |"), _l("At most 1000"),
    _l("Auto.ru XML feed"), _l("Auto.ru: saved page or JSON"), _l("Avito Autoload XML"),
    _l("Avito: saved page or JSON"), _l("City number"), _l("Classified"), _l("Delimiter"), _l("Drom: saved page"),
    _l("E-mail of the account"), _l("Empty: found from the content"), _l("Encoding"), _l("Feed address"),
    _l("From the service's dictionary"), _l("Given by the service"), _l("Header row"), _l("Largest feed, MiB"),
    _l("Login"), _l("Login of the account"), _l("More parameters"), _l("Name of the sheet; empty: the first"),
    _l("Places"), _l("Region number"), _l("Rows per request"), _l("Sent to us by the API"), _l("Sheet"),
    _l("Site number"),
    _l("Table: CSV, Excel, JSON or XML"), _l("The service's number: 1 is Avito; empty is all sites"),
    _l("The zone of its times"), _l("Time zone"), _l("Token"), _l("User"), _l("Vehicles XML feed (MaxPoster)"),
    _l("Youla: saved page"), _l("avito, auto.ru or drom"),
    _l("https://… of the XML; empty for files"), _l("name=value&name=value, added to every request"),
    _l("yes, no, or empty: found"),
)  # fmt: skip


def _time_runs(rows: list[Any]) -> None:
    for row in rows:
        row.took = took(row.started_at, row.finished_at)
        row.window = f"{formats.when(row.window_since)} – {formats.when(row.window_until)}" if row.window_since else ""


def _show_sources(rows: list[Any]) -> None:
    for row in rows:
        kind = outside.sources.get(row.adapter)
        row.can_fetch = bool(kind and kind.can_fetch)
        row.adapter_label = _(kind.label) if kind else row.adapter
        row.pulls = (
            tag(_("files only"), "secondary", "file-import") if not (kind and source_editing.has_switch(kind))
            else tag(_("takes what is sent"), "success", "player-play") if row.is_enabled and not row.can_fetch
            else tag(_("refuses what is sent"), "secondary", "player-pause") if not row.can_fetch
            else tag(_("on"), "success", "player-play") if row.is_enabled
            else tag(_("off"), "secondary", "player-pause")
        )  # fmt: skip
        row.next_pull = row.next_pull_at if row.can_fetch and row.is_enabled else None
        row.settings = {
            _(option.label): row.options[option.name]
            for option in (source_editing.options_of(kind) if kind else ())
            if (row.options or {}).get(option.name) not in ("", None)
        }


class SourceRunView(AdminView):
    datamodel = Listing(
        SourceRun,
        only=("id", "source_id", "kind", "started_at", "finished_at", "health", "read", "new", "changed",
              "price_changed", "rejected", "missed", "error", "window_since", "window_until"),
        rel=("source",), names={}, after=_time_runs,
    )  # fmt: skip
    class_permission_name = "SourceRunView"
    route_base = "/sourcerunview"
    include_route_methods = READ | {"rejected"}
    show_template = "admin/run_show.html"
    list_title, show_title = _l("Source runs"), _l("Source run")
    empty_text = _l("Nothing has been pulled or imported yet.")
    list_columns = ["started_at", "source", "kind", "health", "read", "new", "changed", "price_changed",
                    "rejected", "took",
                    "missed", "error"]  # fmt: skip
    show_columns = [
        "source", "kind", "health", "started_at", "took", "window", "read", "new", "changed", "price_changed",
        "unchanged", "rejected", "rejected_reasons", "vehicles_new", "missed", "error", "file_name",
    ]  # fmt: skip
    search_columns = ["source", "kind", "health", "started_at", "rejected"]
    order_columns = ["started_at", "read", "rejected"]
    base_order = ("started_at", "desc")
    label_columns = labels()
    formatters_columns = formatted(
        kind=lambda value: word(value, "run"), source=linked("SourceView.show"),
        rejected_reasons=lambda value: pairs({word(name, "reject"): n for name, n in (value or {}).items()}),
    )  # fmt: skip

    @expose("/rejected/<int:run_id>.csv")
    @has_access
    @permission_name("rejected")
    def rejected(self, run_id: int) -> Any:
        run = db.session.get(SourceRun, run_id) or abort(404)
        heading = [_("Line"), _("Reason"), _("Detail"), _("Row")]
        # Fifty thousand rows cost no memory so; the answer closes the file.
        file = SpooledTemporaryFile(max_size=1 << 20)  # noqa: SIM115
        for piece in rejected_rows.as_csv(db.session(), run.id, heading, lambda code: word(code, "reject")):
            file.write(piece.encode())
        file.seek(0)
        return send_file(
            file, mimetype="text/csv; charset=utf-8", as_attachment=True, download_name=f"rejected-{run.id}.csv"
        )


class SourceView(ImportPages, AdminView):
    datamodel = Listing(Source, after=_show_sources)
    class_permission_name = "SourceView"
    route_base = "/sourceview"
    include_route_methods = READ | ACT | IMPORT | {"add", "edit", "check_source"}
    list_template = "admin/source_list.html"
    related_views = [SourceRunView]
    list_title, show_title = _l("Sources"), _l("Source")
    add_title, edit_title = _l("New source"), _l("Set the source up")
    empty_text = _l("Add a site or a feed to pull from, or import a file.")
    list_columns = [
        "name",
        "adapter_label",
        "pulls",
        "health",
        "last_ok_at",
        "errors_in_row",
        "next_pull",
        "every_minutes",
    ]
    show_columns = [
        "name", "key", "adapter_label", "pulls", "health", "health_text", "last_ok_at", "covered_until",
        "errors_in_row",
        "next_pull", "every_minutes", "window_hours", "settings", "created_at",
    ]  # fmt: skip
    search_columns = ["name", "key", "health", "is_enabled"]
    order_columns = ["name", "health", "last_ok_at", "errors_in_row", "every_minutes"]
    base_order = ("name", "asc")
    label_columns = labels(
        key=_l("Word for commands"), adapter_label=_l("Kind"), pulls=_l("Pulling"), last_ok_at=_l("Last success"),
        errors_in_row=_l("Failures in a row"), next_pull=_l("Next pull"), every_minutes=_l("Every, min"),
        window_hours=_l("First pull looks back, h"), health_text=_l("What it said"), covered_until=_l("Complete until"),
        settings=_l("Options"), created_at=_l("Added"),
    )  # fmt: skip
    formatters_columns = formatted(
        health=lamp, next_pull=formats.when, covered_until=formats.when, settings=pairs, health_text=lambda v: v or "—",
        key=lambda value: Markup("<code>{}</code>").format(value), is_enabled=yes_no,
    )  # fmt: skip

    @expose("/add", methods=["GET", "POST"])
    @has_access
    def add(self) -> Any:
        kind = outside.sources.get(request.values.get("adapter", ""))
        if kind is None:
            ordered = sorted(outside.sources.values(), key=lambda one: (not one.can_fetch, str(_(one.label))))
            return self.render_template("admin/source_kinds.html", title=self.add_title, kinds=ordered)
        draft = (
            _draft(kind.key)
            if request.method == "POST"
            else Draft(name=_(kind.label), adapter=kind.key, is_enabled=True)
        )
        return self._form(None, draft, self.add_title)

    @expose("/edit/<pk>", methods=["GET", "POST"])
    @has_access
    def edit(self, pk: str) -> Any:
        row = self._visible(pk)
        if row.adapter not in outside.sources:
            flash(say(Refused("adapter_unknown", name=row.adapter).reason), "danger")
            return redirect(url_for(".show", pk=row.id))
        draft = _draft(row.adapter) if request.method == "POST" else Draft(
            row.name, row.adapter, str(row.every_minutes), str(row.window_hours), row.is_enabled,
            {name: _written(value) for name, value in (row.options or {}).items()},
        )  # fmt: skip
        return self._form(row, draft, self.edit_title)

    def _form(self, row: Source | None, draft: Draft, title: Any) -> Any:
        source_id = row.id if row is not None else None
        if request.method == "POST":
            try:
                saved = source_editing.save(
                    db.session(), source_id, draft, outside.sources, secret_key=_secret_key(),
                    actor_id=current_user.id, now=now(),
                )  # fmt: skip
                db.session.commit()
                flash(_("Saved."), "success")
                return redirect(url_for(".show", pk=saved.id))
            except (Refused, OutsideError) as trouble:
                db.session.rollback()
                flash(_told(trouble), "danger")
        return self.render_template(
            "admin/source_form.html", title=title, draft=draft, source_id=source_id,
            kind=outside.sources[draft.adapter], options=source_editing.options_of(outside.sources[draft.adapter]),
            has_secrets=bool(source_id and (db.session.get(Source, source_id) or abort(404)).secrets),
        )  # fmt: skip

    @expose("/check", methods=["POST"])
    @has_access
    @permission_name("pull")
    def check_source(self) -> Any:
        """Ask the site for one page with what stands in the form. Runs here, for ten seconds at most."""
        kind = outside.sources.get(request.form.get("adapter", "")) or abort(400)
        settings = current_app.config["PROZVON"]
        try:
            row = source_editing.draft_row(
                db.session(), request.form.get("source_id", type=int), _draft(kind.key), outside.sources,
                secret_key=_secret_key(),
            )  # fmt: skip
            adapter = sources.adapter_of(
                row, outside.sources, secret_key=_secret_key(), allow_private=settings.allow_private_sources
            )
            if not adapter.can_fetch:
                raise Refused("source_is_file", name=_(kind.label))
            turns.share_one(db.session(), adapter)
        except (Refused, OutsideError) as trouble:
            db.session.rollback()
            return render_template("admin/_check.html", refused=_told(trouble))
        db.session.rollback()  # nothing of the trial is stored, and no connection waits for a slow site
        hours = min(max(request.form.get("window_hours", 24, type=int), 1), 24)
        return render_template("admin/_check.html", told=source_check.check(adapter, now(), hours=hours), lamp=lamp)

    @action("pull_now", _l("Pull now"), "", "refresh")
    def pull_now(self, items: Any) -> Any:
        return self.act(
            items,
            lambda row: source_editing.pull_now(
                db.session(), row.id, outside.sources, actor_id=current_user.id, now=now()),
            lambda n: ngettext("%(num)d source will be pulled at once.", "%(num)d sources will be pulled at once.", n),
        )  # fmt: skip

    @action("enable", _l("Switch on"), "", "player-play")
    def enable(self, items: Any) -> Any:
        return self._switch(items, True)

    @action("disable", _l("Switch off"), "", "player-pause")
    def disable(self, items: Any) -> Any:
        return self._switch(items, False)

    def _switch(self, items: Any, on: bool) -> Any:
        return self.act(
            items,
            lambda row: source_editing.set_enabled(
                db.session(), row.id, on, outside.sources, actor_id=current_user.id),
            lambda n: ngettext("%(num)d source switched.", "%(num)d sources switched.", n),
        )  # fmt: skip


def _secret_key() -> str:
    return str(current_app.config["PROZVON"].secret_key)


def _draft(adapter: str) -> Draft:
    form = request.form
    return Draft(
        name=form.get("name", ""), adapter=adapter, every_minutes=form.get("every_minutes", ""),
        window_hours=form.get("window_hours", ""), is_enabled=form.get("is_enabled") == "1",
        options={name.removeprefix("option_"): value for name, value in form.items() if name.startswith("option_")},
    )  # fmt: skip


def _written(value: Any) -> str:
    if isinstance(value, bool):
        return "1" if value else ""
    return str(value)


def _told(trouble: Refused | OutsideError) -> str:
    return (
        say(trouble.reason)
        if isinstance(trouble, Refused)
        else _("The stored secrets cannot be read: enter them again.")
    )
