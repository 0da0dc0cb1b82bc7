"""Sources as people set them up: typed options, secrets that never come back, a trial that stores nothing."""

from __future__ import annotations

import dataclasses
import re
import time
from typing import ClassVar

import pytest
from sqlalchemy import select, text

from app.admin.sources import _SPOKEN
from app.domain.ads import AdData, Rejected
from app.extensions import outside
from app.models import AuditEvent, Source
from app.services import source_check
from app.services.secrets_box import unseal
from app.sources import Health, Page, SourceTrouble
from app.sources import Source as Adapter


@dataclasses.dataclass
class Invented(Adapter):
    key = "invented"
    label = "ads-api.ru"
    can_fetch = True
    token: str = dataclasses.field(default="", metadata={"label": "Token", "secret": True})
    base_url: str = dataclasses.field(default="https://example.test", metadata={"label": "Address"})
    limit: int = dataclasses.field(default=10, metadata={"label": "Rows per request"})
    site: str = dataclasses.field(default="one", metadata={"label": "Classified", "choices": ("one", "two")})
    allow_private: bool = dataclasses.field(default=False, metadata={"deployment": True})
    trouble = ""
    asked: ClassVar[list] = []

    def __post_init__(self):
        if self.limit > 1000:
            raise ValueError("limit is too large")

    def fetch(self, window):
        type(self).asked.append((self.token, self.base_url))
        if self.trouble == "late":
            time.sleep(0.5)
        if self.trouble == "auth":
            raise SourceTrouble(Health.AUTH, "the key is not accepted")
        yield Page(b"one")
        raise AssertionError("a trial asks for one page")

    def parse(self, content):
        for n in range(5):
            yield AdData(external_id=str(n), title=f"Лада Пример {n}", price=500_000, phones=("79120001122",))
        yield Rejected("bad_price")


@pytest.fixture(autouse=True)
def invented(app, monkeypatch):
    monkeypatch.setitem(outside.sources, "invented", Invented)
    monkeypatch.setattr(Invented, "asked", [])
    return Invented


def form(**more):
    return {"adapter": "invented", "name": "Выдумка", "every_minutes": "7", "window_hours": "48", "is_enabled": "1",
            "option_token": "s3cret-token", "option_base_url": "https://example.test", "option_limit": "20",
            "option_site": "two"} | more  # fmt: skip


def add(client, session, **more):
    answer = client.post("/sourceview/add", data=form(**more))
    assert answer.status_code == 302, re.sub(r"<[^>]+>|\s+", " ", answer.text)[-600:]
    return session.scalars(select(Source).order_by(Source.id.desc())).first()


def secrets(app, row):
    return unseal(row.secrets, app.config["PROZVON"].secret_key)


def test_a_source_is_added_with_typed_options_and_a_sealed_secret(app, session, as_supervisor):
    row = add(as_supervisor, session)
    assert row.options == {"base_url": "https://example.test", "limit": 20, "site": "two"}
    assert (row.key, row.every_minutes, row.window_hours, row.is_enabled) == ("vydumka", 7, 48, True)
    assert secrets(app, row) == {"token": "s3cret-token"} and "s3cret" not in row.secrets


def test_a_secret_is_never_shown_and_stays_when_left_empty(app, session, as_supervisor):
    row = add(as_supervisor, session)
    for address in (f"/sourceview/edit/{row.id}", f"/sourceview/show/{row.id}", "/sourceview/list/"):
        page = as_supervisor.get(address)
        assert page.status_code == 200 and "s3cret" not in page.text and row.secrets not in page.text
    data = form(option_token="", name="Иначе")
    assert as_supervisor.post(f"/sourceview/edit/{row.id}", data=data).status_code == 302
    session.expire_all()
    assert row.name == "Иначе" and secrets(app, row) == {"token": "s3cret-token"}
    as_supervisor.post(f"/sourceview/edit/{row.id}", data=form(option_token="another"))
    session.expire_all()
    assert secrets(app, row) == {"token": "another"}
    assert "s3cret" not in str(session.scalars(select(AuditEvent.details)).all())


def test_a_stored_secret_is_not_sent_to_a_new_address(app, session, as_supervisor, invented):
    row = add(as_supervisor, session)
    data = form(option_token="", option_base_url="https://evil.example", source_id=str(row.id))
    assert "введите токен" in as_supervisor.post(f"/sourceview/edit/{row.id}", data=data).text
    assert "введите токен" in as_supervisor.post("/sourceview/check", data=data).text
    assert invented.asked == []
    session.expire_all()
    assert row.options["base_url"] == "https://example.test"


