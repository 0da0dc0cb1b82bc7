"""The supervisor's filters: the list, the builder with its live count, the history; look-ups for its fields."""

from __future__ import annotations

from flask import Flask
from flask_appbuilder import AppBuilder
from flask_babel import lazy_gettext as _l


def register(app: Flask, appbuilder: AppBuilder) -> None:
    from app.filter_desk.lookup import LookupView
    from app.filter_desk.view import AdFilterView

    appbuilder.add_view(AdFilterView, "Filters", label=_l("Filters"), icon="filter", category="Control",
                        category_label=_l("Control"))  # fmt: skip
    appbuilder.add_view_no_menu(LookupView)
