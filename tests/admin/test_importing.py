"""The import wizard from the file to the adverts: upload, columns, trial, import; and every way a file can be bad."""

from __future__ import annotations

import gzip
import io
import re
import zipfile
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select

from app.errors import Refused
from app.jobs import import_file
from app.models import Ad, Source, SourceRun
from app.services import uploads
from tests.factories import make_source

CSV = """Марка;Модель;Год;Цена;Пробег;Город;Телефон;Ссылка
Лада;Веста;2019;900000;41000;Казань;+7 912 000-11-01;https://example.test/ad/1
Лада;Гранта;2020;650000;30000;Самара;+7 912 000-11-02;https://example.test/ad/2
Kia;Rio;2017;-5;90000;Казань;+7 912 000-11-03;https://example.test/ad/3
Kia;Rio;2017;800000;90000;Казань;+7 912 000-11-04;https://example.test/ad/4
"""


def upload(client, content, name="ads.csv", **form):
    """Written out by hand: the test client leaves the temporary file of a large form open."""
    parts = [f'Content-Disposition: form-data; name="{key}"\r\n\r\n{value}'.encode() for key, value in form.items()]
    head = f'Content-Disposition: form-data; name="file"; filename="{name}"\r\nContent-Type: text/csv\r\n\r\n'
    body = b"".join(b"--edge\r\n" + part + b"\r\n" for part in [*parts, head.encode() + content]) + b"--edge--\r\n"
    return client.post("/sourceview/import", data=body, content_type="multipart/form-data; boundary=edge")


def token_of(answer):
    assert answer.status_code == 302, re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.text))[-900:]
    return answer.location.rsplit("/", 1)[1]


@pytest.fixture
def var_dir(app):
    return app.config["PROZVON"].var_dir


def test_a_csv_becomes_adverts_after_a_trial_that_stores_nothing(session, as_supervisor, var_dir):
    token = token_of(upload(as_supervisor, CSV.encode("cp1251"), source_id="new", source_name="Мой файл"))
    page = as_supervisor.get(f"/sourceview/import/{token}")
    assert "cp1251" in page.text and "Веста" in page.text and "Пробег" in page.text
    chosen = {
        name: value
        for name, body in re.findall(r'<select class="form-select" id="(map_\w+)"[^>]*>(.*?)</select>', page.text, re.S)
        for value in re.findall(r'<option value="([^"]*)" selected', body)
    }
    assert chosen["map_make"] == "0" and chosen["map_price"] == "3" and chosen["map_phones"] == "6"

    as_supervisor.post(f"/sourceview/import/{token}/start", data={"has_map": 1, "do": "try", **chosen})
    assert "Идёт пробное чтение" in as_supervisor.get(f"/sourceview/import/{token}").text
    assert import_file.run(token, dry_run=True)["rejected"] == 1
    assert session.scalar(select(func.count()).select_from(Ad)) == 0
    state = as_supervisor.get(f"/sourceview/import/{token}/progress").text
    assert "проба: ничего не сохранено" in state and "невозможная цена" in state and ";-5;" in state

    as_supervisor.post(f"/sourceview/import/{token}/start", data={"do": "import"})
    assert import_file.run(token)["new"] == 3
    run = session.scalars(select(SourceRun)).one()
    assert (run.read, run.new, run.rejected, run.kind, run.file_name) == (4, 3, 1, "import", "ads.csv")
    assert f"/sourcerunview/show/{run.id}" in as_supervisor.get(f"/sourceview/import/{token}/progress").text
    assert not uploads.file_of(var_dir, uploads.load(var_dir, token)).exists(), "the phone numbers stay no longer"
    source = session.scalars(select(Source).where(Source.name == "Мой файл")).one()
    assert source.key == "moy-fayl" and not source.is_enabled and source.field_map["make"] == "Марка"


