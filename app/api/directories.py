"""What ids and codes mean: results, cities, makes and models."""

from __future__ import annotations

from app.api.base import ReadApi, Rows
from app.api.docs import described
from app.models import CarModel, City, Make, Status


class StatusApi(ReadApi):
    resource_name = "statuses"
    list_columns = ["id", "code", "name", "is_closing", "is_reached", "makes_lead", "is_refusal", "is_sold",
                    "is_wrong_number", "is_do_not_call", "needs_callback", "repeat_after_min", "attempts_cap", "color",
                    "position", "is_enabled"]  # fmt: skip
    show_columns = list_columns
    datamodel = Rows(Status, list_columns)
    class_permission_name = "StatusApi"
    search_columns = ["id", "code", "is_closing", "is_enabled", "needs_callback"]
    order_columns = ["id", "position"]
    base_order = ("position", "asc")


class CityApi(ReadApi):
    resource_name = "cities"
    list_columns = ["id", "name", "region_id", "lat", "lon", "timezone", "population"]
    show_columns = list_columns
    datamodel = Rows(City, list_columns)
    class_permission_name = "CityApi"
    names = {"region": ("region_id", "region")}
    search_columns = ["id", "name", "region_id", "population"]
    order_columns = ["id", "population"]
    base_order = ("population", "desc")


class MakeApi(ReadApi):
    resource_name = "makes"
    list_columns = ["id", "name", "is_popular"]
    show_columns = list_columns
    datamodel = Rows(Make, list_columns)
    class_permission_name = "MakeApi"
    search_columns = ["id", "name", "is_popular"]
    order_columns = ["id", "name"]
    base_order = ("name", "asc")


class CarModelApi(ReadApi):
    resource_name = "models"
    list_columns = ["id", "make_id", "name"]
    show_columns = list_columns
    datamodel = Rows(CarModel, list_columns)
    class_permission_name = "CarModelApi"
    names = {"make": ("make_id", "make")}
    search_columns = ["id", "make_id", "name"]
    order_columns = ["id", "name"]
    base_order = ("id", "asc")


for _resource in (StatusApi, CityApi, MakeApi, CarModelApi):
    described(_resource, "Directories")
