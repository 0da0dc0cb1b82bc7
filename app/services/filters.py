"""Supervisors' filters: what is saved becomes live at once; the backlog is matched again; every change is kept."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import UTC, datetime, time
from typing import Any

from sqlalchemy import delete, select, text
from sqlalchemy.orm import Session

from app.domain.filters import OPEN, RANGES, CarLine, FilterSpec
from app.domain.schedule import Schedule, Window
from app.errors import Refused
from app.models import AdFilter, AdFilterChange, AdFilterCity, AdFilterModel
from app.services import books, revisions
from app.services.audit import note_event

SET_NAMES = ("fuel", "gearbox", "drive", "body", "wheel", "seller_kind", "color", "crm_client", "origin")
SPAN_NAMES = (*RANGES, "age_hours")
MAX_CITIES = 200


@dataclass(slots=True)
class FilterDraft:
    """What the builder sends: a filter in the making, saved or only tried out."""

    name: str = ""
    priority: int = 0
    group_id: int | None = None
    operator_id: int | None = None
    all_russia: bool = False
    region_ids: list[int] = field(default_factory=list)
    cities: list[tuple[int, int]] = field(default_factory=list)  # (city id, radius in km)
    cars: list[tuple[int, int | None, int | None]] = field(default_factory=list)  # (make, model, generation)
    criteria: dict[str, Any] = field(default_factory=dict)
    schedule: list[dict[str, Any]] = field(default_factory=list)
    open_cap: int | None = None
    day_cap: int | None = None


def spec_of(ad_filter: AdFilter, atlas: Any) -> FilterSpec:
    """The saved filter as plain data for the domain; centres and radii become city ids here."""
    draft = draft_of(ad_filter)
    return spec_of_draft(
        draft, atlas, filter_id=ad_filter.id, version=ad_filter.version, is_enabled=ad_filter.is_enabled
    )


def draft_of(ad_filter: AdFilter) -> FilterDraft:
    return FilterDraft(
        name=ad_filter.name,
        priority=ad_filter.priority,
        group_id=ad_filter.group_id,
        operator_id=ad_filter.operator_id,
        all_russia=ad_filter.all_russia,
        region_ids=list(ad_filter.region_ids or []),
        cities=[(line.city_id, line.radius_km) for line in ad_filter.cities],
        cars=[(line.make_id, line.model_id, line.generation_id) for line in ad_filter.cars],
        criteria=dict(ad_filter.criteria or {}),
        schedule=list(ad_filter.schedule or []),
        open_cap=ad_filter.open_cap,
        day_cap=ad_filter.day_cap,
    )


def spec_of_draft(
    draft: FilterDraft, atlas: Any, *, filter_id: int = 0, version: int = 0, is_enabled: bool = True
) -> FilterSpec:
    wishes = draft.criteria
    sets: dict[str, Any] = {name: frozenset(wishes[name]) if wishes.get(name) else None for name in SET_NAMES}
    spans: dict[str, Any] = {name: tuple(wishes[name]) if wishes.get(name) else OPEN for name in SPAN_NAMES}
    return FilterSpec(
        id=filter_id,
        version=version,
        name=draft.name,
        priority=draft.priority,
        is_enabled=is_enabled,
        schedule=schedule_of(draft.schedule),
        operator_id=draft.operator_id,
        group_id=draft.group_id,
        include_foreign=bool(wishes.get("include_foreign")),
        accept_damaged=bool(wishes.get("accept_damaged", True)),
        city_ids=expand_cities(draft, atlas),
        lines=tuple(CarLine(*line) for line in draft.cars),
        source_ids=frozenset(wishes["source_ids"]) if wishes.get("source_ids") else None,
        words_yes=tuple(wishes.get("words_yes", ())),
        words_no=tuple(wishes.get("words_no", ())),
        client_points=int(wishes.get("client_points") or 0),
        unknown_ok=frozenset(wishes.get("unknown_ok", ("damage",))),
        **sets,
        **spans,
    )


def expand_cities(draft: FilterDraft, atlas: Any) -> frozenset[int] | None:
    """Every city within the radii and regions; None is all Russia. A filter without any place wants all Russia."""
    if draft.all_russia or not (draft.cities or draft.region_ids):
        return None
    wanted: set[int] = set()
    for city_id, radius_km in draft.cities:
        wanted |= atlas.within(city_id, radius_km) | {city_id}
    for region_id in draft.region_ids:
        wanted.update(city.id for city in atlas.cities.values() if city.region_id == region_id)
    return frozenset(wanted)


def schedule_of(rows: list[dict[str, Any]]) -> Schedule:
    """[{"days": [0, 1], "from": "09:00", "to": "18:00"}] as windows."""
    return tuple(
        Window(
            start=time.fromisoformat(row.get("from") or "00:00"),
            end=time.fromisoformat(row.get("to") or "00:00"),
            weekdays=frozenset(row.get("days") or range(7)),
        )
        for row in rows
    )


def all_specs(session: Session) -> list[FilterSpec]:
    """Every filter that is not archived, switched off ones too."""
    atlas = books.current(session).atlas
    rows = session.execute(select(AdFilter).where(~AdFilter.is_archived)).scalars()
    return [spec_of(row, atlas) for row in rows]


def enabled_specs(session: Session) -> list[FilterSpec]:
    return [spec for spec in all_specs(session) if spec.is_enabled]


# --- changing --------------------------------------------------------------------------------------------------------


def save(
    session: Session,
    draft: FilterDraft,
    *,
    actor_id: int | None,
    filter_id: int | None = None,
    version: int | None = None,
    enable: bool | None = None,
) -> AdFilter:
    """Create or change a filter. Refused: stale version, bad values. Live for the very next match."""
    check(session, draft)
    if filter_id is None:
        row = AdFilter(name=draft.name, version=0, is_enabled=False)
        session.add(row)
    else:
        row = _locked(session, filter_id)
        if row.is_archived:
            raise Refused("filter_archived", name=row.name)
        if version is not None and row.version != version:
            raise Refused("filter_changed_meanwhile", name=row.name)
    was_on = bool(row.is_enabled)
    _fill(session, row, draft)
    if enable is not None:
        row.is_enabled = enable
    row.version += 1
    session.flush()
    _recount(session, row)
    what = "created" if filter_id is None else "edited"
    _keep(session, row, what, actor_id)
    if was_on or row.is_enabled:
        revisions.raise_it(session, "filters")
    return row


def _fill(session: Session, row: AdFilter, draft: FilterDraft) -> None:
    row.name = draft.name.strip()
    row.priority = draft.priority
    row.group_id, row.operator_id = draft.group_id, draft.operator_id
    row.all_russia = draft.all_russia
    row.region_ids = sorted(set(draft.region_ids))
    row.criteria = dict(draft.criteria)
    row.schedule = list(draft.schedule)
    row.open_cap, row.day_cap = draft.open_cap, draft.day_cap
    session.flush()
    session.execute(delete(AdFilterCity).where(AdFilterCity.filter_id == row.id))
    session.execute(delete(AdFilterModel).where(AdFilterModel.filter_id == row.id))
    session.expire(row, ["cities", "cars"])
    for city_id, radius in dict(draft.cities).items():
        session.add(AdFilterCity(filter_id=row.id, city_id=city_id, radius_km=radius))
    for make_id, model_id, generation_id in dict.fromkeys(draft.cars):
        session.add(AdFilterModel(filter_id=row.id, make_id=make_id, model_id=model_id, generation_id=generation_id))


def check(session: Session, draft: FilterDraft) -> None:
    """Refuse what makes no sense, by name: nothing is silently dropped."""
    if not draft.name.strip():
        raise Refused("filter_needs_name")
    if not -1000 <= draft.priority <= 1000:
        raise Refused("filter_priority_range")
    if draft.group_id is not None and draft.operator_id is not None:
        raise Refused("filter_one_target")
    if len(draft.cities) > MAX_CITIES:
        raise Refused("filter_many_cities", cap=MAX_CITIES)
    if any(not 0 <= radius <= 1000 for _, radius in draft.cities):
        raise Refused("filter_radius_range")
    if _missing(session, "city", {city for city, _ in draft.cities}):
        raise Refused("filter_unknown_city")
    if _missing(session, "region", set(draft.region_ids)):
        raise Refused("filter_unknown_region")
    if _are_no_cars(session, draft.cars):
        raise Refused("filter_unknown_car")
    if _missing(session, "operator_group", {draft.group_id} - {None}):
        raise Refused("filter_unknown_target")
    if _missing(session, "operator_profile", {draft.operator_id} - {None}, key="user_id"):
        raise Refused("filter_unknown_target")
    for name in SPAN_NAMES:
        low, high = (draft.criteria.get(name) or (None, None))[:2]
        if low is not None and high is not None and low > high:
            raise Refused("filter_span_reversed", criterion=name, low=low, high=high)
    for cap in (draft.open_cap, draft.day_cap):
        if cap is not None and not 1 <= cap <= 1_000_000:
            raise Refused("filter_cap_range")
    schedule_of(draft.schedule)


def _missing(session: Session, table: str, ids: Collection[int | None], *, key: str = "id") -> bool:
    if not ids:
        return False
    found = session.execute(
        text(f"SELECT count(*) FROM {table} WHERE {key} = ANY(:ids)"),  # noqa: S608
        {"ids": sorted(filter(None, ids))},
    )
    return int(found.scalar_one()) != len(ids)


def _are_no_cars(session: Session, lines: list[tuple[int, int | None, int | None]]) -> bool:
    """Some line names a row that the books do not have, or a model of another make."""
    if not lines:
        return False
    makes, models, generations = (list(column) for column in zip(*lines, strict=True))
    found = session.execute(
        text("""
        SELECT count(*) FROM unnest(CAST(:makes AS int[]), CAST(:models AS int[]), CAST(:generations AS int[]))
               AS l(make_id, model_id, generation_id)
        WHERE EXISTS (SELECT 1 FROM make WHERE id = l.make_id)
          AND (l.model_id IS NULL OR EXISTS (SELECT 1 FROM car_model WHERE id = l.model_id AND make_id = l.make_id))
          AND (l.generation_id IS NULL
               OR EXISTS (SELECT 1 FROM generation WHERE id = l.generation_id AND model_id = l.model_id))
        """),
        {"makes": makes, "models": models, "generations": generations},
    )
    return int(found.scalar_one()) != len(lines)


def set_enabled(session: Session, filter_id: int, on: bool, *, actor_id: int | None) -> AdFilter:
    row = _locked(session, filter_id)
    if row.is_archived and on:
        raise Refused("filter_archived", name=row.name)
    if row.is_enabled != on:
        row.is_enabled = on
        row.version += 1
        _keep(session, row, "enabled" if on else "disabled", actor_id)
        revisions.raise_it(session, "filters")
    return row


def archive(session: Session, filter_id: int, *, actor_id: int | None) -> AdFilter:
    """Kept for history and reports; never matches again. Its cards in work stay with their operators."""
    row = _locked(session, filter_id)
    row.is_archived, row.is_enabled = True, False
    row.version += 1
    _keep(session, row, "archived", actor_id)
    revisions.raise_it(session, "filters")
    return row


def copy(session: Session, filter_id: int, name: str, *, actor_id: int | None) -> AdFilter:
    """A switched-off copy to be changed."""
    draft = draft_of(_locked(session, filter_id))
    draft.name = name
    return save(session, draft, actor_id=actor_id, enable=False)


def _locked(session: Session, filter_id: int) -> AdFilter:
    row = session.execute(
        select(AdFilter).where(AdFilter.id == filter_id).with_for_update(of=AdFilter)
    ).scalar_one_or_none()
    if row is None:
        raise Refused("filter_gone")
    return row


def _recount(session: Session, row: AdFilter) -> None:
    """Counters are kept only for filters with a cap; a filter that gets one now starts from the truth."""
    if row.open_cap is not None or row.day_cap is not None:
        session.execute(
            text("""
            UPDATE ad_filter SET open_n = (SELECT count(*) FROM card WHERE filter_id = :id AND stage IN (1,2,3))
            WHERE id = :id
            """),
            {"id": row.id},
        )


def _keep(session: Session, row: AdFilter, what: str, actor_id: int | None) -> None:
    row.changed_at, row.changed_by_id = datetime.now(UTC), actor_id
    session.flush()
    session.expire(row, ["cities", "cars"])
    draft = draft_of(row)
    snapshot = {name: getattr(draft, name) for name in FilterDraft.__slots__} | {"is_enabled": row.is_enabled}
    session.add(AdFilterChange(filter_id=row.id, version=row.version, by_id=actor_id, what=what, snapshot=snapshot))
    note_event(session, f"filter_{what}", actor_id=actor_id, subject="filter", subject_id=row.id, version=row.version)
