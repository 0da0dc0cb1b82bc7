"""Why people pause: the supervisor's own list, in the order in which the desk offers it."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import IntegerField
from wtforms.validators import Length, NumberRange, Optional

from app import formats
from app.admin.base import WRITE, AdminView, Listing
from app.admin.shown import formatted, labels, tag
from app.errors import Refused
from app.extensions import db
from app.models import PauseReason
from app.services import presence


class PauseReasonView(AdminView):
    datamodel = Listing(PauseReason)
    class_permission_name = "PauseReasonView"
    route_base = "/pausereasonview"
    include_route_methods = WRITE
    subject = "pause_reason"
    list_title, show_title = _l("Pauses"), _l("Pause")
    add_title, edit_title = _l("New pause"), _l("Change the pause")
    empty_text = _l("Without pauses operators have only «On line», «Finishing» and «Away».")
    in_use_message = _l("People are in this pause now. Switch it off: nobody will begin it any more.")
    list_columns = ["name", "is_work", "limit_min", "position", "is_enabled"]
    show_columns = add_columns = edit_columns = list_columns
    search_columns = ["name", "is_work", "is_enabled"]
    order_columns = ["name", "position", "limit_min"]
    base_order = ("position", "asc")
    label_columns = labels(is_work=_l("What it is"), limit_min=_l("Warn after, min"), position=_l("Place in the menu"))
    description_columns = {
        "name": _l("As operators see it in their menu. What has been written into the history stays as it is."),
        "is_work": _l("Ticked: other work, such as a training; otherwise rest."),
        "limit_min": _l("The board shows a longer pause in amber. Empty: never."),
        "position": _l("The smaller, the higher."),
        "is_enabled": _l("Switched off, it is not offered any more; whoever is in it stays."),
    }
    validators_columns = {"name": [Length(max=40)], "position": [NumberRange(0, 10_000)]}
    formatters_columns = formatted(
        is_work=lambda value: tag(_("other work"), "info", "school") if value else tag(_("rest"), "warning", "coffee"),
        limit_min=lambda value: _("%(n)s min", n=formats.number(value)) if value else _("never"),
    )
    add_form_extra_fields = {
        "limit_min": IntegerField(
            label_columns["limit_min"], [Optional(), NumberRange(1, 720)], description=description_columns["limit_min"]
        )
    }
    edit_form_extra_fields = add_form_extra_fields

    def check(self, item: PauseReason) -> None:
        item.name = " ".join((item.name or "").split())

    def check_delete(self, item: Any) -> None:
        if presence.in_pause(db.session(), item.id):
            raise Refused("pause_in_use")
