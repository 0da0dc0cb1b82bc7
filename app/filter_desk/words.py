"""A filter in words: for the list, for the history of its changes, for what a colleague has changed meanwhile."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import text
from sqlalchemy.orm import Session

from app import formats
from app.admin import schedule_text
from app.services.filter_form import CHOICES
from app.services.filters import SPAN_NAMES, FilterDraft
from app.wording import CRITERIA, word

_NAMES = text("""
  SELECT 'make' AS kind, id::bigint, name FROM make WHERE id = ANY(CAST(:make AS int[]))
  UNION ALL SELECT 'model', id, name FROM car_model WHERE id = ANY(CAST(:model AS int[]))
  UNION ALL SELECT 'generation', id, name FROM generation WHERE id = ANY(CAST(:generation AS int[]))
  UNION ALL SELECT 'city', id, name FROM city WHERE id = ANY(CAST(:city AS bigint[]))
  UNION ALL SELECT 'region', id, name FROM region WHERE id = ANY(CAST(:region AS int[]))
  UNION ALL SELECT 'source', id, name FROM source WHERE id = ANY(CAST(:source AS int[]))
  UNION ALL SELECT 'group', id, name FROM operator_group WHERE id = ANY(CAST(:group AS int[]))
  UNION ALL SELECT 'user', id, first_name || ' ' || last_name FROM ab_user WHERE id = ANY(CAST(:user AS int[]))
""")


@dataclass(slots=True)
class Names:
    """What the ids of some filters mean, in one statement."""

    _found: dict[tuple[str, int], str] = field(default_factory=dict)

    @classmethod
    def of(cls, session: Session, drafts: Iterable[FilterDraft], users: Iterable[int | None] = ()) -> Names:
        ids: dict[str, set[Any]] = {
            kind: set() for kind in ("make", "model", "generation", "city", "region", "source", "group", "user")
        }
        ids["user"].update(users)
        for draft in drafts:
            for line in draft.cars:
                for kind, number in zip(("make", "model", "generation"), line, strict=True):
                    ids[kind].add(number)
            ids["city"].update(city for city, _radius in draft.cities)
            ids["region"].update(draft.region_ids)
            ids["source"].update(draft.criteria.get("source_ids", ()))
            ids["group"].add(draft.group_id)
            ids["user"].add(draft.operator_id)
        rows = session.execute(_NAMES, {kind: sorted(found - {None}) for kind, found in ids.items()})
        return cls({(row.kind, row.id): row.name for row in rows})

    def __call__(self, kind: str, number: int | None) -> str:
        return "" if number is None else self._found.get((kind, number), f"№{number}")

    def car(self, line: Iterable[int | None]) -> str:
        kinds = ("make", "model", "generation")
        return " ".join(filter(None, (self(kind, number) for kind, number in zip(kinds, line, strict=True))))


def cars(draft: FilterDraft, names: Names) -> list[str]:
    return [names.car(line) for line in draft.cars]


def places(draft: FilterDraft, names: Names) -> list[str]:
    if draft.all_russia or not (draft.cities or draft.region_ids):
        return [_("all Russia")]
    towns = [f"{names('city', city)} +{radius} {_('km')}" if radius else names("city", city)
             for city, radius in draft.cities]  # fmt: skip
    return towns + [names("region", region) for region in draft.region_ids]


def target(draft: FilterDraft, names: Names) -> str:
    return names("user", draft.operator_id) or names("group", draft.group_id) or _("anyone")


def described(draft: FilterDraft, names: Names, *, is_enabled: bool | None = None) -> dict[str, str]:
    """{label: words} of everything that the filter asks and says; what it does not ask is left out."""
    wishes = draft.criteria
    told = {
        word("name", "filter"): draft.name,
        word("priority", "filter"): str(draft.priority),
        _("For whom"): target(draft, names),
        str(CRITERIA["car"]): ", ".join(cars(draft, names)) or _("any"),
        _("Where"): ", ".join(places(draft, names)),
    }
    for name in SPAN_NAMES:
        told[str(CRITERIA[name])] = _span(wishes.get(name), name)
    for name in CHOICES:
        told[str(CRITERIA[name])] = ", ".join(word(code, name) for code in wishes.get(name) or ())
    told |= {
        _("Sources"): ", ".join(names("source", source) for source in wishes.get("source_ids") or ()),
        _("One of the words is there"): ", ".join(wishes.get("words_yes") or ()),
        _("None of the words is there"): ", ".join(wishes.get("words_no") or ()),
        _("Clients of the CRM in the order"): f"{wishes['client_points']:+d}" if wishes.get("client_points") else "",
        _("A lead is to be taken within, min"): formats.number(wishes["take_min"]) if wishes.get("take_min") else "",
        _("Damaged cars"): "" if wishes.get("accept_damaged", True) else _("not taken"),
        _("Cars abroad"): _("taken too") if wishes.get("include_foreign") else "",
        _("Accept when not told"): ", ".join(
            str(CRITERIA.get(name, name)) for name in wishes.get("unknown_ok", ("damage",))
        ),
        word("schedule", "filter"): schedule_text.shown(draft.schedule) if draft.schedule else "",
        word("open_cap", "filter"): formats.number(draft.open_cap) if draft.open_cap else "",
        word("day_cap", "filter"): formats.number(draft.day_cap) if draft.day_cap else "",
    }
    if is_enabled is not None:
        told[word("is_enabled", "filter")] = _("Yes") if is_enabled else _("No")
    return {label: words for label, words in told.items() if words}


def _span(span: Any, name: str) -> str:
    low, high = span or (None, None)
    shown = str if name == "year" else formats.number
    if low is not None and high is not None:
        return f"{shown(low)}–{shown(high)}"
    if low is not None:
        return _("from %(n)s", n=shown(low))
    return _("up to %(n)s", n=shown(high)) if high is not None else ""


def differences(before: dict[str, str], after: dict[str, str]) -> list[tuple[str, str, str]]:
    """(label, was, became) of what differs, in the order of the form."""
    labels = dict.fromkeys([*after, *before])
    return [(label, before.get(label, ""), after.get(label, "")) for label in labels
            if before.get(label) != after.get(label)]  # fmt: skip


def draft_of_snapshot(snapshot: dict[str, Any]) -> FilterDraft:
    """What AdFilterChange keeps; a field that this release does not know is left out."""
    known = {name: snapshot[name] for name in FilterDraft.__slots__ if name in snapshot}
    for name in ("cities", "cars"):
        known[name] = [tuple(line) for line in known.get(name, ())]
    return FilterDraft(**known)
