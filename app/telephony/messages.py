"""AMI as text: what may be sent, what came, and what may go wrong on the way. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

Message = dict[str, str]
Headers = Mapping[str, str | int | Sequence[str]]

LONGEST_VALUE = 2_000


class AmiError(Exception):
    """`code` says what kind of trouble: it is kept as the server's trouble."""

    code = "ami_error"


class NotConnected(AmiError):
    """There is no connection: surely nothing of the action has reached Asterisk."""

    code = "ami_away"


class AnswerLost(AmiError):
    """The action may or may not have been done: look before you repeat it."""

    code = "ami_silent"


class LoginRefused(AmiError):
    code = "ami_login"


def read(raw: bytes) -> Message:
    """One message. Wrong bytes become a mark, a line without a colon is passed over, the last of a name counts."""
    message: Message = {}
    for line in raw.decode("utf-8", "replace").split("\r\n"):
        key, colon, value = line.partition(": ")
        if colon:
            message[key] = value
    return message


def written(headers: Headers) -> bytes:
    """ValueError for what would be more than one line, whoever has let it through until here."""
    lines = []
    for key, value in headers.items():
        for one in [value] if isinstance(value, str | int) else value:
            line = f"{key}: {one}"
            if len(line) > LONGEST_VALUE or any(bad in line for bad in "\r\n\0"):
                raise ValueError(f"{key}: line breaks and very long values are never sent")
            lines.append(line)
    return ("\r\n".join(lines) + "\r\n\r\n").encode()
