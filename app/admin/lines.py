"""Lines to the network and what they are chosen by: limits and hours, prefixes, numbers that are shown, rules."""

from __future__ import annotations

from typing import Any

from flask_appbuilder import action
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from flask_login import current_user
from sqlalchemy import text
from wtforms import SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length, NumberRange, Regexp

from app import formats
from app.admin import schedule_text
from app.admin.base import ACT, WRITE, AdminView, Listing, PickField
from app.admin.shown import LABELS, formatted, labels, tag
from app.admin.stop_list import PhoneField
from app.domain.phones import read_phone
from app.errors import Refused
from app.extensions import db
from app.models import CallerNumber, DialPrefix, LineRule, Trunk
from app.services import lines
from app.widgets import AjaxSelectWidget
from app.wording import word

FORMATS_OF_NUMBERS = ("7", "8", "+7", "10")


def _show_lines(rows: list[Any]) -> None:
    found = db.session.execute(
        text("""
        SELECT trunk_id, count(*) AS n FROM call WHERE state <> 'ended' AND trunk_id = ANY(:ids) GROUP BY trunk_id
        """),
        {"ids": [row.id for row in rows]},
    )
    live = {row.trunk_id: row.n for row in found}
    for row in rows:
        busy = live.get(row.id, 0)
        tone = "danger" if busy >= row.max_channels else "warning" if busy * 10 >= row.max_channels * 7 else "secondary"
        row.load = tag(_("%(n)s of %(cap)s", n=busy, cap=row.max_channels), tone)
        row.lamp = (
            tag(_("line is off"), "secondary", "x") if not row.is_enabled
            else tag(_("stopped"), "danger", "alert-circle") if row.stopped_at
            else tag(_("failures: %(n)s", n=row.failed_n), "warning", "alert-triangle") if row.failed_n
            else tag(_("in order"), "success", "circle-check")
        )  # fmt: skip


class TrunkView(AdminView):
    datamodel = Listing(Trunk, after=_show_lines)
    class_permission_name = "TrunkView"
    route_base = "/trunkview"
    include_route_methods = WRITE | ACT
    subject = "trunk"
    list_title, show_title = _l("Lines"), _l("Telephone line")
    add_title, edit_title = _l("New line"), _l("Set the line up")
    empty_text = _l("A line is the way to the public network: add one that the server knows.")
    in_use_message = _l("Calls went by this line. Switch it off instead.")
    list_columns = ["name", "asterisk", "lamp", "load", "calls_per_second", "schedule", "position"]
    show_columns = ["name", "asterisk", "endpoint", "lamp", "stopped_at", "stopped_why", "load", "calls_per_second",
                    "ring_s", "number_format", "schedule", "stop_after", "failed_n", "position"]  # fmt: skip
    add_columns = edit_columns = ["name", "asterisk", "endpoint", "is_enabled", "position", "number_format",
                                  "max_channels", "calls_per_second", "ring_s", "schedule", "stop_after"]  # fmt: skip
    search_columns = ["name", "asterisk", "is_enabled"]
    order_columns = ["name", "position"]
    base_order = ("position", "asc")
    label_columns = labels(
        asterisk=_l("Server"), endpoint=_l("Its name on the server"), lamp=_l("State"), load=_l("Calls now"),
        position=_l("Order"), number_format=_l("Number as the provider wants it"), max_channels=_l("Calls at once"),
        calls_per_second=_l("New calls per second"), ring_s=_l("Rings for, s"), schedule=_l("Hours"),
        stop_after=_l("Stop after failures"), failed_n=_l("Failures in a row"), stopped_at=_l("Stopped"),
        stopped_why=_l("Why"),
    )  # fmt: skip
    description_columns = {
        "endpoint": _l("The section of pjsip.conf: small letters, digits, - and _."),
        "position": _l("The smaller, the earlier it is tried."),
        "schedule": _l("In company time: «Пн–Пт 09:00–20:00; Сб 10:00–16:00». Empty: always."),
        "stop_after": _l("So many failures of the line one after another stop it until a person starts it. 0: never."),
        "max_channels": _l("As the contract with the provider says."),
        "ring_s": _l("So long the seller's telephone rings."),
    }
    validators_columns = {
        "name": [Length(max=100)], "endpoint": [Length(max=32), Regexp("^[a-z][a-z0-9_-]*$")],
        "max_channels": [InputRequired(), NumberRange(0, 10_000)], "calls_per_second": [NumberRange(0.05, 1000)],
        "ring_s": [NumberRange(5, 120)], "stop_after": [InputRequired(), NumberRange(0, 1000)],
        "position": [InputRequired(), NumberRange(-10_000, 10_000)],
    }  # fmt: skip
    formatters_columns = formatted(
        schedule=schedule_text.shown, stopped_at=formats.when, stopped_why=lambda value: word(value, "trunkstop"),
        number_format=lambda value: word(value, "numberformat"),
        calls_per_second=lambda value: formats.number(value, 0 if value == int(value) else 1),
    )  # fmt: skip
    add_form_extra_fields = {
        "schedule": schedule_text.ScheduleField(label_columns["schedule"], description=description_columns["schedule"]),
        "number_format": SelectField(
            label_columns["number_format"],
            choices=lambda: [SelectChoice(one, word(one, "numberformat")) for one in FORMATS_OF_NUMBERS],
        ),
    }
    edit_form_extra_fields = add_form_extra_fields

    def check(self, item: Any) -> None:
        item.name = " ".join(item.name.split())
        if item.asterisk is None:
            raise Refused("field_choice")

    @action("start_again", _l("Start again"), _l("Is the line in order again? Calls go by it at once."), "player-play")
    def start_again(self, items: Any) -> Any:
        return self.act(
            items,
            lambda row: lines.start_again(db.session(), row.id, actor_id=current_user.id),
            lambda n: ngettext("%(num)d line works again.", "%(num)d lines work again.", n),
        )


