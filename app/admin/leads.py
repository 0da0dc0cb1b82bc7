"""Leads: where each is on its way to the CRM, what became of it, and how to mend one that was refused."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, request, url_for
from flask_appbuilder import action, expose, has_access
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from flask_login import current_user
from sqlalchemy import select

from app import formats
from app.admin.base import ACT, READ, AdminView, Listing, now
from app.admin.shown import card_link, clipped, formatted, labels, moment, outward, tag
from app.errors import Refused
from app.extensions import db
from app.models import CrmPush, Lead
from app.services import leads
from app.wording import say, word

TONES = {"waiting": ("info", "clock"), "sent": ("success", "check"), "failed": ("danger", "alert-circle")}
DEALS = {"bought": "success", "inspected": "info", "in_work": "primary", "refused": "danger", "gone": "secondary"}
SHOWN = ("title", "seller_name", "phone", "city", "our_price", "vin", "comment")  # what a person mends most


def _show(rows: list[Any]) -> None:
    """What the page needs of the pushes, in one query."""
    found: dict[int, list[CrmPush]] = {row.id: [] for row in rows}
    pushes = select(CrmPush).where(CrmPush.lead_id.in_(found), CrmPush.what == "lead").order_by(CrmPush.id)
    for push in db.session.execute(pushes).scalars():
        found[push.lead_id].append(push)
    for row in rows:
        mine = found[row.id]
        row.title = (row.payload or {}).get("title") or formats.NOTHING
        row.over_there = next((push.url for push in mine if push.url), None)
        row.error = " · ".join(push.error for push in mine if push.error)
        row.attempts_n = max((push.attempts_n for push in mine), default=0)


class LeadView(AdminView):
    datamodel = Listing(Lead, rel=("status",), names={"by_name": ("by_id", "user")}, after=_show)
    class_permission_name = "LeadView"
    route_base = "/leadview"
    include_route_methods = READ | ACT | {"show", "fix", "again", "drop"}
    show_template = "admin/lead_show.html"
    list_title, show_title = _l("Leads"), _l("Lead")
    empty_text = _l("A card that is closed with a result that makes a lead appears here and in the CRM.")
    list_columns = ["created_at", "title", "status", "by_name", "state", "stage", "over_there", "error"]
    show_columns = ["created_at", "title", "card_id", "status", "by_name", "state", "stage", "stage_at", "over_there",
                    "attempts_n", "error"]  # fmt: skip
    search_columns = ["created_at", "status", "state", "stage"]
    order_columns = ["created_at"]
    base_order = ("created_at", "desc")
    label_columns = labels(
        created_at=_l("Made"), title=_l("Car"), over_there=_l("In the CRM"), stage=_l("Became"),
        stage_at=_l("Since"), card_id=_l("Card"), by_name=_l("Operator"),
    )  # fmt: skip
    formatters_columns = formatted(
        created_at=moment, stage_at=moment, over_there=outward, card_id=card_link, error=clipped(80),
        state=lambda value: tag(word(value, "lead"), *TONES.get(value, ("secondary", "x"))),
        stage=lambda value: tag(word(value, "deal"), DEALS.get(value, "secondary")) if value else formats.NOTHING,
        by_name=lambda value: value or formats.NOTHING,
    )  # fmt: skip

    @expose("/show/<pk>", methods=["GET"])
    @has_access
    def show(self, pk: str) -> Any:
        lead = self._visible(pk)
        pushes = db.session.execute(
            select(CrmPush).where(CrmPush.lead_id == lead.id).order_by(CrmPush.id.desc()).limit(200)
        ).scalars().all()  # fmt: skip
        return self.render_template(
            self.show_template, title=_("Lead № %(n)s", n=lead.id), lead=lead, pushes=pushes, tones=TONES, deals=DEALS,
            fields=[(name, str(lead.payload.get(name) or "")) for name in SHOWN if name != "phone"],
        )  # fmt: skip

    @expose("/fix/<int:lead_id>", methods=["POST"])
    @has_access
    def fix(self, lead_id: int) -> Any:
        values = {name: request.form[name] for name in SHOWN if name in request.form}
        if not values.get("phone", "").strip():
            values.pop("phone", None)  # empty: the numbers of the ad, as they are
        return self._do(
            lead_id, lambda: leads.fix(db.session(), lead_id, values, actor_id=current_user.id, now=now()),
            _("Saved; the lead is on its way again."),
        )  # fmt: skip

    @expose("/again/<int:lead_id>/<int:push_id>", methods=["POST"])
    @has_access
    def again(self, lead_id: int, push_id: int) -> Any:
        return self._do(
            lead_id, lambda: leads.again(db.session(), push_id, actor_id=current_user.id, now=now()),
            _("On its way again."),
        )  # fmt: skip

    @expose("/drop/<int:lead_id>/<int:push_id>", methods=["POST"])
    @has_access
    def drop(self, lead_id: int, push_id: int) -> Any:
        return self._do(lead_id, lambda: leads.drop(db.session(), push_id, actor_id=current_user.id), _("Left out."))

    def _do(self, lead_id: int, deed: Any, said: str) -> Any:
        try:
            deed()
            db.session.commit()
            flash(said, "success")
        except Refused as refused:
            db.session.rollback()
            flash(say(refused.reason), "danger")
        return redirect(url_for("LeadView.show", pk=lead_id))

    @action("repeat", _l("Hand over again"), "", "refresh")
    def repeat(self, items: Any) -> Any:
        return self.act(
            items,
            lambda row: leads.again_all(db.session(), row.id, actor_id=current_user.id, now=now()),
            lambda n: ngettext("%(num)d lead is on its way again.", "%(num)d leads are on their way again.", n),
        )
