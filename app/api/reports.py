"""Reports for programs: which there are, and the answer to a question, with the same numbers as page and file."""

from __future__ import annotations

from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from flask_appbuilder.api import expose, permission_name, protect
from marshmallow import Schema, fields, validate

from app.api.base import ActionApi, now, read_body, zone
from app.api.docs import answers, described
from app.api.errors import ApiTrouble
from app.desk import seat
from app.extensions import db
from app.reports import asking, sheets
from app.reports.answers import ask
from app.seeing import sight_now
from app.wording import say

_WORD = validate.Regexp(r"[a-z0-9_,-]{1,200}\Z")


class QuestionBody(Schema):
    report = fields.String(required=True, validate=validate.Length(1, 32))
    preset = fields.String(load_default="", validate=validate.Length(0, 16))
    first = fields.Date(load_default=None, allow_none=True, data_key="from")
    last = fields.Date(load_default=None, allow_none=True, data_key="to")
    group_by = fields.String(load_default="", validate=validate.Length(0, 32))
    compare = fields.Boolean(load_default=False, truthy={True}, falsy={False})
    filters = fields.Dict(
        keys=fields.String(validate=validate.OneOf(asking.FILTERS)), values=fields.String(validate=_WORD),
        load_default=dict, data_key="only",
    )  # fmt: skip


class ReportApi(ActionApi):
    resource_name = "reports"
    route_base = "/api/v1/reports"
    class_permission_name = "ReportApi"

    @expose("/", methods=["GET"])
    @protect()
    @permission_name("get")
    def names(self) -> Any:
        sight = sight_now()
        told = [
            {
                "key": key,
                "title": str(report.title),
                "groupings": [{"key": one.key, "title": str(one.label)} for one in asking.allowed(report, sight)],
            }
            for key, report in asking.all_reports().items()
            if seat.may("can_chart", f"Report{report.__name__}")
        ]
        return self.response(200, result=told)

    @expose("/", methods=["POST"])
    @protect()
    @permission_name("get")
    def answer(self) -> Any:
        body = read_body(QuestionBody())
        report = asking.all_reports().get(body["report"])
        if report is None or not seat.may("can_chart", f"Report{report.__name__}"):
            raise ApiTrouble(404)
        today = now().astimezone(ZoneInfo(zone())).date()
        try:
            asked = asking.read(report, _words(body), today, sight=sight_now())
        except asking.NotTold:
            raise ApiTrouble(404) from None
        if asked is None:
            raise ApiTrouble(404)
        if asked.troubles:
            raise ApiTrouble(422, errors={"question": [say(trouble) for trouble in asked.troubles]})
        found = ask(db.session(), report, asked.question, zone=ZoneInfo(zone()), now=now())
        return self.response(200, result=sheets.as_json(asking.in_order(found, asked)))


def _words(body: dict[str, Any]) -> dict[str, Any]:
    def iso(day: date | None) -> str:
        return day.isoformat() if day is not None else ""

    return {
        "preset": body["preset"], "from": iso(body["first"]), "to": iso(body["last"]), "group": body["group_by"],
        "compare": "1" if body["compare"] else "", **body["filters"],
    }  # fmt: skip


described(
    ReportApi, "Reports",
    names=answers("The reports there are and how each can be grouped.", result="ReportNames", refusals=()),
    answer=answers("The figures of a report: days, grouping, filters as «id,id», comparison.", body="ReportQuestion",
                   result="ReportAnswer", refusals=(404, 422)),
)  # fmt: skip
