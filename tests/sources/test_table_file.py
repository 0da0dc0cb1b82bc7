"""Tables: found out from their content, streamed, and every bad row reported on its own."""

from __future__ import annotations

import gzip
import io
import json
import tracemalloc
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest
from openpyxl import Workbook

from app.sources import Health, _rows, _workbook
from app.sources.table_file import TableFile

HEADER = "id,Марка,Модель,Год выпуска,Пробег,Цена,Описание\n"
ROW = '{id},Tavria,Nova,2015,"120 000 км","450 000 ₽","Бодрая 🚗, {id}"\n'


def table(*rows: str, header: str = HEADER) -> bytes:
    return (header + "".join(rows)).encode()


def book(*rows: list, **more) -> bytes:
    made = Workbook()
    for row in rows:
        made.active.append(row)
    for cell, value in more.items():
        made.active[cell] = value
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


def test_rows_of_a_csv_become_adverts(read) -> None:
    done = read(TableFile().parse(table(ROW.format(id=1), ROW.format(id="1114739656.0"))))
    first, second = done.ads
    assert (first.external_id, first.make, first.model, first.year) == ("1", "Tavria", "Nova", 2015)
    assert (first.mileage_km, first.price, first.description) == (120_000, 450_000, "Бодрая 🚗, 1")
    assert second.external_id == "1114739656"
    assert done.rejected == [] and done.trouble is None


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1251", "utf-16", "utf-16-le"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_encoding_delimiter_and_line_ends_are_found(read, encoding: str, delimiter: str, newline: str) -> None:
    lines = [
        ["Марка", "Модель", "Год", "Пробег", "Цена"],
        *[["Таврия", "Нова", "2015", str(n), "450000"] for n in (1000, 2000)],
    ]
    content = newline.join(delimiter.join(line) for line in lines)
    done = read(TableFile().parse(content.encode(encoding)))
    assert [(ad.make, ad.year, ad.mileage_km, ad.price) for ad in done.ads] == [
        ("Таврия", 2015, 1000, 450_000),
        ("Таврия", 2015, 2000, 450_000),
    ]


def test_a_table_without_header_is_understood_from_its_values(read) -> None:
    rows = [
        f"audi;a{n % 5 + 3};2.0 AT ({140 + n} л.с.);{2005 + n % 15};{90 + n} 000 км;не битый;"
        f"седан;бензин;автомат;белый;передний;{400 + n} 000 руб."
        for n in range(30)
    ]
    done = read(TableFile().parse("\n".join(rows).encode("cp1251")))
    assert len(done.ads) == 30
    ad = done.ads[3]
    assert (ad.make, ad.model, ad.year, ad.mileage_km, ad.price) == ("audi", "a6", 2008, 93_000, 403_000)
    assert (ad.body, ad.fuel, ad.gearbox, ad.color, ad.drive) == ("седан", "бензин", "автомат", "белый", "передний")
    assert (ad.engine_cc, ad.power_hp, ad.is_damaged) == (2000, 143, False)


def test_price_and_mileage_without_header_and_unit_are_told_by_their_size(read) -> None:
    rows = [f"{n},Audi,A{n % 5 + 3},{2005 + n % 15},{50 + n}000,{900 + n}000" for n in range(1, 30)]
    ad = read(TableFile().parse("\n".join(rows).encode())).ads[0]
    assert (ad.year, ad.mileage_km, ad.price) == (2006, 51_000, 901_000)
    assert ad.external_id.startswith("h"), "row numbers are no ids: they change with every export"


def test_values_speak_louder_than_the_name_of_a_column(read) -> None:
    header = "Name,Price,Engine,Transmission,Link\n"
    rows = [f'"Tavria Nova, {2010 + n}",{500 + n}000,1.6 AT (12{n} л.с.),передний,Tavria Nova\n' for n in range(9)]
    ad = read(TableFile().parse(table(*rows, header=header))).ads[2]
    assert (ad.title, ad.year, ad.drive, ad.gearbox) == ("Tavria Nova, 2012", 2012, "передний", "AT")
    assert (ad.engine_cc, ad.power_hp, ad.url) == (1600, 122, "")


