"""Results of calls as the company wants them: statuses with their flags, and which may follow which."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from markupsafe import Markup
from wtforms import SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Length, NumberRange, Optional, Regexp

from app.admin.base import WRITE, AdminView, Listing
from app.admin.shown import formatted, labels, tag
from app.errors import Refused
from app.models import Status, StatusRule
from app.services import statuses
from app.shell import icon
from app.wording import word

COLORS = ("secondary", "green", "yellow", "orange", "red", "azure", "blue", "purple", "dark")
STATUS_ICONS = (
    "circle", "phone-x", "phone-pause", "phone-off", "clock", "message-2", "calendar-event", "x", "car", "users",
    "check", "ban", "flag", "star",
)  # fmt: skip


class StatusView(AdminView):
    datamodel = Listing(Status, after=lambda rows: _show_meaning(rows))
    class_permission_name = "StatusView"
    route_base = "/statusview"
    include_route_methods = WRITE
    subject = "status"
    list_title, show_title = _l("Statuses"), _l("Status")
    add_title, edit_title = _l("New status"), _l("Change the status")
    list_columns = [
        "name",
        "is_closing",
        "meaning",
        "hotkey",
        "repeat_after_min",
        "attempts_cap",
        "position",
        "is_enabled",
    ]
    _FLAGS = ["is_closing", "is_reached", "makes_lead", "is_refusal", "is_sold", "is_wrong_number", "is_do_not_call",
              "needs_callback"]  # fmt: skip
    show_columns = ["name", "code", *_FLAGS, "repeat_after_min", "attempts_cap", "color", "icon", "hotkey", "position",
                    "is_enabled"]  # fmt: skip
    edit_columns = ["name", *_FLAGS, "repeat_after_min", "attempts_cap", "color", "icon", "hotkey", "position",
                    "is_enabled"]  # fmt: skip
    add_columns = ["name", "code", *edit_columns[1:]]
    search_columns = ["name", "is_closing", "is_enabled"]
    order_columns = ["name", "position"]
    base_order = ("position", "asc")
    label_columns = labels(
        code=_l("Code"), is_closing=_l("Closes the card"), meaning=_l("Means"), is_reached=_l("A person answered"),
        makes_lead=_l("Makes a lead"), is_refusal=_l("Refusal"), is_sold=_l("The car is sold"),
        is_wrong_number=_l("Wrong number"), is_do_not_call=_l("Never call again"),
        needs_callback=_l("Asks when to call again"),
        repeat_after_min=_l("Calls again by itself after, min"), attempts_cap=_l("Tries at most"),
        color=_l("Colour of the button"),
        icon=_l("Icon"), hotkey=_l("Key with Alt"), position=_l("Place among the buttons"),
    )  # fmt: skip
    description_columns = {
        "is_closing": _l("A closing status takes the card off the lists; a working one leaves it with the operator."),
        "code": _l("Latin letters; reports and the CRM know the status by it. It cannot be changed later."),
        "makes_lead": _l("The card goes to the CRM."),
        "is_reached": _l("Counts as a talk with a person."),
        "is_refusal": _l("The seller does not want to; a price drop may open the card again."),
        "is_sold": _l("There is nothing to call about any more."),
        "is_wrong_number": _l("The number answers, but it is not the seller's."),
        "needs_callback": _l("The operator cannot choose it without a time."),
        "attempts_cap": _l("After so many tries it no longer calls again by itself. Empty: no limit."),
        "color": _l("Of the stripe on the button; the word stays, so nobody has to know the colours."),
        "icon": _l("Stands on the button and in the history."),
        "position": _l("Smaller stands earlier."),
        "is_enabled": _l("A status that is switched off has no button; history keeps it."),
        "is_do_not_call": _l("All numbers of the ad go to the stop list."),
        "repeat_after_min": _l("Only for working statuses. Empty: the operator decides."),
        "hotkey": _l("A digit from 1 to 9, or empty."),
    }
    validators_columns = {
        "name": [Length(max=60)],
        "code": [Regexp(r"^[a-z][a-z0-9_]{1,30}$", message=_l("Latin letters, digits and _; from 2 to 31."))],
        "repeat_after_min": [Optional(), NumberRange(1, 43_200)], "attempts_cap": [Optional(), NumberRange(1, 1000)],
        "position": [NumberRange(0, 10_000)],
    }  # fmt: skip
    formatters_columns = formatted(
        is_closing=lambda value: tag(_("closing"), "warning") if value else tag(_("working"), "info"),
        color=lambda value: word(value, "button"), icon=lambda value: icon(value),
        code=lambda value: Markup("<code>{}</code>").format(value),
    )  # fmt: skip
    add_form_extra_fields = {
        "color": SelectField(
            label_columns["color"], choices=lambda: [SelectChoice(name, word(name, "button")) for name in COLORS],
            description=description_columns["color"],
        ),
        "icon": SelectField(
            label_columns["icon"], choices=lambda: [SelectChoice(name, word(name, "icon")) for name in STATUS_ICONS],
            description=description_columns["icon"],
        ),
        "hotkey": StringField(
            label_columns["hotkey"], [Regexp(r"^[1-9]?$", message=_l("A digit from 1 to 9, or empty."))],
            filters=[lambda value: (value or "").strip()], description=description_columns["hotkey"],
        ),
    }  # fmt: skip
    edit_form_extra_fields = add_form_extra_fields
    in_use_message = _l("Cards have this status, so it cannot be deleted. Switch it off instead.")

    def check(self, item: Status) -> None:
        statuses.check_status(item)


def _show_meaning(rows: list[Any]) -> None:
    names = ("makes_lead", "is_refusal", "is_sold", "is_wrong_number", "is_do_not_call", "needs_callback", "is_reached")
    for row in rows:
        told = [str(StatusView.label_columns[name]) for name in names if getattr(row, name)]
        row.meaning = "; ".join(told)


class StatusRuleView(AdminView):
    datamodel = Listing(StatusRule, rel=("from_status", "to_status"))
    class_permission_name = "StatusRuleView"
    route_base = "/statusruleview"
    include_route_methods = WRITE
    subject = "status_rule"
    list_title, show_title = _l("Order of statuses"), _l("Allowed step")
    add_title, edit_title = _l("New allowed step"), _l("Change the step")
    empty_text = _l(
        "Every result may follow every working one. Add a step to allow a result only after certain others."
    )
    list_columns = ["to_status", "from_status"]
    show_columns = add_columns = edit_columns = list_columns
    search_columns = ["from_status", "to_status"]
    order_columns = ["id"]
    base_order = ("to_id", "asc")
    label_columns = labels(from_status=_l("only after"), to_status=_l("Status"))

    def check(self, item: StatusRule) -> None:
        if item.from_status is item.to_status:
            raise Refused("status_rule_same")
        if item.from_status is not None and item.from_status.is_closing:
            raise Refused("status_rule_after_closing")
