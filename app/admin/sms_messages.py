"""SMS: templates with a preview while they are written, and every message with what became of it."""

from __future__ import annotations

from typing import Any

from flask import request
from flask_appbuilder import expose, has_access, permission_name
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from wtforms import IntegerField, SelectField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from app import formats
from app.admin.base import READ, WRITE, AdminView, Listing
from app.admin.shown import card_link, clipped, formatted, labels, masked, moment, tag, yes_no
from app.admin.sms import money
from app.domain import sms_text
from app.models import SMS_GROUNDS, SMS_STATES, SmsMessage, SmsTemplate
from app.services import sms_setup
from app.wording import say, word

TONES = {"delivered": "success", "failed": "danger", "expired": "danger", "unknown": "warning", "sent": "info",
         "waiting": "info", "sending": "info"}  # fmt: skip


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
