"""The demonstration's people and its port: shown at the start, made by app.demo.setup."""

from __future__ import annotations

from dataclasses import dataclass

import config


@dataclass(frozen=True, slots=True)
class Account:
    username: str
    first_name: str
    last_name: str
    role: str  # as security.ROLES names it; not imported, because the supervisor shows this list and nothing else
    password: str


ACCOUNTS = (
    Account("admin", "Анна", "Главная", "Admin", "zvonok-anna-24"),
    Account("supervisor", "Семён", "Старший", "Supervisor", "zvonok-semyon-24"),
    Account("operator", "Ольга", "Первая", "Operator", "zvonok-olga-24"),
    Account("operator2", "Павел", "Второй", "Operator", "zvonok-pavel-24"),
    Account("operator3", "Мария", "Третья", "Operator", "zvonok-maria-24"),
)
GROUP = "Выкуп"


def classified_port(settings: config.Config) -> int:
    """The made-up classified listens next door, so that two demonstrations on one machine do not meet."""
    return settings.port + 1 if settings.port < 65535 else settings.port - 1
