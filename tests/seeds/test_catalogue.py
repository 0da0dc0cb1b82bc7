"""Our own first catalogue: large enough, without doubles, and able to read the usual spellings."""

import pytest

from app.domain.names import NameBook, fold
from app.seeds import load_seed, read_catalogue

ROWS = load_seed()
BOOK = NameBook.of(ROWS)
MODEL_NAMES = {model.id: model.name for model in ROWS.models}


def test_the_seed_covers_the_roads() -> None:
    assert len(ROWS.makes) >= 120 and len(ROWS.models) >= 1_700 and len(ROWS.generations) >= 700


def test_names_are_unique_under_their_parent() -> None:
    assert len({fold(make.name) for make in ROWS.makes}) == len(ROWS.makes)
    assert len({(model.make_id, fold(model.name)) for model in ROWS.models}) == len(ROWS.models)
    assert len({(row.model_id, row.name) for row in ROWS.generations}) == len(ROWS.generations)
    assert len({(a.kind, a.make_id, fold(a.text)) for a in ROWS.aliases}) == len(ROWS.aliases)


def test_generations_end_after_they_begin() -> None:
    assert [row for row in ROWS.generations if row.year_to is not None and row.year_to < (row.year_from or 0)] == []


@pytest.mark.parametrize(
    ("make", "model", "expected"),
    [
        ("ВАЗ (LADA)", "2114 Samara", "2114"), ("Лада", "4x4 2121 Нива", "4x4 (Нива)"),
        ("LADA", "Веста СВ Кросс", "Vesta"),
        ("УАЗ", "Патриот", "Patriot"), ("ГАЗ", "31105", "31105 Волга"), ("Москвич", "3е", "3e"),
        ("Mercedes", "GLE-klasse Coupe", "GLE Coupe"), ("Mercedes-Benz", "E 200", "E-Класс"),
        ("БМВ", "320d", "3 серия"),
        ("Тойота", "Лэнд Крузер Прадо", "Land Cruiser Prado"), ("Toyota", "Corolla Fielder", "Corolla Fielder"),
        ("Honda", "N-WGN", "N-WGN"), ("Mitsubishi", "Delica D5", "Delica D:5"), ("Kia", "cee'd SW", "Ceed"),
        ("Чери", "Тигго 7 Про Макс", "Tiggo 7 Pro Max"), ("Chery", "Exeed TXL", "TXL"), ("Хавал", "Джолион", "Jolion"),
        ("Li", "L7", "L7"), ("Lixiang", "L9 Max", "L9"), ("Geely", "Монжаро", "Monjaro"), ("Changan", "Uni-V", "UNI-V"),
        ("Great Wall", "Haval H3", "Hover H3"), ("Hyundai", "Солярис", "Solaris"), ("Solaris", "HS", "HS"),
        ("Jetour", "X70 Plus", "X70 Plus"), ("Voyah", "Free", "Free"), ("Volkswagen", "Passat CC", "Passat CC"),
    ],
)  # fmt: skip
def test_usual_spellings_are_known(make: str, model: str, expected: str) -> None:
    assert MODEL_NAMES.get(BOOK.car(make, model).model_id or 0) == expected


def test_a_model_that_stands_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="stands twice"):
        read_catalogue(iter(["[Kia]", "Rio | RIO"]))


def test_a_generation_without_years_is_refused() -> None:
    with pytest.raises(ValueError, match="ends with its years"):
        read_catalogue(iter(["[Kia]", "Rio : III"]))


def test_the_format_reads_as_the_readme_says() -> None:
    rows = read_catalogue(iter(["# a note", "[Kia] Киа, КИА", "Rio = Рио : I 2000-2005, II (JB) 2005- | Soul"]))
    assert [make.name for make in rows.makes] == ["Kia"] and [model.name for model in rows.models] == ["Rio", "Soul"]
    assert [(row.name, row.year_from, row.year_to) for row in rows.generations] == [
        ("I", 2000, 2005), ("II (JB)", 2005, None),
    ]  # fmt: skip
    assert [(a.kind, a.text, a.target_id) for a in rows.aliases] == [("make", "Киа", 1), ("model", "Рио", 1)]
