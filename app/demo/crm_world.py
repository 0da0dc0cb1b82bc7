"""What the demonstration's CRM knows and does: leads, deals, contacts, comments, in the words of Bitrix24's REST."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from threading import RLock
from typing import Any
from urllib.parse import parse_qsl

PAGE = 50
KINDS = {1: "lead", 2: "deal", 3: "contact"}
STAGES = {
    "lead": ("NEW", "IN_PROCESS", "PROCESSED", "CONVERTED", "JUNK"),
    "deal": ("NEW", "PREPARATION", "EXECUTING", "WON", "LOSE"),
}  # fmt: skip


class Said(Exception):
    """An error of the CRM: its status and its own words."""

    def __init__(self, status: int, error: str, description: str) -> None:
        super().__init__(description)
        self.status, self.body = status, {"error": error, "error_description": description}


class CrmWorld:
    """Thread-safe; one lock for all, as a portal's limits make it slow anyway."""

    def __init__(self) -> None:
        self.rows: dict[str, dict[int, dict[str, Any]]] = {"lead": {}, "deal": {}, "contact": {}, "comment": {}}
        self.last = dict.fromkeys(self.rows, 0)
        self.lock = RLock()

    def call(self, method: str, params: Mapping[str, Any]) -> Any:
        """The `result` of one method."""
        found = re.fullmatch(r"crm\.(lead|deal|contact)\.(add|list|get|update|fields)", method)
        with self.lock:
            if found:
                return getattr(self, f"_{found[2]}")(found[1], params)
            name = {"crm.item.add": "_item_add", "crm.item.list": "_item_list",
                    "crm.duplicate.findbycomm": "_duplicates", "crm.timeline.comment.add": "_comment_add",
                    "crm.timeline.comment.list": "_comment_list", "batch": "_batch"}.get(method)  # fmt: skip
            if name is None:
                raise Said(404, "ERROR_METHOD_NOT_FOUND", "Method not found!")
            return getattr(self, name)(params)

    def put(self, kind: str, fields: Mapping[str, Any], **more: Any) -> dict[str, Any]:
        """A row as the portal keeps it: ids and sums are strings."""
        with self.lock:
            self.last[kind] += 1
            number = self.last[kind]
            row = {"ID": str(number), "DATE_MODIFY": now_text(), **fields, **more}
            if kind in STAGES:
                row.setdefault("STATUS_ID" if kind == "lead" else "STAGE_ID", "NEW")
            self.rows[kind][number] = row
            return row

    # --- the old methods, in capitals

    def _add(self, kind: str, params: Mapping[str, Any]) -> int:
        fields = _map(params.get("fields"))
        if not fields:
            raise Said(400, "", "Fields is not defined or invalid.")
        return int(self.put(kind, fields)["ID"])

    def _update(self, kind: str, params: Mapping[str, Any]) -> bool:
        self._one(kind, params).update({**_map(params.get("fields")), "DATE_MODIFY": now_text()})
        return True

    def _get(self, kind: str, params: Mapping[str, Any]) -> dict[str, Any]:
        return dict(self._one(kind, params))

    def _fields(self, kind: str, params: Mapping[str, Any]) -> dict[str, Any]:
        names = ("ID", "TITLE", "NAME", "PHONE", "COMMENTS", "OPPORTUNITY", "ASSIGNED_BY_ID", "UF_CRM_VIN")
        return {name: {"type": "string", "title": name} for name in names}

    def _list(self, kind: str, params: Mapping[str, Any]) -> list[dict[str, Any]]:
        wanted = {**_map(params.get("filter")), **_map(params.get("FILTER"))}
        select = params.get("select") or params.get("SELECT") or []
        names = list(select.values() if isinstance(select, Mapping) else select)
        after = int(wanted.get(">ID") or 0)  # numbers only grow: no need to look at all before it
        numbers = range(after + 1, self.last[kind] + 1)
        rows = (row for number in numbers if (row := self.rows[kind].get(number)) and _fits(row, wanted))
        found = []
        for row in rows:
            found.append({name: row.get(name) for name in names} if names else dict(row))
            if len(found) == PAGE:
                break
        return found

    def _one(self, kind: str, params: Mapping[str, Any]) -> dict[str, Any]:
        number = str(params.get("id") or params.get("ID") or "")
        row = self.rows[kind].get(int(number)) if number.isdigit() else None
        if row is None:
            raise Said(400, "", "Not found")
        return row

    # --- crm.item, in camel case

    def _item_add(self, params: Mapping[str, Any]) -> dict[str, Any]:
        kind = self._kind(params)
        fields = {_capitals(name): value for name, value in _map(params.get("fields")).items()}
        numbers = fields.pop("FM", None)
        listed = list(numbers.values()) if isinstance(numbers, Mapping) else numbers or []
        phones = [{"VALUE": one["value"], "VALUE_TYPE": one.get("valueType", "WORK"), "TYPE_ID": "PHONE"}
                  for one in listed if one.get("typeId") == "PHONE"]  # fmt: skip
        row = self.put(kind, fields, **({"PHONE": phones} if phones else {}))
        return {"item": {"id": int(row["ID"]), "title": row.get("TITLE")}}

    def _item_list(self, params: Mapping[str, Any]) -> dict[str, Any]:
        kind = self._kind(params)
        wanted = {_capitals(name): value for name, value in _map(params.get("filter")).items()}
        rows = [row for _, row in sorted(self.rows[kind].items()) if _fits(row, wanted)][:PAGE]
        return {"items": [{"id": int(row["ID"])} for row in rows]}

    def _kind(self, params: Mapping[str, Any]) -> str:
        number = str(params.get("entityTypeId") or "")
        if not number.isdigit() or int(number) not in KINDS:
            raise Said(400, "NOT_FOUND", "Smart process not found")
        return KINDS[int(number)]

    # --- the others

    def _duplicates(self, params: Mapping[str, Any]) -> Any:
        values = params.get("values") or []
        wanted = {_digits(one) for one in (values.values() if isinstance(values, Mapping) else values)}
        kind = str(params.get("entity_type") or "CONTACT").lower()
        found = [
            number for number, row in sorted(self.rows.get(kind, {}).items())
            if wanted & {_digits(phone.get("VALUE")) for phone in row.get("PHONE") or ()}
        ]  # fmt: skip
        return {kind.upper(): found} if found else []

    def _comment_add(self, params: Mapping[str, Any]) -> int:
        return int(self.put("comment", _map(params.get("fields")))["ID"])

    def _comment_list(self, params: Mapping[str, Any]) -> list[dict[str, Any]]:
        return self._list("comment", params)

    def _batch(self, params: Mapping[str, Any]) -> dict[str, Any]:
        commands = _map(params.get("cmd"))
        results: dict[str, Any] = {}
        errors: dict[str, Any] = {}
        if len(commands) > 50:
            raise Said(400, "ERROR_BATCH_LENGTH_EXCEEDED", "Max batch length exceeded")
        for name, command in commands.items():
            try:
                method, _, query = _referred(str(command), results).partition("?")
                results[name] = self.call(method, php_form(query))
            except Said as said:
                errors[name] = said.body
                if str(params.get("halt")) == "1":
                    break
        # PHP: an empty map is a list.
        return {"result": results or [], "result_error": errors or [], "result_total": [], "result_next": []}


