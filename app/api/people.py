"""Groups and operators with their load and state; one's own state."""

from __future__ import annotations

from typing import Any

from flask_appbuilder.api import expose, permission_name, protect
from flask_login import current_user
from marshmallow import Schema, fields, validate

from app.api.base import ActionApi, Doing, ReadApi, Rows, now, read_body
from app.api.docs import answers, described
from app.api.errors import ApiTrouble
from app.extensions import db
from app.models import OperatorGroup, OperatorProfile
from app.services import presence


class GroupApi(ReadApi):
    resource_name = "groups"
    list_columns = ["id", "name", "is_enabled", "is_push", "return_after_min", "schedule"]
    show_columns = list_columns
    datamodel = Rows(OperatorGroup, list_columns)
    class_permission_name = "GroupApi"
    search_columns = ["id", "name", "is_enabled", "is_push"]
    order_columns = ["id", "name"]


class OperatorApi(ReadApi):
    resource_name = "operators"
    list_columns = ["user_id", "group_id", "presence", "pause_id", "presence_since", "seen_at", "weight", "new_n",
                    "max_new", "open_n", "max_open", "hour_n", "hour_at", "hour_cap", "day_n", "day_on",
                    "day_cap"]  # fmt: skip
    show_columns = list_columns
    datamodel = Rows(OperatorProfile, list_columns)
    class_permission_name = "OperatorApi"
    names = {"name": ("user_id", "user"), "group": ("group_id", "group")}
    search_columns = ["user_id", "group_id", "presence", "open_n", "seen_at"]
    order_columns = ["user_id", "open_n", "seen_at"]
    base_order = ("user_id", "asc")


class StateBody(Schema):
    state = fields.String(required=True, validate=validate.OneOf(presence.STATES))
    pause_id = fields.Integer(load_default=None, allow_none=True, strict=True, validate=validate.Range(1, 2**31 - 1))


class PresenceApi(Doing, ActionApi):
    """What the asking operator does now."""

    resource_name = "presence"
    class_permission_name = "PresenceApi"

    @expose("/", methods=["GET"])
    @protect()
    @permission_name("get")
    def look(self) -> Any:
        return self.response(200, result=self._state())

    @expose("/", methods=["POST"])
    @protect()
    @permission_name("work")
    def set_state(self) -> Any:
        body = read_body(StateBody())
        changed = presence.set_state(db.session(), current_user.id, body["state"], now(), pause_id=body["pause_id"])
        self.done("presence", "operator", current_user.id, state=body["state"], changed=changed)
        return self.response(200, result=self._state())

    def _state(self) -> dict[str, Any]:
        row = db.session.get(OperatorProfile, current_user.id)
        if row is None:
            raise ApiTrouble(404)
        pauses = [dict(one._mapping) for one in presence.menu(db.session(), row.pause_id)]
        return {
            "user_id": row.user_id,
            "state": row.presence,
            "pause_id": row.pause_id,
            "since": row.presence_since.isoformat(),
            "pauses": pauses,
        }


described(GroupApi, "People")
described(OperatorApi, "People")
described(
    PresenceApi, "People",
    look=answers("What you do now, and the pauses there are.", result="Presence", refusals=(404,)),
    set_state=answers("What you do from now on; «paused» with the id of a pause.", body="PresenceState",
                      result="Presence", refusals=(409, 422)),
)  # fmt: skip
