"""Catalogue files join the books: once, without touching what people have named, and adverts are read with them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import func, select, text

from app import models
from app.errors import Refused
from app.seeds.importers import read_catalogue_file
from app.services import books, catalogue, recognise, revisions
from app.services.catalogue_import import import_catalogue
from tests import factories
from tests.factories import NOON
from tests.services.adverts import ad_of, bring_in, said

ROOT = Path(__file__).resolve().parents[2]
REAL = ROOT.parent / "shared" / "data" / "catalogs"
TABLES = (models.Make, models.CarModel, models.Generation, models.Modification, models.NameAlias)
LEVELS = ("makes_new", "models_new", "generations_new", "modifications_new", "aliases_new")

DAISIES = json.dumps(
    [
        {"name": "Daisyworks", "cyrillic_name": "Дэйзиворкс", "models": [
            {"name": "Moorhen", "cyrillic_name": "Мурхен", "year_from": 2001},
            {"name": "Bluebell"},
        ]},
        {"name": "KIA", "cyrillic_name": "Киа", "models": [{"name": "RIO"}, {"name": "Zvezdochka"}]},
    ]
)  # fmt: skip
AVITO = """<Catalog><Make id="1" name="Daisyworks"><Model id="2" name="Moorhen">
<Generation id="7" name="III (2011—2017)"><Modification id="5" name="1.6d AT (120 л.с.) 4WD"><YearFrom>2012</YearFrom>
<YearTo>2016</YearTo><FuelType>Дизель</FuelType><DriveType>Полный</DriveType><Power>122</Power>
<EngineSize>1.6</EngineSize></Modification></Generation></Model></Make></Catalog>"""


def bring(session, content: str | bytes, **more):
    content = content.encode() if isinstance(content, str) else content
    return import_catalogue(session, read_catalogue_file(content), NOON, **more)


def totals(session) -> list[int]:
    return [session.scalar(select(func.count()).select_from(table)) for table in TABLES]


def new(done) -> list[int]:
    return [getattr(done, level) for level in LEVELS]


def make_named(session, name: str) -> models.Make:
    return session.scalars(select(models.Make).where(models.Make.name == name)).one()


def test_a_catalogue_adds_what_is_missing_and_a_second_time_changes_nothing(session):
    before, revision = totals(session), revisions.of(session, "names")
    first = bring(session, DAISIES)
    assert new(first) == [1, 3, 0, 0, 2] and first.rejected == 0
    assert [now - was for now, was in zip(totals(session), before, strict=True)] == [1, 3, 0, 0, 2]
    assert revisions.of(session, "names") == revision + 1
    second = bring(session, DAISIES)
    assert new(second) == [0] * 5 and second.unchanged > 0
    assert revisions.of(session, "names") == revision + 1
    noted = session.scalars(select(models.AuditEvent.details).where(models.AuditEvent.what == "catalogue_imported"))
    assert noted.all()[0]["models_new"] == 3


def test_adverts_are_recognised_by_the_new_names(session):
    source = factories.make_source(session)
    bring_in(session, source, said(make="Дэйзиворкс", model="Moorhen", title=""))
    assert ad_of(session).make_id is None
    assert (
        session.scalars(select(models.NameAlias).where(models.NameAlias.text == "Дэйзиворкс")).one().target_id is None
    )
    bring(session, DAISIES)
    daisy = make_named(session, "Daisyworks")
    known = books.current(session).names.car("Daisyworks", "Мурхен")
    assert known.make_id == daisy.id and known.model_id
    while recognise.again(session, NOON):
        pass
    session.expire_all()
    assert (ad_of(session).make_id, ad_of(session).model_id) == (daisy.id, known.model_id)


def test_names_that_waited_for_a_person_and_are_known_now_wait_no_longer(session):
    source = factories.make_source(session)
    bring_in(session, source, said(make="Daisyworks", model="Bluebell", title=""), said("A2", make="Нечто", title=""))
    assert bring(session, DAISIES).names_resolved == 1
    waiting = session.scalars(select(models.NameAlias.text).where(models.NameAlias.target_id.is_(None))).all()
    assert "Daisyworks" not in waiting and "Нечто" in waiting


def test_what_people_have_named_stays_as_it_is(session):
    person = factories.get_user(session, "supervisor").id
    kia = make_named(session, "Kia")
    rio = session.scalars(select(models.CarModel).filter_by(make_id=kia.id, name="Rio")).one()
    for written in ("Звездочка", "Мурхен"):
        alias = models.NameAlias(kind="model", context=str(kia.id), text=written, folded=written.lower(), seen_n=1)
        session.add(alias)
        session.flush()
        if written == "Звездочка":
            alias.folded = books.fold(written)
            catalogue.map_name(session, alias.id, rio.id, actor_id=person, now=NOON)
        else:
            alias.folded = books.fold(written)
            catalogue.ignore_name(session, alias.id, actor_id=person, now=NOON)
    rows = [{"name": "Kia", "models": [{"name": "Zvezda", "cyrillic_name": "Звёздочка"},
                                       {"name": "Moor", "cyrillic_name": "Мурхен"}]}]  # fmt: skip
    done = bring(session, json.dumps(rows))
    session.expire_all()
    assert (done.makes_new, done.models_new, done.aliases_new) == (0, 2, 0)
    kept = dict(session.execute(select(models.NameAlias.text, models.NameAlias.target_id)).tuples().all())
    assert kept["Звездочка"] == rio.id and kept["Мурхен"] is None
    assert make_named(session, "Kia").id == kia.id and "KIA" not in session.scalars(select(models.Make.name)).all()


def test_generations_and_modifications_come_with_their_facts(session):
    done = bring(session, AVITO)
    assert new(done)[:4] == [1, 1, 1, 1]
    generation = session.scalars(select(models.Generation).where(models.Generation.name == "III (2011—2017)")).one()
    assert (generation.year_from, generation.year_to) == (2011, 2017)
    row = session.scalars(select(models.Modification).filter_by(generation_id=generation.id)).one()
    assert (row.engine_cc, row.power_hp, row.fuel, row.gearbox, row.drive) == (1600, 122, "diesel", "automatic", "all")
    assert new(bring(session, AVITO)) == [0] * 5


def test_a_generation_counted_otherwise_is_the_same_and_gets_the_years_that_it_lacked(session):
    model = factories.make_model(session)
    make = session.get_one(models.Make, model.make_id)
    ours = models.Generation(model_id=model.id, name="IV (Q4)")
    session.add(ours)
    session.flush()
    rows = [{"name": "Q4", "brand": make.name, "model": model.name, "start_year": "1990", "end_year": "1994"}]
    done = bring(session, json.dumps(rows))
    session.expire_all()
    assert (done.generations_new, done.years_filled) == (0, 1)
    assert (ours.name, ours.year_from, ours.year_to) == ("IV (Q4)", 1990, 1994)
    rows[0]["start_year"] = "1991"
    assert bring(session, json.dumps(rows)).years_filled == 0
    session.expire_all()
    assert ours.year_from == 1990


def test_a_generation_of_years_that_the_books_have_given_to_another_is_told_and_left_out(session):
    model = factories.make_model(session)
    make = session.get_one(models.Make, model.make_id)
    session.add(models.Generation(model_id=model.id, name="I", year_from=2000, year_to=2010))
    session.flush()
    rows = [
        {"name": name, "brand": make.name, "model": model.name, "start_year": since, "end_year": until}
        for name, since, until in (("II", "2004", "2008"), ("III", "2010", "2014"))
    ]
    done = bring(session, json.dumps(rows))
    assert (done.generations_new, done.rejected_reasons) == (1, {"generation_overlaps": 1})
    assert books.current(session).names.generation(model.id, "", 2006).id is not None


def test_bad_rows_are_told_with_their_reasons(session):
    rows = [
        {"name": "Daisyworks"}, {"name": ""}, "text", {"name": "x" * 101},
        {"name": "I", "brand": "Daisyworks", "model": "Moor", "start_year": "2005", "end_year": "2001"},
        {"name": "II", "brand": "Daisyworks", "model": "Moor", "start_year": "2002", "end_year": "2004"},
        {"name": "II", "brand": "Daisyworks", "model": "Moor", "start_year": "2012", "end_year": "2014"},
    ]  # fmt: skip
    done = bring(session, json.dumps(rows))
    assert (done.makes_new, done.models_new, done.generations_new, done.rejected) == (1, 1, 1, 5)
    assert done.rejected_reasons == {
        "no_make": 2, "name_long": 1, "years_reversed": 1, "generation_of_other_years": 1,
    }  # fmt: skip
    assert {row["reason"] for row in done.rejected_rows} == set(done.rejected_reasons)


def test_a_dry_run_tells_the_same_and_writes_nothing(session):
    before, revision = totals(session), revisions.of(session, "names")
    done = bring(session, DAISIES, dry_run=True)
    assert new(done) == [1, 3, 0, 0, 2]
    assert totals(session) == before and revisions.of(session, "names") == revision
    assert not session.scalars(select(models.AuditEvent).filter_by(what="catalogue_imported")).all()


def test_a_file_of_something_else_is_refused(session):
    with pytest.raises(Refused) as refused:
        bring(session, "id,цена\n1,100\n")
    assert refused.value.reason.code == "catalogue_empty"


def test_the_command_brings_a_file_in_and_says_what_came_of_it(server, database, tmp_path):
    file = tmp_path / "catalogue.json"
    file.write_text(DAISIES, "utf-8")

    def run(*words: str) -> dict:
        done = subprocess.run(
            [sys.executable, str(ROOT / "run.py"), "catalogue", "import", str(file), *words, "--json"], cwd=ROOT,
            env={"PATH": "/usr/bin:/bin", **server.environment(database)}, capture_output=True, text=True, timeout=120,
            check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout.splitlines()[-1])

    assert run("--dry-run")["models_new"] == 3
    first = run("--format", "json")
    assert set(first) >= {*LEVELS, "unchanged", "rejected", "rejected_reasons", "seconds"}
    assert [first[level] for level in LEVELS] == [1, 3, 0, 0, 2]
    assert [run()[level] for level in LEVELS] == [0] * 5


@pytest.mark.skipif(not REAL.is_dir(), reason="../shared/data is absent")
def test_real_catalogues_join_and_none_of_them_changes_anything_twice(session):
    brought = {}
    for path in sorted(path for path in REAL.iterdir() if path.is_file()):
        done = bring(session, path.read_bytes())
        assert done.unchanged > done.rejected, path.name
        brought[path.name] = new(done)
        again = bring(session, path.read_bytes())
        assert new(again) == [0] * 5 and again.years_filled == 0, path.name
    assert sum(row[1] for row in brought.values()) > 1_000 and sum(row[2] for row in brought.values()) > 200
    doubles = "SELECT count(*) FROM (SELECT lower(name) FROM make GROUP BY 1 HAVING count(*) > 1) AS twice"
    assert session.execute(text(doubles)).scalar() == 0
    names = books.current(session).names
    for make, model in (("ВАЗ (LADA)", "2114 Samara"), ("Mercedes-Benz", "E 200"), ("Тойота", "Лэнд Крузер Прадо")):
        assert names.car(make, model).model_id is not None
