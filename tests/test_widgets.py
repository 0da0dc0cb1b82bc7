"""The controls of forms, ours and generated."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from flask import Flask
from flask_appbuilder.fieldwidgets import BS3TextAreaFieldWidget, BS3TextFieldWidget, DatePickerWidget, Select2Widget
from flask_appbuilder.forms import FieldConverter
from werkzeug.datastructures import MultiDict
from wtforms import DateField, Form, IntegerField, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired

from app import widgets
from app.widgets import MomentField, control


class Plan(Form):
    at = MomentField("At")
    name = StringField("Name", [InputRequired()], widget=BS3TextFieldWidget(), description="As in the passport")
    place = TextAreaField("Place", widget=BS3TextAreaFieldWidget())
    body = TextAreaField("Body", widget=BS3TextAreaFieldWidget())
    day = DateField("Day", widget=DatePickerWidget())
    price = IntegerField("Price")
    role = SelectField("Role", choices=["Operator", "Курьер"], widget=Select2Widget())


@pytest.fixture(autouse=True)
def russian(one_app: Flask) -> Iterator[None]:
    with one_app.test_request_context("/"):
        yield


def test_a_moment_is_typed_in_local_time_and_kept_in_utc() -> None:
    form = Plan(MultiDict({"at": "2026-11-22T14:05"}))
    assert form.at.data == datetime(2026, 11, 22, 11, 5, tzinfo=UTC)


def test_a_kept_moment_comes_back_on_the_local_clock() -> None:
    form = Plan(data={"at": datetime(2026, 11, 22, 11, 5, tzinfo=UTC)})
    assert 'value="2026-11-22T14:05"' in control(form.at)


def test_a_moment_that_is_none_is_an_error_of_the_form() -> None:
    form = Plan(MultiDict({"at": "tomorrow", "name": "x", "price": "1", "role": "Operator"}))
    assert not form.validate()
    assert form.at.errors
    assert "tomorrow" in control(form.at)


def test_an_error_and_a_hint_are_tied_to_their_field() -> None:
    form = Plan(MultiDict({}))
    form.validate()
    html = control(form.name)
    assert 'aria-invalid="true"' in html
    assert 'aria-describedby="name-hint name-error"' in html


def test_bootstrap_3_controls_are_replaced() -> None:
    form = Plan()
    assert 'type="date"' in control(form.day) and "datepicker" not in control(form.day)
    assert "placeholder" not in control(form.name)
    assert 'class="form-select"' in control(form.role)
    assert 'inputmode="numeric"' in control(form.price)


def test_a_name_gets_one_line_and_prose_gets_more() -> None:
    form = Plan(data={"place": "Омск"})
    assert control(form.place).startswith("<input")
    assert control(form.body).startswith("<textarea")
    assert control(Plan(data={"place": "two\nlines"}).place).startswith("<textarea")


def test_seeded_roles_have_russian_names_in_a_choice() -> None:
    html = control(Plan().role)
    assert 'value="Operator"' in html and ">Оператор<" in html and ">Курьер<" in html


def test_generated_forms_take_moments_too() -> None:
    assert ("is_datetime", MomentField) in [row[:2] for row in FieldConverter.conversion_table]


def test_a_choice_among_many_rows_holds_only_the_chosen_one() -> None:
    class Row:
        __table__ = "any"

        def __str__(self) -> str:
            return "<Омск>"

    class Related:
        def get_related_interface(self, _column: str) -> Related:
            return self

        def get_pk_value(self, _row: Row) -> int:
            return 7

    class Field:
        id = name = col_name = "city"
        datamodel, data = Related(), Row()

    html = widgets.AjaxSelectWidget("/lookup/city")(Field())
    assert 'data-pick-from="/lookup/city"' in html
    assert '<option value="7" selected>&lt;Омск&gt;</option>' in html
