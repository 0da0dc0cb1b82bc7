"""The XML feeds: what their records become, and what bad files do."""

from __future__ import annotations

import gzip
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from app.domain.ads import AdState, SellerKind
from app.sources import Health, SourceTrouble, Window
from app.sources.autoru_feed import AutoruFeed
from app.sources.avito_feed import AvitoFeed
from app.sources.vehicles_feed import VehiclesFeed

NOW = datetime(2026, 3, 28, 12, tzinfo=UTC)
DAY = Window(NOW - timedelta(days=1), NOW)


def test_autoru_feed_tells_the_car_in_its_own_words(saved, read) -> None:
    done = read(AutoruFeed().parse(saved("autoru_feed.xml")))
    car = done.ads[0]
    assert (car.external_id, car.make, car.model, car.generation, car.year) == (
        "7001",
        "Tavria",
        "Nova",
        "II (T2)",
        2021,
    )
    assert (car.price, car.mileage_km, car.owners, car.doors) == (1_799_900, 105_036, 2, 5)
    assert (car.engine_cc, car.power_hp, car.fuel, car.gearbox, car.drive) == (2000, 151, "дизель", "AT", "4WD")
    assert car.phones == ("7 900 000 1111", "7 900 000 2222")
    assert car.seller_name == "Салон Ясный" and car.seller_kind is SellerKind.DEALER
    assert car.description == "Свежая 🚗 машина\nодин хозяин"
    assert car.photos == ("https://dealer.example/1.jpg", "https://dealer.example/2.jpg")
    assert car.is_new is False and car.is_damaged is False
    assert done.trouble is None


def test_autoru_feed_without_ids_is_keyed_by_vin_then_link(saved, read) -> None:
    done = read(AutoruFeed().parse(saved("autoru_feed.xml")))
    assert [ad.external_id for ad in done.ads[1:]] == ["XW8ZZZ00000000002", "https://dealer.example/mini-2/"]
    assert done.ads[1].is_new is True and done.ads[1].fuel == "электро" and done.ads[1].power_hp == 204
    assert done.ads[2].fuel == "бензин", "an unmarked engine of this format burns petrol"
    assert done.ads[2].price is None, "a price in dollars is not told in roubles"
    assert done.reasons == ["bad_price", "empty"]
    assert "Mini" in done.rejected[0].row and done.rejected[0].line


def test_avito_feed(saved, read) -> None:
    done = read(AvitoFeed().parse(saved("avito_feed.xml")))
    car = done.ads[0]
    assert (car.external_id, car.make, car.model, car.year, car.mileage_km) == ("A-1", "Tavria", "Nova", 2019, 54_000)
    assert car.phones == ("+7 917 000-00-01", "7 917 000 0002")
    assert (car.engine_cc, car.power_hp, car.owners, car.lat) == (1600, 106, 4, 53.5)
    assert car.description == "Первая строка\nВторая строка"
    assert car.photos == ("https://feed.example/1.jpg", "https://feed.example/2.jpg")
    assert car.seller_kind is SellerKind.PRIVATE and car.is_new is False and car.is_damaged is False
    assert done.ads[1].seller_kind is SellerKind.DEALER and done.ads[1].is_new is True
    assert done.reasons == ["not_a_car"] and "A-2" in done.rejected[0].row


def test_vehicles_feed_in_both_vocabularies(saved, read) -> None:
    done = read(VehiclesFeed().parse(saved("vehicles_feed.xml")))
    first, second = done.ads
    assert (first.external_id, first.make, first.model, first.generation) == ("501", "Tavria", "Nova", "II")
    assert (first.engine_cc, first.power_hp, first.doors, first.owners) == (1498, 147, 4, 1)
    assert first.mileage_km == 16_093, "the feed counts in miles"
    assert first.state is AdState.RESERVED and first.phones == ("79950000001",) and first.seller_external_id == "77"
    assert (second.make, second.model, second.generation, second.engine_cc) == ("Tavria", "E5", "I", 1500)
    assert done.reasons == ["not_a_car"]


