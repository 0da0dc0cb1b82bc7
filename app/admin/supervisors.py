"""Which supervisor steers which group: the reports and the board show the others' figures no more."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l

from app.admin.base import AdminView, Listing
from app.admin.shown import labels
from app.errors import Refused
from app.extensions import db
from app.models import GroupSupervisor
from app.services import supervising


class GroupSupervisorView(AdminView):
    datamodel = Listing(GroupSupervisor, rel=("user", "group"))
    class_permission_name = "GroupSupervisorView"
    route_base = "/groupsupervisorview"
    include_route_methods = {"list", "show", "add", "delete"}
    subject = "group_supervisor"
    list_title, show_title = _l("Supervisors of groups"), _l("Supervisor of a group")
    add_title = _l("Give a group to a supervisor")
    empty_text = _l("Without a row here every supervisor sees all groups.")
    list_columns = ["user", "group"]
    show_columns = add_columns = list_columns
    search_columns = ["user", "group"]
    order_columns = ["user_id", "group_id"]
    base_order = ("user_id", "asc")
    label_columns = labels(user=_l("Supervisor"), group=_l("Group"), user_id=_l("Supervisor"), group_id=_l("Group"))
    description_columns = {
        "user": _l("From the first row on he sees the figures of the groups named here, and of no others."),
        "group": _l("Reports, their files and the board tell him of its operators and filters."),
    }

    def check(self, item: Any) -> None:
        if not supervising.may_steer(db.session(), item.user.id if item.user else 0):
            raise Refused("not_a_supervisor")
