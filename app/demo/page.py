"""What a person sees of the made-up classified: a page of one advert, the newest adverts, a drawn picture of a car."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from app.demo.adverts import Advert, Show
from app.demo.car_table import PAINT
from app.demo.rows import moscow_text

_STATES = {Show.RESERVED: "Забронировано", Show.REMOVED: "Снято с публикации"}
_STYLE = """
body{margin:0;background:#f3f4f6;color:#1d2129;font:16px/1.5 system-ui,sans-serif}
main{max-width:860px;margin:0 auto;padding:24px;background:#fff;min-height:100vh;box-sizing:border-box}
h1{font-size:26px;margin:8px 0}input,textarea,button{font:inherit;padding:8px;width:100%;max-width:420px;
box-sizing:border-box}button{background:#1b6ec2;color:#fff;border:0;border-radius:6px}img{width:100%;max-height:320px;background:#e8edf2;border-radius:8px}
.price{font-size:28px;font-weight:700}.old{color:#6a7380;text-decoration:line-through;margin-left:12px;font-size:18px}
.state{background:#fdeaea;color:#a11d26;padding:10px 14px;border-radius:6px;font-weight:600}
dl{display:grid;grid-template-columns:max-content 1fr;gap:4px 24px}dt{color:#6a7380}dd{margin:0}
.note{color:#6a7380;font-size:13px;border-top:1px solid #dde1e6;padding-top:12px}p.text{white-space:pre-line}
"""
# Outlines of our own, side view on a 400 x 200 field; other bodies are drawn as a saloon.
_OUTLINES = {
    "Внедорожник": "M30 140V96q2-10 14-12l52-8 34-38q6-7 16-7h118q12 0 18 10l22 38 52 12q14 4 14 18v31z",
    "Универсал": "M26 140v-28q2-11 16-15l62-12 50-32q10-7 24-7h136q14 0 22 12l26 42 14 12q6 6 6 14v14z",
    "Фургон": "M30 140V96q2-8 12-12l34-12 30-38q6-6 16-6h226q22 0 22 20v92z",
    "Хетчбэк": "M36 140v-30q2-12 16-16l56-10 46-34q10-8 24-8h86q20 0 32 14l34 30 28 12q8 4 8 16v26z",
    "": "M26 140v-28q2-11 16-15l62-12 50-32q10-7 24-7h66q16 0 28 9l38 28 52 10q14 4 14 20v27z",
}


def advert_page(advert: Advert) -> str:
    car = advert.car
    facts = {
        "Год выпуска": "" if advert.odd.no_year else str(car.year),
        "Пробег": "" if advert.odd.no_mileage else f"{spaced(advert.mileage)} км",
        "Двигатель": f"{car.litres} л, {car.power} л.с., {car.fuel.lower()}",
        "Коробка": car.gearbox.lower(),
        "Привод": car.drive.lower(),
        "Кузов": car.body.lower(),
        "Цвет": car.color.lower(),
        "Руль": car.wheel.lower(),
        "Владельцев по ПТС": "4 и более" if car.owners >= 4 else str(car.owners),
        "Состояние": "битый" if car.damaged else "не битый",
        "VIN": advert.vin,
        "Город": f"{advert.seller.place.city}, {advert.seller.place.region}",
        "Продавец": advert.seller.name if not advert.odd.silent_person else "недоступно",
        "Площадка": advert.site.name,
        "Размещено": f"{moscow_text(advert.published)} (МСК)",
    }
    listed = "".join(f"<dt>{escape(name)}</dt><dd>{escape(said)}</dd>" for name, said in facts.items() if said)
    state = _STATES.get(advert.show)
    banner = f'<p class="state">{state}</p>' if state else ""
    old = f'<span class="old">{spaced(advert.prices[-1][1])} ₽</span>' if advert.prices else ""
    return _page(
        advert.title,
        f'{banner}<img src="/img/{escape(advert.site_id)}.svg" alt="{escape(car.make)} {escape(car.model)}">'
        f'<h1>{escape(advert.title)}</h1><p><span class="price">{spaced(advert.price)} ₽</span>{old}</p>'
        f'<dl>{listed}</dl><p class="text">{escape(advert.description)}</p>',
    )


def front_page(newest: Iterable[Advert], on_show: int) -> str:
    lines = "".join(
        f'<li><a href="/ads/{escape(advert.site_id)}">{escape(advert.title)}</a> — {spaced(advert.price)} ₽, '
        f"{escape(advert.seller.place.city)}{_said(advert)}</li>"
        for advert in newest
    )
    return _page(
        "Демонстрационная площадка",
        f'<h1>Сейчас в продаже: {on_show}</h1><p><a href="/sell">Продать свою машину</a></p><ul>{lines}</ul>',
    )


def sell_page(address: str) -> str:
    """The form of a site that buys cars, as anybody would build it; it sends to Prozvon itself."""
    inside = (
        "<h1>Продайте машину сегодня</h1><p>Оставьте номер, мы перезвоним за несколько минут.</p>"
        f'<form method="post" action="{escape(address)}">'
        '<p><label>Как вас зовут<br><input name="name" maxlength="100" autocomplete="name"></label></p>'
        '<p><label>Телефон<br><input name="phone" required autocomplete="tel" placeholder="+7 900 000 0001">'
        "</label></p>"
        '<p><label>Марка<br><input name="make" maxlength="100"></label></p>'
        '<p><label>Модель<br><input name="model" maxlength="100"></label></p>'
        '<p><label>Год<br><input name="year" inputmode="numeric" maxlength="4"></label></p>'
        '<p><label>Город<br><input name="city" maxlength="100"></label></p>'
        '<p><label>О машине<br><textarea name="comment" rows="3" maxlength="2000"></textarea></label></p>'
        '<p hidden><label>Не заполняйте<br><input name="website" tabindex="-1" autocomplete="off"></label></p>'
        "<p><button>Жду звонка</button></p></form>"
        if address
        else "<h1>Форма не подключена</h1><p>Эта площадка запущена без Prozvon.</p>"
    )
    return _page("Продать машину", inside)


def thanks_page() -> str:
    return _page(
        "Спасибо", "<h1>Спасибо, заявка принята</h1><p>В Prozvon она уже карточка: «Контроль → Входящие лиды».</p>"
        '<p><a href="/sell">Оставить ещё одну</a></p>',
    )  # fmt: skip


def missing_page() -> str:
    title = "Объявление не найдено"
    return _page(title, f"<h1>{title}</h1><p>Возможно, его давно сняли с публикации.</p>")


def picture(advert: Advert) -> str:
    """One car is drawn alike in all of its adverts."""
    outline, paint = _OUTLINES.get(advert.car.body, _OUTLINES[""]), PAINT[advert.car.color]
    wheels = "".join(
        f'<circle cx="{x}" cy="142" r="25" fill="#2a2d33"/><circle cx="{x}" cy="142" r="12" fill="#b9bfc6"/>'
        for x in (104, 298)
    )
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 400 200"><rect width="400" height="200" fill="#e3e9ef"/>'
        '<rect y="164" width="400" height="36" fill="#c5ccd3"/>'
        f'<path d="{outline}" fill="{paint}" stroke="#30343a" stroke-width="3" stroke-linejoin="round"/>'
        '<path d="M140 84l32-26h42v26zM222 58h34q10 0 18 7l20 19h-72z" fill="#cfe0ec" stroke="#30343a"/>'
        f'{wheels}<text x="200" y="192" text-anchor="middle" font-family="sans-serif" font-size="17" fill="#30343a">'
        f"{escape(advert.car.make)} {escape(advert.car.model)}</text></svg>"
    )


def spaced(number: int) -> str:
    return f"{number:,}".replace(",", "\u00a0")


def _said(advert: Advert) -> str:
    state = _STATES.get(advert.show)
    return f" · {state.lower()}" if state else ""


def _page(title: str, inside: str) -> str:
    return (
        f'<!doctype html><html lang="ru"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f'<meta name="viewport" content="width=device-width"><style>{_STYLE}</style></head><body><main>{inside}'
        '<p class="note">Демонстрационная площадка: таких автомобилей, людей и телефонов не существует.</p>'
        "</main></body></html>"
    )