def test_the_rejected_rows_come_back_as_a_file_that_runs_no_formula(session, as_supervisor, as_operator):
    rows = "id;Марка;Модель;Год;Цена\n1;=cmd;Веста;2019;-1\n=HYPERLINK(1);Лада;Веста;2019;-7\n3;Лада;Веста;2019;5000\n"
    token = token_of(upload(as_supervisor, rows.encode(), source_id="new", source_name="Странный"))
    choice = {"map_external_id": 0, "map_make": 1, "map_model": 2, "map_year": 3, "map_price": 4}
    as_supervisor.post(f"/sourceview/import/{token}/start", data={"has_map": 1, "do": "import", **choice})
    import_file.run(token)
    run = session.scalars(select(SourceRun)).one()
    answer = as_supervisor.get(f"/sourcerunview/rejected/{run.id}.csv")
    assert answer.status_code == 200 and "attachment" in answer.headers["Content-Disposition"]
    text = answer.data.decode("utf-8-sig")
    answer.close()
    assert "невозможная цена" in text and "'=HYPERLINK" in text and "\n=HYPERLINK" not in text and ";=HYPER" not in text
    assert as_operator.get(f"/sourcerunview/rejected/{run.id}.csv").status_code in (302, 403)
    assert as_supervisor.get("/sourcerunview/rejected/987654.csv").status_code == 404


def test_the_second_file_of_a_source_is_offered_the_same_map(session, as_supervisor):
    token = token_of(upload(as_supervisor, CSV.encode(), source_id="new", source_name="Тот же"))
    # The person knows better: what is called «Город» is to be the region.
    choice = {"map_make": 0, "map_model": 1, "map_year": 2, "map_price": 3, "map_region": 5, "map_url": 7}
    as_supervisor.post(f"/sourceview/import/{token}/start", data={"has_map": 1, "do": "import", **choice})
    import_file.run(token)
    source = session.scalars(select(Source)).one()
    token = token_of(upload(as_supervisor, CSV.encode(), source_id=str(source.id)))
    page = as_supervisor.get(f"/sourceview/import/{token}").text
    region = re.search(r'id="map_region".*?</select>', page, re.S)[0]
    assert '<option value="5" selected' in region


@pytest.mark.parametrize(
    "content, name, words",
    [
        (b"", "ads.csv", "Файл пуст"),
        (b"hello", "ads.exe", "Такие файлы здесь не читаются"),
        (b"\x00\x01\x02" * 100, "ads.csv", "не распозн"),
        (b"just some words\nand more words\n", "ads.csv", "не распозн"),
        (b"PK\x03\x04", "ads.xlsx", "Файл не читается|не распозн"),
        (b"\x1f\x8b\x08broken", "ads.csv.gz", "Файл не читается|не распозн"),
        (b"Rar!xxxx", "ads.csv", "архив rar"),
    ],
)
def test_a_bad_file_is_refused_in_words(session, as_supervisor, content, name, words):
    answer = upload(as_supervisor, content, name, source_id=str(make_source(session).id))
    assert answer.status_code == 200 and re.search(words, answer.text), re.sub(r"<[^>]+>", " ", answer.text)[-600:]


def zipped(**files: str) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(f"{name}.csv", content)
    return packed.getvalue()


def test_a_zip_with_one_file_is_read_as_that_file(session, as_supervisor):
    token = token_of(upload(as_supervisor, zipped(ads=CSV), "ads.zip", source_id="new", source_name="Zip"))
    as_supervisor.post(f"/sourceview/import/{token}/start", data={"do": "import"})
    assert import_file.run(token)["new"] == 3


def test_a_zip_of_several_files_is_refused_in_words(session, as_supervisor):
    answer = upload(as_supervisor, zipped(a=CSV, b=CSV), "ads.zip", source_id=str(make_source(session).id))
    assert "несколько файлов" in answer.text


