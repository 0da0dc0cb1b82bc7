"""What every call of the API is for, written down beside it; app.api.description makes OpenAPI of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Call:
    """One call: a sentence, the names of the shapes it takes and gives (app.api.shapes), and how it may refuse."""

    summary: str
    body: str = ""
    result: str = ""
    refusals: tuple[int, ...] = (404,)


@dataclass(frozen=True, slots=True)
class Described:
    tag: str
    calls: dict[str, Call] = field(default_factory=dict)


KNOWN: dict[type[Any], Described] = {}


def answers(summary: str, *, body: str = "", result: str = "", refusals: tuple[int, ...] = (404,)) -> Call:
    return Call(summary, body, result, refusals)


def described(resource: type[Any], tag: str, **calls: Call) -> None:
    KNOWN[resource] = Described(tag, calls)
