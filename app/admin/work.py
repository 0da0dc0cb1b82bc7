"""Who works on what: groups, operators, cards; results and their order; numbers that are never called."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from flask import current_app
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from markupsafe import Markup
from sqlalchemy import text
from wtforms import SelectField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Length, NumberRange

from app import formats
from app.admin import schedule_text
from app.admin.base import READ, WRITE, AdminView, Listing, names_of, now
from app.admin.shown import STAGES, card_link, clipped, formatted, labels, load, stage, tag
from app.errors import Refused
from app.extensions import db
from app.models import Card, OperatorGroup, OperatorProfile
from app.wording import word


class OperatorProfileView(AdminView):
    datamodel = Listing(OperatorProfile, after=lambda rows: _show_loads(rows))
    class_permission_name = "OperatorProfileView"
    route_base = "/operatorprofileview"
    include_route_methods = WRITE
    subject = "operator_profile"
    list_title, show_title = _l("Operators"), _l("Operator")
    add_title, edit_title = _l("New operator's profile"), _l("Change the operator's limits")
    empty_text = _l("Invite people with the role «Operator»: their profiles are made by themselves.")
    list_columns = ["user", "group", "state_now", "weight", "load_new", "load_open", "load_hour", "load_day", "seen_at"]
    show_columns = ["user", "group", "state_now", "presence_since", "seen_at", "weight", "load_new", "load_open",
                    "load_hour", "load_day", "auto_next", "keys_on"]  # fmt: skip
    add_columns = ["user", "group", "weight", "max_new", "max_open", "hour_cap", "day_cap"]
    edit_columns = add_columns[1:]
    search_columns = ["group", "presence", "weight"]
    order_columns = ["weight", "open_n", "seen_at", "presence"]
    base_order = ("user_id", "asc")
    label_columns = labels(
        presence=_l("State"), state_now=_l("State"), presence_since=_l("In it since"),
        seen_at=_l("Last action"), load_new=_l("New"), load_open=_l("In hand"),
        load_hour=_l("This hour"), load_day=_l("Today"), max_new=_l("New at once"),
        max_open=_l("In hand at once"), hour_cap=_l("Given out per hour"), day_cap=_l("Given out per day"),
        auto_next=_l("Opens the next by itself"), keys_on=_l("Keys switched on"),
    )  # fmt: skip
    description_columns = {
        "weight": _l("100 is an equal share; 200 gets twice as much, 0 nothing."),
        "max_new": _l("Cards dealt and not opened yet."), "max_open": _l("Cards in work and call-backs included."),
        "hour_cap": _l("How many cards are dealt within one hour of the clock at most."),
        "day_cap": _l("How many cards are dealt within the company's day at most."),
        "group": _l("Cards of its filters come to this desk, as do those for anyone and for this very person."),
    }  # fmt: skip
    validators_columns = {
        "weight": [NumberRange(0, 1000)], **{n: [NumberRange(0, 10_000)] for n in ("max_new", "max_open",
        "hour_cap", "day_cap")},
    }  # fmt: skip
    formatters_columns = formatted()

    def check_delete(self, item: OperatorProfile) -> None:
        if item.open_n:
            raise Refused("operator_has_cards", name=str(item))


def _show_loads(rows: list[Any]) -> None:
    """The counters of an hour or a day that is over count nothing any more."""
    zone = formats.ZoneInfo(current_app.config["PROZVON"].timezone)
    local = now().astimezone(zone)
    pauses = names_of("pause", (row.pause_id for row in rows))
    for row in rows:
        row.state_now = _presence(row.presence, pauses.get(row.pause_id, ""))
        this_hour = (
            row.hour_at is not None and row.hour_at > now() - timedelta(hours=1) and _same_hour(row.hour_at, now())
        )
        row.load_new = load(row.new_n, row.max_new)
        row.load_open = load(row.open_n, row.max_open)
        row.load_hour = load(row.hour_n if this_hour else 0, row.hour_cap)
        row.load_day = load(row.day_n if row.day_on == local.date() else 0, row.day_cap)


def _same_hour(one: datetime, other: datetime) -> bool:
    return one.astimezone(other.tzinfo).replace(minute=0, second=0, microsecond=0) == other.replace(
        minute=0, second=0, microsecond=0
    )


def _presence(value: str, pause: str) -> Markup:
    tones = {"ready": "success", "talking": "success", "wrap_up": "info", "paused": "warning"}
    return tag(pause if value == "paused" and pause else word(value), tones.get(value, "secondary"))


class OperatorGroupView(AdminView):
    datamodel = Listing(OperatorGroup)
    class_permission_name = "OperatorGroupView"
    route_base = "/operatorgroupview"
    include_route_methods = WRITE
    subject = "operator_group"
    related_views = [OperatorProfileView]
    list_title, show_title = _l("Groups of operators"), _l("Group of operators")
    add_title, edit_title = _l("New group"), _l("Change the group")
    list_columns = ["name", "is_enabled", "is_push", "return_after_min", "schedule"]
    show_columns = [*list_columns, "script"]
    add_columns = edit_columns = ["name", "is_enabled", "is_push", "return_after_min", "schedule", "script"]
    search_columns = ["name", "is_enabled", "is_push"]
    order_columns = ["name"]
    base_order = ("name", "asc")
    label_columns = labels(
        is_push=_l("Cards are dealt out"), return_after_min=_l("Return unopened cards after, min"),
        schedule=_l("Hours"), script=_l("Script of the call"),
    )  # fmt: skip
    description_columns = {
        "is_enabled": _l("A group that is switched off is dealt nothing."),
        "is_push": _l("Otherwise the operators take cards from the pool by themselves."),
        "return_after_min": _l("A card that nobody opened goes back to the pool."),
        "script": _l("Stands beside the card instead of the company's; the same {fields} are filled in."),
        "schedule": _l("When cards are dealt, in company time: «Пн–Пт 09:00–20:00; Сб 10:00–16:00». Empty: always."),
    }
    validators_columns = {"name": [Length(max=100)], "return_after_min": [NumberRange(1, 43_200)]}
    formatters_columns = formatted(
        is_push=lambda value: _("dealt out") if value else _("taken by hand"), schedule=schedule_text.shown
    )
    add_form_extra_fields = {
        "schedule": schedule_text.ScheduleField(label_columns["schedule"], description=description_columns["schedule"])
    }
    edit_form_extra_fields = add_form_extra_fields


def _show_cars(rows: list[Any]) -> None:
    """Title and price alone: a page of cards needs nothing else of its wide vehicles."""
    found = {
        row.id: row
        for row in db.session.execute(
            text("SELECT id, title, price FROM vehicle WHERE id = ANY(:ids)"), {"ids": [row.vehicle_id for row in rows]}
        )
    }
    for row in rows:
        vehicle = found.get(row.vehicle_id)
        row.car, row.price = (vehicle.title, vehicle.price) if vehicle else ("", None)


class CardView(AdminView):
    datamodel = Listing(
        Card, after=_show_cars,
        only=("id", "vehicle_id", "status_id", "stage", "filter_id", "group_id", "operator_id", "priority",
        "attempts_n",
              "next_call_at", "assigned_at", "opened_at"),
        names={"operator_name": ("operator_id", "user"), "group_name": ("group_id", "group"),
               "filter_name": ("filter_id", "filter")},
    )  # fmt: skip
    class_permission_name = "CardView"
    route_base = "/cardview"
    include_route_methods = READ
    list_title, show_title = _l("Cards"), _l("Card")
    empty_text = _l("Cards are made from adverts by themselves.")
    list_columns = ["id", "car", "price", "stage", "status", "operator_name", "filter_name", "next_call_at",
                    "assigned_at",
                    "attempts_n", "opened_at"]  # fmt: skip
    show_columns = [
        "id", "car", "price", "vehicle_id", "stage", "status", "operator_name", "group_name", "filter_name", "priority",
        "attempts_n", "next_call_at", "opened_at", "matched_at", "assigned_at", "taken_at", "processed_at",
        "closed_why",
    ]  # fmt: skip
    search_columns = ["stage", "status", "ad_filter", "operator_id", "next_call_at", "assigned_at", "opened_at"]
    order_columns = ["opened_at", "next_call_at", "assigned_at"]
    base_order = ("id", "desc")
    label_columns = labels(car=_l("Vehicle"), operator_id=_l("No. of the operator"))
    formatters_columns = formatted(
        id=card_link, stage=stage, car=clipped(60, "named"), closed_why=lambda value: word(value, "closed"),
        status=lambda value: tag(value.name, "info") if value else formats.cell(None),
    )  # fmt: skip
    search_form_extra_fields = {
        "stage": SelectField(
            labels()["stage"], choices=lambda: [SelectChoice(str(n), word(code)) for n, code in STAGES.items()],
        )
    }  # fmt: skip
