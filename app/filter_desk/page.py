"""What the builder shows: the choices of its fields, the names of what is chosen, the texts of troubles."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select, text

from app.errors import Reason
from app.extensions import db
from app.filter_desk import words
from app.models import OperatorGroup, OperatorProfile, Region, Source
from app.services import filter_form, filter_preview, filters
from app.services.filters import FilterDraft
from app.wording import say


def in_words(bad: Mapping[str, str]) -> dict[str, str]:
    return {name: say(Reason(code, {"cap": filters.MAX_CITIES})) for name, code in bad.items()}


def windows(fields: dict[str, list[str]]) -> int:
    """Rows of the schedule: those that are filled in and an empty one."""
    filled = [n for n in range(filter_form.MAX_WINDOWS)
              if any(any(fields.get(f"{part}_{n}", ())) for part in ("days", "from", "to"))]  # fmt: skip
    return min(max(filled, default=-1) + 2, filter_form.MAX_WINDOWS)


def dictionaries(fields: dict[str, list[str]]) -> dict[str, Any]:
    """What the selects of the builder offer, and the names of what is chosen already."""
    session = db.session
    operators = session.execute(select(OperatorProfile)).scalars().all()
    return {
        "operator_groups": session.execute(select(OperatorGroup).order_by(OperatorGroup.name)).scalars().all(),
        "operators": sorted(operators, key=lambda one: str(one).casefold()),
        "regions": session.execute(select(Region).order_by(Region.name)).scalars().all(),
        "sources": session.execute(select(Source).order_by(Source.name)).scalars().all(),
        "makes": session.execute(text("SELECT id, name FROM make ORDER BY is_popular DESC, lower(name)")).all(),
        "city_rows": _chosen_cities(fields),
        "car_rows": _chosen_cars(fields),
    }


def _chosen_cities(fields: dict[str, list[str]]) -> list[dict[str, Any]]:
    written = fields.get("city_id", [])
    radii = [*fields.get("radius_km", []), *[""] * len(written)]
    rows = db.session.execute(
        text("""
        SELECT c.id, c.name, c.lat, c.lon, r.name AS region FROM city c JOIN region r ON r.id = c.region_id
        WHERE c.id = ANY(CAST(:ids AS bigint[]))
        """),
        {"ids": filter_form.whole_numbers(written)},
    )
    known = {str(row.id): dict(row._mapping) for row in rows}
    return [known[city] | {"radius": radius} for city, radius in zip(written, radii, strict=False) if city in known]


def _chosen_cars(fields: dict[str, list[str]]) -> list[dict[str, str]]:
    draft, _bad = filter_form.read(_Form({"car": fields.get("car", [])}))
    names = words.Names.of(db.session(), [draft])
    return [
        {"value": ":".join("" if part is None else str(part) for part in line), "text": names.car(line)}
        for line in draft.cars
    ]


class _Form(dict[str, list[str]]):
    """Fields of the page in the shape of a posted form."""

    def get(self, name: str, default: str = "") -> str:  # type: ignore[override]
        return (self.getlist(name) or [default])[0]

    def getlist(self, name: str) -> list[str]:
        return super().get(name) or []


def namer(done: filter_preview.TestRun) -> Any:
    """Names of the towns, sources and cars that the judged checks speak of."""
    draft = FilterDraft()
    sources: set[int] = set()
    for _row, checks in [*done.fitting, *done.missing]:
        for check in checks:
            has, wanted = check.reason.args.get("has"), check.reason.args.get("wanted")
            if check.criterion == "city":
                draft.cities += [(city, 0) for city in [has, *sorted(wanted or ())[:8]] if city]
            elif check.criterion == "source":
                sources.update(source for source in [has, *(wanted or ())] if source)
            elif check.criterion == "car" and has:
                draft.cars.append(has)
    draft.criteria = {"source_ids": list(sources)}
    names = words.Names.of(db.session(), [draft])
    return lambda kind, value: names.car(value) or _("not told") if kind == "car" else names(kind, value)
