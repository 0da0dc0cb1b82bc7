"""What the machine has collected, to look at: adverts, vehicles, sellers; doubtful pairs and moves, to decide."""

from __future__ import annotations

from typing import Any

from flask_appbuilder import action
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from flask_login import current_user

from app.admin.base import ACT, READ, AdminView, Listing, now
from app.admin.shown import ad_state, formatted, labels, linked, reasons
from app.extensions import db
from app.models import Ad, Seller, Vehicle
from app.services import same_cars, sellers
from app.wording import word

CAR_NAMES = {
    "make_name": ("make_id", "make"), "model_name": ("model_id", "model"),
    "generation_name": ("generation_id", "generation"), "city_name": ("city_id", "city"),
}  # fmt: skip


class AdView(AdminView):
    datamodel = Listing(
        Ad,
        only=("id", "title", "source_id", "state", "price", "year", "mileage_km", "city_id", "phone", "published_at",
              "vehicle_id"),
        rel=("source",),
        names={"city_name": ("city_id", "city")},
    )  # fmt: skip
    class_permission_name = "AdView"
    route_base = "/adview"
    include_route_methods = READ | ACT
    list_title, show_title = _l("Ads"), _l("Ad")
    empty_text = _l("Adverts come by themselves as soon as a source is pulled or a file is imported.")
    list_columns = ["title", "source", "state", "price", "year", "mileage_km", "city_name", "published_at", "phone",
                    "vehicle_id"]  # fmt: skip
    show_columns = [
        "title", "url", "source", "external_id", "state", "vehicle_id", "price", "prev_price", "year", "mileage_km",
        "city_name", "body", "fuel", "gearbox", "drive", "wheel", "color", "engine_cc", "power_hp", "owners", "vin",
        "plate", "seller_name", "seller_kind", "phones", "phone_protected", "phone_trouble", "published_at",
        "first_seen_at", "changed_at", "gone_at", "written", "description",
    ]  # fmt: skip
    search_columns = ["source", "state", "year", "price", "mileage_km", "published_at", "external_id"]
    order_columns = ["published_at", "price", "year", "mileage_km"]
    base_order = ("id", "desc")
    label_columns = labels()
    formatters_columns = formatted(
        state=ad_state, vehicle_id=linked("VehicleView.show", prefix="№ "), source=linked("SourceView.show"),
        phone_trouble=lambda value: word(value, "phone"), plate=lambda value: value or "—",
    )  # fmt: skip

    @action("split", _l("This is another car"), _l("Take this ad off its vehicle and make a vehicle of its own?"),
            "arrows-split", multiple=False)  # fmt: skip
    def split(self, item: Any) -> Any:
        return self.act(
            item,
            lambda row: same_cars.split_ad(db.session(), row.id, actor_id=current_user.id, now=now()),
            lambda _n: _("The ad is a vehicle of its own now. It can be undone under «Moves»."),
        )


class VehicleView(AdminView):
    datamodel = Listing(
        Vehicle,
        only=("id", "title", "price", "price_pct", "year", "mileage_km", "city_id", "on_sale", "reseller_score",
              "first_seen_at"),
        names=CAR_NAMES,
    )  # fmt: skip
    class_permission_name = "VehicleView"
    route_base = "/vehicleview"
    include_route_methods = READ
    related_views = [AdView]
    list_title, show_title = _l("Vehicles"), _l("Vehicle")
    list_columns = ["id", "title", "price", "price_pct", "year", "mileage_km", "city_name", "on_sale", "reseller_score",
                    "first_seen_at"]  # fmt: skip
    show_columns = [
        "title", "make_name", "model_name", "generation_name", "year", "mileage_km", "price", "price_pct", "city_name",
        "body", "fuel", "gearbox", "drive", "wheel", "color", "engine_cc", "power_hp", "owners", "vin", "plate",
        "seller_kind", "reseller_score", "on_sale", "is_reserved", "is_damaged", "is_new", "published_at",
        "first_seen_at", "changed_at", "edits",
    ]  # fmt: skip
    search_columns = ["on_sale", "year", "price", "price_pct", "mileage_km", "reseller_score", "vin"]
    order_columns = ["price", "year", "first_seen_at"]
    base_order = ("id", "desc")
    label_columns = labels(title=_l("Vehicle"))
    formatters_columns = formatted(id=linked("VehicleView.show"))


def _verdict(value: bool | None) -> str:
    if value is None:
        return _("the score decides")
    return _("reseller") if value else _("private person")


class SellerView(AdminView):
    datamodel = Listing(Seller, only=("id", "name", "kind", "ads_n", "reseller_score", "is_reseller", "created_at"))
    class_permission_name = "SellerView"
    route_base = "/sellerview"
    include_route_methods = READ | ACT
    list_title, show_title = _l("Sellers"), _l("Seller")
    list_columns = ["id", "name", "kind", "ads_n", "reseller_score", "is_reseller", "created_at"]
    show_columns = ["name", "kind", "ads_n", "reseller_score", "reseller_reasons", "is_reseller", "created_at"]
    search_columns = ["name", "kind", "ads_n", "reseller_score", "is_reseller"]
    order_columns = ["ads_n", "reseller_score"]
    base_order = ("reseller_score", "desc")
    label_columns = labels(
        kind=_l("As the site says"), ads_n=_l("Ads in a year"), reseller_reasons=_l("Why this score"),
        is_reseller=_l("Decided by a person"), created_at=_l("First seen"),
    )  # fmt: skip
    formatters_columns = formatted(
        id=linked("SellerView.show"), kind=lambda value: word(value), reseller_reasons=reasons,
        is_reseller=lambda value: _verdict(value),
    )  # fmt: skip

    @action("is_reseller", _l("Is a reseller"), "", "building-store")
    def is_reseller(self, items: Any) -> Any:
        return self._judge(items, True)

    @action("is_private", _l("Is a private person"), "", "user")
    def is_private(self, items: Any) -> Any:
        return self._judge(items, False)

    @action("by_score", _l("Let the score decide"), "", "adjustments")
    def by_score(self, items: Any) -> Any:
        return self._judge(items, None)

    def _judge(self, items: Any, verdict: bool | None) -> Any:
        return self.act(
            items,
            lambda row: sellers.judge(db.session(), row.id, verdict, actor_id=current_user.id),
            lambda n: ngettext("%(num)d seller judged.", "%(num)d sellers judged.", n),
        )
