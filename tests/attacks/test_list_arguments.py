"""Junk in the page, order and filter arguments of every generated list: 4xx or a list, and nothing hidden leaks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from flask_appbuilder import ModelView
from sqlalchemy import inspect

from tests.attacks.conftest import Witness, is_broken

JUNK = ("", "abc", "-1", "1e9", "99999999999", "١", "1;DROP", "%00", "'", "[]", "9" * 300, "\ud83d")
ARGUMENTS = ("page_{view}", "psize_{view}", "_oc_{view}", "_od_{view}", "_flt_0_{column}", "_flt_7_{column}",
             "_flt_x_{column}", "_flt_0_", "_flt_0_{hidden}", "next", "which", "_flt_")  # fmt: skip


def lists(app: Flask) -> Iterator[ModelView]:
    for view in app.extensions["appbuilder"].baseviews:
        routes = getattr(view, "include_route_methods", None)
        if isinstance(view, ModelView) and (routes is None or "list" in routes):
            yield view


def hidden_of(view: Any) -> list[str]:
    """Columns of the table that the list offers neither for filters nor for the order."""
    columns = [attribute.key for attribute in inspect(view.datamodel.obj).column_attrs]
    return [name for name in columns if name not in (view.search_columns or ())]


def test_junk_arguments_of_every_list_are_refused_or_ignored(installation, enter, witness: Witness) -> None:
    client, broken, n = enter("admin"), [], 0
    for view in lists(installation):
        name, hidden = type(view).__name__, hidden_of(view) or ["id"]
        column = (view.search_columns or ["id"])[0]
        for turn, pattern in enumerate(ARGUMENTS):
            argument = pattern.format(view=name, column=column, hidden=hidden[turn % len(hidden)])
            sample = JUNK[(turn + n) % len(JUNK)].encode("utf-8", "replace").decode()
            answer = client.get(f"{view.route_base}/list/", query_string={argument: sample})
            n += 1
            if is_broken(answer):
                broken.append(f"{view.route_base} {argument}={sample[:30]!r}: {answer.status_code} {witness.last}")
    assert not broken, f"{len(broken)} of {n}:\n" + "\n".join(broken[:25])
    assert n > 300


def test_every_filter_of_every_list_bears_every_kind_of_value(installation, enter, witness: Witness) -> None:
    client, broken, n = enter("admin"), [], 0
    for view in lists(installation):
        for column, kinds in view._filters.get_search_filters().items():
            for index in range(len(kinds)):
                sample = JUNK[(index + n) % len(JUNK)].encode("utf-8", "replace").decode()
                n += 1
                answer = client.get(f"{view.route_base}/list/", query_string={f"_flt_{index}_{column}": sample})
                if is_broken(answer):
                    broken.append(f"{view.route_base} _flt_{index}_{column}={sample[:30]!r}: {witness.last}")
    assert not broken, f"{len(broken)} of {n}:\n" + "\n".join(broken[:25])
    assert n > 100


def test_a_hidden_column_can_be_neither_filtered_nor_ordered_by(installation, enter) -> None:
    """Else a list would tell, row by row, what a column holds that it does not show."""
    client, told = enter("admin"), []
    for view in lists(installation):
        plain = _rows(client.get(f"{view.route_base}/list/").text, view.route_base)
        for column in hidden_of(view):
            address = f"{view.route_base}/list/"
            answer = client.get(address, query_string={f"_flt_0_{column}": "1"})
            if answer.status_code == 200 and _rows(answer.text, view.route_base) != plain:
                told.append(f"filter {address} {column}")
            if column in (view.order_columns or ()):
                continue
            answer = client.get(address, query_string={f"_oc_{type(view).__name__}": column})
            if answer.status_code == 200 and _rows(answer.text, view.route_base) != plain:
                told.append(f"order {address} {column}")
    assert not told, "\n".join(told)


def _rows(page: str, base: str) -> list[str]:
    return re.findall(rf"{re.escape(base)}/show/([^\"?/]+)", page)


@pytest.mark.parametrize("size", ["100000", "-1", "0"])
def test_no_page_is_longer_than_two_hundred_rows(enter, size: str) -> None:
    answer = enter("supervisor").get(f"/cityview/list/?psize_CityView={size}")
    assert answer.status_code == 400 or len(set(_rows(answer.text, "/cityview"))) <= 200