def test_an_engine_that_tells_three_things_is_taken_apart(read) -> None:
    header = "Марка,Модель,Двигатель,Цена\n"
    rows = ["Audi,A6,2.5 л / 190 л.с. / Дизель,1175000\n", "Audi,A8,\"['3.0 л ', ' 243 л.с. ', ' Бензин']\",2000000\n"]
    first, second = read(TableFile().parse(table(*rows, header=header))).ads
    assert (first.engine_cc, first.power_hp, first.fuel) == (2500, 190, "Дизель")
    assert (second.engine_cc, second.power_hp, second.fuel) == (3000, 243, "Бензин")


def test_a_record_quoted_into_one_cell_is_repaired(read) -> None:
    quoted = '"7,Tavria,Nova,2015,""120 000 км"",450000,текст"\n'
    done = read(TableFile().parse(table(ROW.format(id=1), quoted, ROW.format(id=2))))
    assert [ad.external_id for ad in done.ads] == ["1", "7", "2"] and done.rejected == []


def test_bad_rows_are_reported_with_line_and_reason_and_the_rest_go_on(read) -> None:
    done = read(
        TableFile().parse(
            table(
                ROW.format(id=1),
                "2,Tavria\n",
                "3,Tavria,Nova,2015,1,-5,x\n",
                "4,Tavria,Nova,20188,1,5000,x\n",
                ",,,,,,\n",
                "\n",
                ",,,,,99000,\n",
                "5,Tavria,Nova,2015,1,5000,x,лишнее\n",
                "6,Tavria,Nova,2015,1,5000,x,\n",
                ROW.format(id=9),
            )
        )
    )
    assert [ad.external_id for ad in done.ads] == ["1", "6", "9"]
    assert [(item.reason, item.line) for item in done.rejected] == [
        ("not_a_record", 3),
        ("bad_price", 4),
        ("bad_year", 5),
        ("empty", 6),
        ("no_car", 8),
        ("not_a_record", 9),
    ]
    assert "2 cells of 7" in done.rejected[0].detail and done.rejected[1].row.startswith("3;Tavria")


def test_an_unclosed_quotation_mark_does_not_swallow_the_file(read) -> None:
    rows = [ROW.format(id=n) for n in range(1, 200)]
    rows[50] = '51,Tavria,Nova,2015,1,5000,"открыта\n'
    done = read(TableFile().parse(table(*rows)))
    assert len(done.ads) >= 197 and {"50", "53", "199"} <= {ad.external_id for ad in done.ads}


def test_a_quotation_mark_that_is_never_closed_is_given_up_after_a_while(read, monkeypatch) -> None:
    monkeypatch.setattr(_rows, "FIELD_MOST", 4000)
    rows = [f"{n};Tavria;Nova;2015;5000\n" for n in range(2000)]
    rows[900] = '900;Tavria;"Nova;2015;5000\n'
    done = read(TableFile().parse(table(*rows, header="id;make;model;year;price\n")))
    assert len(done.ads) >= 1990 and done.rejected


def test_nul_control_characters_and_formulas_do_no_harm(read) -> None:
    done = read(TableFile().parse(table('1,Tavria\0,=1+1,2015,=2+2,=900000,"=HYPERLINK(""x"")\x07"\n')))
    (ad,) = done.ads
    assert (ad.make, ad.model, ad.mileage_km, ad.price) == ("Tavria", "=1+1", None, None)
    assert ad.description == '=HYPERLINK("x")'


def test_a_repeated_import_and_a_new_price_name_the_same_adverts(read) -> None:
    header, row = "make,model,year,mileage,price\n", "Tavria,Nova,2015,120000,{}\n"
    first = read(TableFile().parse(table(row.format(450000), header=header))).ads
    again = read(TableFile().parse(table(row.format(450000), header=header))).ads
    cheaper = read(TableFile().parse(table(row.format(400000), header=header))).ads
    assert first == again and first[0].external_id == cheaper[0].external_id


