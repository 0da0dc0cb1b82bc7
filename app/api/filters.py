"""Filters: what is looked for; switched on and off."""

from __future__ import annotations

from typing import Any

from flask_appbuilder.api import expose, permission_name, protect
from flask_login import current_user

from app.api.base import Doing, ReadApi, Rows
from app.api.docs import answers, described
from app.extensions import db
from app.models import AdFilter
from app.services import filters


class FilterApi(Doing, ReadApi):
    resource_name = "filters"
    list_columns = ["id", "name", "is_enabled", "is_archived", "priority", "group_id", "operator_id", "all_russia",
                    "open_cap", "day_cap", "version", "created_at", "changed_at"]  # fmt: skip
    show_columns = [*list_columns, "region_ids", "criteria", "schedule"]
    datamodel = Rows(AdFilter, list_columns)
    class_permission_name = "FilterApi"
    include_route_methods = {"get_list", "get", "enable", "disable"}
    names = {"group": ("group_id", "group"), "operator": ("operator_id", "user")}
    search_columns = ["id", "name", "is_enabled", "is_archived", "priority", "group_id", "operator_id"]
    order_columns = ["id", "priority", "changed_at"]

    @expose("/<int:pk>/enable", methods=["POST"])
    @protect()
    @permission_name("switch")
    def enable(self, pk: int) -> Any:
        return self._switch(pk, True)

    @expose("/<int:pk>/disable", methods=["POST"])
    @protect()
    @permission_name("switch")
    def disable(self, pk: int) -> Any:
        return self._switch(pk, False)

    def _switch(self, pk: int, on: bool) -> Any:
        self.row_or_404(pk)
        row = filters.set_enabled(db.session(), pk, on, actor_id=current_user.id)
        told = {"id": row.id, "name": row.name, "is_enabled": row.is_enabled, "version": row.version}
        self.done("filter_enabled" if on else "filter_disabled", "filter", pk)
        return self.response(200, id=pk, result=told)


described(
    FilterApi, "Filters", enable=answers("Switch the filter on.", result="Filter", refusals=(404, 409)),
    disable=answers("Switch the filter off.", result="Filter", refusals=(404, 409)),
)  # fmt: skip
