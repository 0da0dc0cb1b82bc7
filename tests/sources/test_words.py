from __future__ import annotations

import pytest

from app.domain.ads import AdState, SellerKind
from app.sources import _words as words


@pytest.mark.parametrize(
    ("said", "count"),
    [
        ("4+", 4),
        ("Два владельца", 2),
        ("3 или более", 3),
        ("Не было владельцев", 0),
        ("1 владелец", 1),
        ("2.0", 2),
        ("7", 4),
        ("Один владелец", 1),
        ("", None),
        ("Неизвестно", None),
        ("-1", None),
        (None, None),
    ],
)
def test_owners(said: str, count: int | None) -> None:
    assert words.owners(said) == count


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ("Частное лицо (фильтр)", SellerKind.PRIVATE),
        ("Компания", SellerKind.DEALER),
        ("Автодилер", SellerKind.DEALER),
        ("PRIVATE", SellerKind.PRIVATE),
        ("COMMERCIAL", SellerKind.DEALER),
        ("Ошибка", None),
        ("", None),
    ],
)
def test_who_sells(said: str, kind: SellerKind | None) -> None:
    assert words.seller_kind(said) is kind


@pytest.mark.parametrize(
    ("said", "damaged"),
    [
        ("Не битый", False),
        ("Битый", True),
        ("NOT_BEATEN", False),
        ("BEATEN", True),
        ("Не требует ремонта", False),
        ("Требует ремонта", True),
        ("На запчасти", True),
        ("0", None),
        ("", None),
    ],
)
def test_damage(said: str, damaged: bool | None) -> None:
    assert words.is_damaged(said) is damaged


@pytest.mark.parametrize(
    ("modification", "engine"),
    [
        ("55 TFSI 3.0 AMT (340 л.с.) 4WD", words.Engine(3000, 340, "AMT", "4WD", "")),
        ("2.2d AT (200 л.с.) 4WD", words.Engine(2200, 200, "AT", "4WD", "дизель")),
        ("2.5hyb CVT (178 л.с.)", words.Engine(2500, 178, "CVT", "", "гибрид")),
        ("Electro AT (430 кВт) 4WD", words.Engine(None, 585, "AT", "4WD", "электро")),
        ("1.5T CVT 2WD", words.Engine(1500, None, "CVT", "2WD", "")),
        ("1.5 i CVT (147 л.с.)", words.Engine(1500, 147, "CVT", "", "")),
        ("2.0 л (220 л.с.)", words.Engine(2000, 220, "", "", "")),
        ("дизель, 2.2 л", words.Engine(2200, None, "", "", "дизель")),
        ("Comfort", words.Engine()),
    ],
)
def test_a_modification_is_read_token_by_token(modification: str, engine: words.Engine) -> None:
    assert words.engine(modification) == engine


def test_state_and_newness() -> None:
    assert words.state("SOLD") is AdState.REMOVED
    assert words.state("Забронирован") is AdState.RESERVED
    assert words.state("в наличии") is AdState.ACTIVE
    assert words.is_new("Новые") is True
    assert words.is_new("С пробегом") is False
    assert words.is_new("") is None
