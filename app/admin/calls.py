"""Calls: what was dialled and how it ended, quick however many there are; one with all that Asterisk told of it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import current_app
from flask_appbuilder import expose, has_access
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from markupsafe import Markup
from sqlalchemy import select
from wtforms import SelectField
from wtforms.fields.choices import SelectChoice

from app import formats
from app.admin.base import READ, AdminView, Listing, now
from app.admin.shown import card_link, formatted, labels, moment, tag
from app.errors import Reason
from app.extensions import db
from app.models import CALL_STATES, CALL_TYPES, OUTCOMES, Call, CallEvent
from app.wording import say, word

# A filter without a date looks at these last days: a rare outcome among twenty millions would take minutes to find.
RECENT = timedelta(days=31)
_QUICK = {"created_at", "operator"}  # what an index finds by itself
TONES = {
    "answered": "success", "busy": "warning", "no_answer": "warning", "unavailable": "warning", "rejected": "warning",
    "wrong_number": "danger", "failed": "danger", "machine": "info", "cancelled": "secondary",
}  # fmt: skip
_MOST_EVENTS = 500
_KINDS = {"type": "calltype", "state": "callstate"}


class CallListing(Listing):
    """Rows of calls; a list that is narrowed by what no index finds is also narrowed by time."""

    def apply_filters(self, query: Any, filters: Any) -> Any:
        query = super().apply_filters(query, filters)
        columns = {one.column_name for one in filters.filters} if filters is not None else set()
        is_slow = bool(columns - _QUICK) and "created_at" not in columns
        return query.filter(Call.created_at > now() - RECENT) if is_slow else query


def _show(rows: list[Any]) -> None:
    whole = _may("can_numbers")
    for row in rows:
        row.number = Markup('<span class="nowrap">{}</span>').format(_number(row.phone, whole=whole))
        row.talk = formats.duration(row.talk_ms // 1000) if row.talk_ms else formats.NOTHING
        row.ended = (
            tag(word(row.outcome, "outcome"), TONES.get(row.outcome, "secondary")) if row.outcome
            else tag(word(row.state, "callstate"), "info", "phone-call")
        )  # fmt: skip


def _number(phone: str, *, whole: bool) -> str:
    """Of a foreign number, too, nobody without the right sees more than its ends."""
    if not phone:
        return _("hidden number")
    shown = formats.phone(phone, masked=not whole)
    return shown if whole or shown != phone else f"{phone[:2]}…{phone[-2:]}"


def _may(right: str) -> bool:
    return bool(current_app.extensions["appbuilder"].sm.has_access(right, "CallView"))


def _of(kind: str, codes: tuple[str, ...]) -> SelectField:
    return SelectField(
        labels(type=_l("Type"), outcome=_l("Outcome"), state=_l("State"))[kind],
        choices=lambda: [SelectChoice(code, word(code, _KINDS.get(kind, kind))) for code in codes],
    )


class CallView(AdminView):
    datamodel = CallListing(
        Call,
        only=("id", "created_at", "type", "state", "outcome", "phone", "card_id", "operator_id", "trunk_id",
              "talk_ms", "recording"),
        names={"operator_name": ("operator_id", "user"), "line": ("trunk_id", "trunk")}, after=_show,
    )  # fmt: skip
    class_permission_name = "CallView"
    route_base = "/callview"
    include_route_methods = READ
    # Two rights without an address of their own: what Asterisk told, word for word; and whole numbers.
    base_permissions = ["can_list", "can_show", "can_events", "can_numbers"]
    show_template = "admin/call_show.html"
    list_title, show_title = _l("Calls"), _l("The call")
    empty_text = _l("No call has been made yet.")
    list_columns = ["created_at", "type", "number", "operator_name", "card_id", "ended", "talk", "line"]
    show_columns = [
        "created_at", "type", "ended", "trouble", "number", "caller_number", "operator_name", "card_id", "line",
        "prefix_name", "sent_at", "operator_up_at", "ringing_at", "answered_at", "ended_at", "ring_ms", "talk_ms",
        "cause", "tech_cause", "ended_by", "link",
    ]  # fmt: skip
    search_columns = ["created_at", "type", "outcome", "state", "operator", "trunk"]
    order_columns = ["created_at"]
    base_order = ("created_at", "desc")
    label_columns = labels(
        created_at=_l("When"), type=_l("Type"), number=_l("Number"), card_id=_l("Card"), ended=_l("How it ended"),
        talk=_l("Talk"), line=_l("Telephone line"), trunk=_l("Telephone line"),
        operator=_l("Operator"), outcome=_l("Outcome"),
        trouble=_l("Trouble"), caller_number=_l("Number of ours"), prefix_name=_l("Prefix"),
        sent_at=_l("Sent to telephony"), operator_up_at=_l("Operator answered"), ringing_at=_l("Rang"),
        answered_at=_l("Talk began"), ended_at=_l("Ended"), ring_ms=_l("Rang for"), talk_ms=_l("Talked for"),
        cause=_l("Cause (Q.850)"), tech_cause=_l("Answer of the network (SIP)"), ended_by=_l("Who ended it"),
        link=_l("Id in telephony"),
    )  # fmt: skip
    formatters_columns = formatted(
        type=lambda value: word(value, "calltype"),
        card_id=lambda value: card_link(value) if value else formats.cell(None),
        operator_name=lambda value: value or "—", line=lambda value: value or "—",
        trouble=lambda value: say(Reason(value)) if value else "—", ended_by=lambda value: word(value, "endedby"),
        caller_number=lambda value: formats.phone(value) if value else "—", prefix_name=lambda value: value or "—",
        created_at=moment, **dict.fromkeys(
            ("sent_at", "operator_up_at", "ringing_at", "answered_at", "ended_at"),
            lambda value: formats.when(value, seconds=True)),
        **dict.fromkeys(("ring_ms", "talk_ms"), lambda value: _seconds(value)),
    )  # fmt: skip
    search_form_extra_fields = {
        "type": _of("type", CALL_TYPES), "outcome": _of("outcome", OUTCOMES), "state": _of("state", CALL_STATES),
    }  # fmt: skip

    @expose("/show/<pk>", methods=["GET"])
    @has_access
    def show(self, pk: str) -> Any:
        call = self._visible(pk)
        call.prefix_name = str(call.prefix.digits or "—") if call.prefix is not None else ""
        widgets = self._get_show_widget(call.id, call)
        self.update_redirect()
        return self.render_template(
            self.show_template, pk=pk, title=self.show_title, widgets=widgets, related_views=[], call=call,
            events=_events(call.id) if _may("can_events") else None, hears=_hears(call),
        )  # fmt: skip


def _seconds(value: int | None) -> str:
    return formats.NOTHING if value is None else _("%(n)s s", n=formats.number(value / 1000, 1))


def _events(call_id: int) -> list[CallEvent]:
    query = select(CallEvent).where(CallEvent.call_id == call_id).order_by(CallEvent.at, CallEvent.id)
    return list(db.session.scalars(query.limit(_MOST_EVENTS)))


def _hears(call: Call) -> dict[str, bool]:
    """May this person play the talk, and take it away as a file?"""
    has = current_app.extensions["appbuilder"].sm.has_access
    own = call.operator_id == current_user.id and has("can_own", "RecordingView")
    return {"play": own or has("can_anyones", "RecordingView"), "download": has("can_download", "RecordingView")}
