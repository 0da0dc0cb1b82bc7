from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from app.domain.ads import SellerKind
from app.sources import Health, SourceTrouble, Window
from app.sources.rest_app import RestApp

SINCE = datetime(2026, 3, 28, 9, tzinfo=UTC)
DAY = Window(SINCE, SINCE + timedelta(hours=1))


def reply(rows: list[dict]) -> bytes:
    return json.dumps({"status": "ok", "data": rows}).encode()


def app_of(server, **options) -> RestApp:
    app = RestApp(login="me", token="s3cret", base_url=server.url, allow_private=True, **options)
    app.sleep = lambda seconds: None
    return app


def test_rows_of_avito(saved, read) -> None:
    done = read(RestApp().parse(saved("rest_app_avito.json")))
    (ad,) = done.ads
    assert (ad.external_id, ad.make, ad.model, ad.year, ad.price) == ("9000000011", "Tavria", "Nova", 2012, 450_000)
    assert ad.mileage_km == 133_000 and ad.body == "Седан", "the mileage stood where the body belongs"
    assert ad.engine_cc == 1600 and ad.phones == ("79000007777",) and ad.seller_kind is SellerKind.PRIVATE
    assert len(ad.photos) == 2


def test_test_mode_hides_prices_and_is_never_imported_as_zero(saved, read) -> None:
    done = read(RestApp().parse(saved("rest_app_avito.json")))
    assert done.reasons == ["bad_price"] and done.trouble.health is Health.DEMO


def test_rows_of_autoru(saved, read) -> None:
    (ad,) = read(RestApp(site="auto.ru").parse(saved("rest_app_autoru.json"))).ads
    assert (ad.external_id, ad.generation, ad.mileage_km, ad.body) == ("1100000021", "II", 120_000, "седан")
    assert (ad.engine_cc, ad.power_hp, ad.fuel.lower()) == (2000, 150, "бензин")
    assert ad.seller_kind is SellerKind.DEALER and ad.is_damaged is False


@pytest.mark.parametrize(
    ("message", "health"),
    [
        ("daily limit exceeded", Health.QUOTA),
        ("Превышен лимит", Health.QUOTA),
        ("wrong token", Health.AUTH),
        ("oops", Health.NETWORK),
    ],
)
def test_an_error_envelope_is_told_apart(read, message: str, health: Health) -> None:
    content = json.dumps({"status": "error", "message": message}).encode()
    assert read(RestApp().parse(content)).trouble.health is health


def test_pages_go_on_by_offset_until_one_is_not_full(site) -> None:
    rows = [{"Id": number} for number in range(5)]

    def answer(asked):
        offset, limit = int(asked.query["offset"]), int(asked.query["limit"])
        return 200, {}, reply(rows[offset : offset + limit])

    site.answer = answer
    pages = list(app_of(site, limit=2, site="drom").fetch(DAY))
    assert [asked.query["offset"] for asked in site.asked] == ["0", "2", "4"]
    assert {asked.path for asked in site.asked} == {"/api-drom-ru/ads"}
    assert [page.cursor["offset"] for page in pages] == ["2", "4", ""]


def test_a_killed_pull_finishes_its_own_window_first(site) -> None:
    site.answer = lambda asked: (200, {}, reply([]))
    left = {"offset": "2000", "date1": "2026-03-28 11:00:00", "date2": "2026-03-28 12:30:00"}
    list(app_of(site).fetch(Window(DAY.since, DAY.until, left)))
    asked = [(item.query["offset"], item.query["date1"], item.query["date2"]) for item in site.asked]
    assert asked == [
        ("2000", "2026-03-28 11:00:00", "2026-03-28 12:30:00"),
        ("0", "2026-03-28 12:00:00", "2026-03-28 13:00:00"),
    ]


def test_an_unknown_classified_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="site"):
        RestApp(site="other")
    with pytest.raises(SourceTrouble):
        list(RestApp().fetch(DAY))
