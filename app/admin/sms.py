"""SMS: gateways set up by a form and tried, templates with a preview, and every message with what became of it."""

from __future__ import annotations

from typing import Any

from flask import abort, current_app, flash, redirect, render_template, request, url_for
from flask_appbuilder import action, expose, has_access, permission_name
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from flask_login import current_user
from markupsafe import Markup
from wtforms import IntegerField, SelectField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from app import formats
from app.admin.base import ACT, READ, WRITE, AdminView, Listing, now
from app.admin.shown import card_link, clipped, formatted, labels, masked, moment, tag, yes_no
from app.domain import sms_text
from app.errors import OutsideError, Refused
from app.extensions import db, outside
from app.models import SMS_GROUNDS, SMS_STATES, SmsGateway, SmsMessage, SmsTemplate
from app.services import sms_setup
from app.services.sms_sending import Keys
from app.services.sms_setup import Draft
from app.wording import say, word

# What the options of the gateways are called; the fields themselves carry only their names.
OPTIONS: dict[str, Any] = {
    "login": _l("Login name"), "password": _l("Password or API password"), "api_id": _l("Key (api_id)"),
    "api_key": _l("API key"), "email": _l("E-mail of the account"), "url": _l("Address of the gateway"),
    "host": _l("Host of the message centre"), "port": _l("Port"),
}  # fmt: skip
TONES = {"delivered": "success", "failed": "danger", "expired": "danger", "unknown": "warning", "sent": "info",
         "waiting": "info", "sending": "info"}  # fmt: skip


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
    show_columns = ["name", "kind_name", "is_enabled", "how", "position", "sender", "balance", "balance_at",
                    "last_ok_at", "closed_until", "hook", "created_at"]  # fmt: skip
    search_columns = ["name", "is_enabled"]
    order_columns = ["name", "position", "last_ok_at"]
    base_order = ("position", "asc")
    label_columns = labels(
        kind_name=_l("SMS gateway"), how=_l("State"), position=_l("Tried in order"), sender=_l("Sender name"),
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
                 form.get("is_enabled") == "1", options)  # fmt: skip


def _told(trouble: Refused | OutsideError) -> str:
    if isinstance(trouble, Refused):
        args = {name: str(OPTIONS.get(value, value)) if isinstance(value, str) else value
                for name, value in trouble.reason.args.items()}  # fmt: skip
        return say(type(trouble.reason)(trouble.reason.code, args))
    return _("The stored secrets cannot be read: enter them again.")


class SmsTemplateView(AdminView):
    datamodel = Listing(SmsTemplate, rel=("status",), after=lambda rows: _show_size(rows))
    class_permission_name = "SmsTemplateView"
    route_base = "/smstemplateview"
    include_route_methods = WRITE | {"preview"}
    add_template, edit_template = "admin/sms_template_add.html", "admin/sms_template_edit.html"
    subject = "sms_template"
    list_title, show_title = _l("SMS templates"), _l("SMS template")
    add_title, edit_title = _l("New template"), _l("Change the template")
    empty_text = _l("Write what operators send to sellers: with fields that are filled in from the card.")
    list_columns = ["name", "text", "size", "status", "after_missed", "position", "is_enabled"]
    show_columns = ["name", "text", "size", "status", "after_missed", "position", "is_enabled"]
    add_columns = edit_columns = ["name", "text", "status", "after_missed", "position", "is_enabled"]
    search_columns = ["name", "is_enabled"]
    order_columns = ["name", "position"]
    base_order = ("position", "asc")
    label_columns = labels(
        text=_l("Text"), size=_l("Length"), status=_l("Goes by itself with the status"),
        after_missed=_l("Goes by itself after unanswered calls"), position=_l("Place in the list"),
    )  # fmt: skip
    description_columns = {
        "text": _l(
            "Fields: {имя}, {машина}, {марка}, {модель}, {год}, {цена}, {город}, {оператор}, {компания}, {телефон}, "
            "{ссылка}."
        ),
        "status": _l("Sent when an operator sets it; never twice to one seller within 24 hours. Empty: only by hand."),
        "after_missed": _l("After so many in a row. Empty: never by itself."),
        "position": _l("Smaller stands earlier."),
        "is_enabled": _l("One that is switched off cannot be chosen and does not go by itself."),
    }
    validators_columns = {"name": [Length(max=60)], "position": [NumberRange(0, 10_000)]}
    formatters_columns = formatted(
        text=clipped(80), is_enabled=yes_no, status=lambda value: value or formats.NOTHING,
        after_missed=lambda value: formats.number(value) if value else formats.NOTHING,
    )  # fmt: skip
    add_form_extra_fields = {
        "text": TextAreaField(
            label_columns["text"], [InputRequired(), Length(max=sms_text.LONGEST)],
            description=description_columns["text"], render_kw={"rows": 5, "maxlength": sms_text.LONGEST},
        ),
        "after_missed": IntegerField(
            label_columns["after_missed"], [Optional(), NumberRange(1, 20)],
            description=description_columns["after_missed"],
        ),
    }  # fmt: skip
    edit_form_extra_fields = add_form_extra_fields

    def check(self, item: SmsTemplate) -> None:
        item.text = (item.text or "").replace("\r\n", "\n")
        sms_setup.check_template(item)

    @expose("/preview")
    @has_access
    @permission_name("list")
    def preview(self) -> Any:
        """What the form would send to a seller of usual length, before anybody saves."""
        words = request.args.get("text", "").replace("\r\n", "\n")[: sms_text.LONGEST + 1]
        verdict = sms_text.check_template(words)
        filled = sms_text.fill(words, sms_setup.EXAMPLE)
        return self.render_template(
            "admin/_sms_preview.html", filled=filled, count=sms_text.count(filled),
            refused="" if verdict.passed else say(verdict.reason),
        )  # fmt: skip


