"""The supervisor's filters: the list, the builder with its live count, the history; look-ups for its fields."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from flask import Flask, abort, current_app, flash, jsonify, redirect, render_template, request, url_for
from flask_appbuilder import AppBuilder, BaseView, expose, has_access, permission_name
from flask_appbuilder.actions import action
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from markupsafe import Markup
from sqlalchemy import select, text

from app.admin.base import AdminView, Listing
from app.admin.shown import formatted, labels
from app.domain.filters import CRITERIA
from app.errors import Reason, Refused
from app.extensions import db
from app.models import AdFilter, AdFilterChange, OperatorGroup, OperatorProfile, Region, Source
from app.services import books, deferring, filter_form, filter_preview, filters
from app.services.filters import FilterDraft
from app.wording import CRITERIA as NAMES
from app.wording import say

# Criteria for which the builder asks «accept when not told?»
MAY_BE_UNKNOWN = ("city", "car", "year", "mileage_km", "price", "fuel", "gearbox", "drive", "body", "wheel",
                  "seller_kind", "color", "owners", "engine_cc", "power_hp", "price_to_median_pct", "damage",
                  "age_hours")  # fmt: skip
SPANS = (("year", ""), ("mileage_km", "10000"), ("price", "10000"), ("price_to_median_pct", ""), ("engine_cc", "100"),
         ("power_hp", ""), ("owners", ""), ("reseller_score", ""), ("age_hours", ""))  # fmt: skip


# A new filter takes what most ads are silent about.
FRESH = {"unknown_ok": ["damage"], "accept_damaged": True}


def now() -> datetime:
    return datetime.now(UTC)


class AdFilterView(AdminView):
    datamodel = Listing(AdFilter, after=lambda rows: _summarise(rows))
    class_permission_name = "AdFilterView"
    route_base = "/adfilterview"
    include_route_methods = {"list", "show", "action", "action_post", "build", "count", "overlap", "test", "history"}
    list_template = "filters/list.html"
    list_title, show_title = _l("Filters"), _l("Filter")
    empty_text = _l("Build the first filter: which cars, where, at what price, and who works them.")
    list_columns = ["link", "is_enabled", "priority", "target", "cars_text", "places_text", "pool_n", "work_n",
                    "changed_at"]  # fmt: skip
    show_columns = ["name", "is_enabled", "is_archived", "priority", "target", "version", "created_at", "changed_at"]
    search_columns = ["name", "is_enabled", "is_archived", "priority"]
    order_columns = ["name", "priority", "changed_at", "is_enabled"]
    base_order = ("priority", "desc")
    label_columns = labels(
        name=_l("Name"), link=_l("Name"), is_enabled=_l("On"), is_archived=_l("In the archive"),
        priority=_l("Priority"), target=_l("For whom"), cars_text=_l("Cars"), places_text=_l("Where"),
        pool_n=_l("In the pool"), work_n=_l("In work"), changed_at=_l("Changed"), version=_l("Version"),
        created_at=_l("Created"),
    )  # fmt: skip
    formatters_columns = formatted()

    @expose("/build", methods=["GET", "POST"])
    @expose("/build/<int:filter_id>", methods=["GET", "POST"])
    @has_access
    @permission_name("build")
    def build(self, filter_id: int | None = None) -> Any:
        row = self._row(filter_id) if filter_id is not None else None
        if request.method == "GET":
            draft = filters.draft_of(row) if row is not None else FilterDraft(criteria=dict(FRESH))
            return self._page(row, draft, {})
        draft, bad = filter_form.read(request.form)
        if bad:
            return self._page(row, draft, bad), 422
        try:
            saved = self._save(row, draft)
        except Refused as refusal:
            db.session.rollback()
            row = self._row(filter_id) if filter_id is not None else None
            return self._page(row, draft, {"form": say(refusal.reason)}), 409
        flash(_("The filter «%(name)s» is saved.", name=saved.name), "success")
        return redirect(url_for(".list"))

    def _save(self, row: AdFilter | None, draft: FilterDraft) -> AdFilter:
        saved = filters.save(
            db.session,
            draft,
            actor_id=current_user.id,
            filter_id=row.id if row is not None else None,
            version=request.form.get("version", type=int),
            enable=request.form.get("is_enabled") == "1",
        )
        deferring.defer(db.session(), "match_cards")
        db.session.commit()
        return saved

    @expose("/count", methods=["POST"])
    @has_access
    @permission_name("build")
    def count(self) -> Any:
        draft, bad = filter_form.read(request.form)
        bad.pop("name", None)
        found = filter_preview.count(db.session, self._spec(draft), now())
        return render_template("filters/_count.html", found=found, bad=_in_words(bad))

    @expose("/overlap", methods=["POST"])
    @has_access
    @permission_name("build")
    def overlap(self) -> Any:
        draft, _bad = filter_form.read(request.form)
        rows = filter_preview.overlap(db.session, self._spec(draft), now())
        return render_template("filters/_overlap.html", rows=rows)

    @expose("/test", methods=["POST"])
    @has_access
    @permission_name("build")
    def test(self) -> Any:
        draft, _bad = filter_form.read(request.form)
        done = filter_preview.test_run(db.session, self._spec(draft), now())
        return render_template("filters/_test.html", done=done)

    @expose("/history/<int:filter_id>")
    @has_access
    @permission_name("history")
    def history(self, filter_id: int) -> Any:
        row = self._row(filter_id)
        changes = db.session.execute(
            select(AdFilterChange)
            .where(AdFilterChange.filter_id == filter_id)
            .order_by(AdFilterChange.id.desc())
            .limit(200)
        ).scalars()
        return render_template("filters/history.html", row=row, changes=_differences(list(changes)))

    @action("enable", _l("Switch on"), "", "fa-check", single=True, multiple=True)
    def enable(self, items: Any) -> Any:
        return self._each(items, lambda row: filters.set_enabled(db.session, row.id, True, actor_id=current_user.id))

    @action("disable", _l("Switch off"), "", "fa-pause", single=True, multiple=True)
    def disable(self, items: Any) -> Any:
        return self._each(items, lambda row: filters.set_enabled(db.session, row.id, False, actor_id=current_user.id))

    @action("copy", _l("Copy"), "", "fa-copy", single=True, multiple=False)
    def copy(self, items: Any) -> Any:
        return self._each(
            items,
            lambda row: filters.copy(
                db.session, row.id, _("%(name)s (copy)", name=row.name)[:200], actor_id=current_user.id
            ),
        )

    @action("archive", _l("Into the archive"), _l("The filter stops for good. Its cards in work stay."), "fa-trash",
            single=True, multiple=True)  # fmt: skip
    def archive(self, items: Any) -> Any:
        return self._each(items, lambda row: filters.archive(db.session, row.id, actor_id=current_user.id))

    def _each(self, items: Any, change: Any) -> Any:
        for row in items if isinstance(items, list) else [items]:
            change(row)
        deferring.defer(db.session(), "match_cards")
        db.session.commit()
        self.update_redirect()
        return redirect(self.get_redirect())

    def _row(self, filter_id: int) -> AdFilter:
        row = db.session.get(AdFilter, filter_id)
        return row if row is not None else abort(404)

    def _spec(self, draft: FilterDraft) -> Any:
        return filters.spec_of_draft(
            draft, books.current(db.session).atlas, filter_id=request.form.get("filter_id", 0, type=int)
        )

    def _page(self, row: AdFilter | None, draft: FilterDraft, bad: dict[str, str]) -> str:
        return render_template(
            "filters/build.html",
            row=row,
            draft=draft,
            bad=_in_words(bad),
            choices=filter_form.CHOICES,
            spans=SPANS,
            names=NAMES,
            unknown=MAY_BE_UNKNOWN,
            criteria=CRITERIA,
            tile_url=current_app.config["PROZVON"].tile_url,
            **_dictionaries(draft),
        )


def _in_words(bad: dict[str, str]) -> dict[str, str]:
    return {name: say(Reason(code, {"cap": filters.MAX_CITIES})) for name, code in bad.items()}


def _dictionaries(draft: FilterDraft) -> dict[str, Any]:
    """What the selects of the builder offer, and the names of what is chosen already."""
    session = db.session
    groups = session.execute(select(OperatorGroup).order_by(OperatorGroup.name)).scalars().all()
    operators = session.execute(select(OperatorProfile)).scalars().all()
    return {
        "group_rows": groups,
        "operators": sorted(operators, key=lambda one: str(one).casefold()),
        "regions": session.execute(select(Region).order_by(Region.name)).scalars().all(),
        "sources": session.execute(select(Source).order_by(Source.name)).scalars().all(),
        "makes": session.execute(text("SELECT id, name FROM make ORDER BY is_popular DESC, lower(name)")).all(),
        "city_rows": _chosen_cities(draft),
        "car_rows": _chosen_cars(draft),
    }


def _chosen_cities(draft: FilterDraft) -> list[dict[str, Any]]:
    atlas = books.current(db.session).atlas
    found = []
    for city_id, radius in draft.cities:
        city = atlas.cities.get(city_id)
        if city is not None:
            found.append({"id": city.id, "name": city.name, "lat": city.lat, "lon": city.lon, "radius": radius,
                          "region": atlas.regions[city.region_id].name})  # fmt: skip
    return found


def _chosen_cars(draft: FilterDraft) -> list[dict[str, str]]:
    rows = db.session.execute(
        text("""
        SELECT k.id AS make_id, k.name AS make, m.id AS model_id, m.name AS model, g.id AS generation_id,
               g.name AS generation
        FROM unnest(CAST(:makes AS int[]), CAST(:models AS int[]), CAST(:generations AS int[])) WITH ORDINALITY
             AS l(make_id, model_id, generation_id, n)
        JOIN make k ON k.id = l.make_id LEFT JOIN car_model m ON m.id = l.model_id
        LEFT JOIN generation g ON g.id = l.generation_id ORDER BY l.n
        """),
        {
            "makes": [line[0] for line in draft.cars],
            "models": [line[1] for line in draft.cars],
            "generations": [line[2] for line in draft.cars],
        },
    )
    return [
        {
            "value": f"{row.make_id}:{row.model_id or ''}:{row.generation_id or ''}",
            "text": " ".join(filter(None, (row.make, row.model, row.generation))),
        }
        for row in rows
    ]


def _summarise(rows: list[AdFilter]) -> None:
    """What the list shows of each filter: whom for, cars and places in words, how many cards wait and are in work."""
    ids = [row.id for row in rows]
    counted = db.session.execute(
        text("""
        SELECT filter_id, count(*) FILTER (WHERE stage = 0) AS pool, count(*) FILTER (WHERE stage IN (1,2,3)) AS work
        FROM card WHERE filter_id = ANY(:ids) AND stage < 9 GROUP BY filter_id
        """),
        {"ids": ids},
    ).all()
    counts = {row.filter_id: row for row in counted}
    atlas = books.current(db.session).atlas
    makes = dict(db.session.execute(text("SELECT id, name FROM make")).tuples().all())
    for row in rows:
        mine = counts.get(row.id)
        row.pool_n, row.work_n = (mine.pool, mine.work) if mine else (0, 0)
        row.link = Markup('<a href="{}">{}</a>').format(url_for("AdFilterView.build", filter_id=row.id), row.name)
        row.target = str(row.group or row.operator or _("anyone"))
        names = list(dict.fromkeys(makes.get(line.make_id, "") for line in row.cars))
        row.cars_text = _short(names) or _("any")
        places = [atlas.cities[line.city_id].name for line in row.cities if line.city_id in atlas.cities]
        places += [atlas.regions[number].name for number in row.region_ids if number in atlas.regions]
        row.places_text = (_("all Russia") if row.all_russia else _short(places)) or _("all Russia")


def _short(names: list[str]) -> str:
    return ", ".join(names[:3]) + (f" +{len(names) - 3}" if len(names) > 3 else "")


def _differences(changes: list[AdFilterChange]) -> list[tuple[AdFilterChange, list[tuple[str, Any, Any]]]]:
    """Each change with what it changed against the one before; the newest first."""
    found = []
    for at, change in enumerate(changes):
        before = changes[at + 1].snapshot if at + 1 < len(changes) else {}
        names = sorted(set(change.snapshot) | set(before))
        found.append(
            (change, [(name, before.get(name), change.snapshot.get(name)) for name in names
                      if before.get(name) != change.snapshot.get(name)])
        )  # fmt: skip
    return found


class LookupView(BaseView):
    """Short lists for fields that are filled by typing."""

    route_base = "/lookup"

    @expose("/models")
    @has_access
    @permission_name("look_up")
    def models(self) -> Any:
        return self._rows("SELECT id, name AS text FROM car_model WHERE make_id = :id ORDER BY name LIMIT 500", "make")

    @expose("/generations")
    @has_access
    @permission_name("look_up")
    def generations(self) -> Any:
        return self._rows(
            """SELECT id, name || ' (' || COALESCE(year_from::text, '…') || '–' || COALESCE(year_to::text, '…') || ')'
               AS text FROM generation WHERE model_id = :id ORDER BY year_from NULLS LAST, name LIMIT 200""",
            "model",
        )

    @expose("/cities")
    @has_access
    @permission_name("look_up")
    def cities(self) -> Any:
        wanted = request.args.get("q", "").strip().lower().replace("ё", "е")[:60]
        if len(wanted) < 2:
            return jsonify([])
        escaped = wanted.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        rows = db.session.execute(
            text("""
            SELECT c.id, c.name || ', ' || r.name AS text, c.name, r.name AS region, c.lat, c.lon
            FROM city c JOIN region r ON r.id = c.region_id WHERE c.name_sort LIKE :like
            ORDER BY c.population DESC LIMIT 20
            """),
            {"like": escaped + "%"},
        )
        return jsonify([dict(row._mapping) for row in rows])

    def _rows(self, query: str, argument: str) -> Any:
        number = request.args.get(argument, type=int)
        if number is None or not 0 < number < 2**31:
            return jsonify([])
        return jsonify([dict(row._mapping) for row in db.session.execute(text(query), {"id": number})])


def register(app: Flask, appbuilder: AppBuilder) -> None:
    appbuilder.add_view(AdFilterView, "Filters", label=_l("Filters"), icon="filter", category="Control",
                        category_label=_l("Control"))  # fmt: skip
    appbuilder.add_view_no_menu(LookupView)
