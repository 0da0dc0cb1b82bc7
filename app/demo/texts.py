"""How made-up sellers write. A car keeps its own sentences, so a second advert of it reads alike but not the same."""

from __future__ import annotations

from random import Random

from app.demo.cars import Car

_OPENINGS = (
    "Продаю свой автомобиль {make} {model}.", "Продам {make} {model} {year} года.", "Машина в хорошем состоянии.",
    "Продаётся семейная машина.", "Выставляю на продажу {model}, цвет {color}.",
    "Продаю в связи с покупкой другой машины.", "{make} {model}, куплена в салоне в {year} году.",
    "Хороший автомобиль за свои деньги.", "Добрый день! Продаю {model}.", "Срочно продам {make} {model}.",
    "Автомобиль в родном окрасе, подкрас только на {part}.", "Машина жены, ездила на работу и в магазин.",
    "Продаю машину отца, хранилась в гараже.",
)  # fmt: skip
_CAR_FACTS = (
    "Ремень ГРМ с роликами поменян на пробеге {done} тыс.", "Масло меняю каждые {step} тысяч, последний раз в {month}.",
    "Два комплекта резины на дисках, лето R{rim}, зима R{rim_less}.",
    "Зимняя резина новая, брал в {month} за {cost} тысяч.", "Аккумулятору {n} года, заводится в любой мороз.",
    "По ходовой вложений не требует, стойки меняли на {done} тыс.", "Есть царапина на {part}, вид не портит.",
    "Есть подкрас на {part}, задели на парковке.", "Кондиционер заправлен в {month}, холодит отлично.",
    "Стоит сигнализация с автозапуском, чехлы и коврики.", "Сцепление менял на {done} тыс. км, документы есть.",
    "Коробка переключается без толчков, масло меняли на {done} тыс.",
    "Расход по трассе {fuel_use} л, город {fuel_city} л.", "Установлена магнитола с камерой заднего вида.",
    "Лобовое стекло менялось, трещин нет.", "Комплектация средняя: {n} подушки, подогрев сидений, ABS.",
    "Тормозные диски и колодки новые, сделано в {month}.", "Порогов и арок ржавчина не тронула, обработана антикором.",
    "Есть рыжики на {part}, косметика на {cost} тысяч.", "Фаркоп зарегистрирован в ПТС.",
    "Генератор перебран на {done} тыс.", "Стоит газ {n}-го поколения, вписан в документы.",
    "Салон чистый, не прокурен, потёртостей нет.", "ТО проходил у дилера до {done} тыс., книжка с отметками.",
    "Подвеска чуть стучит спереди, справа, ремонт тысяч на {cost}.", "Стёкла тонированы по кругу, кроме лобового.",
    "Менял радиатор и помпу на пробеге {done} тыс. км.",
)  # fmt: skip
_PAPERS = (
    "По ПТС {owners}.", "ПТС оригинал, {owners}.", "Документы в порядке, запретов нет.",
    "Юридически чистая, не в залоге.", "ПТС дубликат, причина — замена собственника.",
    "Учёт снимать не нужно, оформим за час.", "Страховку оформлял в {month}.",
    "Техосмотр пройден, ограничений на регистрацию нет.",
)  # fmt: skip
_CLOSINGS = (
    "Торг у капота.", "Реальному покупателю торг.", "Без торга.", "Обмен не предлагать.",
    "Рассмотрю обмен на более дешёвую.", "Звоните в любое время.", "Звонить после {hour}:00.",
    "Перекупам просьба не беспокоить.", "Осмотр в {city}.", "Причина продажи — нужны деньги.",
    "Приезжайте, смотрите, всё покажу.", "Не такси, не каршеринг.", "Проверка на любом сервисе за ваш счёт.",
    "По телефону не торгуюсь.",
)  # fmt: skip
_TRADER_LINES = (
    "Помогу с постановкой на учёт.", "Возможен кредит и рассрочка.", "Приму вашу машину в зачёт.",
    "Автомобиль проверен по всем базам.", "В наличии и другие автомобили, спрашивайте.", "Выкуп авто в день обращения.",
)  # fmt: skip
_DAMAGE = (
    "Машина после ДТП, повреждения на {part}, на ходу.", "Битая, подушки целы, под восстановление.",
    "Требует кузовного ремонта, вмятины на {part}.",
)  # fmt: skip
_PARTS = (
    "переднем бампере", "правом крыле", "левой двери", "крышке багажника", "заднем бампере", "капоте", "левом пороге",
    "правой задней двери", "задней арке",
)  # fmt: skip
_MONTHS = (
    "январе", "феврале", "марте", "апреле", "мае", "июне", "июле", "августе", "сентябре", "октябре", "ноябре",
    "декабре",
)  # fmt: skip
_OWNERS = {1: "один хозяин", 2: "два хозяина", 3: "три хозяина", 4: "четыре хозяина"}


def car_sentences(rng: Random, car: Car) -> tuple[str, ...]:
    """What is told of the car itself; stays with the car."""
    facts = rng.sample(_CAR_FACTS, rng.randint(3, 6))
    if car.damaged:
        facts.insert(0, rng.choice(_DAMAGE))
    facts.append(rng.choice(_PAPERS))
    return tuple(_filled(rng, sentence, car, "") for sentence in facts)


def description(rng: Random, car: Car, told: tuple[str, ...], city: str, *, is_trader: bool, fresh: bool) -> str:
    """One advert's text. A second advert (`fresh` is false) drops or swaps some of what the first one told."""
    if rng.random() < 0.03:
        return ""
    middle = list(told)
    if not fresh:
        middle = [sentence for sentence in middle if rng.random() < 0.75] or middle
        if rng.random() < 0.4:
            rng.shuffle(middle)
    parts = [rng.choice(_OPENINGS), *middle, *rng.sample(_CLOSINGS, rng.randint(1, 3))]
    if is_trader:
        parts.insert(-1, rng.choice(_TRADER_LINES))
    text = [_filled(rng, part, car, city) for part in parts]
    return (" " if rng.random() < 0.8 else "\n").join(text)


def _filled(rng: Random, sentence: str, car: Car, city: str) -> str:
    if "{" not in sentence:
        return sentence
    thousands = max(2, car.mileage // 1000)
    part = rng.choice(_PARTS)
    return sentence.format(
        make=car.make, model=car.model, year=car.year, color=car.color.lower(), part=part, city=city or "городе",
        done=rng.randint(max(1, thousands // 2), thousands), step=rng.choice((7, 8, 10)), month=rng.choice(_MONTHS),
        rim=rng.choice((15, 16, 17)), rim_less=rng.choice((14, 15, 16)), cost=rng.randint(5, 48),
        n=rng.choice((2, 3, 4)),
        fuel_use=f"{rng.randint(55, 92) / 10:.1f}".replace(".", ","), fuel_city=rng.randint(8, 14),
        owners=_OWNERS[car.owners], hour=rng.randint(9, 19),
    )  # fmt: skip
