"""Leads that come in by a program with a key: sent, and followed until somebody has taken them."""

from __future__ import annotations

import dataclasses
from collections import Counter
from typing import Any

from flask_appbuilder.api import expose, permission_name, protect
from marshmallow import Schema, fields, validate

from app.api.base import Doing, ReadApi, Rows, now, read_body, zone
from app.api.docs import answers, described
from app.extensions import db
from app.models import IncomingLead
from app.services import incoming_leads


class PushBody(Schema):
    intake = fields.Integer(required=True, strict=True, validate=validate.Range(1, 2**31 - 1))
    leads = fields.List(
        fields.Raw(allow_none=True), required=True, validate=validate.Length(1, incoming_leads.MOST_AT_ONCE)
    )


class IncomingLeadApi(Doing, ReadApi):
    resource_name = "leads"
    list_columns = ["id", "intake_id", "phone", "name", "note", "facts", "received_at", "due_at", "card_id", "taken_at",
                    "taken_by_id", "trouble"]  # fmt: skip
    show_columns = list_columns
    datamodel = Rows(IncomingLead, list_columns)
    class_permission_name = "IncomingLeadApi"
    include_route_methods = {"get_list", "get", "push"}
    masked = ("phone",)
    search_columns = ["id", "intake_id", "card_id", "received_at", "taken_at", "due_at"]
    order_columns = ["id", "received_at", "due_at"]

    @expose("/push", methods=["POST"])
    @protect()
    @permission_name("push")
    def push(self) -> Any:
        body = read_body(PushBody())
        row = incoming_leads.intake_by_id(db.session(), body["intake"])
        told = incoming_leads.take_many(db.session(), row, body["leads"], now(), zone())
        counts = Counter(one.result for one in told)
        self.done("leads_push", "intake", row.id, new=counts["new"], rejected=counts["rejected"])
        return self.response(
            200, new=counts["new"], known=counts["known"], rejected=counts["rejected"],
            result=[_plain(one) for one in told],
        )  # fmt: skip


def _plain(one: incoming_leads.Told) -> dict[str, Any]:
    return {name: value for name, value in dataclasses.asdict(one).items() if value not in (None, "")}


described(IncomingLeadApi, "Incoming leads", push=answers(
    "Send people who want to be called, at most 100 at once. Sending them again changes nothing: `known`.",
    body="LeadsPush", result="LeadsPushed", refusals=(404, 413, 422)))  # fmt: skip
