"""Leads that come in: the ways in with their address and secret, and every lead with how soon somebody took it."""

from __future__ import annotations

from typing import Any

from flask import abort, current_app, flash, redirect, request, url_for
from flask_appbuilder import expose, has_access, permission_name
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from flask_login import current_user
from markupsafe import Markup
from wtforms import SelectField

from app import formats
from app.admin.base import READ, AdminView, Listing, now
from app.admin.shown import card_link, formatted, labels, masked, moment, tag, yes_no
from app.errors import Refused
from app.extensions import db, outside
from app.models import INTAKE_KINDS, IncomingLead, LeadIntake
from app.seeing import sight_now
from app.services import board, late_leads, lead_intakes, moving
from app.services.distribution import Place
from app.services.lead_intakes import IntakeDraft
from app.wording import say, word


def address(row: LeadIntake) -> str:
    return f"{outside.public_url or request.host_url.rstrip('/')}/hooks/leads/{row.token}"


def _show_intakes(rows: list[Any]) -> None:
    for row in rows:
        row.address = address(row)


class LeadIntakeView(AdminView):
    datamodel = Listing(LeadIntake, after=_show_intakes)
    class_permission_name = "LeadIntakeView"
    route_base = "/leadintakeview"
    include_route_methods = READ | {"add", "edit", "secret", "code"}
    show_template = "admin/intake_show.html"
    list_title, show_title = _l("Ways in for leads"), _l("Way in for leads")
    empty_text = _l("Connect the form of your site or a partner: whoever leaves a number becomes a card at once.")
    list_columns = ["name", "kind", "is_enabled", "target_min", "per_minute", "created_at"]
    show_columns = ["name", "kind", "is_enabled", "target_min", "per_minute", "thanks_url", "address", "created_at"]
    search_columns = ["name", "is_enabled"]
    order_columns = ["name", "created_at"]
    base_order = ("name", "asc")
    label_columns = labels(
        kind=_l("Who sends"), target_min=_l("To be taken within, min"), per_minute=_l("At most per minute"),
        thanks_url=_l("Page of thanks"), address=_l("Address"), created_at=_l("Added"),
    )  # fmt: skip
    formatters_columns = formatted(
        kind=lambda value: word(value, "intake"), is_enabled=yes_no, created_at=moment,
        thanks_url=lambda value: value or formats.NOTHING,
        address=lambda value: Markup("<code>{}</code>").format(value),
    )  # fmt: skip

    @expose("/add", methods=["GET", "POST"])
    @has_access
    def add(self) -> Any:
        return self._form(None, _draft() if request.method == "POST" else IntakeDraft())

    @expose("/edit/<pk>", methods=["GET", "POST"])
    @has_access
    def edit(self, pk: str) -> Any:
        row = self._visible(pk)
        known = IntakeDraft(row.name, row.kind, row.target_min, row.per_minute, row.thanks_url, row.is_enabled)
        return self._form(row.id, _draft() if request.method == "POST" else known)

    def _form(self, intake_id: int | None, draft: IntakeDraft) -> Any:
        if request.method == "POST":
            try:
                saved, secret = lead_intakes.save(
                    db.session(), intake_id, draft, secret_key=_key(), actor_id=current_user.id, now=now()
                )
                db.session.commit()
                if secret:
                    return self._made(saved, secret)
                flash(_("Saved."), "success")
                return redirect(url_for(".show", pk=saved.id))
            except Refused as refused:
                db.session.rollback()
                flash(say(refused.reason), "danger")
        return self.render_template(
            "admin/intake_form.html", draft=draft, intake_id=intake_id, kinds=INTAKE_KINDS,
            title=_("Way in for leads") if intake_id else _("New way in for leads"),
        )  # fmt: skip

    @expose("/code/<pk>")
    @has_access
    @permission_name("show")
    def code(self, pk: str) -> Any:
        """What to put into the site, or how to sign; once more, without the secret."""
        return self._made(self._visible(pk), "")

    @expose("/secret/<pk>", methods=["POST"])
    @has_access
    @permission_name("edit")
    def secret(self, pk: str) -> Any:
        """A new secret; the old one signs nothing from this moment on."""
        row = self._visible(pk)
        secret = lead_intakes.new_secret(db.session(), row.id, secret_key=_key(), actor_id=current_user.id)
        db.session.commit()
        return self._made(row, secret)

    def _made(self, row: LeadIntake, secret: str) -> Any:
        return self.render_template("admin/intake_made.html", row=row, secret=secret, address=address(row))


def _key() -> str:
    return str(current_app.config["PROZVON"].secret_key)


def _draft() -> IntakeDraft:
    form = request.form
    return IntakeDraft(
        name=form.get("name", ""), kind=form.get("kind", "form"), target_min=_whole(form.get("target_min", "")),
        per_minute=_whole(form.get("per_minute", "")), thanks_url=form.get("thanks_url", ""),
        is_enabled=form.get("is_enabled") == "1",
    )  # fmt: skip


