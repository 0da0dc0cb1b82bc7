"""JavaScript literals as data: single quotes, bare keys, trailing commas, comments. Nothing is ever evaluated."""

from __future__ import annotations

import re
from typing import Any

DEEPEST = 100

_TOKEN = re.compile(
    r"""\s*(?:
        (?P<skip>//[^\n]*|/\*.*?\*/)
      | (?P<mark>[\[\]{}:,])
      | (?P<string>'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|`(?:[^`\\]|\\.)*`)
      | (?P<number>-?(?:0x[0-9a-fA-F]+|[0-9]+(?:\.[0-9]*)?(?:[eE][+-]?[0-9]+)?|\.[0-9]+))
      | (?P<word>[A-Za-z_$][\w$]*)
    )""",
    re.VERBOSE | re.DOTALL,
)
_ESCAPE = re.compile(r"\\(u\{[0-9a-fA-F]+\}|u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|\r\n|.)", re.DOTALL)
_LETTERS = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "v": "\v", "0": "", "\n": "", "\r\n": ""}
_WORDS: dict[str, Any] = {"true": True, "false": False}


class NotALiteral(ValueError):
    """The text is code, is cut, or is nested too deep."""


def read(source: str, start: int = 0) -> Any:
    """The array or object that begins at `start`."""
    value, _ = _Reader(source).value(start, 0)
    if not isinstance(value, list | dict):
        raise NotALiteral("neither an array nor an object")
    return value


class _Reader:
    def __init__(self, source: str) -> None:
        self.source = source

    def token(self, at: int) -> tuple[str, str, int]:
        while True:
            found = _TOKEN.match(self.source, at)
            if not found:
                raise NotALiteral(f"not a literal at {at}")
            at = found.end()
            if found.lastgroup != "skip":
                return str(found.lastgroup), found.group(str(found.lastgroup)), at

    def value(self, at: int, depth: int) -> tuple[Any, int]:
        if depth > DEEPEST:
            raise NotALiteral("nested too deep")
        kind, said, at = self.token(at)
        if said == "[" and kind == "mark":
            return self.array(at, depth)
        if said == "{" and kind == "mark":
            return self.object(at, depth)
        if kind == "string":
            return _unquoted(said), at
        if kind == "number":
            return (int(said, 16) if "x" in said else float(said) if "." in said or "e" in said else int(said)), at
        if kind == "word":
            return _WORDS.get(said), at
        raise NotALiteral(f"unexpected {said!r}")

    def array(self, at: int, depth: int) -> tuple[list[Any], int]:
        items: list[Any] = []
        while True:
            kind, said, after = self.token(at)
            if kind == "mark" and said == "]":
                return items, after
            if kind == "mark" and said == ",":
                at = after
                continue
            item, at = self.value(at, depth + 1)
            items.append(item)

    def object(self, at: int, depth: int) -> tuple[dict[str, Any], int]:
        items: dict[str, Any] = {}
        while True:
            kind, said, after = self.token(at)
            if kind == "mark" and said == "}":
                return items, after
            if kind == "mark" and said == ",":
                at = after
                continue
            if kind == "mark":
                raise NotALiteral(f"unexpected {said!r}")
            colon, mark, after = self.token(after)
            if colon != "mark" or mark != ":":
                raise NotALiteral("a key without a value")
            items[_unquoted(said) if kind == "string" else said], at = self.value(after, depth + 1)


def _unquoted(said: str) -> str:
    inner = said[1:-1]
    if "\\" not in inner:
        return inner
    # Two \\u escapes may be the halves of one character; a half alone is none.
    return _ESCAPE.sub(_unescaped, inner).encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _unescaped(found: re.Match[str]) -> str:
    code = found.group(1)
    if code[0] in "ux" and len(code) > 1:
        number = int(code[1:].strip("{}"), 16)
        return chr(number) if number <= 0x10FFFF else ""
    return _LETTERS.get(code, code)
