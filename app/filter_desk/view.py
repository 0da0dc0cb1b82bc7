"""The supervisor's filters: the list, the builder with its live count, the history of changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask import abort, current_app, flash, redirect, render_template, request, url_for
from flask_appbuilder import expose, has_access, permission_name
from flask_appbuilder.actions import action
from flask_appbuilder.models.filters import BaseFilter
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from flask_login import current_user

from app.admin.base import ACT, AdminView, Listing, now
from app.admin.shown import formatted, labels
from app.errors import Reason, Refused
from app.extensions import db
from app.filter_desk import history, list_rows, page
from app.models import AdFilter
from app.services import books, deferring, filter_form, filter_preview, filters
from app.services.filters import FilterDraft
from app.wording import CRITERIA, say

SPANS = ("year", "mileage_km", "price", "price_to_median_pct", "engine_cc", "power_hp", "owners", "reseller_score",
         "age_hours")  # fmt: skip
# A new filter takes what most ads are silent about.
FRESH = FilterDraft(criteria={"unknown_ok": ["damage"], "accept_damaged": True})


class _Shelf(BaseFilter):
    """The live ones; with ?shelf=archive those in the archive. Whoever has the link of one still gets it."""

    name = "shelf"
    arg_name = "shelf"

    def apply(self, query: Any, value: Any) -> Any:
        if request.endpoint != "AdFilterView.list":
            return query
        return query.filter(AdFilter.is_archived.is_(request.args.get("shelf") == "archive"))


class AdFilterView(AdminView):
    datamodel = Listing(AdFilter, after=lambda rows: list_rows.summarise(rows))
    class_permission_name = "AdFilterView"
    route_base = "/adfilterview"
    include_route_methods = ACT | {"list", "show", "build", "count", "overlap", "test", "history"}
    list_template = "filters/list.html"
    list_title = _l("Filters")
    empty_text = _l("Build the first filter: which cars, where, at what price, and who works them.")
    list_columns = ["link", "is_enabled", "priority", "target", "cars_text", "places_text", "pool_n", "work_n", "quota",
                    "changed"]  # fmt: skip
    search_columns = ["name", "is_enabled", "priority", "group", "changed_at"]
    order_columns = ["priority"]
    base_order = ("priority", "desc")
    base_filters = [["id", _Shelf, ""]]
    label_columns = labels(
        link=_l("Name"), is_enabled=_l("On"), target=_l("For whom"), cars_text=_l("Cars"), places_text=_l("Where"),
        pool_n=_l("In the pool"), work_n=_l("In work"), quota=_l("Quotas"), changed=_l("Changed"),
    )  # fmt: skip
    formatters_columns = formatted()

    @expose("/show/<pk>")
    @has_access
    def show(self, pk: str) -> Any:
        """Other pages link a row by this address; a filter is read where it is built."""
        return redirect(url_for(".build", filter_id=int(pk)))

    @expose("/build", methods=["GET", "POST"])
    @expose("/build/<int:filter_id>", methods=["GET", "POST"])
    @has_access
    @permission_name("build")
    def build(self, filter_id: int | None = None) -> Any:
        row = self._row(filter_id) if filter_id is not None else None
        if request.method == "GET":
            draft = filters.draft_of(row) if row is not None else FRESH
            if row is not None and (change_id := request.args.get("as_of", type=int)):
                draft = history.as_of(row, change_id)
            is_on = row is not None and row.is_enabled
            return self._page(row, filter_form.fields_of(draft) | {"is_enabled": ["1"] * is_on})
        fields = request.form.to_dict(flat=False)
        draft, bad = filter_form.read(request.form)
        if bad:
            return self._page(row, fields, bad), 422
        try:
            saved = self._save(row, draft)
        except Refused as refusal:
            return self._refused(filter_id, fields, refusal.reason), 409
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

    def _refused(self, filter_id: int | None, fields: dict[str, list[str]], reason: Reason) -> str:
        """All that was typed stays. Where a colleague was quicker, his changes are told and may be written over."""
        db.session.rollback()
        row = self._row(filter_id) if filter_id is not None else None
        theirs: list[Any] = []
        if row is not None and reason.code == "filter_changed_meanwhile":
            theirs = history.since(row, request.form.get("version", 0, type=int))
        return self._page(row, fields, form_trouble=say(reason), theirs=theirs)

    @expose("/count", methods=["POST"])
    @has_access
    @permission_name("build")
    def count(self) -> Any:
        draft, bad = filter_form.read(request.form)
        bad.pop("name", None)
        found = filter_preview.count(db.session, self._spec(draft), now())
        return render_template("filters/_count.html", found=found, bad=page.in_words(bad))

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
        return render_template("filters/_test.html", done=done, name_of=page.namer(done), names=CRITERIA)

    @expose("/history/<int:filter_id>")
    @has_access
    @permission_name("history")
    def history(self, filter_id: int) -> Any:
        row = self._row(filter_id)
        return render_template("filters/history.html", row=row, changes=history.told(row))

    @action("enable", _l("Switch on"), "", "player-play")
    def enable(self, items: Any) -> Any:
        return self._each(
            items,
            lambda row: filters.set_enabled(db.session, row.id, True, actor_id=current_user.id),
            lambda n: ngettext("%(num)d filter switched on.", "%(num)d filters switched on.", n),
        )

    @action("disable", _l("Switch off"), "", "player-pause")
    def disable(self, items: Any) -> Any:
        return self._each(
            items,
            lambda row: filters.set_enabled(db.session, row.id, False, actor_id=current_user.id),
            lambda n: ngettext("%(num)d filter switched off.", "%(num)d filters switched off.", n),
        )

    @action("copy", _l("Copy"), "", "copy")
    def copy(self, items: Any) -> Any:
        return self._each(
            items,
            lambda row: filters.copy(
                db.session, row.id, _("%(name)s (copy)", name=row.name)[:200], actor_id=current_user.id
            ),
            lambda n: ngettext("%(num)d copy made and left off.", "%(num)d copies made and left off.", n),
        )

    @action("archive", _l("Into the archive"), _l("The filter stops for good. Its cards in work stay."), "archive")
    def archive(self, items: Any) -> Any:
        return self._each(
            items,
            lambda row: filters.archive(db.session, row.id, actor_id=current_user.id),
            lambda n: ngettext("%(num)d filter is in the archive.", "%(num)d filters are in the archive.", n),
        )

    def _each(self, items: Any, change: Any, done: Any) -> Any:
        answer = self.act(items, change, done)
        deferring.defer(db.session(), "match_cards")
        db.session.commit()
        return answer

    def _row(self, filter_id: int) -> AdFilter:
        row = db.session.get(AdFilter, filter_id) if filter_id < 2**31 else None
        return row if row is not None else abort(404)

    def _spec(self, draft: FilterDraft) -> Any:
        filter_id = request.form.get("filter_id", 0, type=int)
        return filters.spec_of_draft(draft, books.current(db.session()).atlas, filter_id=filter_id)

    def _page(
        self,
        row: AdFilter | None,
        fields: dict[str, list[str]],
        bad: Mapping[str, str] | None = None,
        *,
        form_trouble: str = "",
        theirs: Sequence[Any] = (),
    ) -> str:
        return render_template(
            "filters/build.html",
            row=row,
            fields=fields,
            bad=page.in_words(bad or {}),
            form_trouble=form_trouble,
            theirs=theirs,
            choices=filter_form.CHOICES,
            spans=SPANS,
            names=CRITERIA,
            windows=range(page.windows(fields)),
            tile_url=current_app.config["PROZVON"].tile_url,
            **page.dictionaries(fields),
        )
