"""A script is filled in with what is known; what is not stays visible."""

from __future__ import annotations

import pytest

from app.domain.script import fill

VALUES = {"имя": "Олег", "машина": "Kia Rio", "город": ""}


@pytest.mark.parametrize(
    "template, said",
    [
        ("Здравствуйте, {имя}! Продаёте {машина}?", "Здравствуйте, Олег! Продаёте Kia Rio?"),
        ("{ Имя }, {ИМЯ}", "Олег, Олег"),
        ("Вы в городе {город}?", "Вы в городе …?"),
        ("{отчество} остаётся", "{отчество} остаётся"),
        ("{} {{имя}} {незакрыто", "{} {Олег} {незакрыто"),
        ("", ""),
    ],
)
def test_fields_become_what_is_known_and_slips_are_seen(template: str, said: str) -> None:
    assert fill(template, VALUES) == said


def test_a_value_with_braces_is_no_field_again() -> None:
    assert fill("{имя}", {"имя": "{машина}", "машина": "нет"}) == "{машина}"
