"""Results of calls as the company wants them: statuses with their flags, and which may follow which."""

from __future__ import annotations

from typing import Any

from flask import request
from flask_appbuilder import expose, has_access, permission_name
from flask_appbuilder.actions import action
from flask_appbuilder.fields import QuerySelectField
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from flask_login import current_user
from markupsafe import Markup
from wtforms import IntegerField, SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Length, NumberRange, Optional, Regexp

from app import formats
from app.admin.base import WRITE, AdminView, Listing
from app.admin.button_row import COLORS, STATUS_ICONS, button_row
from app.admin.shown import LABELS, formatted, labels, tag
from app.errors import Refused
from app.extensions import db
from app.models import OUTCOMES, Status, StatusRule
from app.services import status_editing, statuses
from app.shell import icon
from app.wording import word


class StatusView(AdminView):
    datamodel = Listing(Status, rel=("at_cap",), after=lambda rows: _show_meaning(rows))
    class_permission_name = "StatusView"
    route_base = "/statusview"
    include_route_methods = WRITE | {"action", "action_post", "preview"}
    list_template, show_template = "admin/status_list.html", "admin/status_show.html"
    add_template, edit_template = "admin/status_add.html", "admin/status_edit.html"
    subject = "status"
    list_title, show_title = _l("Statuses"), _l("Status")
    add_title, edit_title = _l("New status"), _l("Change the status")
    list_columns = [
        "name",
        "sort",
        "meaning",
        "hotkey",
        "position",
        "is_enabled",
    ]
    _FLAGS = ["is_closing", "is_reached", "makes_lead", "is_refusal", "is_sold", "is_wrong_number", "is_do_not_call",
              "needs_callback"]  # fmt: skip
    _LOOKS = ["color", "icon", "hotkey", "position", "is_enabled"]
    _AGAIN = ["suggested_by", "repeat_after_min", "repeat_growth_pct", "attempts_cap", "at_cap"]
    show_columns = ["name", "code", *_FLAGS, *_AGAIN, *_LOOKS]
    edit_columns = ["name", *_FLAGS, *_AGAIN, *_LOOKS]
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
        repeat_growth_pct=_l("Every next pause is longer by, percent"), at_cap=_l("With the last try the card gets"),
        sort=_l("Kind"), suggested_by=_l("Proposed after a call that ended with"),
        color=_l("Colour of the button"),
        icon=_l("Icon"), hotkey=_l("Key with Alt"), position=_l("Place in the row"),
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
        "repeat_growth_pct": _l(
            "With 60 min and 50 percent: after 60, 90, 135 min … and 30 days at most. "
            "Outside the seller's calling hours it waits until they begin. 0: always the same pause."
        ),
        "suggested_by": _l("The desk proposes this result by itself; the operator confirms it with one key."),
        "at_cap": _l("A closing status that is set by itself when the tries are used up. Empty: the card stays."),
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
        "repeat_growth_pct": [Optional(), NumberRange(0, 400)],
        "position": [NumberRange(0, 10_000)],
    }  # fmt: skip
    formatters_columns = formatted(
        is_closing=lambda value: tag(_("closing"), "warning") if value else tag(_("working"), "info"),
        color=lambda value: word(value, "button"), icon=lambda value: icon(value),
        code=lambda value: Markup("<code>{}</code>").format(value),
        suggested_by=lambda value: word(value, "outcome"),
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
        "repeat_growth_pct": IntegerField(
            label_columns["repeat_growth_pct"], validators_columns["repeat_growth_pct"], default=0,
            filters=[lambda value: value or 0], description=description_columns["repeat_growth_pct"],
        ),
        "suggested_by": SelectField(
            label_columns["suggested_by"], description=description_columns["suggested_by"],
            coerce=lambda value: value or "", default="",  # a form without the field proposes nothing
            choices=lambda: [SelectChoice("", "—"), *(SelectChoice(code, word(code, "outcome")) for code in OUTCOMES)],
        ),
        "at_cap": QuerySelectField(
            label_columns["at_cap"], query_func=lambda: status_editing.enders(db.session()), allow_blank=True,
            get_pk_func=lambda row: row.id, description=description_columns["at_cap"], blank_text="—",
        ),
    }  # fmt: skip
    edit_form_extra_fields = add_form_extra_fields
    in_use_message = _l("Cards have this status, so it cannot be deleted. Put it into the archive instead.")

    def check(self, item: Status) -> None:
        statuses.check_status(item)
        status_editing.check_key(db.session(), item)

    def check_delete(self, item: Status) -> None:
        if n := status_editing.uses(db.session(), item.id):
            raise Refused("status_in_use", n=n)

    @action("archive", _l("Put into the archive"), _l("The button goes; cards and history keep the status."), "archive")
    def archive(self, items: Any) -> Any:
        return self.act(
            items,
            lambda row: status_editing.switch(db.session(), row, on=False, actor_id=current_user.id),
            lambda n: ngettext("%(num)s status is in the archive.", "%(num)s statuses are in the archive.", n),
        )

    @action("restore", _l("Take from the archive"), _l("The button comes back to the desks."), "arrow-back-up")
    def restore(self, items: Any) -> Any:
        return self.act(
            items,
            lambda row: status_editing.switch(db.session(), row, on=True, actor_id=current_user.id),
            lambda n: ngettext("%(num)s status has its button again.", "%(num)s statuses have their buttons again.", n),
        )

    @expose("/preview")
    @has_access
    @permission_name("list")
    def preview(self) -> Any:
        """The row of buttons as the form would have it, before anybody saves."""
        return self.render_template("admin/_status_row.html", buttons=button_row(request.args))

    def render_template(self, template: str, **more: Any) -> str:
        if template == self.show_template:
            more["changes"] = [_told(row) for row in status_editing.edits(db.session(), int(more["pk"]))]
        if template in (self.list_template, self.add_template, self.edit_template):
            more["buttons"] = button_row({"pk": str((request.view_args or {}).get("pk", ""))})
        return str(super().render_template(template, **more))


