"""Form controls as Bootstrap 5 wants them, for our forms and for those that Flask-AppBuilder generates."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from flask import Flask
from flask_appbuilder import fieldwidgets, forms
from flask_babel import get_timezone, to_utc
from markupsafe import Markup
from wtforms import DateTimeLocalField, Field, widgets
from wtforms.widgets import html_params

from app.formats import name_of


class AjaxSelectWidget:
    """A select that holds the current row only and asks the server while the person types.

    The endpoint answers `[{id, text}]` to `?q=`, at most 20 rows, with the caller's rights already applied.
    Use with FAB's AJAXSelectField: `AJAXSelectField(..., widget=AjaxSelectWidget("/lookup/city"))`.
    """

    def __init__(self, endpoint: str) -> None:
        self.endpoint = endpoint

    def __call__(self, field: Any, **attributes: Any) -> Markup:
        attributes.setdefault("id", field.id)
        attributes.pop("required", None)  # the browser cannot reach a select that Tom Select has covered
        attributes |= {"name": field.name, "class": "form-select", "data-pick-from": self.endpoint}
        return Markup("<select {}><option></option>{}</select>").format(
            Markup(html_params(**attributes)),  # noqa: S704  html_params escapes
            self._current(field),
        )

    def _current(self, field: Any) -> Markup:
        value = field.data
        if value in (None, ""):
            return Markup()
        row = value if hasattr(value, "__table__") else field.datamodel.get_related_obj(field.col_name, value)
        if row is None:
            return Markup()
        key = field.datamodel.get_related_interface(field.col_name).get_pk_value(row)
        return Markup('<option value="{}" selected>{}</option>').format(key, row)


class NamedSelect(widgets.Select):
    """Options with the names people know: the seeded roles have Russian ones."""

    @classmethod
    def render_option(cls, choice: Any, **more: Any) -> Markup:
        return super().render_option(choice._replace(label=name_of(choice.label) or "—"), **more)


class MomentField(DateTimeLocalField):
    """A moment: typed and shown on the person's clock, kept as UTC. Junk is an error of the form, never a 500."""

    data: Any

    def __init__(self, label: Any = None, validators: Any = None, **more: Any) -> None:
        super().__init__(label, validators, **{"format": ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"], **more})

    def _value(self) -> str:
        if self.raw_data:
            return " ".join(self.raw_data)
        if not isinstance(self.data, datetime):
            return ""
        return self.data.astimezone(get_timezone() or UTC).strftime("%Y-%m-%dT%H:%M")

    def process_formdata(self, valuelist: list[Any]) -> None:
        super().process_formdata(valuelist)
        if self.data is not None:
            self.data = to_utc(self.data).replace(tzinfo=UTC)


# What stands in for the Bootstrap 3 controls with which FAB's own forms come.
_STAND_INS: dict[type, Any] = {
    fieldwidgets.BS3TextFieldWidget: widgets.TextInput(),
    fieldwidgets.BS3TextAreaFieldWidget: widgets.TextArea(),
    fieldwidgets.BS3PasswordFieldWidget: widgets.PasswordInput(hide_value=True),
    fieldwidgets.Select2Widget: NamedSelect(),
    fieldwidgets.Select2ManyWidget: NamedSelect(multiple=True),
    fieldwidgets.DatePickerWidget: widgets.DateInput(),
    fieldwidgets.DateTimePickerWidget: widgets.DateTimeLocalInput(),
}
# A column of PostgreSQL's text is mostly a name; these, and whatever already has two lines, are for prose.
_PROSE = ("body", "text", "note", "comment", "description", "template", "reason", "options")
_NUMERIC_FIELDS = {"IntegerField": "numeric", "DecimalField": "decimal", "FloatField": "decimal"}


def control(field: Field, **attributes: Any) -> Markup:
    """The control of a field, tied to its hint and its errors; templates call it instead of `field()`."""
    widget = _STAND_INS.get(type(field.widget), field.widget)
    if isinstance(field.widget, fieldwidgets.BS3TextAreaFieldWidget) and not _is_prose(field):
        widget = _STAND_INS[fieldwidgets.BS3TextFieldWidget]
    attributes.setdefault("class", _css(widget) + (" is-invalid" if field.errors else ""))
    notes = [field.id + "-hint"] * bool(field.description) + [field.id + "-error"] * bool(field.errors)
    if notes:
        attributes.setdefault("aria-describedby", " ".join(notes))
    if field.errors:
        attributes.setdefault("aria-invalid", "true")
    if field.type in _NUMERIC_FIELDS:
        attributes.setdefault("inputmode", _NUMERIC_FIELDS[field.type])
    if isinstance(widget, widgets.PasswordInput):
        attributes.setdefault("autocomplete", "new-password")
    if isinstance(widget, widgets.TextArea):
        attributes.setdefault("rows", 3)
    if isinstance(widget, widgets.Select):
        attributes.setdefault("data-pick", "")
        attributes.setdefault("required", False)
    return Markup(widget(field, **_known(field, attributes)))  # noqa: S704  widgets escape what they print


def _css(widget: Any) -> str:
    if isinstance(widget, widgets.CheckboxInput):
        return "form-check-input"
    return "form-select" if isinstance(widget, widgets.Select) else "form-control"


def _is_prose(field: Field) -> bool:
    return field.name.endswith(_PROSE) or "\n" in str(field.data or "")


def _known(field: Field, attributes: dict[str, Any]) -> dict[str, Any]:
    return {**(field.render_kw or {}), **attributes}


def is_permission_choice(field: Field) -> bool:
    """The rights of a role: hundreds of them, for which a list to pick from is no help."""
    return field.type == "QuerySelectMultipleField" and field.name == "permissions"


def permission_groups(field: Any) -> list[tuple[str, list[tuple[str, str, bool]]]]:
    """[(view, [(key, permission, ticked)])]: the choices of such a field by the page they open."""
    chosen = {str(field.get_pk_func(row)) for row in field.data or []}
    groups: dict[str, list[tuple[str, str, bool]]] = {}
    for row in field.query_func():
        key = str(field.get_pk_func(row))
        groups.setdefault(row.view_menu.name, []).append((key, row.permission.name, key in chosen))
    return sorted((view, sorted(rows, key=lambda row: row[1])) for view, rows in groups.items())


def install(app: Flask) -> None:
    """Generated forms take the browser's date pickers; FAB's table of fields is the only place to say so."""
    table = [row for row in forms.FieldConverter.conversion_table if row[0] != "is_datetime"]
    forms.FieldConverter.conversion_table = (*table, ("is_datetime", MomentField, widgets.DateTimeLocalInput))
    app.jinja_env.globals.update(
        control=control, is_permission_choice=is_permission_choice, permission_groups=permission_groups
    )
