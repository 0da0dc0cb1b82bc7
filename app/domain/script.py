"""The script of a call: a supervisor's text with fields in braces, filled in for one card."""

from __future__ import annotations

import re
from collections.abc import Mapping

FIELD = re.compile(r"\{([^{}\n]{1,30})\}")
UNKNOWN = "…"


def fill(template: str, values: Mapping[str, str]) -> str:
    """Known fields become their values, an empty one «…». What nobody knows stays, so that a slip is seen."""

    def one(found: re.Match[str]) -> str:
        name = found[1].strip().casefold()
        return (values[name] or UNKNOWN) if name in values else found[0]

    return FIELD.sub(one, template)
