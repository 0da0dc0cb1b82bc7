"""Connections to CRMs: set up by a form, tried before saving, with a list of what went through them."""

from __future__ import annotations

from typing import Any

from flask import abort, current_app, flash, redirect, render_template, request, url_for
from flask_appbuilder import action, expose, has_access, permission_name
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from flask_login import current_user
from markupsafe import Markup

from app import formats
from app.admin.base import ACT, READ, AdminView, Listing, now
from app.admin.shown import formatted, labels, moment, tag, yes_no
from app.domain.lead_map import FACTS
from app.errors import OutsideError, Refused
from app.extensions import db, outside
from app.models import DEAL_STAGES, CrmConnection
from app.services import crm_segment, crm_setup
from app.services.crm import Keys
from app.services.crm_setup import CARS, Draft
from app.services.source_editing import options_of
from app.wording import say, word

# Labels and hints of the adapters' fields are translated where they are shown; here the collector finds them.
_SPOKEN = (
    _l("Address of the inbound web-hook"), _l("https://….bitrix24.ru/rest/<user>/<code>/ with the right «CRM»"),
    _l("What a lead becomes"), _l("The old way is for portals that do not know the new methods"),
    _l("Token of the outbound web-hook"), _l("Proves that a web-hook is yours"),
    _l("Address of the account"), _l("https://<account>.amocrm.ru"), _l("Integration ID"),
    _l("Empty when a long-lived token is used"), _l("Secret key of the integration"), _l("Redirect address"),
    _l("Exactly as it stands in the integration"), _l("Authorization code"), _l("Lives 20 minutes and is used once"),
    _l("Long-lived token"), _l("Instead of the code"), _l("Field for our key"),
    _l("Number of a text field of leads; empty: a tag keeps it"), _l("Signed web-hook"),
    _l("https://… that takes our requests"), _l("Secret"), _l("Signs what we send and what comes back"),
    _l("Link to a lead"), _l("https://…/{id} over there; empty: none"), _l("Bitrix24"), _l("amoCRM"),
    _l("Enter this address as the handler of an outbound web-hook: leads, deals and contacts changed"),
    _l("Enter this address under «Web-hooks»: leads and contacts added, changed, deleted, new stage"),
    _l("Send JSON here, signed the way ours are: X-Timestamp and X-Signature"),
)  # fmt: skip
TONES = {"ok": ("success", "circle-check"), "": ("secondary", "circle-dot"), "limit": ("warning", "clock")}
EMPTY_ROWS = 4


def _show(rows: list[Any]) -> None:
    counts = crm_setup.counts_of(db.session())
    for row in rows:
        kind = outside.crm.get(row.adapter)
        row.kind = _(kind.label) if kind else row.adapter
        row.arrived, row.waiting, row.failed = counts.get(row.id, (0, 0, 0))
        row.hook = hook_address(row)


def hook_address(row: CrmConnection) -> str:
    return f"{outside.public_url}/hooks/crm/{row.hook_token}"


def _health(value: Any) -> Markup:
    return tag(word(value or "never", "crm"), *TONES.get(value or "", ("danger", "alert-circle")))


