"""Bitrix24: leads or deals through crm.item.add (or the old crm.lead.add), with the contact found by the number."""

from __future__ import annotations

import hmac
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar
from urllib.parse import urlsplit

from app.addresses import host_of
from app.crm import CommentOut, Crm, CrmTrouble, Event, Found, HookRefused, LeadOut, Rate, Receipt, Request
from app.crm._bitrix24_read import HOOKS, OURS, Reader, text_of
from app.crm._bitrix24_talk import call, camel, form_pairs, query, trouble_of

TYPES = {"lead": 1, "deal": 2}
CONTACT = 3


@dataclass
class Bitrix24(Crm):
    key: ClassVar[str] = "bitrix24"
    label: ClassVar[str] = "Bitrix24"
    rate: ClassVar[Rate] = Rate(2, 45)  # two a second drain out of fifty; the rest is for the company's own people
    hint: ClassVar[str] = "Enter this address as the handler of an outbound web-hook: leads, deals and contacts changed"
    reads: ClassVar[bool] = True
    fields_known: ClassVar[tuple[tuple[str, str], ...]] = (
        ("TITLE", "{make} {model} {year}, {city}"), ("NAME", "{seller_name}"), ("SOURCE_ID", "CALL"),
        ("OPPORTUNITY", "{our_price}"), ("CURRENCY_ID", "RUB"), ("ADDRESS_CITY", "{city}"),
        ("COMMENTS", "{comment}\n{ad_url}\n{card_url}"),
    )  # fmt: skip
    cars_known: ClassVar[Mapping[str, str]] = {
        "city": "UF_CRM_CITY", "make": "UF_CRM_MAKE", "model": "UF_CRM_MODEL", "year": "UF_CRM_YEAR",
        "vin": "UF_CRM_VIN", "plate": "UF_CRM_PLATE",
    }  # fmt: skip
    stages_known: ClassVar[Mapping[str, str]] = {
        "IN_PROCESS": "in_work", "PROCESSED": "in_work", "CONVERTED": "in_work", "JUNK": "refused",
        "PREPARATION": "in_work", "PREPAYMENT_INVOICE": "inspected", "EXECUTING": "inspected",
        "FINAL_INVOICE": "inspected", "WON": "bought", "LOSE": "refused", "APOLOGY": "refused",
    }  # fmt: skip

    hook_url: str = field(
        default="",
        metadata={"label": "Address of the inbound web-hook", "secret": True,
                  "help": "https://….bitrix24.ru/rest/<user>/<code>/ with the right «CRM»"},
    )  # fmt: skip
    entity: str = field(
        default="lead",
        metadata={"label": "What a lead becomes", "choices": ("lead", "deal", "lead_old"),
                  "help": "The old way is for portals that do not know the new methods"},
    )  # fmt: skip
    application_token: str = field(
        default="",
        metadata={"label": "Token of the outbound web-hook", "secret": True, "help": "Proves that a web-hook is yours"},
    )

    def secrets(self) -> list[str]:
        return [self.hook_url, self.hook_url.rstrip("/").rpartition("/")[2], self.application_token]

    # --- out

    def lead_request(self, lead: LeadOut) -> Request:
        method, params = self._adding(lead, 0)
        return self._request(method, params)

    def push_lead(self, lead: LeadOut, *, again: bool) -> Receipt:
        """The key is looked for at every try: in one batch with the contact it costs no request more."""
        found, contact_id = self._look_for(lead)
        if found:
            return Receipt(found, self.page_of(self._kind, found), was_there=True)
        if contact_id or not lead.phones:
            made = self._call(*self._adding(lead, contact_id))
            number = made if self._is_old else _item_id(made)
        else:
            # The lead names the contact that the same batch makes: one request, and the limit counts requests.
            method, params = self._adding(lead, "$result[contact][item][id]")
            told = self._batch(
                {"contact": query("crm.item.add", self._contact(lead)), "lead": query(method, params)}, halt=True
            )
            number = told.get("lead") if self._is_old else _item_id(told.get("lead"))
        if not str(number or "").isdigit():
            raise CrmTrouble("Bitrix24 does not tell the number of the new lead", kind="strange")
        return Receipt(str(number), self.page_of(self._kind, str(number)))

    def push_comment(self, external_id: str, comment: CommentOut, *, again: bool) -> Receipt:
        if again:
            listed = self._call(
                "crm.timeline.comment.list",
                {"filter": {"ENTITY_ID": external_id, "ENTITY_TYPE": self._kind}, "select": ["ID", "COMMENT"],
                 "order": {"ID": "DESC"}},
            )  # fmt: skip
            for row in listed if isinstance(listed, list) else []:
                if comment.mark in text_of(row.get("COMMENT")):
                    return Receipt(str(row["ID"]), was_there=True)
        fields = {"ENTITY_ID": external_id, "ENTITY_TYPE": self._kind, "COMMENT": f"{comment.text}\n{comment.mark}"}
        return Receipt(str(self._call("crm.timeline.comment.add", {"fields": fields})))

    def check(self) -> str:
        known = self._call("crm.lead.fields" if self._kind == "lead" else "crm.deal.fields", {})
        return ", ".join(sorted(known)) if isinstance(known, dict) else ""

    def _adding(self, lead: LeadOut, contact_id: int | str) -> tuple[str, dict[str, Any]]:
        fields = {name: value for name, value in lead.fields.items() if value not in ("", None)}
        fields |= {"ORIGINATOR_ID": OURS, "ORIGIN_ID": lead.key}
        if contact_id:
            fields["CONTACT_ID"] = contact_id
        phones = lead.phones if self._kind == "lead" else []
        if self._is_old:
            fields["PHONE"] = [{"VALUE": f"+{phone}", "VALUE_TYPE": "MOBILE"} for phone in phones]
            return "crm.lead.add", {"fields": fields, "params": {"REGISTER_SONET_EVENT": "Y"}}
        named = {camel(name): value for name, value in fields.items()}
        named |= {"fm": _numbers(phones)} if phones else {}
        return "crm.item.add", {"entityTypeId": TYPES[self._kind], "fields": named, "useOriginalUfNames": "Y"}

    def _contact(self, lead: LeadOut) -> dict[str, Any]:
        name = str(lead.facts.get("seller_name") or lead.phones[0])
        fields = {"name": name[:50], "fm": _numbers(lead.phones), "originatorId": OURS, "originId": lead.key}
        return {"entityTypeId": CONTACT, "fields": fields}

    def _look_for(self, lead: LeadOut) -> tuple[str, int]:
        """(the lead made by an earlier try, the contact who has one of the numbers)"""
        if self._is_old:
            same = {"filter": {"=ORIGINATOR_ID": OURS, "=ORIGIN_ID": lead.key}, "select": ["ID"], "start": -1}
            commands = {"lead": query("crm.lead.list", same)}
        else:
            same = {"entityTypeId": TYPES[self._kind], "filter": {"=originatorId": OURS, "=originId": lead.key},
                    "select": ["id"]}  # fmt: skip
            commands = {"lead": query("crm.item.list", same)}
        if lead.phones:
            asked = {"type": "PHONE", "values": [f"+{phone}" for phone in lead.phones[:20]], "entity_type": "CONTACT"}
            commands["contact"] = query("crm.duplicate.findbycomm", asked)
        told = self._batch(commands)
        rows = told.get("lead")
        rows = rows.get("items") if isinstance(rows, dict) else rows
        found = next((row.get("ID") or row.get("id") for row in rows or () if isinstance(row, dict)), "")
        people = told.get("contact")
        ids = people.get("CONTACT") if isinstance(people, dict) else None  # nothing found comes as a list
        return str(found or ""), min(int(one) for one in ids) if ids else 0

    # --- back

    def changes(self, cursor: Mapping[str, Any]) -> Iterator[Found]:
        return Reader(self).changes(cursor)

    def look(self, event: Event) -> Found:
        return Reader(self).look(event)

    def read_hook(self, headers: Mapping[str, str], body: bytes, now: datetime) -> list[Event]:
        told = form_pairs(body)
        token = told.get("auth[application_token]", "")
        if not self.application_token or not hmac.compare_digest(self.application_token.encode(), token.encode()):
            raise HookRefused("auth[application_token] is wrong")
        kind = HOOKS.get(told.get("event", "").upper())
        number = told.get("data[FIELDS][ID]", "")
        if kind is None or not re.fullmatch(r"[0-9]{1,18}", number):
            raise HookRefused("an event of leads, deals or contacts with data[FIELDS][ID]")
        return [Event(kind[0], f"{kind[1]}{number}" if kind[0] == "car" else number, is_gone=kind[2])]

    # --- talk

    @property
    def _kind(self) -> str:
        return "deal" if self.entity == "deal" else "lead"

    @property
    def _is_old(self) -> bool:
        return self.entity == "lead_old"

    def page_of(self, kind: str, number: str) -> str:
        parts = urlsplit(self.hook_url)
        return f"{parts.scheme}://{parts.netloc}/crm/{kind}/details/{number}/"

    def _request(self, method: str, params: Mapping[str, Any]) -> Request:
        return Request("POST", f"{self.hook_url.rstrip('/')}/{method}.json", dict(params))

    def _call(self, method: str, params: Mapping[str, Any]) -> Any:
        return call(self.door, self._request(method, params), host_of(self.hook_url))["result"]

    def answer(self, method: str, params: Mapping[str, Any]) -> dict[str, Any]:
        """With paging and the portal's time, which `_call` leaves out."""
        return call(self.door, self._request(method, params), host_of(self.hook_url))

    def _batch(self, commands: Mapping[str, str], *, halt: bool = False) -> dict[str, Any]:
        told = self._call("batch", {"halt": int(halt), "cmd": dict(commands)})
        inside = told if isinstance(told, dict) else {}
        errors = inside.get("result_error")
        if isinstance(errors, dict) and errors:
            name, error = next(iter(errors.items()))
            raise trouble_of(error, host_of(self.hook_url), f"{name}: ")
        found = inside.get("result")
        return found if isinstance(found, dict) else {}  # an empty map comes as a list


def _numbers(phones: list[str]) -> list[dict[str, str]]:
    return [{"typeId": "PHONE", "valueType": "MOBILE", "value": f"+{phone}"} for phone in phones]


def _item_id(made: Any) -> Any:
    item = made.get("item") if isinstance(made, dict) else None
    return item.get("id") if isinstance(item, dict) else None