def test_repeated_ids_are_all_given_so_that_the_last_row_wins(read) -> None:
    done = read(TableFile().parse(table(ROW.format(id=1), "1,Tavria,Nova,2015,1,99000,x\n")))
    assert [ad.price for ad in done.ads] == [450_000, 99_000]


def test_a_told_map_goes_before_the_proposed_one(read) -> None:
    rules = {
        "external_id": "id",
        "make": {"const": "Зубр"},
        "model": 2,
        "price": ["Нет такой", "цена"],
        "year": {"column": "Описание", "regex": r"(\d{4})"},
    }
    (ad,) = read(TableFile(field_map=rules).parse(table("5,Tavria,Nova,2015,1,99000,выпуск 2001\n"))).ads
    assert (ad.make, ad.model, ad.price, ad.year, ad.mileage_km) == ("Зубр", "Nova", 99_000, 2001, None)


@pytest.mark.parametrize(
    "rules",
    [{"make": "нет", "model": 99}, {"colour": "id"}, {"make": {"column": "id", "regex": "("}}, {"price": "Цена"}],
)
def test_a_map_that_does_not_fit_is_a_changed_layout(read, rules: dict) -> None:
    done = read(TableFile(field_map=rules).parse(table(ROW.format(id=1))))
    assert done.trouble.health is Health.LAYOUT_CHANGED and done.ads == []


@pytest.mark.parametrize(
    ("content", "health"),
    [
        (b"", Health.EMPTY),
        (b"\n\n", Health.EMPTY),
        (b"<html><body>oops</body></html>", Health.LAYOUT_CHANGED),
        (b"<!DOCTYPE html><p>captcha", Health.BLOCKED),
        (b"a,b\n1,2\n", Health.LAYOUT_CHANGED),
        (b"PK\x03\x04broken", Health.PARTIAL),
        (b"\xd0\xcf\x11\xe0locked", Health.LAYOUT_CHANGED),
        (b"\x1f\x8bnot gzip", Health.EMPTY),
        (b'[{"make": "Tavria", "price"', Health.LAYOUT_CHANGED),
    ],
)
def test_what_is_no_table_is_told_apart(read, content: bytes, health: Health) -> None:
    done = read(TableFile().parse(content))
    assert done.ads == [] and done.trouble.health is health


def test_workbook(read) -> None:
    content = book(
        ["Марка", "Модель", "Год выпуска", "Пробег", "Цена", "Дата"],
        ["Tavria", "Nova", 2015.0, "83000\u00a0км", 450000, datetime(2026, 3, 28, 10)],
        ["Tavria", "Volt", 2020, None, "=1+1"],
        [None] * 6,
        ["Tavria", "Old", 1200, 1, 1],
    )
    done = read(TableFile().parse(content))
    first, second = done.ads
    assert (first.make, first.year, first.mileage_km, first.price) == ("Tavria", 2015, 83_000, 450_000)
    assert first.published_at == datetime(2026, 3, 28, 7, tzinfo=UTC)
    assert second.price is None, "a formula is text and is never evaluated"
    assert [(item.reason, item.line) for item in done.rejected] == [("bad_year", 5)]


def test_a_workbook_formatted_to_its_last_line_is_no_million_of_records(read) -> None:
    content = book(["Марка", "Модель", "Цена"], ["Tavria", "Nova", 1000], C5000=" ")
    done = read(TableFile().parse(content))
    assert len(done.ads) == 1 and len(done.rejected) <= 1


def test_a_workbook_bomb_is_refused_before_it_is_opened(read, monkeypatch) -> None:
    monkeypatch.setattr(_workbook, "RATIO_FREE", 1 << 20)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "x")
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * (20 << 20))
    done = read(TableFile().parse(out.getvalue()))
    assert done.trouble.health is Health.LAYOUT_CHANGED and "too much" in str(done.trouble)
    assert read(TableFile(sheet="Нет").parse(book(["Марка"], ["x"]))).trouble.health is Health.LAYOUT_CHANGED