class CrmConnectionView(AdminView):
    datamodel = Listing(CrmConnection, after=_show)
    class_permission_name = "CrmConnectionView"
    route_base = "/crmconnectionview"
    include_route_methods = READ | ACT | {"add", "edit", "check"}
    list_title, show_title = _l("CRM connections"), _l("CRM connection")
    add_title, edit_title = _l("New connection"), _l("Set the connection up")
    empty_text = _l("Connect a CRM: a card that is closed with success becomes a lead there within seconds.")
    list_columns = ["name", "kind", "is_enabled", "health", "arrived", "waiting", "failed", "last_ok_at"]
    show_columns = ["name", "kind", "is_enabled", "health", "health_text", "last_ok_at", "arrived", "waiting",
                    "failed", "hook", "sync_minutes", "created_at"]  # fmt: skip
    search_columns = ["name", "is_enabled", "health"]
    order_columns = ["name", "health", "last_ok_at"]
    base_order = ("name", "asc")
    label_columns = labels(
        kind=_l("CRM"), arrived=_l("Leads arrived"), waiting=_l("On their way"), failed=_l("Hand-over failed"),
        last_ok_at=_l("Last success"), health_text=_l("What it said"), hook=_l("Address for its web-hooks"),
        sync_minutes=_l("Asked every, min"), created_at=_l("Added"),
    )  # fmt: skip
    formatters_columns = formatted(
        health=_health, is_enabled=yes_no, last_ok_at=moment, health_text=lambda value: value or formats.NOTHING,
        hook=lambda value: Markup("<code>{}</code>").format(value), failed=lambda n: tag(n, "danger") if n else n,
    )  # fmt: skip

    @expose("/add", methods=["GET", "POST"])
    @has_access
    def add(self) -> Any:
        kind = outside.crm.get(request.values.get("adapter", ""))
        if kind is None:
            return self.render_template("admin/crm_kinds.html", title=self.add_title, kinds=outside.crm.values())
        draft = _draft(kind.key) if request.method == "POST" else crm_setup.fresh(kind.key, _(kind.label))
        return self._form(None, draft, self.add_title)

    @expose("/edit/<pk>", methods=["GET", "POST"])
    @has_access
    def edit(self, pk: str) -> Any:
        row = self._visible(pk)
        if row.adapter not in outside.crm:
            flash(say(Refused("adapter_unknown", name=row.adapter).reason), "danger")
            return redirect(url_for(".show", pk=row.id))
        draft = _draft(row.adapter) if request.method == "POST" else crm_setup.draft_of(row)
        return self._form(row, draft, self.edit_title)

    def _form(self, row: CrmConnection | None, draft: Draft, title: Any) -> Any:
        connection_id = row.id if row is not None else None
        if request.method == "POST":
            try:
                saved = crm_setup.save(
                    db.session(), connection_id, draft, keys=_keys(), actor_id=current_user.id, now=now()
                )
                db.session.commit()
                flash(_("Saved."), "success")
                return redirect(url_for(".show", pk=saved.id))
            except (Refused, OutsideError) as trouble:
                db.session.rollback()
                flash(_told(trouble), "danger")
        kind = outside.crm[draft.adapter]
        row = db.session.get(CrmConnection, connection_id) if connection_id else None
        return self.render_template(
            "admin/crm_form.html", title=title, draft=draft, kind=kind, connection_id=connection_id,
            options=options_of(kind), has_secrets=bool(row and row.secrets), facts=FACTS, cars=CARS,
            stages=DEAL_STAGES, empty_rows=EMPTY_ROWS, hook=hook_address(row) if row else "",
        )  # fmt: skip

    @expose("/check", methods=["POST"])
    @has_access
    @permission_name("edit")
    def check(self) -> Any:
        """Try what stands in the form; «send» hands a trial lead over."""
        kind = outside.crm.get(request.form.get("adapter", "")) or abort(400)
        connection_id = request.form.get("connection_id", type=int)
        try:
            told = crm_setup.trial(
                db.session(), connection_id, _draft(kind.key), _keys(), send=request.form.get("send") == "1"
            )
        except (Refused, OutsideError) as trouble:
            db.session.rollback()
            return render_template("admin/_crm_check.html", refused=_told(trouble))
        return render_template("admin/_crm_check.html", told=told)

    @action("sync_now", _l("Read clients and cars now"), "", "refresh")
    def sync_now(self, items: Any) -> Any:
        return self.act(
            items,
            lambda row: crm_setup.sync_now(db.session(), row.id, actor_id=current_user.id),
            lambda n: ngettext("%(num)d CRM will be read at once.", "%(num)d CRMs will be read at once.", n),
        )

    @action("call_clients", _l("Make cards of its clients' cars"),
            _l("Every car of a client with a number becomes an advert of its own source; filters choose from them."),
            "phone-plus")  # fmt: skip
    def call_clients(self, items: Any) -> Any:
        return self.act(
            items,
            lambda row: crm_segment.ask(db.session(), row.id, actor_id=current_user.id),
            lambda n: ngettext("%(num)d CRM: the cards are being made.", "%(num)d CRMs: the cards are being made.", n),
        )

    @action("enable", _l("Switch on"), "", "player-play")
    def enable(self, items: Any) -> Any:
        return self._switch(items, True)

    @action("disable", _l("Switch off"), "", "player-pause")
    def disable(self, items: Any) -> Any:
        return self._switch(items, False)

    def _switch(self, items: Any, on: bool) -> Any:
        return self.act(
            items,
            lambda row: crm_setup.set_enabled(db.session(), row.id, on, actor_id=current_user.id),
            lambda n: ngettext("%(num)d connection switched.", "%(num)d connections switched.", n),
        )


def _keys() -> Keys:
    settings = current_app.config["PROZVON"]
    return Keys(settings.secret_key, settings.allow_private_crm)


def _draft(adapter: str) -> Draft:
    form = request.form
    pairs = lambda left, right: list(zip(form.getlist(left), form.getlist(right), strict=False))  # noqa: E731
    return Draft(
        name=form.get("name", ""), adapter=adapter, sync_minutes=form.get("sync_minutes", "15"),
        is_enabled=form.get("is_enabled") == "1", field_map=pairs("map_to", "map_value"),
        stages=pairs("stage_theirs", "stage_ours"), car_map={name: form.get(f"car_{name}", "") for name in CARS},
        options={name.removeprefix("option_"): value for name, value in form.items() if name.startswith("option_")},
    )  # fmt: skip


def _told(trouble: Refused | OutsideError) -> str:
    if isinstance(trouble, Refused):
        # The name of an option is an English msgid until it is shown.
        args = {name: _(value) if isinstance(value, str) and value else value for name, value in
                trouble.reason.args.items()}  # fmt: skip
        return say(type(trouble.reason)(trouble.reason.code, args))
    return _("The stored secrets cannot be read: enter them again.")
