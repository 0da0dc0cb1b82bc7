"""The row of result buttons as the desk draws it, with the status that is being edited in its place."""

from __future__ import annotations

from typing import Any

from app.extensions import db
from app.services import statuses

COLORS = ("secondary", "green", "yellow", "orange", "red", "azure", "blue", "purple", "dark")
STATUS_ICONS = (
    "circle", "phone-x", "phone-pause", "phone-off", "clock", "message-2", "calendar-event", "x", "car", "users",
    "check", "ban", "flag", "star",
)  # fmt: skip


def button_row(typed: Any) -> list[dict[str, Any]]:
    """The enabled statuses as the desk shows them; the one that is being edited as it is typed."""
    found = [
        {"id": str(row.id), "name": row.name, "color": row.color, "icon": row.icon, "hotkey": row.hotkey,
         "is_closing": row.is_closing, "position": row.position, "is_enabled": row.is_enabled, "is_mine": False}
        for row in statuses.rows(db.session())
    ]  # fmt: skip
    mine = next((one for one in found if one["id"] == typed.get("pk")), None)
    if "name" in typed:
        mine = mine or {"id": "0"}
        found = [one for one in found if one is not mine] + [mine]
        color, sign, place = typed.get("color", ""), typed.get("icon", ""), typed.get("position", "")
        mine |= {
            "name": typed.get("name", "")[:60] or "…", "color": color if color in COLORS else "secondary",
            "icon": sign if sign in STATUS_ICONS else "circle", "hotkey": typed.get("hotkey", "")[:1],
            "is_closing": bool(typed.get("is_closing")), "is_enabled": bool(typed.get("is_enabled")),
            "position": int(place) if place.isascii() and place.isdigit() and len(place) < 6 else 0,
        }  # fmt: skip
    if mine is not None:
        mine["is_mine"] = True
    return sorted((one for one in found if one["is_enabled"]), key=lambda one: (one["position"], int(one["id"])))