@pytest.mark.parametrize(
    "wrong, words",
    [
        ({"name": ""}, "название"), ({"every_minutes": "0"}, "минут"), ({"window_hours": "x"}, "часов"),
        ({"option_limit": "many"}, "целое число"), ({"option_site": "three"}, "из списка"),
        ({"option_limit": "5000"}, "араметр|смысл"),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_told_and_what_was_typed_is_kept(session, as_supervisor, wrong, words):
    page = as_supervisor.post("/sourceview/add", data=form(**wrong))
    assert page.status_code == 200 and re.search(words, page.text)
    assert all(f'value="{value}"' in page.text for value in wrong.values() if value != "three")
    assert session.scalars(select(Source)).first() is None


def test_two_sources_of_one_name_have_different_keys(session, as_supervisor):
    assert [add(as_supervisor, session).key for _ in range(3)] == ["vydumka", "vydumka-2", "vydumka-3"]


def test_check_shows_three_adverts_and_stores_nothing(session, as_supervisor, invented):
    page = as_supervisor.post("/sourceview/check", data=form())
    assert page.status_code == 200 and page.text.count("Лада Пример") == 3
    assert "работает" in page.text and "79120001122" not in page.text and "s3cret" not in page.text
    assert invented.asked == [("s3cret-token", "https://example.test")]
    assert session.scalars(select(Source)).first() is None


def test_check_uses_the_stored_secret_of_the_source_in_hand(session, as_supervisor, invented):
    row = add(as_supervisor, session)
    as_supervisor.post("/sourceview/check", data=form(option_token="", source_id=str(row.id)))
    assert invented.asked == [("s3cret-token", "https://example.test")]


def test_check_says_in_words_what_is_wrong_and_what_to_do(as_supervisor, monkeypatch, invented):
    monkeypatch.setattr(invented, "trouble", "auth")
    page = as_supervisor.post("/sourceview/check", data=form()).text
    assert "ключ не принят" in page and "Проверьте логин" in page


def test_a_person_does_not_wait_longer_than_told(as_supervisor, monkeypatch, invented):
    monkeypatch.setattr(invented, "trouble", "late")
    monkeypatch.setattr(source_check.check, "__kwdefaults__", {**source_check.check.__kwdefaults__, "longest_s": 0.1})
    began = time.monotonic()
    assert "Нет ответа" in as_supervisor.post("/sourceview/check", data=form()).text
    assert time.monotonic() - began < 0.5
    time.sleep(0.6)  # the dropped thread ends before the next test begins


def test_pull_now_puts_a_job_into_the_queue_once(session, as_supervisor):
    row = add(as_supervisor, session)
    for _ in range(2):
        assert as_supervisor.post(f"/sourceview/action/pull_now/{row.id}").status_code == 302
    jobs = session.execute(text("SELECT args FROM procrastinate_jobs WHERE task_name = 'pull_source'")).scalars().all()
    assert jobs == [{"source_id": row.id}]


def test_a_source_is_switched_off_and_on(session, as_supervisor):
    row = add(as_supervisor, session)
    for action, on in (("disable", False), ("enable", True)):
        as_supervisor.post("/sourceview/action_post", data={"action": action, "rowid": [row.id]})
        session.expire_all()
        assert row.is_enabled is on


def test_a_source_of_files_is_never_pulled(session, as_supervisor):
    row = add(as_supervisor, session, adapter="table_file", option_header="")
    assert row.is_enabled is False
    for action in ("pull_now", "enable"):
        as_supervisor.post(f"/sourceview/action/{action}/{row.id}")
    session.expire_all()
    assert row.is_enabled is False
    assert not session.execute(text("SELECT 1 FROM procrastinate_jobs WHERE task_name = 'pull_source'")).first()


def test_every_kind_of_source_can_be_chosen_and_shows_its_form(as_supervisor):
    page = as_supervisor.get("/sourceview/add").text
    for key in outside.sources:
        assert f"adapter={key}" in page
        assert as_supervisor.get(f"/sourceview/add?adapter={key}").status_code == 200
    assert as_supervisor.get("/sourceview/add?adapter=nonsense").status_code == 200


def test_every_word_of_the_adapters_is_known_to_the_translators():
    spoken = {str(one) for one in _SPOKEN}
    for kind in outside.sources.values():
        if kind is Invented:
            continue
        assert kind.label in spoken or re.fullmatch(r"[a-z-]+\.[a-z]+", kind.label), "names of services stay"
        for item in dataclasses.fields(kind):
            if item.init and not item.metadata.get("deployment") and item.name != "field_map":
                told = {item.metadata.get("label", ""), item.metadata.get("help", "")} - {""}
                assert told <= spoken, f"{kind.key}.{item.name}"


def test_a_source_of_pushes_has_a_switch_in_its_form_and_in_the_list(session, as_supervisor):
    page = as_supervisor.get("/sourceview/add?adapter=push_api").text
    assert 'name="is_enabled"' in page and "(409)" in page
    data = {"adapter": "push_api", "name": "Партнёр", "every_minutes": "5", "window_hours": "24", "is_enabled": "1"}
    assert as_supervisor.post("/sourceview/add?adapter=push_api", data=data).status_code == 302
    row = session.scalars(select(Source).where(Source.name == "Партнёр")).one()
    assert row.is_enabled and "принимает присланное" in as_supervisor.get("/sourceview/list/").text
    as_supervisor.post(f"/sourceview/edit/{row.id}", data=data | {"is_enabled": ""})
    session.refresh(row)
    assert not row.is_enabled and "не принимает присланное" in as_supervisor.get("/sourceview/list/").text
