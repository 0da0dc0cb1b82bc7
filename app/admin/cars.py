"""What the machine has collected, to look at: adverts, vehicles, sellers; doubtful pairs and moves, to decide."""

from __future__ import annotations

from typing import Any

from flask import abort, flash, redirect, request, url_for
from flask_appbuilder import action, expose, has_access, permission_name
from flask_appbuilder.models.sqla.filters import FilterEqual
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from flask_login import current_user
from markupsafe import Markup

from app.admin.base import ACT, READ, AdminView, Listing, now
from app.admin.shown import ad_state, clipped, formatted, labels, linked, reasons, signs
from app.errors import Refused
from app.extensions import db
from app.formats import number
from app.models import Ad, SamePair, Seller, Vehicle, VehicleMove
from app.services import pairs_page, same_cars, sellers
from app.wording import say, word

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
    list_columns = ["title", "source", "state", "price", "year", "mileage_km", "city_name", "phone", "published_at",
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


# --- one car or two?


class SamePairView(AdminView):
    datamodel = Listing(SamePair, rel=("ad", "other_ad"))
    class_permission_name = "SamePairView"
    route_base = "/samepairview"
    include_route_methods = READ | ACT | {"compare", "decide"}
    list_title, show_title = _l("Same car?"), _l("Same car?")
    empty_text = _l("No doubtful pairs: what could be decided has been decided by the program.")
    list_columns = ["id", "ad", "other_ad", "score", "found_at"]
    show_columns = ["ad", "other_ad", "score", "reasons", "found_at"]
    search_columns = ["score", "found_at"]
    order_columns = ["score", "found_at"]
    base_order = ("score", "desc")
    base_filters = [["state", FilterEqual, "waiting"]]
    label_columns = labels(
        id=_l("Compare"), ad=_l("One ad"), other_ad=_l("The other ad"), score=_l("Likeness"), reasons=_l("What speaks"),
        found_at=_l("Found"),
    )  # fmt: skip
    formatters_columns = formatted(
        id=lambda value: Markup('<a class="btn btn-sm" href="{}">{}</a>').format(
            url_for("SamePairView.compare", pair_id=value), _("Compare")),
        score=lambda value: number(value, 2), reasons=signs, ad=clipped(60), other_ad=clipped(60),
    )  # fmt: skip

    @expose("/compare/<int:pair_id>")
    @has_access
    @permission_name("compare")
    def compare(self, pair_id: int) -> Any:
        pair = db.session.get(SamePair, pair_id) or abort(404)
        return self.render_template(
            "admin/compare.html", title=_("Same car?"), pair=pair, rows=pairs_page.rows(db.session(), pair),
            why=signs(pair.reasons), waiting=pairs_page.waiting(db.session()),
        )  # fmt: skip

    @expose("/decide/<int:pair_id>", methods=["POST"])
    @has_access
    @permission_name("decide")
    def decide(self, pair_id: int) -> Any:
        verdict = request.form.get("verdict")
        if verdict not in ("same", "apart"):
            abort(400)
        try:
            same_cars.decide(db.session(), pair_id, same=verdict == "same", actor_id=current_user.id, now=now())
            db.session.commit()
            flash(_("Joined into one vehicle.") if verdict == "same" else _("Kept apart."), "success")
        except Refused as refusal:
            db.session.rollback()
            flash(say(refusal.reason), "danger")
        following = pairs_page.following(db.session())
        return redirect(url_for(".compare", pair_id=following) if following else url_for(".list"))

    @action(
        "join",
        _l("One car"),
        _l("Join the vehicles of the ticked pairs? It can be undone under «Moves»."),
        "arrows-join",
    )
    def join(self, items: Any) -> Any:
        return self._decide(items, True)

    @action("apart", _l("Two cars"), "", "arrows-split")
    def apart(self, items: Any) -> Any:
        return self._decide(items, False)

    def _decide(self, items: Any, same: bool) -> Any:
        return self.act(
            items,
            lambda row: same_cars.decide(db.session(), row.id, same=same, actor_id=current_user.id, now=now()),
            lambda n: ngettext("%(num)d pair decided.", "%(num)d pairs decided.", n),
        )


class VehicleMoveView(AdminView):
    datamodel = Listing(VehicleMove, names={"ad_title": ("ad_id", "ad"), "by_name": ("by_id", "user")})
    class_permission_name = "VehicleMoveView"
    route_base = "/vehiclemoveview"
    include_route_methods = READ | ACT
    list_title, show_title = _l("Moves of ads"), _l("Move of an ad")
    empty_text = _l("Here stands what people and the program have joined or split.")
    list_columns = ["at", "ad_title", "from_vehicle_id", "to_vehicle_id", "why", "by_name", "undone_at"]
    show_columns = list_columns
    search_columns = ["at", "why", "ad_id"]
    order_columns = ["at"]
    base_order = ("at", "desc")
    label_columns = labels(
        ad_title=_l("Ad"), from_vehicle_id=_l("From vehicle"), to_vehicle_id=_l("To vehicle"), why=_l("Why"),
        undone_at=_l("Undone"), ad_id=_l("No. of the ad"),
    )  # fmt: skip
    formatters_columns = formatted(
        why=lambda value: word(value, "move"), ad_title=clipped(60), by_name=lambda value: value or _("the program"),
        from_vehicle_id=linked("VehicleView.show", prefix="№ "), to_vehicle_id=linked("VehicleView.show", prefix="№ "),
    )  # fmt: skip

    @action("undo", _l("Undo"), _l("Take the move back? All ads that went together go back together."), "arrow-back-up",
            multiple=False)  # fmt: skip
    def undo(self, item: Any) -> Any:
        return self.act(
            item,
            lambda row: same_cars.undo_moves(db.session(), row.id, actor_id=current_user.id, now=now()),
            lambda _n: _("The move is undone."),
        )
