"""How Asterisk's configuration files are spelled: sections of `key = value`, and nothing smuggled in between."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

Value = str | int | Iterable[str | int]


def clean(value: str | int) -> str:
    """A value on one line. Asterisk takes `;` for a remark and a line break for the next key."""
    text = str(value)
    if any(ord(sign) < 32 or ord(sign) == 127 for sign in text):
        raise ValueError("a value of a configuration has a control character")
    return text.replace("\\", "\\\\").replace(";", "\\;") if ";" in text else text


def section(name: str, /, settings: Mapping[str, Value] | None = None, **more: Value) -> str:
    """[name] and its lines; a list of values repeats its key, an empty text leaves the key out."""
    lines = [f"[{clean(name)}]"]
    for key, value in {**(settings or {}), **more}.items():
        values = [value] if isinstance(value, str | int) else list(value)
        lines += [f"{key} = {clean(one)}" for one in values if one != ""]
    return "\n".join(lines) + "\n"


def file(*sections: str) -> str:
    return "; Written by Prozvon (python run.py telephony config). Changes made here are lost.\n\n" + "\n".join(
        sections
    )


def yes(value: bool) -> str:
    return "yes" if value else "no"
