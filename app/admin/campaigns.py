"""Campaigns: set up, started and stopped; what each does now, in words; and the log of who started its calls."""

from __future__ import annotations

from typing import Any

from flask_appbuilder import action
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from flask_login import current_user
from wtforms import TextAreaField
from wtforms.validators import Length, NumberRange

from app.admin.base import ACT, READ, WRITE, AdminView, Listing, now
from app.admin.shown import card_link, formatted, labels, masked, tag, yes_no
from app.errors import Refused
from app.extensions import db
from app.models import Call, Campaign, CampaignDial
from app.services import campaigns
from app.wording import say

STATES = {
    "draft": (_l("draft"), "secondary", "edit"), "running": (_l("works"), "success", "player-play"),
    "draining": (_l("finishes"), "info", "hourglass"), "paused": (_l("paused"), "warning", "player-pause"),
    "stopped": (_l("is stopped"), "secondary", "player-stop"),
}  # fmt: skip


def _show_state(rows: list[Any]) -> None:
    for row in rows:
        row.why = say(campaigns.why_silent(db.session(), row, now()))


def _show_calls(rows: list[Any]) -> None:
    for row in rows:
        call = db.session.get(Call, row.call_id) if row.call_id else None
        row.number = masked(call.phone) if call is not None else ""


class CampaignDialView(AdminView):
    datamodel = Listing(CampaignDial, rel=("campaign",), names={"by_name": ("by_id", "user")}, after=_show_calls)
    class_permission_name = "CampaignDialView"
    route_base = "/campaigndialview"
    include_route_methods = READ
    list_title, show_title = _l("Who started calls of campaigns"), _l("Start of a call")
    empty_text = _l("No campaign has called yet.")
    list_columns = show_columns = ["at", "campaign", "number", "card_id", "by_name", "ground"]
    search_columns = ["campaign", "at"]
    order_columns = ["at"]
    base_order = ("at", "desc")
    label_columns = labels(
        at=_l("When"), campaign=_l("Campaign"), number=_l("Number"), card_id=_l("Card"), by_name=_l("Started by"),
        ground=_l("Ground"),
    )  # fmt: skip
    formatters_columns = formatted(
        card_id=card_link, ground=lambda _value: _("pressed «Call»"), by_name=lambda value: value or "—"
    )


class CampaignView(AdminView):
    datamodel = Listing(Campaign, after=_show_state)
    class_permission_name = "CampaignView"
    route_base = "/campaignview"
    include_route_methods = WRITE | ACT
    related_views = [CampaignDialView]
    list_template = "admin/campaigns.html"
    subject = "campaign"
    list_title, show_title = _l("Campaigns"), _l("Campaign")
    add_title, edit_title = _l("New campaign"), _l("Change the campaign")
    empty_text = _l("A campaign leads operators from one seller to the next: card, call, result, next card.")
    list_columns = ["name", "state", "why", "state_since", "weight"]
    add_columns = edit_columns = [
        "name", "filters", "groups", "trunks", "script", "weight", "hours_from", "hours_to", "on_weekends",
        "day_cap", "life_cap", "gap_min", "is_spread",
    ]  # fmt: skip
    show_columns = ["state", "why", "state_since", *add_columns, "created_at"]
    search_columns = ["name", "state"]
    order_columns = ["name", "state", "state_since", "weight"]
    base_order = ("name", "asc")
    in_use_message = _l("Calls of this campaign are in the log: stop it instead of deleting it.")
    label_columns = labels(
        state=_l("State"), why=_l("What it does now"), state_since=_l("Since"), weight=_l("Weight"),
        filters=_l("Filters"), groups=_l("Groups of operators"), hours_from=_l("Calls from"),
        hours_to=_l("Calls until"), trunks=_l("Phone lines"), script=_l("What the operator says"),
        on_weekends=_l("Also on Saturday and Sunday"), day_cap=_l("Calls to one number per day"),
        life_cap=_l("Calls in vain to one number"), gap_min=_l("Shortest time between tries, min"),
        is_spread=_l("One try in each part of the day"), created_at=_l("Added"),
    )  # fmt: skip
    description_columns = {
        "filters": _l("The ads in the pools of these filters are called."),
        "trunks": _l("None: all lines, by the rules of lines."),
        "script": _l("The operator reads it on the card while the campaign works."),
        "weight": _l("Campaigns of one group share its calls by their weights."),
        "hours_from": _l("In the seller's local time; the company's hours hold as well."),
        "hours_to": _l("In the seller's local time; the company's hours hold as well."),
        "day_cap": _l("0: the company's limit. The stricter one holds."),
        "life_cap": _l("0: the company's limit. The stricter one holds."),
        "gap_min": _l("0: as the company has it. The longer one holds."),
        "is_spread": _l("Until 12, from 12 to 17, after 17: in vain in one part, tried again in another."),
    }
    add_form_extra_fields = edit_form_extra_fields = {
        "script": TextAreaField(
            label_columns["script"], [Length(max=4000)], description=description_columns["script"], default="",
            filters=[lambda words: (words or "").strip()], render_kw={"rows": 4},
        )
    }  # fmt: skip
    validators_columns = {
        "name": [Length(max=80)], "weight": [NumberRange(1, 100)], "hours_from": [NumberRange(0, 23)],
        "hours_to": [NumberRange(1, 24)], "day_cap": [NumberRange(0, 100)], "life_cap": [NumberRange(0, 1000)],
        "gap_min": [NumberRange(0, 10_080)],
    }  # fmt: skip
    formatters_columns = formatted(
        state=lambda value: tag(*STATES[value]), on_weekends=yes_no, is_spread=yes_no,
        filters=lambda value: ", ".join(map(str, value or ())), groups=lambda value: ", ".join(map(str, value or ())),
        trunks=lambda value: ", ".join(map(str, value or ())) or _("all"),
    )  # fmt: skip

    def check(self, item: Campaign) -> None:
        item.name = " ".join((item.name or "").split())
        if item.hours_from >= item.hours_to:
            raise Refused("campaign_hours")
        if item.state in ("running", "draining"):
            campaigns.check_complete(item)

    def _turn(self, items: Any, state: str) -> Any:
        return self.act(
            items,
            lambda row: campaigns.set_state(db.session(), row.id, state, actor_id=current_user.id, now=now()),
            lambda n: ngettext("%(num)d campaign: done.", "%(num)d campaigns: done.", n),
        )

    @action("start", _l("Start the calls"), _l("Start the campaign? Operators of its groups get its cards at once."),
            "player-play")  # fmt: skip
    def start(self, items: Any) -> Any:
        return self._turn(items, "running")

    @action("pause", _l("Pause"), _l("Pause the campaign? Talks go on, nobody new is called."), "player-pause")
    def pause(self, items: Any) -> Any:
        return self._turn(items, "paused")

    @action("drain", _l("Finish"), _l("Give out nothing new and make only promised call-backs?"), "hourglass")
    def drain(self, items: Any) -> Any:
        return self._turn(items, "draining")

    @action("stop", _l("Stop"), _l("Stop the campaign? Talks go on, nobody new is called."), "player-stop")
    def stop(self, items: Any) -> Any:
        return self._turn(items, "stopped")
