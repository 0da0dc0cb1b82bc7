"""The operator's desk, «Мои объявления»: my ads, the card, its result, the next one. Thin: read the form, call one
service, render."""

from __future__ import annotations

from flask import Flask
from flask_appbuilder import AppBuilder, BaseView
from flask_babel import lazy_gettext as _l

from app.desk.calling import Calling
from app.desk.deeds import Deeds
from app.desk.messages import Messages
from app.desk.page import browser_phone
from app.desk.reading import Reading


class DeskView(Reading, Deeds, Calling, Messages, BaseView):  # type: ignore[misc]  # BaseView comes without types
    route_base = "/desk"
    default_view = "my_ads"


def register(app: Flask, appbuilder: AppBuilder) -> None:
    app.jinja_env.globals["browser_phone"] = browser_phone
    appbuilder.add_view(DeskView, "My ads", label=_l("My ads"), href="/desk/", icon="list", category="Work",
                        category_label=_l("Work"))  # fmt: skip
