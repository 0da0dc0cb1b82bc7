"""Rows for tests: thin, valid, invented. Every factory flushes; the test commits, or a client's request does it."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import count
from typing import Any

from flask_appbuilder.security.sqla.models import Role, User
from sqlalchemy import select
from sqlalchemy.orm import Session

from app import models
from app.models import POOL
from tests.databases import CHEAP_HASH

_numbers = count(1)
NOON = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)  # a Friday, noon in Moscow


def _add(session: Session, row: Any) -> Any:
    session.add(row)
    session.flush()
    return row


def fictional_phone(number: int | None = None) -> str:
    """79dd000dddd: a range that no one answers."""
    number = next(_numbers) if number is None else number
    return f"79{number // 10000 % 100:02d}000{number % 10000:04d}"


# --- places and cars


def make_region(session: Session, name: str = "", **more: Any) -> models.Region:
    n = next(_numbers)
    more.setdefault("timezone", "Europe/Moscow")
    return _add(session, models.Region(id=90_000 + n, name=name or f"Область {n}", **more))


def make_city(session: Session, name: str = "", region: models.Region | None = None, **more: Any) -> models.City:
    n = next(_numbers)
    name = name or f"Город {n}"
    values = {"lat": 55.0, "lon": 37.0, "timezone": "Europe/Moscow", "population": 100_000} | more
    values.setdefault("name_sort", name.lower().replace("ё", "е"))
    return _add(session, models.City(id=990_000_000 + n, name=name, region=region or make_region(session), **values))


def make_make(session: Session, name: str = "") -> models.Make:
    return _add(session, models.Make(name=name or f"Марка {next(_numbers)}"))


def make_model(session: Session, name: str = "", make: models.Make | None = None) -> models.CarModel:
    return _add(session, models.CarModel(name=name or f"Модель {next(_numbers)}", make=make or make_make(session)))


def make_generation(session: Session, model: models.CarModel | None = None, **more: Any) -> models.Generation:
    more.setdefault("name", f"Поколение {next(_numbers)}")
    return _add(session, models.Generation(model=model or make_model(session), **more))


# --- adverts


def make_source(session: Session, key: str = "", **more: Any) -> models.Source:
    key = key or f"source{next(_numbers)}"
    values = {"name": f"Площадка {key}", "adapter": "file_import"} | more
    return _add(session, models.Source(key=key, **values))


def make_seller(session: Session, phone: str = "", **more: Any) -> models.Seller:
    phone = phone or fictional_phone()
    seller = _add(session, models.Seller(**({"key": f"tel:{phone}", "name": "Иван", "kind": "private"} | more)))
    _add(session, models.SellerPhone(phone=phone, seller_id=seller.id))
    return seller


_CAR = {"year": 2018, "mileage_km": 80_000, "price": 1_200_000, "published_at": NOON}


def make_vehicle(session: Session, **more: Any) -> models.Vehicle:
    """A car on sale. `model=` fills make and model, `city=` fills city and region."""
    return _add(session, models.Vehicle(**({"title": "Лада Пример, 2018"} | _CAR | _named(more))))


def make_ad(
    session: Session, vehicle: models.Vehicle | None = None, source: models.Source | None = None, **more: Any
) -> models.Ad:
    phone = more.get("phone") or fictional_phone()
    values = {"external_id": f"ad{next(_numbers)}", "title": "Лада Пример, 2018", "phone": phone, "phones": [phone]}
    values |= _CAR | _named(more)
    row = models.Ad(source=source or make_source(session), vehicle_id=vehicle.id if vehicle else None, **values)
    return _add(session, row)


def _named(more: dict[str, Any]) -> dict[str, Any]:
    values = dict(more)
    if (model := values.pop("model", None)) is not None:
        values |= {"model_id": model.id, "make_id": model.make.id}
    if (city := values.pop("city", None)) is not None:
        values |= {"city_id": city.id, "region_id": city.region.id}
    return values


# --- people and work


def make_group(session: Session, name: str = "", **more: Any) -> models.OperatorGroup:
    return _add(session, models.OperatorGroup(name=name or f"Группа {next(_numbers)}", **more))


def get_pause(session: Session, name: str) -> models.PauseReason:
    """One of the pauses that every installation begins with."""
    return session.scalars(select(models.PauseReason).where(models.PauseReason.name == name)).one()


def get_user(session: Session, username: str) -> User:
    """One of the people whom every test database has: operator, operator2, supervisor, admin."""
    return session.scalars(select(User).where(User.username == username)).one()


def make_user(session: Session, username: str = "", role: str = "Operator", **more: Any) -> User:
    username = username or f"user{next(_numbers)}"
    values = {"first_name": "Имя", "last_name": username, "email": f"{username}@example.test", "active": True} | more
    roles = session.scalars(select(Role).where(Role.name == role)).all()
    return _add(session, User(username=username, password=CHEAP_HASH, roles=roles, **values))


def make_operator(
    session: Session, group: models.OperatorGroup | None = None, username: str = "", **profile: Any
) -> models.OperatorProfile:
    """A person with the role Operator and a profile, ready for cards."""
    user = make_user(session, username)
    values = {"presence": "ready", "seen_at": NOON} | profile
    return _add(session, models.OperatorProfile(user_id=user.id, group_id=group.id if group else None, **values))


def make_status(session: Session, code: str = "", **flags: Any) -> models.Status:
    code = code or f"status{next(_numbers)}"
    return _add(session, models.Status(**({"code": code, "name": f"Статус {code}"} | flags)))


def make_filter(session: Session, group: models.OperatorGroup | None = None, **more: Any) -> models.AdFilter:
    """An enabled filter that takes every car of Russia unless `criteria` says otherwise."""
    values = {"name": f"Фильтр {next(_numbers)}", "is_enabled": True, "all_russia": True} | more
    return _add(session, models.AdFilter(group_id=group.id if group else None, **values))


def make_card(session: Session, vehicle: models.Vehicle | None = None, **more: Any) -> models.Card:
    """A card in the pool; with `operator=` (a profile) it is a new card of that operator, with `ad_filter=` matched."""
    values: dict[str, Any] = {"stage": POOL} | more
    if (operator := values.pop("operator", None)) is not None:
        values = {"stage": models.NEW, "assigned_at": NOON} | more | {"operator_id": operator.user_id}
        values.pop("operator")
    if (ad_filter := values.pop("ad_filter", None)) is not None:
        values |= {"filter_id": ad_filter.id, "group_id": ad_filter.group_id, "matched_at": NOON}
    return _add(session, models.Card(vehicle_id=(vehicle or make_vehicle(session)).id, **values))
