"""The shapes of bodies and answers in OpenAPI: what a program reads before its first call."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from app.domain.ads import AdData
from app.domain.periods import PRESETS
from app.services.ads_push import MOST_AT_ONCE
from app.services.incoming_leads import MOST_AT_ONCE as MOST_LEADS
from app.services.presence import STATES

Shape = dict[str, Any]
TEXT: Shape = {"type": "string"}
WHOLE: Shape = {"type": "integer", "format": "int64"}
YES_NO: Shape = {"type": "boolean"}
WHEN: Shape = {"type": "string", "format": "date-time"}
ANY: Shape = {}


def maybe(shape: Shape) -> Shape:
    return shape | {"nullable": True}


def thing(required: tuple[str, ...] = (), /, **properties: Shape) -> Shape:
    return {"type": "object", "properties": properties} | ({"required": list(required)} if required else {})


def many(shape: Shape) -> Shape:
    return {"type": "array", "items": shape}


def named(name: str) -> Shape:
    return {"$ref": f"#/components/schemas/{name}"}


def short(longest: int, shortest: int = 0) -> Shape:
    return {"type": "string", "minLength": shortest, "maxLength": longest}


def one_row(name: str) -> Shape:
    return thing(id=WHOLE, result=named(name))


_NUMBERS = {"year", "mileage_km", "price", "engine_cc", "power_hp", "doors", "owners"}
_YES_NO = {"phone_protected", "is_damaged", "is_new"}


def _field(name: str) -> Shape:
    """Numbers may be told as text and lists as one text: sites do."""
    plain = WHOLE if name in _NUMBERS else YES_NO if name in _YES_NO else {"type": "number"} if name in (
        "lat", "lon") else TEXT  # fmt: skip
    return {"oneOf": [many(TEXT), TEXT]} if name in ("phones", "photos") else {"anyOf": [plain, TEXT]}


_VERSION = maybe({"type": "integer", "minimum": 0, "maximum": 2**31 - 1,
                  "description": "of the card as you know it; another one is refused"})  # fmt: skip
_NOTE = short(5000)
_DUPLICATE = thing(ad_id=WHOLE, source=TEXT, external_id=TEXT, url=TEXT)
_PUSHED = thing(
    ("position", "result"), position=WHOLE,
    result={"type": "string", "enum": ["new", "changed", "unchanged", "rejected"]}, external_id=TEXT, ad_id=WHOLE,
    vehicle_id=maybe(WHOLE), card_id=maybe(WHOLE), duplicates=many(_DUPLICATE), reason=TEXT, message=TEXT, detail=TEXT,
)  # fmt: skip
_LEAD_RESULT: Shape = {"type": "string", "enum": ["new", "known", "rejected"]}
_PAUSE = thing(id=WHOLE, name=TEXT, is_work=YES_NO, limit_min=maybe(WHOLE))

SHAPES: dict[str, Shape] = {
    "Error": thing(("message", "code", "errors"), message=TEXT, code=TEXT, errors={"type": "object"}),
    "PushedAdvert": thing((), **{name: _field(name) for name in (one.name for one in fields(AdData))})
    | {"description": "One advert in our own names. Only make, model or title is needed."},
    "AdsPush": thing(
        ("source", "ads"), source=short(64, 1) | {"description": "key of a source «sent to us by the API»"},
        ads={"type": "array", "items": named("PushedAdvert"), "minItems": 1, "maxItems": MOST_AT_ONCE},
    ),
    "AdsPushed": thing(
        run_id=WHOLE, read=WHOLE, new=WHOLE, changed=WHOLE, price_changed=WHOLE, unchanged=WHOLE, rejected=WHOLE,
        vehicles_new=WHOLE, result=many(_PUSHED),
    ),
    "SentLead": thing(
        ("phone",), phone=TEXT, id=TEXT | {"description": "yours: sent twice it is one lead"}, name=TEXT, comment=TEXT,
        make=TEXT, model=TEXT, city=TEXT, vin=TEXT, url=TEXT, year=_field("year"), mileage_km=_field("mileage_km"),
        price=_field("price"),
    ),
    "LeadsPush": thing(
        ("intake", "leads"), intake=WHOLE | {"minimum": 1, "description": "id of a way in for leads"},
        leads={"type": "array", "items": named("SentLead"), "minItems": 1, "maxItems": MOST_LEADS},
    ),
    "LeadsPushed": thing(
        new=WHOLE, known=WHOLE, rejected=WHOLE,
        result=many(thing(("position", "result"), position=WHOLE, result=_LEAD_RESULT, id=WHOLE, reason=TEXT)),
    ),
    "Explained": thing(id=WHOLE, result=thing(
        why=thing(code=TEXT, message=TEXT),
        filters=many(thing(id=WHOLE, name=TEXT, fits=YES_NO,
                           checks=many(thing(criterion=TEXT, passed=YES_NO, text=TEXT)))))),
    "CardStatus": thing(
        ("status",), status=short(32, 1) | {"description": "code of a status"}, callback_at=maybe(WHEN),
        anyones=YES_NO, note=_NOTE, version=_VERSION,
    ),
    "CardCallback": thing(("at",), at=WHEN, status=short(32, 1), anyones=YES_NO, note=_NOTE, version=_VERSION),
    "CardNote": thing(("text",), text=short(5000, 1)),
    "CardRelease": thing(("reason",), reason=short(500, 1)),
    "NoteAdded": thing(id=WHOLE, note_id=WHOLE),
    "Phones": thing(id=WHOLE, phones=many(TEXT)),
    "Done": thing(id=WHOLE, message=TEXT),
    "Card": one_row("cards"),
    "Call": one_row("calls"),
    "CallAsked": thing(
        ("card_id",), card_id=WHOLE | {"minimum": 1},
        number={"type": "integer", "minimum": 0, "maximum": 100, "description": "place of the number on the card"},
    ),
    "Filter": thing(id=WHOLE, result=thing(id=WHOLE, name=TEXT, is_enabled=YES_NO, version=WHOLE)),
    "Presence": thing(
        result=thing(user_id=WHOLE, state=TEXT, pause_id=maybe(WHOLE), since=WHEN, pauses=many(_PAUSE)),
    ),
    "PresenceState": thing(
        ("state",), state={"type": "string", "enum": list(STATES)},
        pause_id=maybe({"type": "integer", "minimum": 1, "maximum": 2**31 - 1}),
    ),
    "ReportNames": thing(result=many(thing(key=TEXT, title=TEXT, groupings=many(thing(key=TEXT, title=TEXT))))),
    "ReportQuestion": thing(
        ("report",), report=short(32, 1), preset={"type": "string", "enum": ["", *PRESETS]}, group_by=short(32),
        compare=YES_NO, only={"type": "object", "additionalProperties": short(200, 1)},
        **{"from": maybe({"type": "string", "format": "date"}), "to": maybe({"type": "string", "format": "date"})},
    ),
    "ReportAnswer": thing(
        result=thing(report=TEXT, zone=TEXT, group_by=TEXT, metrics=many(ANY), rows=many(ANY), total=ANY),
    ),
    "LogIn": thing(
        ("username", "password", "provider"), username=short(64, 1), password=short(200, 1),
        provider={"type": "string", "enum": ["db"]}, refresh=YES_NO,
    ),
    "Tokens": thing(access_token=TEXT, refresh_token=TEXT),
}  # fmt: skip
