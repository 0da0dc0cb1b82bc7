"""Data of the demonstration: invented people, groups and what the supervisor looks for. No database here.

Names of cities, makes and models are words of the catalogue and the city book; whoever seeds the demo looks them up.
"""

from __future__ import annotations

from typing import Any, NotRequired, TypedDict


class Person(TypedDict):
    login: str
    first_name: str
    last_name: str
    role: str  # as app.security names roles
    group: str
    extension: str
    weight: int


class Group(TypedDict):
    name: str
    script: NotRequired[str]
    is_push: bool
    return_after_min: int


class WantedCity(TypedDict):
    region: str
    city: str
    radius_km: int


class Wish(TypedDict):
    """One filter. `cars` are (make, model), model "" is the whole make; `criteria` are named as in domain.filters."""

    name: str
    priority: int
    group: str
    operator: str
    cities: list[WantedCity]
    cars: list[tuple[str, str]]
    criteria: dict[str, Any]


VOLGA, CAPITALS = "Поволжье", "Столицы и регионы"

SCRIPT = """Здравствуйте, {имя}! Меня зовут {оператор}, мы выкупаем автомобили. {машина} {год} года ещё продаётся?
Предупреждаю: разговор записывается.

• Какой сейчас пробег? В объявлении {пробег}.
• Сколько было хозяев, что красили или меняли?
• Документы в порядке, запретов нет?
• В объявлении {цена}. За сколько отдадите, если заберём сегодня?

«Перекупам не продаю» — мы компания: договор, деньги сразу, проверка бесплатно.
«Я подумаю» — до какого дня держать цену? Назначить перезвон."""
GROUPS: tuple[Group, ...] = (
    {"name": VOLGA, "is_push": True, "return_after_min": 120, "script": SCRIPT},
    {"name": CAPITALS, "is_push": True, "return_after_min": 90},
)


def _person(login: str, name: str, role: str, group: str, extension: str, weight: int = 100) -> Person:
    first, last = name.split()
    return {
        "login": login, "first_name": first, "last_name": last, "role": role, "group": group,
        "extension": extension, "weight": weight,
    }  # fmt: skip


PEOPLE: tuple[Person, ...] = (
    _person("supervisor", "Вера Полянская", "Supervisor", "", "100"),
    _person("operator1", "Ирина Лугова", "Operator", VOLGA, "101"),
    _person("operator2", "Антон Бережной", "Operator", VOLGA, "102"),
    _person("operator3", "Дина Ключева", "Operator", VOLGA, "103", 60),
    _person("operator4", "Кирилл Озёрный", "Operator", CAPITALS, "104"),
    _person("operator5", "Майя Рощина", "Operator", CAPITALS, "105", 140),
    _person("operator6", "Глеб Светлов", "Operator", CAPITALS, "106"),
)


def _near(region: str, city: str, radius_km: int) -> WantedCity:
    return {"region": region, "city": city, "radius_km": radius_km}


FILTERS: tuple[Wish, ...] = (
    {
        "name": "LADA вокруг Самары и Тольятти",
        "priority": 50,
        "group": VOLGA,
        "operator": "",
        "cities": [_near("Самарская область", "Самара", 120), _near("Самарская область", "Тольятти", 80)],
        "cars": [("LADA", "")],
        "criteria": {"year": [2009, None], "price": [100_000, 1_300_000], "mileage_km": [None, 260_000]},
    },
    {
        "name": "Ходовые иномарки Поволжья",
        "priority": 40,
        "group": VOLGA,
        "operator": "",
        "cities": [
            _near("Самарская область", "Самара", 250),
            _near("Республика Татарстан", "Казань", 200),
            _near("Саратовская область", "Саратов", 100),
        ],
        "cars": [
            ("Kia", "Rio"),
            ("Hyundai", "Solaris"),
            ("Renault", "Logan"),
            ("Volkswagen", "Polo"),
            ("Skoda", "Rapid"),
            ("Skoda", "Octavia"),
            ("Ford", "Focus"),
            ("Chevrolet", "Cruze"),
            ("Nissan", "Qashqai"),
            ("Kia", "Ceed"),
        ],
        "criteria": {"year": [2010, None], "price": [250_000, 2_200_000], "seller_kind": ["private"]},
    },
    {
        "name": "Кроссоверы: Москва и Петербург",
        "priority": 30,
        "group": CAPITALS,
        "operator": "",
        "cities": [_near("Москва", "Москва", 100), _near("Санкт-Петербург", "Санкт-Петербург", 80)],
        "cars": [],
        "criteria": {"body": ["suv"], "year": [2012, None], "price": [600_000, 4_500_000], "owners": [None, 3]},
    },
    {
        "name": "Японские и корейские седаны, вся Россия",
        "priority": 10,
        "group": CAPITALS,
        "operator": "",
        "cities": [],
        "cars": [("Toyota", ""), ("Kia", ""), ("Hyundai", ""), ("Nissan", ""), ("Mazda", ""), ("Honda", "")],
        "criteria": {"year": [2008, None], "body": ["sedan"], "price": [200_000, 3_500_000], "wheel": ["left"]},
    },
    {
        "name": "Премиум, ведёт Майя",
        "priority": 60,
        "group": "",
        "operator": "operator5",
        "cities": [],
        "cars": [("BMW", ""), ("Mercedes-Benz", ""), ("Audi", ""), ("Lexus", ""), ("Volvo", "")],
        "criteria": {"year": [2010, None], "price": [800_000, None], "mileage_km": [None, 220_000]},
    },
)
