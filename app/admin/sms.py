"""SMS gateways: set up by a form, tried before saving; secrets are never shown back."""

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
from app.errors import OutsideError, Refused
from app.extensions import db, outside
from app.models import SmsGateway
from app.services import sms_setup
from app.services.sms_sending import Keys
from app.services.sms_setup import Draft
from app.wording import say

# What the options of the gateways are called; the fields themselves carry only their names.
OPTIONS: dict[str, Any] = {
    "login": _l("Login name"), "password": _l("Password or API password"), "api_id": _l("Key (api_id)"),
    "api_key": _l("API key"), "email": _l("E-mail of the account"), "url": _l("Address of the gateway"),
    "host": _l("Host of the message centre"), "port": _l("Port"),
}  # fmt: skip


def hook_address(row: SmsGateway) -> str:
    return f"{outside.public_url}/hooks/sms/{row.hook_token}"


def _show(rows: list[Any]) -> None:
    for row in rows:
        kind = outside.sms.get(row.kind)
        row.kind_name = kind.label if kind else row.kind
        row.hook = hook_address(row) if row.kind != "smpp" else ""
        closed = row.closed_until is not None and row.closed_until > now()
        if row.trouble or closed:
            row.how = tag(say({"code": row.trouble or "sms_silent"}), "danger", "alert-circle")
        else:
            row.how = tag(_("works"), "success", "circle-check") if row.last_ok_at else tag(_("nothing sent yet"))


def money(value: Any) -> str:
    return formats.NOTHING if value is None else _("%(sum)s RUB", sum=formats.number(float(value), 2))


class SmsGatewayView(AdminView):
    datamodel = Listing(SmsGateway, after=_show)
    class_permission_name = "SmsGatewayView"
    route_base = "/smsgatewayview"
    include_route_methods = READ | ACT | {"add", "edit", "check"}
    list_title, show_title = _l("SMS gateways"), _l("SMS gateway")
    add_title, edit_title = _l("New gateway"), _l("Set the gateway up")
    empty_text = _l("Connect a gateway: operators then send template SMS from the card.")
    list_columns = ["name", "kind_name", "is_enabled", "how", "position", "sender", "balance", "last_ok_at"]
    show_columns = ["name", "kind_name", "is_enabled", "how", "position", "per_second", "sender", "balance",
                    "balance_at", "last_ok_at", "closed_until", "hook", "created_at"]  # fmt: skip
    search_columns = ["name", "is_enabled"]
    order_columns = ["name", "position", "last_ok_at"]
    base_order = ("position", "asc")
    label_columns = labels(
        kind_name=_l("SMS gateway"), how=_l("State"), position=_l("Tried in order"),
        per_second=_l("At most per second"), sender=_l("Sender name"),
        balance=_l("Money left"), balance_at=_l("Asked at"), last_ok_at=_l("Last success"),
        closed_until=_l("Rests until"), hook=_l("Address for delivery reports"), created_at=_l("Added"),
    )  # fmt: skip
    formatters_columns = formatted(
        is_enabled=yes_no, last_ok_at=moment, balance_at=moment, closed_until=moment, balance=money,
        sender=lambda value: value or formats.NOTHING,
        hook=lambda value: Markup("<code>{}</code>").format(value) if value else formats.NOTHING,
    )  # fmt: skip

    @expose("/add", methods=["GET", "POST"])
    @has_access
    def add(self) -> Any:
        kind = outside.sms.get(request.values.get("kind", ""))
        if kind is None:
            return self.render_template("admin/sms_kinds.html", title=self.add_title, kinds=outside.sms.values())
        draft = _draft(kind.key) if request.method == "POST" else Draft(kind.label, kind.key, is_enabled=True)
        return self._form(None, draft, self.add_title)

    @expose("/edit/<pk>", methods=["GET", "POST"])
    @has_access
    def edit(self, pk: str) -> Any:
        row = self._visible(pk)
        if row.kind not in outside.sms:
            flash(say(Refused("adapter_unknown", name=row.kind).reason), "danger")
            return redirect(url_for(".show", pk=row.id))
        return self._form(row.id, _draft(row.kind) if request.method == "POST" else sms_setup.draft_of(row),
                          self.edit_title)  # fmt: skip

    def _form(self, gateway_id: int | None, draft: Draft, title: Any) -> Any:
        if request.method == "POST":
            try:
                saved = sms_setup.save(
                    db.session(), gateway_id, draft, keys=_keys(), public_url=outside.public_url,
                    actor_id=current_user.id, now=now(),
                )  # fmt: skip
                db.session.commit()
                flash(_("Saved."), "success")
                return redirect(url_for(".show", pk=saved.id))
            except (Refused, OutsideError) as trouble:
                db.session.rollback()
                flash(_told(trouble), "danger")
        kind = outside.sms[draft.kind]
        row = db.session.get(SmsGateway, gateway_id) if gateway_id else None
        return self.render_template(
            "admin/sms_form.html", title=title, draft=draft, kind=kind, gateway_id=gateway_id, names=OPTIONS,
            options=sms_setup.asked_of(kind), has_secrets=bool(row and row.secrets),
            hook=hook_address(row) if row and row.kind != "smpp" else "",
        )  # fmt: skip

    @expose("/check", methods=["POST"])
    @has_access
    @permission_name("edit")
    def check(self) -> Any:
        """Ask the gateway what is left, with what stands in the form. Nothing is sent or stored."""
        kind = outside.sms.get(request.form.get("kind", "")) or abort(400)
        gateway_id = request.form.get("gateway_id", type=int)
        try:
            told = sms_setup.trial(db.session(), gateway_id, _draft(kind.key), _keys())
        except (Refused, OutsideError) as trouble:
            db.session.rollback()
            return render_template("admin/_sms_check.html", refused=_told(trouble))
        db.session.rollback()
        return render_template("admin/_sms_check.html", told=told, money=money(told.balance))

    @action("enable", _l("Switch on"), "", "player-play")
    def enable(self, items: Any) -> Any:
        return self._switch(items, True)

    @action("disable", _l("Switch off"), "", "player-pause")
    def disable(self, items: Any) -> Any:
        return self._switch(items, False)

    def _switch(self, items: Any, on: bool) -> Any:
        return self.act(
            items,
            lambda row: sms_setup.set_enabled(db.session(), row.id, on, actor_id=current_user.id),
            lambda n: ngettext("%(num)d gateway switched.", "%(num)d gateways switched.", n),
        )


def _keys() -> Keys:
    settings = current_app.config["PROZVON"]
    return Keys(settings.secret_key, settings.allow_private_sms)


def _draft(kind: str) -> Draft:
    form = request.form
    options = {name.removeprefix("option_"): value for name, value in form.items() if name.startswith("option_")}
    return Draft(form.get("name", ""), kind, form.get("sender", ""), form.get("position", "1"),
                 form.get("is_enabled") == "1", options, form.get("per_second", "10"))  # fmt: skip


def _told(trouble: Refused | OutsideError) -> str:
    if isinstance(trouble, Refused):
        args = {name: str(OPTIONS.get(value, value)) if isinstance(value, str) else value
                for name, value in trouble.reason.args.items()}  # fmt: skip
        return say(type(trouble.reason)(trouble.reason.code, args))
    return _("The stored secrets cannot be read: enter them again.")
