"""Calls: read as they ended, asked for of one's own card, ended; by the rules of the desk."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask_appbuilder.api import expose, permission_name, protect
from flask_login import current_user
from marshmallow import Schema, fields, validate

from app.api.base import Doing, ReadApi, Rows, now, own, read_body, zone
from app.api.docs import answers, described
from app.desk import seat
from app.extensions import db
from app.models import Call
from app.services import calls, presence

# What no index finds is looked for among the last days only, unless a date is given.
RECENT = timedelta(days=31)
_QUICK = {"id", "created_at", "operator_id", "card_id"}


class CallRows(Rows):
    def apply_filters(self, query: Any, filters: Any) -> Any:
        query = super().apply_filters(query, filters)
        columns = {one.column_name for one in filters.filters} if filters is not None else set()
        is_slow = bool(columns - _QUICK) and "created_at" not in columns
        return query.filter(Call.created_at > now() - RECENT) if is_slow else query


class CallBody(Schema):
    card_id = fields.Integer(required=True, strict=True, validate=validate.Range(1, 2**63 - 1))
    number = fields.Integer(load_default=0, strict=True, validate=validate.Range(0, 100))


class CallApi(Doing, ReadApi):
    resource_name = "calls"
    list_columns = ["id", "type", "state", "card_id", "ad_id", "seller_id", "operator_id", "trunk_id", "prefix_id",
                    "phone", "caller_number", "created_at", "ringing_at", "answered_at", "ended_at", "ring_ms",
                    "talk_ms", "outcome", "trouble", "ended_by"]  # fmt: skip
    show_columns = [*list_columns, "sent_at", "operator_up_at", "cause", "tech_cause", "link", "recording_bytes"]
    datamodel = CallRows(Call, list_columns)
    class_permission_name = "CallApi"
    include_route_methods = {"get_list", "get", "call", "hang_up"}
    names = {"operator": ("operator_id", "user"), "trunk": ("trunk_id", "trunk")}
    masked = ("phone",)
    search_columns = ["id", "type", "state", "outcome", "card_id", "operator_id", "trunk_id", "created_at"]
    order_columns = ["id", "created_at"]
    base_order = ("created_at", "desc")

    def limits_of(self) -> list[list[Any]]:
        return [] if seat.may("can_look") else [own("operator_id")]

    @expose("/", methods=["POST"])
    @protect()
    @permission_name("work")
    def call(self) -> Any:
        """The number is told by its place on the card: a program needs not see it to have it called."""
        body = read_body(CallBody())
        seat.check_visible(body["card_id"])
        phones = calls.numbers_of_card(db.session(), body["card_id"])
        phone = phones[body["number"]] if body["number"] < len(phones) else ""
        asked = calls.request_call(
            db.session(), body["card_id"], phone, operator_id=current_user.id, now=now(), zone=zone()
        )
        return self._shown_call(asked.id, "call_asked")

    @expose("/<int:pk>/hangup", methods=["POST"])
    @protect()
    @permission_name("work")
    def hang_up(self, pk: int) -> Any:
        self.row_or_404(pk)
        calls.order(db.session(), pk, "hangup", actor_id=current_user.id, now=now(), zone=zone())
        return self._shown_call(pk, "call_hung_up")

    def _shown_call(self, call_id: int, what: str) -> Any:
        presence.touch(db.session(), current_user.id, now())
        self.done(what, "call", call_id)
        db.session.expire_all()
        row = db.session.get(Call, call_id)
        return self.response(200, id=call_id, result=self._shown([row], self.show_columns)[0])


_WORK = (404, 409, 422)
described(
    CallApi, "Calls",
    call=answers("Call a number of a card in work: first your telephone rings, then the seller's.", body="CallAsked",
                 result="Call", refusals=_WORK),
    hang_up=answers("End your own call.", result="Call", refusals=_WORK),
)  # fmt: skip
