"""What a person sees of the demonstration's CRM: the leads that came, one lead with its stage; its first clients."""

from __future__ import annotations

import random
from html import escape
from typing import Any

from app.demo.car_table import MODELS
from app.demo.crm_world import STAGES, CrmWorld

_STYLE = """
body{margin:0;background:#f3f4f6;color:#1d2129;font:16px/1.5 system-ui,sans-serif}
main{max-width:900px;margin:0 auto;padding:24px;background:#fff;min-height:100vh;box-sizing:border-box}
h1{font-size:26px}table{border-collapse:collapse;width:100%}td,th{padding:6px 8px;border-bottom:1px solid #dde1e6;
text-align:left;vertical-align:top}td{white-space:pre-line}button{font:inherit;padding:6px 12px;margin:0 6px 6px 0}
button[disabled]{font-weight:700}.note{color:#6a7380;font-size:13px}
"""
_WORDS = {
    "NEW": "Новый", "IN_PROCESS": "В работе", "PROCESSED": "Обработан", "CONVERTED": "Стал сделкой",
    "JUNK": "Некачественный", "PREPARATION": "Подготовка", "EXECUTING": "Осмотрен", "WON": "Куплен",
    "LOSE": "Отказ",
}  # fmt: skip
_HIDDEN = {"ID", "DATE_MODIFY", "ORIGINATOR_ID", "STATUS_ID", "STAGE_ID", "SOURCE_ID", "CURRENCY_ID"}


def front(world: CrmWorld) -> str:
    with world.lock:
        leads = list(world.rows["lead"].values())[:-101:-1]
        people = len(world.rows["contact"])
    rows = "".join(
        f'<tr><td><a href="/crm/lead/details/{row["ID"]}/">№ {row["ID"]}</a></td><td>{_text(row.get("TITLE"))}</td>'
        f"<td>{_text(row.get('NAME'))}</td><td>{_word(row.get('STATUS_ID'))}</td></tr>"
        for row in leads
    )
    table = f"<table><tr><th>Лид</th><th>Что</th><th>Кто</th><th>Стадия</th></tr>{rows}</table>" if rows else (
        "<p>Лидов пока нет: закройте карточку в Prozvon статусом «Записан на осмотр».</p>"
    )  # fmt: skip
    return _page("Демонстрационная CRM", f"<h1>Лиды</h1>{table}<p>Клиентов: {people}</p>")


def details(world: CrmWorld, kind: str, number: int) -> str:
    with world.lock:
        row = dict(world.rows.get(kind, {}).get(number) or {})
        comments = [
            one for one in world.rows["comment"].values()
            if str(one.get("ENTITY_ID")) == str(number) and one.get("ENTITY_TYPE") == kind
        ]  # fmt: skip
    if not row:
        return ""
    facts = "".join(
        f"<tr><th>{escape(name)}</th><td>{_text(value)}</td></tr>"
        for name, value in row.items() if name not in _HIDDEN and value not in (None, "", [])
    )  # fmt: skip
    told = "".join(f"<tr><td>{_text(one.get('COMMENT'))}</td></tr>" for one in comments)
    stage = row.get("STATUS_ID" if kind == "lead" else "STAGE_ID")
    buttons = "".join(
        f'<button name="stage" value="{one}"{" disabled" if one == stage else ""}>{_word(one)}</button>'
        for one in STAGES.get(kind, ())
    )
    form = f'<form method="post" action="/stage/{kind}/{number}">{buttons}</form>' if buttons else ""
    head = f"<h1>{_text(row.get('TITLE') or row.get('NAME'))}</h1>"
    notes = f"<h2>Комментарии</h2><table>{told}</table>" if told else ""
    return _page(f"№ {number}", f'<p><a href="/">Все лиды</a></p>{head}{form}<table>{facts}</table>{notes}')


def missing() -> str:
    return _page("Нет такой страницы", "<h1>Нет такой страницы</h1>")


def fill(world: CrmWorld, n: int = 60) -> None:
    """Clients of earlier years with their cars; none of them exists."""
    rng = random.Random(7)
    cities = ("Самара", "Казань", "Тверь", "Пермь", "Тула")
    names = ("Олег Примеров", "Ирина Примерова", "Пётр Образцов", "Анна Образцова", "Глеб Условный")
    for number in range(n):
        last, first = reversed(names[number % len(names)].split())
        phone = f"+79{rng.randrange(100):02d}000{rng.randrange(10**4):04d}"
        person = world.put("contact", {"NAME": first, "LAST_NAME": last, "PHONE": [{"VALUE": phone}]})
        make, model = rng.choice(MODELS.strip().splitlines()).split("|")[:2]
        world.put("deal", {
            "TITLE": f"{make} {model}", "STAGE_ID": "WON", "CONTACT_ID": person["ID"], "UF_CRM_MAKE": make,
            "UF_CRM_MODEL": model, "UF_CRM_YEAR": str(rng.randrange(2008, 2023)), "UF_CRM_CITY": rng.choice(cities),
        })  # fmt: skip


def _word(stage: Any) -> str:
    return escape(_WORDS.get(str(stage), str(stage)))


def _text(value: Any) -> str:
    if isinstance(value, list):
        value = ", ".join(str(one.get("VALUE", one)) if isinstance(one, dict) else str(one) for one in value)
    return escape("" if value is None else str(value))


def _page(title: str, inside: str) -> str:
    return (
        f'<!doctype html><html lang="ru"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f'<meta name="viewport" content="width=device-width"><style>{_STYLE}</style></head><body><main>{inside}'
        '<p class="note">Демонстрационная CRM: таких людей и телефонов не существует.</p></main></body></html>'
    )
