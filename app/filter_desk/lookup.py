"""Short lists for fields that are filled by typing: models of a make, generations of a model, towns."""

from __future__ import annotations

from typing import Any

from flask import jsonify, request
from flask_appbuilder import BaseView, expose, has_access, permission_name
from sqlalchemy import text

from app.extensions import db

BIG_TOWN = 100_000  # inhabitants: such towns are points of the map


class LookupView(BaseView):
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
               AS text FROM generation WHERE model_id = :id ORDER BY year_from DESC NULLS LAST, name LIMIT 200""",
            "model",
        )

    @expose("/cities")
    @has_access
    @permission_name("look_up")
    def cities(self) -> Any:
        """At most twenty towns that begin so, the largest first."""
        wanted = request.args.get("q", "").strip().lower().replace("ё", "е")[:60]
        if len(wanted) < 2:
            return jsonify([])
        escaped = wanted.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        return self._towns("c.name_sort LIKE :like", 20, like=escaped + "%")

    @expose("/towns")
    @has_access
    @permission_name("look_up")
    def towns(self) -> Any:
        """The large towns: points to click on a map that has no tiles."""
        answer = self._towns("c.population >= :big", 400, big=BIG_TOWN)
        answer.headers["Cache-Control"] = "private, max-age=86400"
        return answer

    def _towns(self, condition: str, cap: int, **values: Any) -> Any:
        rows = db.session.execute(
            text(f"""
            SELECT c.id, c.name || ', ' || r.name AS text, c.name, r.name AS region, c.lat, c.lon, c.population
            FROM city c JOIN region r ON r.id = c.region_id WHERE {condition} ORDER BY c.population DESC LIMIT {cap}
            """),  # noqa: S608  the two conditions above
            values,
        )
        return jsonify([dict(row._mapping) for row in rows])

    def _rows(self, query: str, argument: str) -> Any:
        number = request.args.get(argument, type=int)
        if number is None or not 0 < number < 2**31:
            return jsonify([])
        return jsonify([dict(row._mapping) for row in db.session.execute(text(query), {"id": number})])
