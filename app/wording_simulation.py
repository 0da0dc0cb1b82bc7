"""The words of modelled shifts: code -> sentence or word."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l

SENTENCES: dict[str, Any] = {
    "simulation_rival": _l("There is no way of pacing «%(name)s». Known are: %(known)s."),
    "simulation_day": _l("«%(day)s» is no day; write it as 2026-11-22."),
    "simulation_few_calls": _l("%(n)s answered calls are too few to learn from; at least %(needed)s are needed."),
    "simulation_number": _l("«%(words)s» are no numbers."),
    "simulation_failed": _l("The shift could not be played. Try it once more, or tell the administrator."),
    "simulations_busy": _l("%(cap)s shifts of yours are being played already; wait until one is done."),
    "simulation_bounds": _l("%(name)s: from %(least)s to %(most)s."),
}

WORDS: dict[str, Any] = {
    "rival:predictive": _l("Predictive"),
    "rival:progressive": _l("Progressive"),
    "rival:power": _l("Fixed ratio"),
    "rival:vicidial-average": _l("VICIdial, adaptive average"),
    "rival:oracle": _l("Knows everything beforehand"),
}
