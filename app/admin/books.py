"""The books: makes, models, generations, cities, and the spellings that wait for a person."""

from __future__ import annotations

from typing import Any

from flask import abort, flash, jsonify, redirect, request, url_for
from flask_appbuilder import action, expose, has_access, permission_name
from flask_appbuilder.models.filters import BaseFilter
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from flask_login import current_user
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from app.admin.base import ACT, READ, WRITE, AdminView, Listing, PickField, names_of, now
from app.admin.shown import FORMATS, LABELS, labels
from app.errors import Refused
from app.extensions import db
from app.models import CarModel, City, Generation, Make, NameAlias
from app.services import catalogue, name_search, revisions
from app.widgets import AjaxSelectWidget
from app.wording import say, word


class _BookView(AdminView):
    """A changed name changes how adverts are read: every process takes the books anew."""

    include_route_methods = WRITE

    def after_save(self, item: Any, *, is_new: bool) -> None:
        revisions.raise_it(db.session(), "names")


_generations = Listing(Generation, rel=("model",))


def _model_field(*validators: Any) -> PickField:
    return PickField(
        LABELS["model"], list(validators), datamodel=_generations, col_name="model",
        widget=AjaxSelectWidget("/generationview/models"),
    )  # fmt: skip


class GenerationView(_BookView):
    datamodel = _generations
    include_route_methods = WRITE | {"models"}
    class_permission_name = "GenerationView"
    route_base = "/generationview"
    subject = "generation"
    list_title, show_title = _l("Generations"), _l("Generation")
    add_title, edit_title = _l("New generation"), _l("Change the generation")
    list_columns = ["model", "name", "year_from", "year_to"]
    show_columns = list_columns
    add_columns = edit_columns = list_columns
    search_columns = ["name", "year_from", "year_to", "model"]
    order_columns = ["name", "year_from", "year_to"]
    base_order = ("id", "asc")
    label_columns = labels(year_from=_l("From year"), year_to=_l("To year"))
    description_columns = {"year_to": _l("Empty while it is still built.")}
    validators_columns = {
        "name": [Length(max=100)],
        "year_from": [Optional(), NumberRange(1900, 2100)], "year_to": [Optional(), NumberRange(1900, 2100)],
    }  # fmt: skip

    add_form_extra_fields = {"model": _model_field(InputRequired())}
    edit_form_extra_fields = add_form_extra_fields
    search_form_extra_fields = {"model": _model_field()}

    @expose("/models")
    @has_access
    @permission_name("list")
    def models(self) -> Any:
        """Models for the picker: three thousand are too many for a list of choices."""
        return jsonify(name_search.models(db.session(), request.args.get("q", "")[:100]))

    def check(self, item: Any) -> None:
        if item.year_from and item.year_to and item.year_from > item.year_to:
            raise Refused("years_reversed")


class CarModelView(_BookView):
    datamodel = Listing(CarModel, rel=("make",))
    class_permission_name = "CarModelView"
    route_base = "/carmodelview"
    subject = "car_model"
    list_title, show_title, add_title, edit_title = _l("Models"), _l("Model"), _l("New model"), _l("Change the model")
    related_views = [GenerationView]
    list_columns = ["make", "name"]
    show_columns = add_columns = edit_columns = list_columns
    search_columns = ["name", "make"]
    order_columns = ["name"]
    base_order = ("name", "asc")
    label_columns = labels()
    validators_columns = {"name": [Length(max=100)]}


class MakeView(_BookView):
    datamodel = Listing(Make)
    class_permission_name = "MakeView"
    route_base = "/makeview"
    subject = "make"
    list_title, show_title, add_title, edit_title = _l("Makes"), _l("Make"), _l("New make"), _l("Change the make")
    related_views = [CarModelView]
    list_columns = ["name", "is_popular"]
    show_columns = add_columns = edit_columns = list_columns
    search_columns = ["name", "is_popular"]
    order_columns = ["name", "is_popular"]
    base_order = ("name", "asc")
    label_columns = labels(is_popular=_l("Popular"))
    description_columns = {"is_popular": _l("Popular makes stand first where one is chosen.")}
    validators_columns = {"name": [Length(max=100)]}


class CityView(AdminView):
    datamodel = Listing(City)
    class_permission_name = "CityView"
    route_base = "/cityview"
    include_route_methods = READ
    list_title, show_title = _l("Cities"), _l("City")
    list_columns = ["name", "region", "population", "timezone"]
    show_columns = ["name", "region", "population", "timezone", "lat", "lon"]
    search_columns = ["name", "region", "timezone"]
    order_columns = ["name", "population", "timezone"]
    base_order = ("population", "desc")
    label_columns = labels(lat=_l("Latitude"), lon=_l("Longitude"), name=_l("City"))
    formatters_columns = {"lat": str, "lon": str}


