"""Reasons and codes become sentences here, and only here."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _

from app.errors import Reason


def say(reason: Reason | dict[str, Any] | None) -> str:
    """A reason in the reader's language. An unknown code is shown as it is: better odd than silent."""
    if reason is None:
        return ""
    code, args = (reason.code, reason.args) if isinstance(reason, Reason) else (reason["code"], reason.get("args", {}))
    template = _sentences().get(code)
    if template is None:
        return code
    try:
        return template % args
    except (KeyError, ValueError, TypeError):
        return template


def _sentences() -> dict[str, str]:
    return {
        "password_short": _("The password is too short: at least 12 characters."),
        "password_long": _("The password is too long: at most 200 characters."),
        "password_common": _("This password is easy to guess. Take a longer phrase."),
        "password_is_name": _("The password must not contain the user name."),
    }