def _show_size(rows: list[Any]) -> None:
    for row in rows:
        counted = sms_text.count(sms_text.fill(row.text, sms_setup.EXAMPLE))
        row.size = ngettext("about %(num)d SMS", "about %(num)d SMS", counted.parts)


class SmsMessageView(AdminView):
    datamodel = Listing(
        SmsMessage, rel=("template", "gateway"), names={"by_name": ("by_id", "user")},
        after=lambda rows: _show_number(rows),
    )  # fmt: skip
    class_permission_name = "SmsMessageView"
    route_base = "/smsmessageview"
    include_route_methods = READ
    list_title, show_title = _l("SMS messages"), _l("SMS message")
    empty_text = _l("No SMS has been sent yet.")
    list_columns = ["created_at", "number", "template", "state", "trouble", "parts", "cost", "by_name", "card_id"]
    show_columns = ["created_at", "number", "text", "template", "ground", "by_name", "state", "trouble", "gateway",
                    "parts", "cost", "attempts_n", "sent_at", "done_at", "card_id"]  # fmt: skip
    search_columns = ["created_at", "state", "ground", "template", "gateway"]
    order_columns = ["created_at"]
    base_order = ("created_at", "desc")
    search_query_rel_fields: dict[str, Any] = {}
    label_columns = labels(
        created_at=_l("Asked for"), number=_l("Number"), text=_l("Text"), template=_l("Template"), state=_l("State"),
        trouble=_l("Trouble"), parts=_l("SMS"), cost=_l("Cost"), by_name=_l("Who"), card_id=_l("Card"),
        ground=_l("Why it went"), gateway=_l("SMS gateway"), attempts_n=_l("Tries"), sent_at=_l("Sent"),
        done_at=_l("Settled at"),
    )  # fmt: skip
    formatters_columns = formatted(
        state=lambda value: tag(word(value, "smsstate"), TONES.get(value, "secondary")),
        ground=lambda value: word(value, "smsground"), trouble=lambda value: say({"code": value}) if value else "—",
        created_at=moment, sent_at=moment, done_at=moment, cost=money, by_name=lambda value: value or "—",
        template=lambda value: value or "—", gateway=lambda value: value or "—", text=clipped(120),
        card_id=lambda value: card_link(value) if value else formats.cell(None),
    )  # fmt: skip
    search_form_extra_fields = {
        "state": SelectField(
            label_columns["state"],
            choices=lambda: [SelectChoice("", ""), *(SelectChoice(one, word(one, "smsstate")) for one in SMS_STATES)],
        ),
        "ground": SelectField(
            label_columns["ground"],
            choices=lambda: [SelectChoice("", ""), *(SelectChoice(one, word(one, "smsground")) for one in SMS_GROUNDS)],
        ),
    }  # fmt: skip


def _show_number(rows: list[Any]) -> None:
    for row in rows:
        row.number = masked(row.phone)
