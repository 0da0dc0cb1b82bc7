"""Adverts and the cars they show: read, explained, and sent to us."""

from __future__ import annotations

import dataclasses
from typing import Any

from flask import current_app
from flask_appbuilder.api import expose, permission_name, protect
from flask_babel import gettext as _
from flask_login import current_user
from marshmallow import Schema, fields, validate

from app.api import explaining
from app.api.base import Doing, ReadApi, Rows, now, read_body
from app.api.docs import answers, described
from app.api.errors import ApiTrouble
from app.errors import OutsideError
from app.extensions import db, outside
from app.models import Ad, Vehicle
from app.services import ads_push
from app.services.sources import adapter_of
from app.wording import word

_CAR = ["make_id", "model_id", "generation_id", "year", "mileage_km", "price", "body", "fuel", "gearbox", "drive",
        "wheel", "color", "engine_cc", "power_hp", "owners", "city_id", "region_id", "is_damaged", "is_new",
        "seller_kind", "vin", "plate", "published_at"]  # fmt: skip
_NAMES = {"make": ("make_id", "make"), "model": ("model_id", "model"), "city": ("city_id", "city"),
          "region": ("region_id", "region")}  # fmt: skip


class PushBody(Schema):
    source = fields.String(required=True, validate=validate.Length(1, 64))
    ads = fields.List(fields.Raw(allow_none=True), required=True, validate=validate.Length(1, ads_push.MOST_AT_ONCE))


class AdApi(Doing, ReadApi):
    resource_name = "ads"
    list_columns = ["id", "source_id", "external_id", "vehicle_id", "url", "title", "state", "prev_price", "phone",
                    "first_seen_at", "changed_at", "gone_at", *_CAR]  # fmt: skip
    show_columns = [*list_columns, "description", "photos", "phones", "phone_protected", "phone_trouble",
                    "seller_name"]  # fmt: skip
    datamodel = Rows(Ad, list_columns)
    class_permission_name = "AdApi"
    include_route_methods = {"get_list", "get", "push", "explain"}
    names = {**_NAMES, "source": ("source_id", "source")}
    masked = ("phone", "phones")
    search_columns = ["id", "source_id", "external_id", "vehicle_id", "state", "make_id", "model_id", "year", "price",
                      "mileage_km", "city_id", "vin", "published_at", "changed_at"]  # fmt: skip
    order_columns = ["id", "published_at", "price", "year", "mileage_km"]

    @expose("/push", methods=["POST"])
    @protect()
    @permission_name("push")
    def push(self) -> Any:
        body = read_body(PushBody())
        source = ads_push.source_of(db.session(), body["source"])
        settings = current_app.config["PROZVON"]
        try:
            adapter: Any = adapter_of(source, outside.sources, secret_key=settings.secret_key, allow_private=False)
            records = adapter.read(body["ads"])
        except OutsideError as trouble:  # the source's own field map is wrong
            raise ApiTrouble(422, "push_field_map", str(trouble)) from None
        outcome, told = ads_push.push(db.session(), source, records, now, actor_id=current_user.id)
        self.done("push", "source", source.id, run_id=outcome.run_id, read=outcome.read, rejected=outcome.rejected)
        kept = ("run_id", "read", "new", "changed", "price_changed", "unchanged", "rejected", "vehicles_new")
        return self.response(
            200, **{name: getattr(outcome, name) for name in kept}, result=[_told(one) for one in told]
        )

    @expose("/<int:pk>/explain", methods=["GET"])
    @protect()
    @permission_name("explain")
    def explain(self, pk: int) -> Any:
        row = self.row_or_404(pk)
        return self.response(200, id=pk, result=explaining.of_ad(db.session(), row))


def _told(one: ads_push.Answer) -> dict[str, Any]:
    told = dataclasses.asdict(one)
    if one.result == "rejected":
        kept = {name: told[name] for name in ("position", "result", "reason", "detail")}
        return kept | {"message": word(one.reason, "reject") if one.reason else _("rejected")}
    return {name: value for name, value in told.items() if name not in ("reason", "detail")}


class VehicleApi(ReadApi):
    resource_name = "vehicles"
    list_columns = ["id", "title", *_CAR, "price_pct", "reseller_score", "on_sale", "is_reserved", "ad_id",
                    "first_seen_at", "changed_at"]  # fmt: skip
    show_columns = [*list_columns, "edits", "source_ids"]
    datamodel = Rows(Vehicle, list_columns)
    class_permission_name = "VehicleApi"
    names = _NAMES
    search_columns = ["id", "make_id", "model_id", "year", "price", "price_pct", "mileage_km", "city_id", "vin",
                      "on_sale", "reseller_score", "published_at", "changed_at"]  # fmt: skip
    order_columns = ["id", "price", "year", "mileage_km", "published_at"]


described(AdApi, "Adverts", push=answers(
    "Send adverts, at most 1000 at once. Sending them again changes nothing. 409: `source_off` while the source is "
    "switched off, `push_running` while another push of it runs, `source_takes_no_push` for one that we ask ourselves.",
    body="AdsPush", result="AdsPushed",
    refusals=(404, 409, 413, 422)), explain=answers(
    "Where the advert's card is, why, and what every filter says of it.", result="Explained"))  # fmt: skip
described(VehicleApi, "Vehicles")
