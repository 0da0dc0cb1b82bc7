from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from app.domain.ads import SellerKind
from app.sources import Health, SourceTrouble, Window
from app.sources.ads_api import AdsApi

SINCE = datetime(2026, 3, 28, 9, tzinfo=UTC)  # noon in Moscow
DAY = Window(SINCE, SINCE + timedelta(hours=1))


def reply(*rows: dict, **envelope) -> bytes:
    return json.dumps({"code": 200, "status": "ok", "data": list(rows)} | envelope).encode()


def api_of(site, **options) -> tuple[AdsApi, list[float]]:
    waits: list[float] = []
    api = AdsApi(user="a@b.example", token="s3cret", base_url=site.url + "/main/api", allow_private=True, **options)
    api.sleep = waits.append
    return api, waits


def test_rows_become_adverts(saved, read) -> None:
    done = read(AdsApi().parse(saved("ads_api.json")))
    first, second = done.ads
    assert (first.external_id, first.make, first.model, first.year) == ("1-9000000001", "Tavria", "Nova", 2005)
    assert (first.mileage_km, first.price, first.owners, first.power_hp) == (280_000, 600_000, 4, 231)
    assert first.phones == ("7 900 000 3333",) and first.phone_protected
    assert first.seller_kind is SellerKind.PRIVATE and first.seller_name == ""
    assert first.description == "Бодрая 🚙 машина" and first.lat == 55.8
    assert first.published_at == datetime(2026, 3, 28, 18, 33, 13, tzinfo=UTC)
    assert (second.external_id, second.make, second.model, second.year) == ("4-9000000002", "Tavria", "Volt", 2020)
    assert second.lat is None and second.photos == () and second.seller_kind is SellerKind.DEALER
    assert done.reasons == ["not_a_car", "bad_price", "not_a_record"]
    assert done.trouble is None


def test_a_demo_tariff_is_told_and_its_masked_phones_left_as_written(saved, read) -> None:
    done = read(AdsApi().parse(saved("ads_api_demo.json")))
    assert done.trouble.health is Health.DEMO
    assert done.ads[0].phones == ("790000XXXXX",)


@pytest.mark.parametrize(
    ("content", "health"),
    [
        (b"", Health.EMPTY),
        (b'{"code":200,"status":"ok","data":[{"id":', Health.PARTIAL),
        (b"<html>captcha</html>", Health.BLOCKED),
        (b"<html><body>It works</body></html>", Health.LAYOUT_CHANGED),
        (b"null", Health.LAYOUT_CHANGED),
        (b'{"code":401,"error":"bad token"}', Health.AUTH),
        (b'{"code":500,"error":"database is down"}', Health.NETWORK),
        ('{"code":403,"error":"Дневной лимит исчерпан"}'.encode(), Health.QUOTA),
        (b'{"code":429,"error":"too many requests, wait 5 sec"}', Health.BLOCKED),
        (b'{"code":200,"status":"ok"}', Health.LAYOUT_CHANGED),
        (b"[" * 100_000, Health.LAYOUT_CHANGED),
    ],
)
def test_a_reply_without_rows_is_told_apart(read, content: bytes, health: Health) -> None:
    done = read(AdsApi().parse(content))
    assert done.ads == [] and done.trouble.health is health


def test_no_adverts_in_the_window_is_no_trouble(read) -> None:
    done = read(AdsApi().parse(reply()))
    assert done.ads == [] and done.trouble is None


def test_the_window_is_asked_in_moscow_time_and_one_page_ends_it(site) -> None:
    site.answer = lambda asked: (200, {}, reply({"time": "2026-03-28 12:10:00"}))
    api, waits = api_of(site, city="Казань|Уфа", sources="1", extra="price1=100000&param[7608]=x")
    pages = list(api.fetch(DAY))
    (asked,) = site.asked
    assert asked.query["date1"] == "2026-03-28 12:00:00" and asked.query["date2"] == "2026-03-28 13:00:00"
    assert asked.query["city"] == "Казань|Уфа" and asked.query["category_id"] == "22" and asked.query["sort"] == "asc"
    assert asked.query["price1"] == "100000" and asked.query["param[7608]"] == "x" and asked.query["source"] == "1"
    assert waits == [] and pages[0].cursor == {"reached": ""} and "s3cret" not in pages[0].url


@pytest.mark.parametrize("inclusive", [True, False])
def test_a_full_page_is_continued_without_losing_rows_of_the_same_second(site, inclusive: bool) -> None:
    """Seven adverts, three of them in one second that the page of three cuts apart."""
    times = ["12:01:00", "12:02:00", "12:05:00", "12:05:00", "12:05:00", "12:07:00", "12:08:00"]
    rows = [{"id": number, "time": f"2026-03-28 {time}"} for number, time in enumerate(times)]

    def answer(asked):
        since = asked.query["date1"]
        found = [row for row in rows if (row["time"] >= since if inclusive else row["time"] > since)]
        return 200, {}, reply(*found[: int(asked.query["limit"])])

    site.answer = answer
    api, waits = api_of(site, limit=4)
    seen = {row["id"] for page in api.fetch(DAY) for row in json.loads(page.content)["data"]}
    assert seen == set(range(7))
    assert waits == [5.0] * (len(site.asked) - 1), "one request in five seconds"


def test_more_rows_in_one_second_than_a_page_holds_are_told_as_missed(site) -> None:
    crowd = [{"id": number, "time": "2026-03-28 12:05:00"} for number in range(9)]

    def answer(asked):
        return 200, {}, reply(*[row for row in crowd if row["time"] >= asked.query["date1"]][:2])

    site.answer = answer
    api, _ = api_of(site, limit=2)
    pages = list(api.fetch(DAY))
    assert any("2026-03-28 12:05:00" in page.missed for page in pages)
    assert len(site.asked) < 6, "it does not ask for ever"


def test_a_killed_pull_goes_on_from_the_last_stored_page(site) -> None:
    site.answer = lambda asked: (200, {}, reply())
    api, _ = api_of(site)
    list(api.fetch(Window(DAY.since, DAY.until, {"reached": "2026-03-28 12:30:00"})))
    assert site.asked[0].query["date1"] == "2026-03-28 12:30:00"
    list(api.fetch(Window(DAY.since, DAY.until, {"reached": "2025-01-01 00:00:00"})))
    assert site.asked[1].query["date1"] == "2026-03-28 12:00:00"


def test_a_refusal_stops_the_pull_with_its_reason(site) -> None:
    site.answer = lambda asked: (200, {}, b'{"code":401,"error":"bad token"}')
    api, _ = api_of(site)
    with pytest.raises(SourceTrouble) as caught:
        list(api.fetch(DAY))
    assert caught.value.health is Health.AUTH and "s3cret" not in str(caught.value)
    with pytest.raises(SourceTrouble):
        list(AdsApi().fetch(DAY))
