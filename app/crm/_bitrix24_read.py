"""What Bitrix24 tells back: contacts, cars out of deals' custom fields, stages of leads and deals."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from app.crm import CarIn, ClientIn, Event, Found, StageIn

OURS = "prozvon"
PAGE = 50
# event: (kind, prefix of the id, gone)
HOOKS = {
    "ONCRMCONTACTADD": ("client", "", False), "ONCRMCONTACTUPDATE": ("client", "", False),
    "ONCRMCONTACTDELETE": ("client", "", True),
    "ONCRMDEALADD": ("car", "deal", False), "ONCRMDEALUPDATE": ("car", "deal", False),
    "ONCRMDEALDELETE": ("car", "deal", True),
    "ONCRMLEADADD": ("lead", "", False), "ONCRMLEADUPDATE": ("lead", "", False), "ONCRMLEADDELETE": ("lead", "", True),
}  # fmt: skip
_NAMES = ["ID", "NAME", "SECOND_NAME", "LAST_NAME", "PHONE"]


class Reader:
    """Goes through the lists by ID: a page number would skip rows when somebody deletes one meanwhile."""

    def __init__(self, crm: Any) -> None:
        self.crm = crm

    def changes(self, cursor: Mapping[str, Any]) -> Iterator[Found]:
        known = dict(cursor)
        for part in ("contact", "deal", "lead"):
            if part == "lead" and self.crm.entity == "deal":
                continue
            for rows, place in self._pages(part, known.get(part) or {}):
                known[part] = place
                found = self._read(part, rows)
                found.cursor = dict(known)
                yield found

    def _pages(self, part: str, place: Mapping[str, Any]) -> Iterator[tuple[list[dict[str, Any]], dict[str, Any]]]:
        """Rows with the place to go on from. A finished pass leaves the portal's own time at which it began."""
        since, last, began = place.get("since", ""), int(place.get("id") or 0), place.get("began", "")
        while True:
            wanted: dict[str, Any] = {">ID": last}
            if since:
                wanted[">DATE_MODIFY"] = since
            if part == "lead":
                wanted["=ORIGINATOR_ID"] = OURS
            told = self.crm.answer(
                f"crm.{part}.list",
                {"filter": wanted, "order": {"ID": "ASC"}, "select": self._select(part), "start": -1},
            )
            began = began or str((told.get("time") or {}).get("date_start") or "")
            rows = [row for row in told["result"] or () if isinstance(row, dict) and str(row.get("ID", "")).isdigit()]
            if len(rows) < PAGE:
                yield rows, {"since": began or since}
                return
            last = max(int(row["ID"]) for row in rows)
            yield rows, {"since": since, "id": last, "began": began}

    def _select(self, part: str) -> list[str]:
        if part == "contact":
            return _NAMES
        if part == "lead":
            return ["ID", "STATUS_ID"]
        return ["ID", "STAGE_ID", "CONTACT_ID", "LEAD_ID", *dict.fromkeys(self.crm.car_map.values())]

    def _read(self, part: str, rows: list[dict[str, Any]]) -> Found:
        found = Found()
        for row in rows:
            if part == "contact":
                found.clients.append(self._client(row))
            elif part == "lead":
                found.stages.append(StageIn(str(row["ID"]), _stage(row.get("STATUS_ID"))))
            else:
                self._deal(row, found)
        return found

    def _client(self, row: dict[str, Any]) -> ClientIn:
        number = str(row["ID"])
        name = " ".join(filter(None, (text_of(row.get(part)) for part in ("LAST_NAME", "NAME", "SECOND_NAME"))))
        listed = row.get("PHONE")
        phones = tuple(
            text_of(one.get("VALUE")) for one in (listed if isinstance(listed, list) else ()) if isinstance(one, dict)
        )
        return ClientIn(number, name, phones, self.crm.page_of("contact", number))

    def _deal(self, row: dict[str, Any], found: Found) -> None:
        number, stage = str(row["ID"]), _stage(row.get("STAGE_ID"))
        # A deal that grew out of our lead speaks for the lead.
        ours = number if self.crm.entity == "deal" else text_of(row.get("LEAD_ID"))
        if ours and ours != "0" and stage:
            found.stages.append(StageIn(ours, stage))
        facts = {name: text_of(row.get(theirs)) for name, theirs in self.crm.car_map.items()}
        if facts.get("make") or facts.get("vin"):
            client = text_of(row.get("CONTACT_ID"))
            found.cars.append(
                CarIn(f"deal{number}", "" if client == "0" else client, facts, self.crm.page_of("deal", number))
            )

    def look(self, event: Event) -> Found:
        if event.kind == "client":
            if event.is_gone:
                return Found(clients=[ClientIn(event.external_id, "", (), is_gone=True)])
            return self._one("contact", event.external_id, _NAMES)
        number = event.external_id.removeprefix("deal")
        if event.kind == "car":
            if event.is_gone:
                return Found(cars=[CarIn(event.external_id, "", {}, is_gone=True)])
            return self._one("deal", number, self._select("deal"))
        if event.is_gone:
            return Found(stages=[StageIn(number, "", is_gone=True)])
        return self._one("lead", number, self._select("lead"))

    def _one(self, part: str, number: str, select: list[str]) -> Found:
        told = self.crm.answer(
            f"crm.{part}.list", {"filter": {"=ID": number}, "select": select, "order": {"ID": "ASC"}, "start": -1}
        )
        rows = [row for row in told["result"] or () if isinstance(row, dict) and str(row.get("ID", "")).isdigit()]
        return self._read(part, rows)


def text_of(value: Any) -> str:
    """A field as text: null, numbers and lists of one come too."""
    if isinstance(value, list):
        value = value[0] if value else ""
    return "" if value is None or isinstance(value, dict | bool) else str(value).replace("\0", "").strip()[:500]


def _stage(value: Any) -> str:
    """C7:WON is WON of another funnel."""
    return text_of(value).rpartition(":")[2][:64]
