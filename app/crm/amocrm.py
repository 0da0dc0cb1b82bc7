"""amoCRM v4: a lead with its contact in one request, notes, and an OAuth access that outlives every restart."""

from __future__ import annotations

import hmac
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar
from urllib.parse import parse_qsl, urlencode, urlsplit

from app.addresses import host_of
from app.crm import CommentOut, Crm, CrmTrouble, Event, Found, HookRefused, LeadOut, Rate, Receipt, Request
from app.crm._amocrm_read import Reader, phones_of, rows_of
from app.crm._http import Answer, by_status

PLAIN = {"name", "price", "pipeline_id", "status_id", "responsible_user_id"}
NUMBERS = PLAIN - {"name"}
MARK = "prozvon-"


@dataclass
class AmoCrm(Crm):
    key: ClassVar[str] = "amocrm"
    label: ClassVar[str] = "amoCRM"
    rate: ClassVar[Rate] = Rate(6.5, 1)  # seven a second are allowed, and who asks more is locked out
    hint: ClassVar[str] = "Enter this address under «Web-hooks»: leads and contacts added, changed, deleted, new stage"
    reads: ClassVar[bool] = True
    needs_token: ClassVar[bool] = True
    fields_known: ClassVar[tuple[tuple[str, str], ...]] = (
        ("name", "{make} {model} {year}, {city}"), ("price", "{our_price}"), ("tags", "Prozvon"),
    )  # fmt: skip
    stages_known: ClassVar[Mapping[str, str]] = {"142": "bought", "143": "refused"}  # the same in every account

    base_url: str = field(
        default="", metadata={"label": "Address of the account", "help": "https://<account>.amocrm.ru"}
    )
    client_id: str = field(
        default="", metadata={"label": "Integration ID", "help": "Empty when a long-lived token is used"}
    )
    client_secret: str = field(default="", metadata={"label": "Secret key of the integration", "secret": True})
    redirect_uri: str = field(
        default="", metadata={"label": "Redirect address", "help": "Exactly as it stands in the integration"}
    )
    code: str = field(
        default="",
        metadata={"label": "Authorization code", "secret": True, "help": "Lives 20 minutes and is used once"},
    )
    long_token: str = field(
        default="", metadata={"label": "Long-lived token", "secret": True, "help": "Instead of the code"}
    )
    key_field_id: str = field(
        default="",
        metadata={"label": "Field for our key", "help": "Number of a text field of leads; empty: a tag keeps it"},
    )

    def secrets(self) -> list[str]:
        return [self.client_secret, self.code, self.long_token]

    # --- out

    def lead_request(self, lead: LeadOut) -> Request:
        return self._request("POST", "/api/v4/leads/complex", [self._body(lead, 0)])

    def push_lead(self, lead: LeadOut, *, again: bool) -> Receipt:
        """amoCRM honours no key: before a second try the lead is looked for, by its contact and by its mark."""
        contact_id, lead_ids = self._contact_of(lead)
        if again and (found := self._made_before(lead, lead_ids)):
            return Receipt(found, self.page_of("leads", found), was_there=True)
        answer = self._ask("POST", "/api/v4/leads/complex", [self._body(lead, contact_id)])
        made = answer.data[0] if isinstance(answer.data, list) and answer.data else None
        if not isinstance(made, dict) or not str(made.get("id", "")).isdigit():
            raise CrmTrouble("amoCRM does not tell the number of the new lead", kind="strange")
        return Receipt(str(made["id"]), self.page_of("leads", str(made["id"])))

    def push_comment(self, external_id: str, comment: CommentOut, *, again: bool) -> Receipt:
        path = f"/api/v4/leads/{external_id}/notes"
        if again:
            for note in rows_of(self._ask("GET", f"{path}?limit=250&order[id]=desc").data, "notes"):
                params = note.get("params")
                if isinstance(params, dict) and comment.mark in str(params.get("text") or ""):
                    return Receipt(str(note.get("id", "")), was_there=True)
        body = [{"note_type": "common", "params": {"text": f"{comment.text}\n{comment.mark}"}}]
        made = rows_of(self._ask("POST", path, body).data, "notes")
        return Receipt(str(made[0].get("id", "")) if made else "")

    def check(self) -> str:
        told = self._ask("GET", "/api/v4/account").data
        return str(told.get("name") or "") if isinstance(told, dict) else ""

    def _body(self, lead: LeadOut, contact_id: int) -> dict[str, Any]:
        body: dict[str, Any] = {"request_id": lead.key}
        custom, of_contact, tags = [], [], [] if self.key_field_id else [MARK + str(lead.number)]
        for name, value in lead.fields.items():
            if value in ("", None):
                continue
            if name in PLAIN:
                body[name] = _number(value) if name in NUMBERS else str(value)[:250]
            elif name == "tags":
                tags += [one.strip() for one in str(value).split(",") if one.strip()]
            elif name.startswith("contact."):
                of_contact.append(_custom(name.removeprefix("contact."), value))
            else:
                custom.append(_custom(name, value))
        if self.key_field_id:
            custom.append(_custom(self.key_field_id, lead.key))
        body["custom_fields_values"] = custom or None
        body["_embedded"] = {"tags": [{"name": one} for one in tags]}
        body["_embedded"]["contacts"] = [self._contact(lead, contact_id, of_contact)]
        return body

    def _contact(self, lead: LeadOut, contact_id: int, custom: list[dict[str, Any]]) -> dict[str, Any]:
        if contact_id:
            return {"id": contact_id}
        numbers = [{"value": f"+{phone}", "enum_code": "MOB"} for phone in lead.phones]
        if numbers:
            custom = [*custom, {"field_code": "PHONE", "values": numbers}]
        return {"first_name": str(lead.facts.get("seller_name") or ""), "custom_fields_values": custom or None}

    def _contact_of(self, lead: LeadOut) -> tuple[int, list[int]]:
        """The contact with one of the numbers, and the leads it has."""
        for phone in lead.phones:
            told = self._ask("GET", f"/api/v4/contacts?{urlencode({'query': phone, 'with': 'leads', 'limit': 50})}")
            for row in rows_of(told.data, "contacts"):
                if phone in _phones_of(row) and str(row.get("id", "")).isdigit():
                    return int(row["id"]), [int(one["id"]) for one in rows_of(row, "leads") if one.get("id")]
        return 0, []

    def _made_before(self, lead: LeadOut, lead_ids: list[int]) -> str:
        asked: list[str] = []
        if lead_ids:
            some = sorted(lead_ids, reverse=True)[:50]
            asked.append(urlencode([("filter[id][]", one) for one in some] + [("limit", 50)]))
        asked.append(urlencode({"query": lead.key if self.key_field_id else MARK + str(lead.number), "limit": 50}))
        for one in asked:
            for row in rows_of(self._ask("GET", f"/api/v4/leads?{one}").data, "leads"):
                if self._has_mark(row, lead):
                    return str(row["id"])
        return ""

    def _has_mark(self, row: Mapping[str, Any], lead: LeadOut) -> bool:
        if not self.key_field_id:
            return any(tag.get("name") == MARK + str(lead.number) for tag in rows_of(row, "tags"))
        return any(
            str(one.get("field_id")) == self.key_field_id and any(v.get("value") == lead.key for v in one["values"])
            for one in row.get("custom_fields_values") or ()
        )

    # --- the access

    def token_request(self, refresh_token: str) -> Request:
        """With the refresh token, or at the very first with the code that a person has entered."""
        asked = {"client_id": self.client_id, "client_secret": self.client_secret, "redirect_uri": self.redirect_uri}
        asked |= (
            {"grant_type": "refresh_token", "refresh_token": refresh_token} if refresh_token
            else {"grant_type": "authorization_code", "code": self.code}
        )  # fmt: skip
        return Request("POST", self.base_url.rstrip("/") + "/oauth2/access_token", asked)

    def fetch_tokens(self, refresh_token: str) -> tuple[str, str, float]:
        """(access, refresh, seconds). The caller keeps the row's lock: a refresh token is good once."""
        answer = self.door.ask(self.token_request(refresh_token))
        told = answer.data
        if answer.status in (400, 401, 403):
            raise CrmTrouble(f"{host_of(self.base_url)}: the access has ended; enter a new authorization code",
                             kind="auth", permanent=True, closes=True)  # fmt: skip
        if answer.status != 200:
            raise by_status(answer, host_of(self.base_url))
        if not isinstance(told, dict) or not told.get("access_token") or not told.get("refresh_token"):
            raise CrmTrouble(f"{host_of(self.base_url)}: the answer holds no tokens", kind="strange")
        return str(told["access_token"]), str(told["refresh_token"]), float(told.get("expires_in") or 3600)

    # --- back

    def changes(self, cursor: Mapping[str, Any]) -> Iterator[Found]:
        return Reader(self).changes(cursor)

    def look(self, event: Event) -> Found:
        return Reader(self).look(event)

    def read_hook(self, headers: Mapping[str, str], body: bytes, now: datetime) -> list[Event]:
        """The secret is in the address; here only whether it is our account that speaks."""
        try:
            pairs = parse_qsl(body.decode("utf-8", "strict"), max_num_fields=5000)
        except (ValueError, UnicodeError):
            raise HookRefused("the body is no form") from None
        told = dict(pairs)
        own = (urlsplit(self.base_url).hostname or "").partition(".")[0]
        if not own or not hmac.compare_digest(own.encode(), told.get("account[subdomain]", "").encode()):
            raise HookRefused("account[subdomain] is another one")
        events = []
        for name, value in pairs:
            found = re.fullmatch(r"(leads|contacts)\[(add|update|status|delete)\]\[(\d+)\]\[id\]", name)
            if found and value.isdigit():
                kind = "client" if found[1] == "contacts" else "lead"
                stage = told.get(f"leads[{found[2]}][{found[3]}][status_id]", "") if kind == "lead" else ""
                events.append(Event(kind, value[:18], stage[:64], found[2] == "delete"))
        if not events:
            raise HookRefused("no lead and no contact in it")
        return events

    # --- talk

    def page_of(self, kind: str, number: str) -> str:
        return f"{self.base_url.rstrip('/')}/{kind}/detail/{number}"

    def _request(self, method: str, path: str, body: Any = None, token: str = "") -> Request:
        return Request(method, self.base_url.rstrip("/") + path, body, {"Authorization": f"Bearer {token}"})

    def _ask(self, method: str, path: str, body: Any = None) -> Answer:
        token = self.long_token or (self.tokens("") if self.tokens else "")
        answer: Answer = self.door.ask(self._request(method, path, body, token))
        if answer.status == 401 and not self.long_token and self.tokens:
            # It ended before its time: once more with a newer one, which somebody else may have fetched already.
            answer = self.door.ask(self._request(method, path, body, self.tokens(token)))
        if answer.status in (200, 201, 202) and answer.data is None:
            raise CrmTrouble(f"{host_of(self.base_url)}: the answer is no JSON", kind="strange")
        if answer.status not in (200, 201, 202, 204):
            raise by_status(answer, host_of(self.base_url), _said(answer))
        return answer

    def listed(self, path: str) -> Any:
        """What a list answers; None when there is nothing (204)."""
        return self._ask("GET", path).data


def _said(answer: Answer) -> str:
    """Which field is wrong and how, out of validation-errors."""
    told = answer.data if isinstance(answer.data, dict) else {}
    words = [
        f"{error.get('path', '')}: {error.get('code', '')} {error.get('detail', '')}".strip()
        for one in told.get("validation-errors") or () if isinstance(one, dict)
        for error in one.get("errors") or () if isinstance(error, dict)
    ]  # fmt: skip
    return "; ".join(words)[:400] or str(told.get("detail") or told.get("title") or "")[:200]


def _custom(name: str, value: Any) -> dict[str, Any]:
    field_name = {"field_id": int(name)} if name.isdigit() else {"field_code": name}
    return {**field_name, "values": [{"value": value}]}


def _number(value: Any) -> Any:
    digits = re.sub(r"\D", "", str(value))
    return int(digits) if digits else None


def _phones_of(contact: Mapping[str, Any]) -> set[str]:
    return {re.sub(r"\D", "", phone) for phone in phones_of(contact)}