# --- spellings that wait for a person


class _Waiting(BaseFilter):
    """What waits; with ?which=mapped or ?which=ignored what a person has said."""

    name = "waiting"
    arg_name = "waiting"

    def apply(self, query: Any, value: Any) -> Any:
        which = request.args.get("which", "")
        if request.endpoint != "NameAliasView.list":
            return query
        if which == "mapped":
            return query.filter(NameAlias.target_id.isnot(None))
        if which == "ignored":
            return query.filter(NameAlias.is_ignored)
        return query.filter(NameAlias.target_id.is_(None), ~NameAlias.is_ignored)


def _name_rows(rows: list[NameAlias]) -> None:
    """What a spelling belongs to (a model: to its make) and what it has been mapped to."""
    for attribute, kinds, column in (
        ("context_name", {"model": "make", "generation": "model"}, "context"),
        ("target_name", {"make": "make", "model": "model", "generation": "generation", "city": "city"}, "target_id"),
    ):
        for row in rows:
            setattr(row, attribute, row.context if column == "context" else "")
        for kind, table in kinds.items():
            mine = [row for row in rows if row.kind == kind and str(getattr(row, column) or "").isdigit()]
            found = names_of(table, (int(getattr(row, column)) for row in mine))
            for row in mine:
                setattr(row, attribute, found.get(int(getattr(row, column)), ""))


class NameAliasView(AdminView):
    datamodel = Listing(NameAlias, after=_name_rows)
    class_permission_name = "NameAliasView"
    route_base = "/namealiasview"
    include_route_methods = READ | ACT | {"map_name", "targets"}
    list_template = "admin/alias_list.html"
    list_title, show_title = _l("Unknown names"), _l("Spelling")
    empty_text = _l("All makes, models and towns of the adverts are known.")
    list_columns = ["text", "kind", "context_name", "seen_n", "target_name", "id"]
    show_columns = ["text", "kind", "context_name", "seen_n", "first_seen_at", "target_name", "is_ignored", "mapped_at"]
    search_columns = ["text", "kind", "seen_n"]
    order_columns = ["text", "kind", "seen_n"]
    base_order = ("seen_n", "desc")
    base_filters = [["id", _Waiting, ""]]
    label_columns = labels(is_ignored=_l("No name"), mapped_at=_l("Decided"), id=_l("What is it?"))
    formatters_columns = {
        "kind": lambda value: word(value, "alias"), "first_seen_at": FORMATS["at"], "mapped_at": FORMATS["at"],
        "id": lambda value: _map_link(value),
    }  # fmt: skip

    @expose("/map/<int:alias_id>", methods=["GET", "POST"])
    @has_access
    @permission_name("map")
    def map_name(self, alias_id: int) -> Any:
        row = db.session.get(NameAlias, alias_id) or abort(404)
        if request.method == "POST":
            try:
                catalogue.map_name(
                    db.session(), alias_id, request.form.get("target", type=int), actor_id=current_user.id, now=now(),
                    new_name=request.form.get("new_name", ""),
                )  # fmt: skip
                db.session.commit()
                flash(_("Mapped. Adverts written so are read again within minutes."), "success")
                return redirect(url_for(".list"))
            except Refused as refusal:
                db.session.rollback()
                flash(say(refusal.reason), "danger")
                row = db.session.get(NameAlias, alias_id) or abort(404)
        _name_rows([row])
        return self.render_template(
            "admin/alias_map.html", title=_("What is «%(text)s»?", text=row.text), row=row,
            guesses=name_search.find(db.session(), row, row.text), samples=name_search.samples(db.session(), row),
        )  # fmt: skip

    @expose("/targets/<int:alias_id>")
    @has_access
    @permission_name("map")
    def targets(self, alias_id: int) -> Any:
        row = db.session.get(NameAlias, alias_id) or abort(404)
        return jsonify(name_search.find(db.session(), row, request.args.get("q", "")[:100]))

    @action(
        "ignore", _l("This is no name"), _l("Leave these spellings alone? They will not be asked about again."), "ban"
    )
    def ignore(self, items: Any) -> Any:
        return self.act(
            items,
            lambda row: catalogue.ignore_name(db.session(), row.id, actor_id=current_user.id, now=now()),
            lambda n: ngettext("%(num)d spelling left alone.", "%(num)d spellings left alone.", n),
        )


def _map_link(value: Any) -> Any:
    from markupsafe import Markup

    from app.shell import icon

    return Markup('<a class="btn btn-sm" href="{}">{}{}</a>').format(
        url_for("NameAliasView.map_name", alias_id=value), icon("link"), _("Say what it is")
    )