def record(number: int, **more) -> dict:
    return {"id": number, "make": "Tavria", "info": {"model": "Nova", "year": 2015}, "price": 450000.0} | more


@pytest.mark.parametrize(
    "shape",
    [
        lambda records: records,
        lambda records: {"status": "ok", "data": records},
        lambda records: {"result": {"total": 2, "items": records}},
        lambda records: {f"key{item['id']}": item for item in records},
    ],
)
def test_records_are_found_in_any_json(read, shape) -> None:
    records = [
        record(n, photos=[{"u": "https://a.example/1.jpg"}], params=[{"name": "Пробег", "value": "5 000"}])
        for n in (1, 2)
    ]
    for content in (
        json.dumps(shape(records)).encode(),
        json.dumps(shape(records), ensure_ascii=False).encode("utf-16"),
    ):
        done = read(TableFile().parse(content))
        assert [(ad.external_id, ad.model, ad.year, ad.price, ad.mileage_km) for ad in done.ads] == [
            ("1", "Nova", 2015, 450_000, 5_000),
            ("2", "Nova", 2015, 450_000, 5_000),
        ]


def test_json_lines_and_a_cut_json(read) -> None:
    lines = "\n".join(json.dumps(record(n)) for n in range(3)) + '\n{"id": broken\n'
    done = read(TableFile().parse(lines.encode()))
    assert len(done.ads) == 3 and done.reasons == ["not_a_record"]
    content = json.dumps([record(n) for n in range(50)]).encode()
    done = read(TableFile().parse(content[:-100]))
    assert 45 <= len(done.ads) < 50 and done.trouble.health is Health.PARTIAL
    done = read(TableFile().parse(json.dumps([record(1), "x", {}, 5, record(2)]).encode()))
    assert len(done.ads) == 2 and done.reasons == ["not_a_record", "empty", "not_a_record"]


def test_records_are_found_in_any_xml(read) -> None:
    offer = (
        '<offer id="{}" type="car"><mark>Tavria</mark><model>Nova</model><year>2015</year><price>450000</price>'
        '<param name="Пробег">12 000</param><pic>https://a.example/1.jpg</pic></offer>'
    )
    content = f"<shop><name>x</name><offers>{offer.format(1)}{offer.format(2)}</offers></shop>"
    rules = {"external_id": "@id", "make": "mark", "model": "model", "mileage_km": "param.Пробег", "photos": "pic"}
    done = read(TableFile(field_map=rules).parse(content.encode()))
    assert [(ad.external_id, ad.mileage_km) for ad in done.ads] == [("1", 12_000), ("2", 12_000)]
    guessed = read(TableFile().parse(content.encode())).ads[0]
    assert (guessed.make, guessed.model, guessed.year, guessed.price, guessed.mileage_km) == (
        "Tavria",
        "Nova",
        2015,
        450_000,
        12_000,
    )
    bomb = '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><x><r><a>&b;</a><c/></r></x>'
    assert read(TableFile().parse(bomb.encode())).trouble.health is Health.LAYOUT_CHANGED


def test_a_large_packed_file_is_never_in_memory_whole(tmp_path: Path, read) -> None:
    path = tmp_path / "ads.csv.gz"
    with gzip.open(path, "wt", encoding="utf-8") as out:
        out.write(HEADER)
        for number in range(60_000):
            out.write(ROW.format(id=number))
    tracemalloc.start()
    count = sum(1 for _ in TableFile().parse_file(path))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert count == 60_000 and peak < 24 << 20


@pytest.mark.parametrize("options", [{"encoding": "no-such"}, {"delimiter": "::"}])
def test_an_impossible_option_is_told_in_words(read, options: dict) -> None:
    done = read(TableFile(**options).parse(table(ROW.format(id=1))))
    assert done.trouble.health is Health.LAYOUT_CHANGED and done.ads == []
