"""The books of the installation: filled from seeds, grown by catalogue files and by people who map names."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.domain.names import CatalogueRows
from app.errors import Refused
from app.models import NameAlias
from app.seeds import load_seed
from app.seeds.places import city_rows, region_rows
from app.services import revisions
from app.services.audit import note_event

TABLES = {"make": "make", "model": "car_model", "generation": "generation", "city": "city"}
POPULAR = (
    "LADA|Toyota|Hyundai|Kia|Volkswagen|Nissan|Renault|Ford|Skoda|Mercedes-Benz|BMW|Chevrolet|Mitsubishi|Audi|Mazda|"
    "Opel|Honda|УАЗ|ГАЗ|Haval|Geely|Chery|Lexus|Volvo|Subaru|Suzuki|Peugeot|Citroen"
)


def install(session: Session) -> dict[str, int]:
    """Bring makes, models, generations, regions and cities of this release in. What is there already is left alone."""
    done = {"cities": _install_places(session)} | install_catalogue(session, load_seed())
    session.execute(text("UPDATE make SET is_popular = true WHERE name = ANY(:names)"), {"names": POPULAR.split("|")})
    if any(done.values()):
        revisions.raise_it(session, "names")
    return done


def install_catalogue(session: Session, rows: CatalogueRows) -> dict[str, int]:
    """Add what is missing; ids are the database's own, names tell what belongs together."""
    makes = _upsert_makes(session, [row.name for row in rows.makes])
    make_of = {row.id: makes[0][row.name] for row in rows.makes}
    models = _upsert(session, "car_model", "make_id", [(make_of[row.make_id], row.name) for row in rows.models])
    model_of = {row.id: models[0][make_of[row.make_id], row.name] for row in rows.models}
    before = _count(session, "generation")
    session.execute(
        text("""
        INSERT INTO generation (model_id, name, year_from, year_to)
        SELECT * FROM unnest(CAST(:models AS int[]), CAST(:names AS text[]), CAST(:since AS int[]),
                             CAST(:till AS int[]))
        ON CONFLICT (model_id, name) DO NOTHING
        """),
        {
            "models": [model_of[row.model_id] for row in rows.generations],
            "names": [row.name for row in rows.generations],
            "since": [row.year_from for row in rows.generations],
            "till": [row.year_to for row in rows.generations],
        },
    )
    return {"makes": makes[1], "models": models[1], "generations": _count(session, "generation") - before}


def _upsert_makes(session: Session, names: list[str]) -> tuple[dict[str, int], int]:
    before = _count(session, "make")
    session.execute(
        text("INSERT INTO make (name) SELECT unnest(CAST(:names AS text[])) ON CONFLICT DO NOTHING"),
        {"names": list(dict.fromkeys(names))},
    )
    rows = session.execute(text("SELECT name, id FROM make")).tuples().all()
    return dict(rows), _count(session, "make") - before


def _upsert(
    session: Session, table: str, parent: str, pairs: Iterable[tuple[int, str]]
) -> tuple[dict[tuple[int, str], int], int]:
    unique = list(dict.fromkeys(pairs))
    before = _count(session, table)
    session.execute(
        text(f"""
        INSERT INTO {table} ({parent}, name) SELECT * FROM unnest(CAST(:parents AS int[]), CAST(:names AS text[]))
        ON CONFLICT DO NOTHING
        """),  # noqa: S608  our own table names
        {"parents": [pair[0] for pair in unique], "names": [pair[1] for pair in unique]},
    )
    rows = session.execute(text(f"SELECT {parent}, name, id FROM {table}")).tuples().all()  # noqa: S608
    return {(parent_id, name): row_id for parent_id, name, row_id in rows}, _count(session, table) - before


def _count(session: Session, table: str) -> int:
    return int(session.execute(text(f"SELECT count(*) FROM {table}")).scalar_one())  # noqa: S608  our own table names


