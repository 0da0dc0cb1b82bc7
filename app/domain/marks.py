"""When a number of the board is alarming: past amber, past red; for some numbers less is worse."""

from __future__ import annotations

CALM, AMBER, RED = "", "warning", "danger"


def tone(value: float | None, amber: int, red: int) -> str:
    """With red below amber, less is worse. No value alarms nobody."""
    if value is None:
        return CALM
    if red < amber:
        return RED if value <= red else AMBER if value <= amber else CALM
    return RED if value >= red else AMBER if value >= amber else CALM
