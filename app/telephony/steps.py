"""How a piece of dialplan is spelled: contexts, steps, our own events; each value filtered where it is used."""

from __future__ import annotations

from collections.abc import Iterable

ID = r"${FILTER(0-9a-z._\-,${PZ_ID})}"
MS = "${STRFTIME(,,%s%3q)}"


def context(name: str, why: str, *extensions: tuple[str, Iterable[str]]) -> str:
    text = f"; {why}\n[{name}]\n"
    for pattern, steps in extensions:
        first, *rest = steps
        text += f"exten => {pattern},1,{first}\n" + "".join(f" same => n{step}\n" for step in map(_step, rest))
    return text


def _step(step: str) -> str:
    """`label: application` becomes a labelled step."""
    label, colon, application = step.partition(": ")
    return f"({label}),{application}" if colon and label.isidentifier() else f",{step}"


def event(name: str, **headers: str) -> str:
    told = "".join(f",{key}: {value}" for key, value in {"CallId": ID, **headers}.items())
    return f"UserEvent({name}{told})"


def whole(clean: str, raw: str) -> str:
    """Refuse what lost a character. By length: raw text inside an expression could rewrite the expression."""
    return f"GotoIf($[${{LEN(${{{clean}}})}} != ${{LEN(${{{raw}}})}}]?refuse)"
