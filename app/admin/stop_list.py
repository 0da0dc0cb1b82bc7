"""Numbers that are never called: masked in lists, in no address, and erased without lifting the ban."""

from __future__ import annotations

import re
from typing import Any

from flask import redirect, request, url_for
from flask_appbuilder import action, expose, has_access, permission_name
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from flask_login import current_user
from wtforms import StringField
from wtforms.validators import InputRequired

from app import formats
from app.admin.base import ACT, WRITE, AdminView, Listing, names_of, now
from app.admin.shown import formatted, labels, masked, tag
from app.domain.phones import read_phone
from app.errors import Reason, Refused
from app.extensions import db
from app.models import DoNotCall
from app.services import stop_list, stop_list_import
from app.wording import say, word


class PhoneField(StringField):
    """Any spelling of a Russian number; kept as eleven digits."""

    def process_formdata(self, valuelist: list[Any]) -> None:
        super().process_formdata(valuelist)
        typed = str(valuelist[0])[:40] if valuelist else ""
        self.data: str | None = read_phone(typed).number or re.sub(r"\s+", " ", typed)


class DoNotCallView(AdminView):
    datamodel = Listing(DoNotCall, names={"by_name": ("by_id", "user")}, after=lambda rows: _show_numbers(rows))
    class_permission_name = "DoNotCallView"
    route_base = "/donotcallview"
    include_route_methods = WRITE | ACT | {"find", "import_numbers"}
    list_template = "admin/stop_list.html"
    subject = "do_not_call"
    not_audited = ("phone",)
    list_title, show_title = _l("Do not call"), _l("Do not call")
    add_title, edit_title = _l("Stop calling a number"), _l("Change the entry")
    empty_text = _l("Numbers come here by the status «Never call again», or are added by hand.")
    list_columns = ["number", "reason", "until", "by_name", "at"]
    show_columns = list_columns
    add_columns = ["phone", "reason", "until"]
    edit_columns = ["reason", "until"]
    search_columns = ["reason", "until", "at"]
    order_columns = ["at", "until"]
    base_order = ("at", "desc")
    label_columns = labels(at=_l("Added"), by_name=_l("Added by"), phone=_l("Number"), number=_l("Number"))
    description_columns = {"until": _l("Empty: for ever."), "phone": _l("In any spelling: +7, 8, with brackets.")}
    formatters_columns = formatted(
        until=lambda value: formats.when(value) if value else _("for ever"),
        reason=lambda value: word(value, "stop") if value else "—", by_name=lambda value: value or "—",
    )  # fmt: skip
    add_form_extra_fields = {
        "phone": PhoneField(label_columns["phone"], [InputRequired()], description=description_columns["phone"])
    }

    @expose("/find", methods=["GET", "POST"])
    @has_access
    @permission_name("list")
    def find(self) -> Any:
        """Is this number in the list? Asked by POST: a number belongs into no address and no log."""
        if request.method == "GET":
            return redirect(url_for(".list"))
        number = read_phone(request.form.get("number", "")[:40]).number
        row = stop_list.entry_of(db.session(), number) if number else None
        return self.render_template(
            "admin/stop_list_answer.html", title=_("Is the number in the stop list?"), number=number, row=row,
            trouble="" if number else say(Reason("phone_bad")),
            is_over=row is not None and row.until is not None and row.until <= now(),
            by_name=names_of("user", [row.by_id]).get(row.by_id, "") if row else "",
        )  # fmt: skip

    @expose("/import", methods=["GET", "POST"])
    @has_access
    @permission_name("add")
    def import_numbers(self) -> Any:
        """Many numbers at once, from a file or pasted."""
        told, trouble, reason = None, "", request.form.get("reason", "").strip()[:200]
        if request.method == "POST":
            try:
                told = stop_list_import.take_in(
                    db.session(), _sent_words(), reason=reason, actor_id=current_user.id, now=now()
                )
                db.session.commit()
            except Refused as refusal:
                db.session.rollback()
                trouble = say(refusal.reason)
        return self.render_template(
            "admin/stop_list_import.html", title=_("Import numbers that are never called"), told=told, trouble=trouble,
            reason=reason, troubles=LINE_TROUBLES,
        )  # fmt: skip

    def check(self, item: DoNotCall) -> None:
        if item.erased_at is None and read_phone(item.phone).number != item.phone:
            raise Refused("phone_bad")
        if item.id is None and stop_list.entry_of(db.session(), item.phone or "") is not None:
            raise Refused("stop_list_has_it")

    def after_save(self, item: DoNotCall, *, is_new: bool) -> None:
        if is_new:
            item.by_id, item.at = current_user.id, now()
            db.session.flush()

    @action(
        "erase", _l("Erase the number"), _l("Forget the number? The ban goes on; nobody can read the number again."),
        "eraser",
    )  # fmt: skip
    def erase(self, items: Any) -> Any:
        return self.act(
            items,
            lambda row: stop_list.erase(db.session(), row.id, actor_id=current_user.id, now=now()),
            lambda n: ngettext("%(num)d number erased; the ban goes on.", "%(num)d numbers erased; the bans go on.", n),
        )


LINE_TROUBLES = {
    "invalid": _l("no Russian number"), "masked": _l("the number is hidden"), "foreign": _l("a foreign number"),
}  # fmt: skip


def _sent_words() -> str:
    sent = request.files.get("file")
    if sent is not None and sent.filename:
        return stop_list_import.decoded(sent.stream.read())
    return request.form.get("numbers", "")


def _show_numbers(rows: list[Any]) -> None:
    for row in rows:
        row.number = masked(row.phone) if row.phone else tag(_("erased"), "secondary", "eraser")
