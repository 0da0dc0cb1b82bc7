"""One car or two: doubtful pairs to decide, decided ones to take back, and the moves of adverts that came of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import abort, flash, redirect, request, url_for
from flask_appbuilder import action, expose, has_access, permission_name
from flask_appbuilder.models.sqla.filters import FilterEqual, FilterNotEqual
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from flask_login import current_user
from markupsafe import Markup

from app.admin.base import ACT, READ, AdminView, Listing, now
from app.admin.shown import clipped, formatted, labels, linked, signs, tag
from app.errors import Refused
from app.extensions import db
from app.formats import number
from app.models import SamePair, VehicleMove
from app.services import pairs_page, same_cars
from app.wording import say, word

LABELS = labels(
    id=_l("Compare"), ad=_l("One ad"), other_ad=_l("The other ad"), score=_l("Likeness"), reasons=_l("What speaks"),
    found_at=_l("Found"), state=_l("Decision"), decided_at=_l("Decided"),
)  # fmt: skip
FORMATTERS = formatted(
    id=lambda value: Markup('<a class="btn btn-sm" href="{}">{}</a>').format(
        url_for("SamePairView.compare", pair_id=value), _("Compare")),
    score=lambda value: number(value, 2), reasons=signs, ad=clipped(60), other_ad=clipped(60),
)  # fmt: skip


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
    list_template = "admin/pair_list.html"
    label_columns = LABELS
    formatters_columns = FORMATTERS

    @expose("/compare/<int:pair_id>")
    @has_access
    @permission_name("compare")
    def compare(self, pair_id: int) -> Any:
        pair = db.session.get(SamePair, pair_id) or abort(404)
        return self.render_template(
            "admin/compare.html", title=_("Same car?"), pair=pair, rows=pairs_page.rows(db.session(), pair),
            why=signs(pair.reasons), waiting=pairs_page.waiting(db.session()),
            move_id=pairs_page.moves_of(db.session(), [pair]).get(pair.id),
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


def _with_moves(rows: Sequence[SamePair]) -> None:
    """A joined pair leads to the move by which it can be taken apart."""
    found = pairs_page.moves_of(db.session(), rows)
    for row in rows:
        setattr(row, "decision", (row.state, found.get(row.id)))  # noqa: B010  no column of the table


def _decision(value: tuple[str, int | None]) -> Any:
    state, move_id = value
    if state != "joined":
        return tag(_("two cars"), "secondary", "arrows-split")
    if move_id is None:
        return tag(_("one car"), "info", "arrows-join")
    return Markup('<a href="{}">{}</a>').format(
        url_for("VehicleMoveView.show", pk=move_id), tag(_("one car"), "info", "arrows-join")
    )


class DecidedPairView(AdminView):
    """What people have said, to look at again; whoever may decide may also take it back."""

    datamodel = Listing(
        SamePair, rel=("ad", "other_ad"), names={"by_name": ("decided_by_id", "user")}, after=_with_moves
    )
    class_permission_name = "DecidedPairView"
    route_base = "/decidedpairview"
    include_route_methods = READ | ACT
    list_title, show_title = _l("Same car?"), _l("Same car?")
    empty_text = _l("Nobody has decided a pair yet.")
    list_template = "admin/pair_list.html"
    list_columns = ["id", "ad", "other_ad", "decision", "by_name", "decided_at"]
    show_columns = ["ad", "other_ad", "score", "reasons", "found_at", "decision", "by_name", "decided_at"]
    search_columns = ["state", "decided_at", "score"]
    order_columns = ["decided_at"]
    base_order = ("decided_at", "desc")
    base_filters = [["state", FilterNotEqual, "waiting"]]
    label_columns = {**LABELS, "decision": LABELS["state"]}
    formatters_columns = {**FORMATTERS, "decision": _decision}

    @action("wait_again", _l("Send back for review"), _l("Let the pairs «two cars» wait for a decision again?"),
            "arrow-back-up")  # fmt: skip
    def wait_again(self, items: Any) -> Any:
        return self.act(
            items,
            lambda row: same_cars.undo_apart(db.session(), row.id, actor_id=current_user.id),
            lambda n: ngettext("%(num)d pair waits for a decision again.", "%(num)d pairs wait for a decision again.",
                               n),
        )  # fmt: skip


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
