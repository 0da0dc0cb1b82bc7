"""A catalogue file by hand: what would come of it is told first, and only a confirmation grows the books."""

from __future__ import annotations

import gzip
import json

import pytest
from sqlalchemy import func, select, text

from app.jobs import import_catalogue
from app.models import AuditEvent, CarModel, Make
from app.services import uploads

NEW = json.dumps([
    {"name": "Daisyworks", "colour": "синий", "models": [{"name": "Moorhen", "wheels": 4}, {"name": "Bluebell"}]},
    {"name": "", "models": []},
])  # fmt: skip


def upload(client, content, name="books.json"):
    head = f'Content-Disposition: form-data; name="file"; filename="{name}"\r\nContent-Type: text/plain\r\n\r\n'
    body = b"--edge\r\n" + head.encode() + content + b"\r\n--edge--\r\n"
    return client.post("/catalogue/", data=body, content_type="multipart/form-data; boundary=edge")


def token_of(answer):
    assert answer.status_code == 302
    return answer.location.rsplit("/", 1)[1]


def named(session, name):
    return session.scalars(select(Make).where(Make.name == name)).first()


def test_a_trial_counts_and_a_confirmation_imports(session, as_supervisor):
    makes = session.scalar(select(func.count()).select_from(Make))
    token = token_of(upload(as_supervisor, NEW.encode()))
    assert "Идёт пробное чтение" in as_supervisor.get(f"/catalogue/{token}").text
    assert import_catalogue.run(token, dry_run=True)["new"] == 3
    page = as_supervisor.get(f"/catalogue/{token}/progress").text
    assert "Новые марки" in page and "colour" in page and "models.wheels" in page and "нет марки" in page
    assert named(session, "Daisyworks") is None, "a trial stores nothing"

    assert as_supervisor.post(f"/catalogue/{token}/start").status_code == 302
    waiting = "SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'import_catalogue'"
    assert session.scalar(text(waiting)) == 2, "the trial and the import"
    import_catalogue.run(token)
    assert session.scalar(select(func.count()).select_from(Make)) == makes + 1
    models = session.scalars(select(CarModel).where(CarModel.make == named(session, "Daisyworks")))
    assert {row.name for row in models} == {"Moorhen", "Bluebell"}
    assert "К маркам" in as_supervisor.get(f"/catalogue/{token}").text
    event = session.scalars(select(AuditEvent).where(AuditEvent.what == "catalogue_imported")).one()
    assert event.actor_id is not None and event.details["makes_new"] == 1

    again = token_of(upload(as_supervisor, gzip.compress(NEW.encode()), "books.json.gz"))
    assert import_catalogue.run(again, dry_run=True)["new"] == 0
    assert "ничего не изменится" in as_supervisor.get(f"/catalogue/{again}").text


@pytest.mark.parametrize(
    ("content", "name", "words"),
    [(b"{", "a.json", "это не целый JSON"), (b"<a><b>", "a.xml", "это не целый XML"),
     (b"[1, 2]", "a.json", "нет ни одной"),
     (b'[{"name": "Kia", "models": [5]}]', "a.json", "не там"), (b"\0\0\0\0", "a.csv", "это не каталог"),
     (b'<!DOCTYPE x [<!ENTITY a "b">]><x/>', "a.xml", "сущности"), (b"\x1f\x8bjunk", "a.json.gz", "упакован")],
)  # fmt: skip
def test_a_file_that_is_no_catalogue_says_why_and_stores_nothing(session, as_supervisor, content, name, words):
    token = token_of(upload(as_supervisor, content, name))
    assert import_catalogue.run(token, dry_run=True) == {"failed": 1}
    page = as_supervisor.get(f"/catalogue/{token}").text
    assert words.lower() in page.lower() and f"{token}/start" not in page
    assert as_supervisor.post(f"/catalogue/{token}/start").status_code == 302
    assert session.scalar(text("SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'import_catalogue'")) == 1


def test_nobody_sees_the_file_of_another_nor_a_file_of_adverts(session, app, as_supervisor, as_admin, as_operator):
    token = token_of(upload(as_supervisor, NEW.encode()))
    assert as_admin.get(f"/catalogue/{token}").status_code == 404
    assert as_operator.get("/catalogue/").status_code in (302, 403)
    assert as_supervisor.get("/catalogue/" + "0" * 32).status_code == 404
    var_dir = app.config["PROZVON"].var_dir
    other = uploads.load(var_dir, token)
    other.adapter = "table_file"
    uploads.keep(var_dir, other)
    assert as_supervisor.get(f"/catalogue/{token}").status_code == 404


def test_a_file_may_be_deleted_before_it_is_imported(session, app, as_supervisor):
    token = token_of(upload(as_supervisor, NEW.encode()))
    as_supervisor.post(f"/catalogue/{token}/drop")
    assert as_supervisor.get(f"/catalogue/{token}").status_code == 200, "not while the trial runs"
    import_catalogue.run(token, dry_run=True)
    as_supervisor.post(f"/catalogue/{token}/drop")
    assert as_supervisor.get(f"/catalogue/{token}").status_code == 404
    assert not uploads.folder_of(app.config["PROZVON"].var_dir, token).exists()


def test_no_file_and_a_file_of_another_kind_are_told(as_supervisor):
    assert "Сначала выберите файл" in as_supervisor.post("/catalogue/").text
    assert upload(as_supervisor, b"x", "books.exe").status_code == 200