def _install_places(session: Session) -> int:
    cities = city_rows()
    centre = {(row.region_id, row.name): row for row in cities}
    regions = [
        {
            "id": row.id,
            "name": row.name,
            "timezone": row.timezone,
            "lat": getattr(centre.get((row.id, row.capital)), "lat", None),
            "lon": getattr(centre.get((row.id, row.capital)), "lon", None),
        }
        for row in region_rows()
    ]
    session.execute(
        text("""
        INSERT INTO region (id, name, timezone, lat, lon) VALUES (:id, :name, :timezone, :lat, :lon)
        ON CONFLICT (id) DO UPDATE SET name = EXCLUDED.name, timezone = EXCLUDED.timezone, lat = EXCLUDED.lat,
        lon = EXCLUDED.lon WHERE (region.name, region.timezone) IS DISTINCT FROM (EXCLUDED.name, EXCLUDED.timezone)
        """),
        regions,
    )
    before = _count(session, "city")
    columns: dict[str, list[Any]] = {
        "ids": [row.id for row in cities],
        "names": [row.name for row in cities],
        "sorts": [row.name.lower().replace("ё", "е") for row in cities],
        "regions": [row.region_id for row in cities],
        "lats": [row.lat for row in cities],
        "lons": [row.lon for row in cities],
        "zones": [row.timezone for row in cities],
        "people": [row.population for row in cities],
    }
    session.execute(
        text("""
        INSERT INTO city (id, name, name_sort, region_id, lat, lon, timezone, population)
        SELECT * FROM unnest(CAST(:ids AS bigint[]), CAST(:names AS text[]), CAST(:sorts AS text[]),
          CAST(:regions AS int[]), CAST(:lats AS float8[]), CAST(:lons AS float8[]), CAST(:zones AS text[]),
          CAST(:people AS int[]))
        ON CONFLICT (id) DO UPDATE SET name = EXCLUDED.name, name_sort = EXCLUDED.name_sort,
          region_id = EXCLUDED.region_id, timezone = EXCLUDED.timezone
        WHERE (city.name, city.region_id, city.timezone) IS DISTINCT FROM
              (EXCLUDED.name, EXCLUDED.region_id, EXCLUDED.timezone)
        """),
        columns,
    )
    return _count(session, "city") - before


# --- names that wait for a person


def map_name(
    session: Session, alias_id: int, target_id: int | None, *, actor_id: int, now: datetime, new_name: str = ""
) -> NameAlias:
    """Bind a spelling to a row of the books, or add the row. Every ad written so is recognised again."""
    alias = session.get(NameAlias, alias_id, with_for_update=True)
    if alias is None:
        raise Refused("alias_gone")
    if target_id is None:
        target_id = _add_row(session, alias, new_name.replace("\0", "").strip())
    elif not _is_row(session, alias, target_id):
        raise Refused("alias_target_unknown")
    alias.target_id, alias.mapped_by_id, alias.mapped_at, alias.is_ignored = target_id, actor_id, now, False
    session.flush()
    revisions.raise_it(session, "names")
    note_event(session, "name_mapped", actor_id=actor_id, subject="name_alias", subject_id=alias.id, kind=alias.kind)
    return alias


def ignore_name(session: Session, alias_id: int, *, actor_id: int, now: datetime) -> None:
    """A person says: this is no name of a car or a town."""
    alias = session.get(NameAlias, alias_id, with_for_update=True)
    if alias is None:
        raise Refused("alias_gone")
    alias.is_ignored, alias.mapped_by_id, alias.mapped_at = True, actor_id, now
    note_event(session, "name_ignored", actor_id=actor_id, subject="name_alias", subject_id=alias.id)


def _add_row(session: Session, alias: NameAlias, name: str) -> int:
    if not 1 <= len(name) <= 100:
        raise Refused("alias_needs_name")
    if alias.kind == "make":
        return _upsert_makes(session, [name])[0][name]
    if alias.kind == "model" and alias.context.isdigit():
        parent = int(alias.context)
        return _upsert(session, "car_model", "make_id", [(parent, name)])[0][parent, name]
    if alias.kind == "generation" and alias.context.isdigit():
        parent = int(alias.context)
        return _upsert(session, "generation", "model_id", [(parent, name)])[0][parent, name]
    raise Refused("alias_needs_target")


def _is_row(session: Session, alias: NameAlias, target_id: int) -> bool:
    table = TABLES[alias.kind]
    found = session.execute(text(f"SELECT 1 FROM {table} WHERE id = :id"), {"id": target_id}).scalar()  # noqa: S608
    if found and alias.kind == "model" and alias.context.isdigit():
        make_id = session.execute(text("SELECT make_id FROM car_model WHERE id = :id"), {"id": target_id}).scalar()
        return make_id == int(alias.context)
    return bool(found)