def test_tag_names_are_read_in_any_case_and_any_encoding(saved, read) -> None:
    plain = saved("autoru_feed.xml").decode()
    for written in (
        plain.upper().encode(),
        plain.encode("cp1251", "ignore").replace(b"UTF-8", b"windows-1251"),
        plain.encode("cp1251", "ignore"),
        plain.replace("UTF-8", "UTF-16").encode("utf-16"),
        b"\xef\xbb\xbf" + plain.encode(),
        gzip.compress(plain.encode()),
    ):
        done = read(AutoruFeed().parse(written))
        assert len(done.ads) == 3 and done.trouble is None
        assert done.ads[0].color.lower() == "чёрный"


def test_a_cut_feed_gives_the_cars_before_the_cut_and_says_so(saved, read, tmp_path: Path) -> None:
    whole = saved("autoru_feed.xml")
    cut = whole[: whole.index(b"Mini")]
    done = read(AutoruFeed().parse(cut))
    assert len(done.ads) == 2 and done.trouble.health is Health.PARTIAL
    path = tmp_path / "feed.xml.gz"
    path.write_bytes(gzip.compress(whole * 1)[:-30])
    assert read(AutoruFeed().parse_file(path)).trouble.health is Health.PARTIAL


@pytest.mark.parametrize(
    ("content", "health"),
    [
        (b"", Health.EMPTY),
        (b"<html><body>Sorry</body></html>", Health.LAYOUT_CHANGED),
        (b"<!DOCTYPE html><html>please solve the captcha</html>", Health.BLOCKED),
        (b"{}", Health.LAYOUT_CHANGED),
        (b"<rss><item/></rss>", Health.LAYOUT_CHANGED),
        (b'<!DOCTYPE d [<!ENTITY a "b">]><data><car><mark_id>&a;</mark_id></car></data>', Health.LAYOUT_CHANGED),
        ('<!DOCTYPE d [<!ENTITY a SYSTEM "file:///etc/passwd">]><data/>'.encode("utf-16"), Health.LAYOUT_CHANGED),
    ],
)
def test_what_is_no_feed_is_told_apart(read, content: bytes, health: Health) -> None:
    done = read(AutoruFeed().parse(content))
    assert done.ads == [] and done.trouble.health is health


def test_a_feed_without_cars_is_a_good_empty_feed(read) -> None:
    done = read(AutoruFeed().parse(b"<data><cars></cars></data>"))
    assert done.ads == [] and done.trouble is None


def test_a_bare_ampersand_and_a_control_character_do_not_lose_the_feed(read) -> None:
    car = b"<car><unique_id>%d</unique_id><mark_id>Tavria & Sons\x0b</mark_id><year>2020</year></car>"
    done = read(AutoruFeed().parse(b"<data><cars>" + car % 1 + car % 2 + b"</cars></data>"))
    assert [ad.external_id for ad in done.ads] == ["1", "2"]
    assert done.ads[0].make.startswith("Tavria")


def test_an_unchanged_feed_is_not_sent_again(site) -> None:
    def answer(asked):
        if asked.headers.get("If-None-Match") == '"v1"':
            return 304, {}, b""
        return 200, {"ETag": '"v1"', "Last-Modified": "Sat, 28 Mar 2026 10:00:00 GMT"}, b"<data><cars/></data>"

    site.answer = answer
    feed = AutoruFeed(url=site.url + "/feed.xml", allow_private=True)
    (page,) = feed.fetch(DAY)
    assert page.content == b"<data><cars/></data>" and page.cursor["etag"] == '"v1"'
    with pytest.raises(SourceTrouble) as caught:
        list(feed.fetch(Window(DAY.since, DAY.until, page.cursor)))
    assert caught.value.health is Health.NOT_MODIFIED
    moved = AutoruFeed(url=site.url + "/other.xml", allow_private=True)
    assert list(moved.fetch(Window(DAY.since, DAY.until, page.cursor))), "another address starts anew"


def test_a_feed_on_a_private_address_is_refused_unless_the_installation_allows(site) -> None:
    with pytest.raises(SourceTrouble) as caught:
        list(AutoruFeed(url=site.url).fetch(DAY))
    assert caught.value.health is Health.AUTH and site.asked == []
