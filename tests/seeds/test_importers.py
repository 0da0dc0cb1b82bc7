"""Catalogue files of several shapes become the same plain entries."""

import gzip
import json

import pytest

from app.errors import OutsideError
from app.seeds.importers import CatalogueEntry, makes_and_models, read_catalogue_file


def entries(text: str) -> list[CatalogueEntry]:
    return list(read_catalogue_file(text.encode()))


def test_the_catalogue_of_auto_ru() -> None:
    found = entries(
        '<catalog><mark id="1" name="Ромашка"><code>R</code><folder id="2" name="Луг, II (L2)">'
        '<model id="3">Луг</model><generation id="4">II</generation>'
        '<modification id="9" name="2.0d AT (150 л.с.) 4WD"><body_type>Седан</body_type>'
        "<years>2018 - по н.в.</years></modification></folder></mark></catalog>"
    )
    assert found[0] == CatalogueEntry(
        "Ромашка", "Луг", "II (L2)", "2.0d AT (150 л.с.) 4WD", 2018, None, modification_key="9",
        facts=(("body", "Седан"),),
    )  # fmt: skip
    assert (found[1].model, found[1].generation, found[2].make) == ("Луг", "II (L2)", "Ромашка")


def test_the_catalogue_of_avito_with_its_ids() -> None:
    found = entries(
        '<Catalog><Make id="1" name="Ромашка"><Model id="2" name="Луг"><Generation id="7" name="III (2011—2017)">'
        '<Modification id="5" name="1.6 AT"><YearFrom>2012</YearFrom><YearTo>2016</YearTo><FuelType>Бензин</FuelType>'
        "</Modification></Generation></Model></Make></Catalog>"
    )
    assert (found[0].generation_key, found[0].modification_key) == ("7", "5")
    assert (found[0].year_from, found[0].year_to, found[0].facts) == (2012, 2016, (("fuel", "Бензин"),))
    assert (found[1].generation, found[1].year_from, found[1].year_to) == ("III (2011—2017)", 2011, 2017)


def test_brands_and_marks_xml() -> None:
    generation = '<generation name="I" years="1991 – 1995"/>'
    brands = f'<cars><brand name="Ромашка"><model name="Луг">{generation}</model></brand></cars>'
    marks = '\ufeff<Cars><Mark Id="1" Name="Ромашка"><Model Id="2" Name="Поле" /></Mark></Cars>'
    assert entries(brands)[0] == CatalogueEntry("Ромашка", "Луг", "I", "", 1991, 1995)
    assert makes_and_models(entries(marks)) == {"Ромашка": {"Поле"}}


def test_json_with_models_inside_and_flat() -> None:
    moor = {"name": "Moor", "cyrillic_name": "Мур", "year_from": 2001}
    inside = [{"name": "Daisy", "cyrillic_name": "Дэйзи", "models": [moor]}]
    flat = [{"name": "II", "brand": "Daisy", "model": "Moor", "start_year": "2005", "end_year": "2009"}]
    nested = {"Daisy": {"Moor, I": {"folder": "moor", "cyrillic": "Мур"}}}
    assert entries(json.dumps(inside))[1] == CatalogueEntry(
        "Daisy", "Moor", "", "", 2001, None, make_aliases=("Дэйзи",), model_aliases=("Мур",)
    )
    assert entries(json.dumps(flat)) == [CatalogueEntry("Daisy", "Moor", "II", "", 2005, 2009)]
    assert entries(json.dumps(nested))[1] == CatalogueEntry("Daisy", "Moor", "I", model_aliases=("Мур",))


def test_csv_with_russian_headers_packed() -> None:
    header = "ID,Марка,Марка кириллица,Модель,Модель кириллица,Год модели от,Год модели до"
    text = f"{header}\r\nD,Daisy,Дэйзи,Moor,Мур,2001,\r\n"
    assert list(read_catalogue_file(gzip.compress(text.encode()))) == [
        CatalogueEntry("Daisy", "Moor", "", "", 2001, None, make_aliases=("Дэйзи",), model_aliases=("Мур",))
    ]


@pytest.mark.parametrize("text", ["<!DOCTYPE x [<!ENTITY a 'b'>]><catalog/>", "<catalog><mark", '[{"name": '])
def test_broken_or_dangerous_files_are_refused(text: str) -> None:
    with pytest.raises(OutsideError):
        entries(text)