def _whole(text: str) -> int:
    """0 for what is no number: out of every range, so the form says which field it is."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 8 else 0


class IncomingLeadView(AdminView):
    datamodel = Listing(
        IncomingLead, rel=("intake",), names={"taken_by": ("taken_by_id", "user")}, after=lambda rows: _show_leads(rows)
    )
    class_permission_name = "IncomingLeadView"
    route_base = "/incomingleadview"
    include_route_methods = READ | {"late", "give", "undo"}
    list_template = "admin/incoming_leads.html"
    list_title, show_title = _l("Incoming leads"), _l("Incoming lead")
    empty_text = _l("Nobody has left a number yet. Ways in for leads are set up by the administrator.")
    list_columns = ["received_at", "intake", "name", "number", "how", "taken_by", "soon", "card_id"]
    show_columns = ["received_at", "intake", "name", "number", "note", "how", "due_at", "taken_at", "taken_by", "soon",
                    "card_id"]  # fmt: skip
    search_columns = ["received_at", "intake", "taken_at", "escalated_at"]
    order_columns = ["received_at", "due_at"]
    base_order = ("received_at", "desc")
    label_columns = labels(
        received_at=_l("Came"), intake=_l("Way in for leads"), name=_l("Who"), number=_l("Number"), how=_l("State"),
        taken_by=_l("Taken by"), soon=_l("Taken after"), card_id=_l("Card"), note=_l("Words"),
        due_at=_l("To be taken until"), taken_at=_l("Taken at"), escalated_at=_l("Became overdue"),
    )  # fmt: skip
    formatters_columns = formatted(
        received_at=moment, due_at=moment, taken_at=moment, taken_by=lambda value: value or "—",
        name=lambda value: value or "—", note=lambda value: value or "—",
        card_id=lambda value: card_link(value) if value else formats.cell(None),
    )  # fmt: skip
    search_form_extra_fields: dict[str, SelectField] = {}

    def render_template(self, template: str, **shown: Any) -> Any:
        """Over the list stands what nobody has taken yet, with the step that helps."""
        if template == self.list_template:
            session, at = db.session(), now()
            shown |= {
                "waiting": late_leads.waiting(session, at, sight_now()),
                "people": board.operators(session, at, _zone(), sight_now()),
                "moved": moving.to_undo(session, request.args.get("moved", type=int)),
            }
        return super().render_template(template, **shown)

    @expose("/late")
    @has_access
    @permission_name("give")
    def late(self) -> Any:
        """The notice of the frame: asked for again and again, on every page of a supervisor."""
        found = late_leads.counts(db.session(), now(), sight_now())
        return self.render_template("admin/_late_leads.html", found=found)

    @expose("/give", methods=["POST"])
    @has_access
    @permission_name("give")
    def give(self) -> Any:
        chosen = [number for number in map(_whole, request.form.getlist("lead")) if number]
        to = _whole(request.form.get("to", ""))
        try:
            if not to or not chosen:
                raise Refused("move_needs_choice")
            if not sight_now().reaches("operator_id", to):
                abort(404)
            place = Place(current_user.id, None, now(), _zone())
            record = late_leads.give(
                db.session(), chosen, [to], place, actor_id=current_user.id, sight=sight_now()
            )  # fmt: skip
            db.session.commit()
        except Refused as refused:
            db.session.rollback()
            flash(say(refused.reason), "danger")
            return redirect(url_for(".list"))
        return redirect(url_for(".list", moved=record.id))

    @expose("/undo/<int:move_id>", methods=["POST"])
    @has_access
    @permission_name("give")
    def undo(self, move_id: int) -> Any:
        try:
            place = Place(current_user.id, None, now(), _zone())
            back = moving.undo_move(db.session(), move_id, place, actor_id=current_user.id)
            db.session.commit()
            flash(ngettext("%(num)s card went back.", "%(num)s cards went back.", back), "success")
        except Refused as refused:
            db.session.rollback()
            flash(say(refused.reason), "danger")
        return redirect(url_for(".list"))


def _zone() -> str:
    return str(current_app.config["PROZVON"].timezone)


def _show_leads(rows: list[Any]) -> None:
    moment_now = now()
    for row in rows:
        row.number = masked(row.phone)
        row.soon = formats.duration(row.taken_at - row.received_at) if row.taken_at else formats.NOTHING
        if row.trouble:
            row.how = tag(say({"code": row.trouble}), "danger", "alert-circle")
        elif row.taken_at:
            is_late = row.taken_at > row.due_at
            row.how = (
                tag(_("taken late"), "warning", "clock") if is_late else tag(_("taken in time"), "success", "check")
            )
        else:
            is_late = moment_now > row.due_at
            row.how = tag(_("overdue"), "danger", "alert-circle") if is_late else tag(_("waits"), "info", "clock")
