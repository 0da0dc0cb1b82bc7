"""The REST API: one resource a module; reading by ModelRestApi on a safe base, doing by the services of the screens."""

from __future__ import annotations

from typing import Any

from flask import Flask
from flask_appbuilder import AppBuilder

from app.api import ads, calls, cards, description, directories, errors, filters, gate, leads, people, reports, sources
from app.extensions import csrf

RESOURCES: tuple[Any, ...] = (
    ads.AdApi, ads.VehicleApi, cards.CardApi, calls.CallApi, leads.IncomingLeadApi, sources.SourceApi,
    sources.SourceRunApi, filters.FilterApi, people.GroupApi, people.OperatorApi, people.PresenceApi,
    directories.StatusApi, directories.CityApi, directories.MakeApi, directories.CarModelApi, reports.ReportApi,
    description.DescriptionApi,
)  # fmt: skip


def register(app: Flask, appbuilder: AppBuilder) -> None:
    errors.install(app)
    gate.install(app)
    for resource in RESOURCES:
        appbuilder.add_api(resource)
        app.extensions.setdefault("prozvon_api", set()).add(resource.__name__)
    # A log-in for a token takes a password and sets no cookie; it was registered before the form guard was there.
    csrf.exempt(app.blueprints["SecurityApi"])
