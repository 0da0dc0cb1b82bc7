"""The field map: what is not known leaves no traces."""

from __future__ import annotations

import pytest

from app.domain.lead_map import fields_of, fill, unknown_names

FACTS = {"make": "LADA", "model": "Vesta", "year": 2019, "comment": "", "price": 690_000}


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("{make} {model} {year}, {city}", "LADA Vesta 2019"),
        ("{city}, {make}", "LADA"),
        ("{comment}\n{ad_url}\nЦена {price}", "Цена 690000"),
        ("CALL", "CALL"), ("{ make }", "LADA"), ("", ""), ("{city}", ""),
        ("первая\n\nвторая", "первая\n\nвторая"),
    ],
)  # fmt: skip
def test_a_template_is_filled_and_tidied(template, expected):
    assert fill(template, FACTS) == expected


def test_a_lone_name_keeps_its_type_and_an_empty_field_is_not_sent():
    rows = [["PRICE", "{price}"], ["CITY", "{city}"], ["TITLE", "{make} {year}"], ["SOURCE", "CALL"]]
    assert fields_of(rows, FACTS) == {"PRICE": 690_000, "TITLE": "LADA 2019", "SOURCE": "CALL"}


def test_names_that_no_lead_knows_are_told():
    assert unknown_names("{make} {makes} {}") == ["makes", ""]


def test_what_a_seller_wrote_is_no_template():
    assert fill("{comment}", {"comment": "{key} %(x)s"}) == "{key} %(x)s"