def test_a_packed_file_is_read_as_it_is(session, as_supervisor):
    token = token_of(
        upload(as_supervisor, gzip.compress(CSV.encode()), "ads.csv.gz", source_id="new", source_name="Gz")
    )
    as_supervisor.post(f"/sourceview/import/{token}/start", data={"do": "import"})
    assert import_file.run(token)["new"] == 3


def test_a_form_without_file_or_source_is_told_so(as_supervisor):
    assert "Сначала выберите файл" in as_supervisor.post("/sourceview/import", data={"source_id": "new"}).text
    assert "Выберите, чьи это" in upload(as_supervisor, CSV.encode(), source_id="77777").text
    assert "Дайте площадке название" in upload(as_supervisor, CSV.encode(), source_id="new", source_name=" ").text


def test_a_map_without_make_model_and_title_is_refused(as_supervisor):
    token = token_of(upload(as_supervisor, CSV.encode(), source_id="new", source_name="Пусто"))
    answer = as_supervisor.post(
        f"/sourceview/import/{token}/start", data={"has_map": 1, "do": "try"}, follow_redirects=True
    )
    assert "без них строка — не автомобиль" in answer.text


def test_nobody_sees_the_file_of_somebody_else(as_supervisor, as_admin, as_operator):
    token = token_of(upload(as_supervisor, CSV.encode(), source_id="new", source_name="Чужой"))
    for verb in ("", "/progress"):
        assert as_admin.get(f"/sourceview/import/{token}{verb}").status_code == 404
        assert as_operator.get(f"/sourceview/import/{token}{verb}").status_code in (302, 403)
    assert as_admin.post(f"/sourceview/import/{token}/start", data={"do": "import"}).status_code == 404
    assert as_supervisor.get("/sourceview/import/../../secret_key").status_code == 404
    assert as_supervisor.get("/sourceview/import/" + "0" * 32).status_code == 404


def test_another_encoding_or_separator_can_be_asked_for(as_supervisor):
    token = token_of(upload(as_supervisor, CSV.encode("cp1251"), source_id="new", source_name="Коды"))
    start = f"/sourceview/import/{token}/start"
    page = as_supervisor.post(start, data={"do": "read_again", "encoding": "cp866"}, follow_redirects=True)
    assert "Веста" not in page.text
    page = as_supervisor.post(
        start, data={"do": "read_again", "encoding": "cp1251", "delimiter": ";"}, follow_redirects=True
    )
    assert "Веста" in page.text
    assert (
        as_supervisor.post(start, data={"do": "read_again", "encoding": "nonsense"}, follow_redirects=True).status_code
        == 200
    )


def test_a_large_file_is_let_in_here_and_nowhere_else(app, as_supervisor, session, monkeypatch):
    rows = "".join(
        f"Лада;Веста;2019;900000;41000;Казань;;https://example.test/{n}/{'x' * 500}\n" for n in range(21_000)
    )
    content = (CSV.splitlines()[0] + "\n" + rows).encode()
    assert len(content) > app.config["MAX_CONTENT_LENGTH"]
    token_of(upload(as_supervisor, content, source_id="new", source_name="Большой"))
    assert as_supervisor.post("/settingview/", data={"x": "y" * 11_000_000}).status_code == 413
    monkeypatch.setattr(uploads, "MOST_BYTES", 1000)
    assert "Файл больше" in upload(as_supervisor, CSV.encode() * 20, source_id="new", source_name="Ещё").text


def test_what_is_a_day_old_is_purged(var_dir):
    upload_ = uploads.store(var_dir, io.BytesIO(b"a;b\n1;2\n"), "..\\..\\x/ads.csv", actor_id=1, now=datetime.now(UTC))
    assert upload_.name == "ads.csv" and re.fullmatch(r"[0-9a-f]{32}", upload_.token)
    assert uploads.purge(var_dir, datetime.now(UTC)) == 0
    assert uploads.purge(var_dir, datetime.now(UTC) + timedelta(hours=25)) >= 1
    with pytest.raises(Refused, match="upload_gone"):
        uploads.load(var_dir, upload_.token)
