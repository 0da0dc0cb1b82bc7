"""What amoCRM tells back: contacts, leads with their stages, cars out of the leads' custom fields."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlencode

from app.crm import CarIn, ClientIn, Event, Found, StageIn

PAGE = 250


class Reader:
    def __init__(self, crm: Any) -> None:
        self.crm = crm

    def changes(self, cursor: Mapping[str, Any]) -> Iterator[Found]:
        known = dict(cursor)
        for part in ("contacts", "leads"):
            for rows, place in self._pages(part, known.get(part) or {}):
                known[part] = place
                found = self._read(part, rows)
                found.cursor = dict(known)
                yield found

    def _pages(self, part: str, place: Mapping[str, Any]) -> Iterator[tuple[list[dict[str, Any]], dict[str, Any]]]:
        """By the time of change, oldest first. A finished pass begins again at the newest change it saw."""
        since, page, newest = int(place.get("since") or 0), int(place.get("page") or 1), int(place.get("newest") or 0)
        while True:
            asked = {"limit": PAGE, "page": page, "filter[updated_at][from]": since, "order[updated_at]": "asc"}
            if part == "leads":
                asked["with"] = "contacts"
            told = self.crm.listed(f"/api/v4/{part}?{urlencode(asked)}")
            rows = rows_of(told, part)
            newest = max([newest, since, *(_time(row) for row in rows)])
            if len(rows) < PAGE:
                yield rows, {"since": newest}
                return
            page += 1
            yield rows, {"since": since, "page": page, "newest": newest}

    def look(self, event: Event) -> Found:
        if event.is_gone:
            if event.kind == "client":
                return Found(clients=[ClientIn(event.external_id, "", (), is_gone=True)])
            return Found(stages=[StageIn(event.external_id, "", is_gone=True)],
                         cars=[CarIn(event.external_id, "", {}, is_gone=True)])  # fmt: skip
        part = "contacts" if event.kind == "client" else "leads"
        asked = {"filter[id][]": event.external_id, "limit": 1} | ({"with": "contacts"} if part == "leads" else {})
        return self._read(part, rows_of(self.crm.listed(f"/api/v4/{part}?{urlencode(asked)}"), part))

    def _read(self, part: str, rows: list[dict[str, Any]]) -> Found:
        found = Found()
        for row in rows:
            number = str(row.get("id") or "")
            if not number.isdigit():
                continue
            if part == "contacts":
                name = str(row.get("name") or "").strip()
                phones = tuple(phones_of(row))
                found.clients.append(ClientIn(number, name, phones, self.crm.page_of("contacts", number)))
            else:
                found.stages.append(StageIn(number, str(row.get("status_id") or "")))
                self._car(row, number, found)
        return found

    def _car(self, row: dict[str, Any], number: str, found: Found) -> None:
        values = {
            str(one.get("field_id")): one for one in row.get("custom_fields_values") or () if isinstance(one, dict)
        }
        facts = {name: _first(values.get(str(theirs))) for name, theirs in self.crm.car_map.items()}
        if facts.get("make") or facts.get("vin"):
            people = rows_of(row, "contacts")
            client = str(people[0].get("id") or "") if people else ""
            found.cars.append(CarIn(number, client, facts, self.crm.page_of("leads", number)))


def rows_of(told: Any, name: str) -> list[dict[str, Any]]:
    inside = told.get("_embedded") if isinstance(told, dict) else None
    rows = inside.get(name) if isinstance(inside, dict) else None
    return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []


def phones_of(contact: Mapping[str, Any]) -> list[str]:
    return [
        str(value.get("value") or "")[:40]
        for one in contact.get("custom_fields_values") or ()
        if isinstance(one, dict) and one.get("field_code") == "PHONE"
        for value in one.get("values") or () if isinstance(value, dict)
    ]  # fmt: skip


def _first(custom: Any) -> str:
    values = custom.get("values") if isinstance(custom, dict) else None
    first = values[0].get("value") if isinstance(values, list) and values and isinstance(values[0], dict) else None
    return "" if first is None else str(first)[:500]


def _time(row: Mapping[str, Any]) -> int:
    told = row.get("updated_at")
    return int(told) if isinstance(told, int) else 0
