"""The made-up classified, asked over real HTTP on loopback; its world lives by a clock that the test moves."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection
from itertools import groupby
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest

from app.demo.adverts import Show
from app.demo.car_table import ODD_MAKES
from app.demo.cars import check_digit
from app.demo.classified import DEMO_TOKEN, DEMO_USER, Classified, start_classified, stop_classified
from app.demo.rows import MOSCOW
from app.demo.world import MOST_AT_ONCE, Query, World

BORN = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)


class Clock:
    def __init__(self) -> None:
        self.now = BORN

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture()
def clock() -> Clock:
    return Clock()


@pytest.fixture()
def site(clock: Clock) -> Iterator[Classified]:
    server = start_classified(0, seed=1, tempo=4.0, pause_s=0, clock=clock)
    yield server
    stop_classified(server)


def get(server: Classified, path: str) -> tuple[int, dict[str, str], str]:
    connection = HTTPConnection("127.0.0.1", server.server_address[1], timeout=5)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, dict(answer.getheaders()), answer.read().decode()
    finally:
        connection.close()


def ask(server: Classified, **asked: Any) -> tuple[int, dict[str, str], dict[str, Any]]:
    params = {"user": DEMO_USER, "token": DEMO_TOKEN, "category_id": 22, **asked}
    status, headers, body = get(server, "/main/api?" + urlencode(params))
    return status, headers, json.loads(body)


def rows(server: Classified, **asked: Any) -> list[dict[str, Any]]:
    status, _, envelope = ask(server, **asked)
    assert (status, envelope["code"], envelope["status"]) == (200, 200, "ok"), envelope
    return envelope["data"]


def moscow(moment: datetime) -> str:
    return moment.astimezone(MOSCOW).strftime("%Y-%m-%d %H:%M:%S")


def test_a_newborn_site_shows_about_six_hundred_adverts_of_the_last_three_days(site: Classified) -> None:
    told = rows(site, sort="asc")
    assert 550 <= len(told) <= 700
    times = [row["time"] for row in told]
    assert times == sorted(times)
    assert moscow(BORN - timedelta(days=3)) <= times[0] < moscow(BORN - timedelta(days=2, hours=20))
    assert moscow(BORN - timedelta(hours=4)) < times[-1] <= moscow(BORN)
    assert len({row["source"] for row in told}) == 4
    assert len({row["city"] for row in told}) >= 35
    assert len({(row["source_id"], row["avitoid"]) for row in told}) == len(told)


def test_a_window_and_a_full_page_are_walked_without_losing_a_row(site: Classified, clock: Clock) -> None:
    clock.now += timedelta(minutes=30)
    whole = {row["id"] for row in rows(site, sort="asc")}
    seen: set[int] = set()
    since = moscow(BORN - timedelta(days=4))
    for _ in range(30):
        page = rows(site, sort="asc", date1=since, date2=moscow(clock.now), limit=100)
        seen.update(row["id"] for row in page)
        if len(page) < 100:
            break
        assert page[-1]["time"] > since
        since = page[-1]["time"]
    assert seen == whole


def test_newest_comes_first_unless_asked_otherwise_and_a_page_never_exceeds_a_thousand(
    site: Classified, clock: Clock
) -> None:
    clock.now += timedelta(hours=3)
    page = rows(site, limit=5000)
    assert len(page) == 1000
    assert [row["id"] for row in page] == sorted((row["id"] for row in page), reverse=True)


def test_asking_from_an_id_on_gives_it_and_all_later_ones(site: Classified) -> None:
    every = [row["id"] for row in rows(site, sort="asc")]
    assert [row["id"] for row in rows(site, sort="asc", startid=every[-7])] == every[-7:]


def test_places_sites_and_prices_narrow_the_reply(site: Classified) -> None:
    told = rows(site, city="Самарская область, Тольятти|Казань", source="1,3", price1=300_000, price2=900_000)
    assert told
    assert {row["city"] for row in told} == {"Тольятти", "Казань"}
    assert {row["source"] for row in told} == {"avito.ru", "drom.ru"}
    assert all(300_000 <= row["price"] <= 900_000 for row in told)


def test_another_category_has_no_cars(site: Classified) -> None:
    assert rows(site, category_id=2) == []


def test_a_wrong_token_is_told_in_the_envelope(site: Classified) -> None:
    status, _, envelope = ask(site, token="other")
    assert (status, envelope["code"], envelope["status"]) == (401, 401, "error")
    assert envelope["error"]
    assert "data" not in envelope


@pytest.mark.parametrize("asked", [{"date1": "yesterday"}, {"limit": "-5"}, {"startid": "9" * 5000}, {"price1": "²"}])
def test_nonsense_in_a_request_is_refused_in_words(site: Classified, asked: dict[str, str]) -> None:
    status, _, envelope = ask(site, **asked)
    assert (status, envelope["code"]) == (400, 400)
    assert next(iter(asked)) in envelope["error"]


def test_who_asks_too_often_is_told_when_to_come_again(clock: Clock) -> None:
    server = start_classified(0, seed=1, tempo=4.0, pause_s=30, clock=clock)
    try:
        assert ask(server, limit=1)[0] == 200
        status, headers, envelope = ask(server, limit=1)
        assert (status, envelope["code"]) == (429, 429)
        assert 1 <= int(headers["Retry-After"]) <= 30
    finally:
        stop_classified(server)


def test_the_site_listens_on_loopback_only(site: Classified) -> None:
    assert site.server_address[0] == "127.0.0.1"


def test_an_hour_brings_new_adverts_lower_prices_reservations_and_removals(site: Classified, clock: Clock) -> None:
    before = {row["avitoid"]: row for row in rows(site)}
    clock.now += timedelta(hours=1)
    after = {row["avitoid"]: row for row in rows(site, date1=moscow(BORN))}
    assert len(after.keys() - before.keys()) > 200
    known = [(before[key], after[key]) for key in after.keys() & before.keys()]
    assert all(new["id"] > old["id"] and new["time"] > old["time"] for old, new in known)
    cheaper = [new for old, new in known if new["price"] < old["price"]]
    dearer = [new for old, new in known if new["price"] > old["price"]]
    assert len(cheaper) > 3 * len(dearer) > 0
    gone = {row["avitoid"] for row in after.values() if row["is_actual"] == 0}
    assert len(gone) > 40
    assert any(row["is_reserved"] for row in after.values())
    actual = {row["avitoid"] for row in rows(site, is_actual=1)}
    assert not actual & gone
    assert {row["avitoid"] for row in rows(site, is_actual=0)} >= gone


def test_one_car_is_shown_on_several_sites_in_other_words(clock: Clock) -> None:
    world = World(1, BORN)
    world.live_until(BORN + timedelta(hours=1))
    by_car = sorted(world.adverts.values(), key=lambda advert: advert.car.number)
    twins = [list(group) for _, group in groupby(by_car, key=lambda advert: advert.car.number)]
    twins = [group for group in twins if len(group) > 1]
    assert len(twins) > 50
    assert all(len({advert.site_id for advert in group}) == len(group) for group in twins)
    assert sum(len({advert.description for advert in group}) > 1 for group in twins) > 0.9 * len(twins)
    assert sum(len({advert.phone for advert in group}) > 1 for group in twins) > 10
    assert any(len({advert.price for advert in group}) > 1 for group in twins)


def test_every_oddity_of_real_rows_is_there(site: Classified, clock: Clock) -> None:
    clock.now += timedelta(hours=1)
    told = rows(site)
    cities_abroad = {"Минск", "Алматы", "Уральск", "Ереван", "Бишкек"}
    assert any(row["city"] in cities_abroad for row in told)
    assert any(row["phone"].endswith("XXXXX") for row in told)
    assert any(row["phone"] == "" for row in told)
    assert any(row["phone_protected"] for row in told)
    assert any(row["params"]["Марка"] in ODD_MAKES.values() for row in told)
    assert any(row["person"] == "недоступно" for row in told)
    assert any(row["person_type"] == "Частное лицо (фильтр)" for row in told)
    assert any(row["coords"] == ["Object"] for row in told)
    assert any("Привод" not in row["params"] for row in told)
    assert any(row["params"]["Владельцев по ПТС"] == "4+" for row in told)
    phones = [row["phone"] for row in told if row["phone"] and not row["phone_protected"]]
    assert max(map(phones.count, phones)) >= 3  # a reseller


def test_no_phone_and_no_vin_can_be_anybodys(site: Classified) -> None:
    for row in rows(site):
        phone, vin = row["phone"].replace("X", "0"), row["params"].get("VIN", "*")
        assert phone == "" or (len(phone) == 11 and phone.startswith("89") and phone[4:6] == "00"), row
        if row["phone"] and "X" not in row["phone"]:
            assert row["phone"][4:7] == "000"
        assert "*" in vin or (len(vin) == 17 and vin[8] != check_digit(vin))


def test_the_check_digit_is_the_usual_one() -> None:
    assert check_digit("1" * 17) == "1"  # the textbook example of the rule


def test_one_seed_is_one_world_however_often_it_was_asked() -> None:
    def told(world: World) -> list[tuple[Any, ...]]:
        return [
            (a.id, a.site_id, a.title, a.description, a.price, a.phone, a.time, a.show) for a in world.find(Query())
        ]

    patient, curious, other = World(7, BORN, 3.0), World(7, BORN, 3.0), World(8, BORN, 3.0)
    for minute in range(45):
        curious.live_until(BORN + timedelta(minutes=minute))
    for world in (patient, curious, other):
        world.live_until(BORN + timedelta(minutes=45))
    assert told(patient) == told(curious)
    assert told(patient) != told(other)


def test_a_day_of_life_keeps_the_site_at_its_size() -> None:
    world = World(1, BORN)
    world.live_until(BORN + timedelta(days=1))
    assert 700 <= world.on_show <= 1_200
    assert len(world.adverts) <= world.on_show + 1_500
    assert sum(advert.show is not Show.REMOVED for advert in world.adverts.values()) == world.on_show


class CountingWorld(World):
    """Counts what happens instead of living it."""

    lived = 0

    def _happen(self, at: datetime, weights: dict[str, int]) -> None:
        self.lived += 1


def test_a_site_that_slept_for_a_year_does_not_live_it_all_at_once() -> None:
    world = CountingWorld(1, BORN)
    world.lived = 0
    world.live_until(BORN + timedelta(days=365))
    assert world.lived == MOST_AT_ONCE
    world.live_until(BORN + timedelta(days=365, seconds=40))
    assert world.lived == MOST_AT_ONCE + 10


def test_the_link_of_a_row_opens_a_page_for_people(site: Classified) -> None:
    row = next(row for row in rows(site) if row["images"] != ["Array"] and row["person"] != "недоступно")
    status, headers, body = get(site, urlsplit(row["url"]).path)
    assert (status, headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert row["title"] in body
    assert row["person"] in body
    assert f"{row['price']:,}".replace(",", "\u00a0") in body
    assert "Снято с публикации" not in body
    status, headers, body = get(site, urlsplit(row["images"][0]["imgurl"]).path)
    assert (status, headers["Content-Type"]) == (200, "image/svg+xml; charset=utf-8")
    assert body.startswith("<svg")
    assert row["params"]["Модель"] in body


def test_the_page_of_a_removed_advert_says_so(site: Classified, clock: Clock) -> None:
    clock.now += timedelta(minutes=20)
    gone = rows(site, is_actual=0)[0]
    assert "Снято с публикации" in get(site, urlsplit(gone["url"]).path)[2]


def test_what_is_not_there_is_a_404_and_the_front_page_lists_the_newest(site: Classified) -> None:
    for path in ("/ads/1", "/img/1.svg", "/other/1", "/ads/", "/main"):
        assert get(site, path)[0] == 404
    newest = rows(site, limit=1)[0]
    status, _, body = get(site, "/")
    assert status == 200
    assert f"/ads/{newest['avitoid']}" in body


def test_the_site_has_a_form_for_sellers_which_sends_where_it_was_told_to(clock: Clock) -> None:
    server = start_classified(0, seed=1, tempo=60, clock=clock, leads="http://127.0.0.1:9/hooks/leads/abc")
    try:
        body = get(server, "/sell")[2]
        assert 'action="http://127.0.0.1:9/hooks/leads/abc"' in body and 'name="phone"' in body
        assert "/sell" in get(server, "/")[2] and "принята" in get(server, "/thanks")[2]
    finally:
        stop_classified(server)


def test_text_of_a_seller_cannot_become_markup(site: Classified) -> None:
    advert = next(iter(site.world.adverts.values()))
    advert.description = "<script>alert(1)</script>"
    body = get(site, f"/ads/{advert.site_id}")[2]
    assert "<script>" not in body
    assert "&lt;script&gt;" in body


@pytest.mark.skipif(importlib.util.find_spec("app.sources.ads_api") is None, reason="no ads_api adapter in this tree")
def test_the_adapter_of_the_protocol_reads_every_advert(site: Classified, clock: Clock) -> None:
    from app import sources
    from app.domain.ads import AdData
    from app.registry import members

    adapter = members(sources, sources.Source)["ads_api"]()
    clock.now += timedelta(minutes=20)
    _, _, body = get(site, "/main/api?" + urlencode({"user": DEMO_USER, "token": DEMO_TOKEN, "sort": "asc"}))
    told = json.loads(body)["data"]
    records = list(adapter.parse(body.encode()))
    assert len(records) == len(told) > 600
    ads = [record for record in records if isinstance(record, AdData)]
    assert len(ads) == len(records)
    for ad, row in zip(ads, told, strict=True):
        assert row["avitoid"] in ad.external_id
        assert ad.url == row["url"]
        assert ad.make == row["params"]["Марка"]
        assert ad.city == row["city"]