def now_text() -> str:
    return datetime.now(UTC).isoformat()


def php_form(query: str) -> dict[str, Any]:
    """a[b][0]=c as PHP reads it."""
    told: dict[str, Any] = {}
    for name, value in parse_qsl(query, keep_blank_values=True):
        parts = [name.partition("[")[0], *re.findall(r"\[([^\]]*)\]", name)]
        place = told
        for part in parts[:-1]:
            place = place.setdefault(part, {})
        place[parts[-1]] = value
    return told


def _referred(command: str, results: Mapping[str, Any]) -> str:
    def value(found: re.Match[str]) -> str:
        place: Any = results
        for part in re.findall(r"\[([^\]]*)\]", found[0]):
            place = place.get(part) if isinstance(place, Mapping) else None
        return "" if place is None else str(place)

    return re.sub(r"\$result(\[[^\]]*\])+", value, command)


def _fits(row: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
    for name, value in wanted.items():
        sign = re.match(r"[<>=@!%]*", name)[0]  # type: ignore[index]
        has = row.get(name[len(sign) :])
        if sign == ">":
            numbers = name.endswith("ID")
            if not (int(has or 0) > int(value) if numbers else str(has or "") > str(value)):
                return False
        elif str(has if has is not None else "") != str(value):
            return False
    return True


def _capitals(name: str) -> str:
    sign = re.match(r"[<>=@!%]*", name)[0]  # type: ignore[index]
    bare = name[len(sign) :]
    return sign + (bare if bare.startswith("UF_") else re.sub(r"(?<=[a-z0-9])([A-Z])", r"_\1", bare).upper())


def _map(value: Any) -> dict[str, Any]:
    return dict(value) if isinstance(value, Mapping) else {}


def _digits(value: Any) -> str:
    return re.sub(r"\D", "", str(value or ""))