def _show_meaning(rows: list[Any]) -> None:
    for row in rows:
        row.sort = tag(_("closing"), "warning") if row.is_closing else tag(_("working"), "info")
        row.meaning = _meaning(row)


def _meaning(row: Status) -> Any:
    """Every flag as a word, with what it does in its title."""
    told = [
        Markup('<span class="tag" title="{}">{}</span>').format(
            StatusView.description_columns[name], StatusView.label_columns[name]
        )
        for name in StatusView._FLAGS[1:]
        if getattr(row, name)
    ]
    if row.repeat_after_min is not None:
        told.append(_again(row))
    return Markup('<div class="text-wrap">{}</div>').format(Markup(" ").join(told)) if told else formats.cell(None)


def _again(row: Status) -> Markup:
    lines = [_("Calls again in %(n)s min", n=formats.number(row.repeat_after_min))]
    if row.repeat_growth_pct:
        lines.append(_("each time %(n)s %% longer", n=row.repeat_growth_pct))
    if row.attempts_cap:
        lines.append(ngettext("%(num)s try at most", "%(num)s tries at most", row.attempts_cap))
        lines.append(_("then «%(status)s»", status=row.at_cap) if row.at_cap else _("then a person decides"))
    return Markup("<span>{}</span>").format("; ".join(map(str, lines)))


def _told(row: Any) -> dict[str, Any]:
    """One change of a status: every property by its label, before and after."""
    changed = [
        (StatusView.label_columns.get(name, name), [formats.cell(one) for one in pair])
        for name, pair in (row.details or {}).items()
        if isinstance(pair, list) and len(pair) == 2
    ]
    return {"at": row.at, "by": row.by_name, "what": word(row.what, "event"), "changed": changed}


# The audit log tells of changed statuses by the same labels.
LABELS.update({name: StatusView.label_columns[name] for name in StatusView.show_columns if name not in LABELS})


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
