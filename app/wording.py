"""Reasons and codes become sentences here, and only here."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Flask
from flask_babel import gettext as _

from app.errors import Reason
from app.wording_admin import SENTENCES as ADMIN_SENTENCES
from app.wording_admin import WORDS as ADMIN_WORDS
from app.wording_codes import CRITERIA
from app.wording_codes import SENTENCES as OWN_SENTENCES
from app.wording_codes import WORDS as OWN_WORDS
from app.wording_crm import SENTENCES as CRM_SENTENCES
from app.wording_crm import WORDS as CRM_WORDS
from app.wording_incoming import SENTENCES as INCOMING_SENTENCES
from app.wording_incoming import WORDS as INCOMING_WORDS
from app.wording_people import SENTENCES as PEOPLE_SENTENCES
from app.wording_people import WORDS as PEOPLE_WORDS
from app.wording_phone import SENTENCES as PHONE_SENTENCES
from app.wording_phone import WORDS as PHONE_WORDS
from app.wording_simulation import SENTENCES as SIMULATION_SENTENCES
from app.wording_simulation import WORDS as SIMULATION_WORDS
from app.wording_sms import SENTENCES as SMS_SENTENCES
from app.wording_sms import WORDS as SMS_WORDS
from app.wording_supervisor import SENTENCES as SUPERVISOR_SENTENCES
from app.wording_supervisor import WORDS as SUPERVISOR_WORDS

SENTENCES = {**OWN_SENTENCES, **ADMIN_SENTENCES, **PEOPLE_SENTENCES, **PHONE_SENTENCES, **SUPERVISOR_SENTENCES,
             **SIMULATION_SENTENCES}  # fmt: skip
SENTENCES |= CRM_SENTENCES | INCOMING_SENTENCES | SMS_SENTENCES
WORDS = {
    **CRM_WORDS,
    **INCOMING_WORDS,
    **SMS_WORDS,
    **OWN_WORDS,
    **ADMIN_WORDS,
    **PEOPLE_WORDS,
    **PHONE_WORDS,
    **SUPERVISOR_WORDS,
    **SIMULATION_WORDS,
}


def install(app: Flask) -> None:
    """The filters `say`, `word` and `judged` for templates."""
    app.jinja_env.filters.update(say=say, word=word, judged=judged, translated=translated)


def translated(message: Any) -> str:
    """A message as it stands: it may hold what a person typed, percent signs too, and is no template any more."""
    return str(_(str(message)))


def say(reason: Reason | dict[str, Any] | None) -> str:
    """A reason in the reader's language. An unknown code is shown as it is: better odd than silent."""
    if reason is None:
        return ""
    code, args = (reason.code, reason.args) if isinstance(reason, Reason) else (reason["code"], reason.get("args", {}))
    template = SENTENCES.get(code)
    if template is None:
        return str(code)
    try:
        return str(template) % args
    except (KeyError, ValueError, TypeError):
        return str(template)


def word(code: Any, kind: str = "") -> str:
    """The word for a canonical code: `diesel`, `front` (of a drive), `ready`. None is a dash."""
    if code is None or code == "":
        return "—"
    text = WORDS.get(f"{kind}:{code}") or WORDS.get(str(code))
    return str(text) if text is not None else str(code)


def judged(check: Any, name_of: Callable[[str, Any], str] | None = None) -> str:
    """One criterion judged by a filter, in words: «Пробег: 120 000, нужно до 100 000»."""
    wanted, has = check.reason.args.get("wanted"), check.reason.args.get("has")
    label = str(CRITERIA.get(check.criterion, check.criterion))
    shown = _value(check.criterion, has, name_of)
    if check.reason.code in ("unknown_accepted", "unknown_refused"):
        shown = _("not told")
    return _(
        "%(name)s: %(has)s; wanted %(wanted)s", name=label, has=shown, wanted=_wish(check.criterion, wanted, name_of)
    )


def _wish(criterion: str, wanted: Any, name_of: Callable[[str, Any], str] | None) -> str:
    if isinstance(wanted, tuple) and len(wanted) == 2 and criterion not in ("car", "keywords"):
        low, high = wanted
        if low is not None and high is not None:
            return f"{_value(criterion, low, None)}–{_value(criterion, high, None)}"
        return (
            _("from %(n)s", n=_value(criterion, low, None))
            if low is not None
            else _("up to %(n)s", n=_value(criterion, high, None))
        )
    if isinstance(wanted, frozenset | set):
        names = sorted(_value(criterion, one, name_of) for one in list(wanted)[:8])
        more = len(wanted) - 8
        return ", ".join(names) + (_(" and %(n)s more", n=more) if more > 0 else "")
    if isinstance(wanted, dict):
        return "; ".join(f"{word(name)}: {', '.join(words)}" for name, words in wanted.items() if words)
    if criterion == "car":
        return _("one of %(n)s lines", n=len(wanted or ()))
    return _value(criterion, wanted, name_of)


def _value(criterion: str, value: Any, name_of: Callable[[str, Any], str] | None) -> str:
    if value is None:
        return _("not told")
    if value is True or value is False:
        return _("yes") if value else _("no")
    if criterion == "car":
        return name_of("car", value) if name_of else _("this car")
    if criterion in ("city", "source") and name_of is not None:
        return name_of(criterion, value)
    if isinstance(value, float):
        return f"{value:.0f}"
    if isinstance(value, int) and criterion != "year":
        return f"{value:,}".replace(",", "\u202f")
    if isinstance(value, tuple):
        return ", ".join(map(str, value)) or _("nothing")
    return word(value, criterion)
