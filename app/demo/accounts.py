"""The demonstration's log-ins: random passwords, made once for this machine and kept in var/ for the next start."""

from __future__ import annotations

import hmac
import json
import os
import secrets
from dataclasses import asdict, dataclass

import config
from app.demo.people import PEOPLE

_WORDS = ("avto", "doroga", "fara", "garazh", "kapot", "koleso", "leto", "most", "motor", "osen", "parus", "pole",
          "radio", "reka", "rul", "shina", "solnce", "veter")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Account:
    username: str
    first_name: str
    last_name: str
    role: str  # as security.ROLES names it; not imported, because the supervisor shows this list and nothing else
    password: str


def accounts(settings: config.Config) -> list[Account]:
    """The same on every start of one machine. Never asked for in production."""
    path = settings.var_dir / "demo_logins.json"
    kept = json.loads(path.read_text("utf-8")) if path.exists() else []
    if not kept:
        kept = [asdict(account) for account in _invent()]
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(kept, file, ensure_ascii=False)
    return [Account(**row) for row in kept]


def _invent() -> list[Account]:
    people = [("admin", "Анна", "Главная", "Admin")]
    people += [(one["login"], one["first_name"], one["last_name"], one["role"]) for one in PEOPLE]
    return [Account(*person, _password()) for person in people]


def _password() -> str:
    """Easy to type from the screen: two words and a number, 40 bits of chance with the number."""
    return f"{secrets.choice(_WORDS)}-{secrets.choice(_WORDS)}-{secrets.randbelow(10**9):09d}"


def classified_port(settings: config.Config) -> int:
    """The made-up classified listens next door, so that two demonstrations on one machine do not meet."""
    return settings.port + 1 if settings.port < 65535 else settings.port - 1


def crm_port(settings: config.Config) -> int:
    """The made-up CRM is the neighbour of the made-up classified."""
    return settings.port + 2 if settings.port < 65534 else settings.port - 2


def sms_port(settings: config.Config) -> int:
    """The made-up SMS gateway is the third neighbour."""
    return settings.port + 3 if settings.port < 65533 else settings.port - 3


def lead_token(settings: config.Config) -> str:
    """Where the form of the made-up site sends: the same for the page and for the way in."""
    return hmac.new(settings.secret_key.encode(), b"prozvon demo leads", "sha256").hexdigest()[:40]


def crm_token(settings: config.Config) -> str:
    """Where the made-up CRM tells its changes: the same for the process that sends and the one that listens."""
    return hmac.new(settings.secret_key.encode(), b"prozvon demo crm", "sha256").hexdigest()[:40]