class DialPrefixView(AdminView):
    datamodel = Listing(DialPrefix)
    class_permission_name = "DialPrefixView"
    route_base = "/dialprefixview"
    include_route_methods = WRITE
    subject = "dial_prefix"
    list_title, show_title = _l("Prefixes"), _l("Prefix")
    add_title, edit_title = _l("New prefix"), _l("Change the prefix")
    empty_text = _l("Prefixes are needed when the provider chooses the way out by digits before the number.")
    list_columns = ["trunk", "digits", "name", "is_enabled"]
    show_columns = add_columns = edit_columns = list_columns
    search_columns = ["trunk", "digits", "is_enabled"]
    order_columns = ["digits"]
    base_order = ("digits", "asc")
    label_columns = labels(trunk=_l("Telephone line"), digits=_l("Digits"))
    description_columns = {
        "digits": _l("Stand before the number; sellers are spread over the prefixes that are on."),
        "name": _l("What goes out by it, for reports."),
    }
    formatters_columns = formatted(digits=lambda value: value or "—")
    add_form_extra_fields = {
        "digits": StringField(label_columns["digits"], [Length(max=6), Regexp("^[0-9]*$")], default="",
                              description=description_columns["digits"])
    }  # fmt: skip
    edit_form_extra_fields = add_form_extra_fields

    def check(self, item: Any) -> None:
        if item.trunk is None:
            raise Refused("field_choice")


class CallerNumberView(AdminView):
    datamodel = Listing(CallerNumber)
    class_permission_name = "CallerNumberView"
    route_base = "/callernumberview"
    include_route_methods = WRITE
    subject = "caller_number"
    list_title, show_title = _l("Numbers that are shown"), _l("Number that is shown")
    add_title, edit_title = _l("New number"), _l("Change the number")
    empty_text = _l("Without numbers the seller sees what the provider puts in.")
    list_columns = ["phone", "trunk", "label", "owner", "contract_on", "is_enabled"]
    show_columns = add_columns = edit_columns = list_columns
    search_columns = ["trunk", "is_enabled", "owner"]
    order_columns = ["contract_on"]
    base_order = ("id", "asc")
    label_columns = labels(
        trunk=_l("Telephone line"), label=_l("What the telephone shows"), owner=_l("Whose it is"),
        contract_on=_l("Contract of"), phone=_l("Number"),
    )  # fmt: skip
    description_columns = {
        "phone": _l("In any spelling. A seller keeps seeing the one he was first called from."),
        "label": _l("The company's name beside the number, where the networks show it."),
        "contract_on": _l("The number belongs to the company by this contract: the law on calls asks for it."),
    }
    # A number of our own hides nothing from anybody.
    formatters_columns = formatted(phone=formats.phone, contract_on=formats.cell)
    add_form_extra_fields = {
        "phone": PhoneField(label_columns["phone"], [InputRequired()], description=description_columns["phone"]),
        "label": StringField(label_columns["label"], [Length(max=32)], default="",
                             description=description_columns["label"]),
    }  # fmt: skip
    edit_form_extra_fields = add_form_extra_fields

    def check(self, item: Any) -> None:
        if item.trunk is None:
            raise Refused("field_choice")
        if read_phone(item.phone).number != item.phone:
            raise Refused("phone_bad")


_rules = Listing(LineRule)


class LineRuleView(AdminView):
    datamodel = _rules
    class_permission_name = "LineRuleView"
    route_base = "/lineruleview"
    include_route_methods = WRITE
    subject = "line_rule"
    list_title, show_title = _l("Rules of choosing a line"), _l("Rule of choosing a line")
    add_title, edit_title = _l("New rule"), _l("Change the rule")
    empty_text = _l("Without rules a call takes the line that the seller answered last, then the first with room.")
    list_columns = ["position", "city", "region", "group", "trunk", "prefix", "is_enabled"]
    show_columns = list_columns
    add_columns = edit_columns = list_columns
    search_columns = ["trunk", "group", "is_enabled"]
    order_columns = ["position"]
    base_order = ("position", "asc")
    label_columns = labels(
        position=_l("Order"), trunk=_l("Telephone line"), prefix=_l("Prefix"), region=_l("Region of the car")
    )
    description_columns = {
        "position": _l("The smaller, the earlier."),
        "region": _l("Empty: any."), "group": _l("The operator's. Empty: any."),
        "prefix": _l("Of the same line. Empty: by itself."),
    }  # fmt: skip
    validators_columns = {"position": [InputRequired(), NumberRange(-10_000, 10_000)]}
    formatters_columns = formatted(prefix=lambda value: (value.digits or "—") if value else formats.cell(None))
    add_form_extra_fields = {
        "city": PickField(
            LABELS["city"], [], datamodel=_rules, col_name="city", widget=AjaxSelectWidget("/lookup/cities"),
            description=_l("Where the car is. Empty: any."),
        )
    }  # fmt: skip
    edit_form_extra_fields = add_form_extra_fields

    def check(self, item: Any) -> None:
        if item.trunk is None:
            raise Refused("field_choice")
        if item.prefix is not None and item.prefix.trunk is not item.trunk:
            raise Refused("prefix_of_other_line")
