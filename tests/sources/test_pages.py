"""Saved pages of the classifieds: their own JSON, their marks, and pages that tell nothing."""

from __future__ import annotations

import json

import pytest

from app.domain.ads import AdState, SellerKind
from app.sources import Health
from app.sources.autoru_page import AutoruPage
from app.sources.avito_page import AvitoPage
from app.sources.drom_page import DromPage
from app.sources.json_ld import JsonLd
from app.sources.youla_page import YoulaPage, unpacked_phone

PAGES = [AutoruPage, AvitoPage, DromPage, JsonLd, YoulaPage]


@pytest.mark.parametrize("adapter", PAGES)
def test_an_empty_file_is_empty_and_a_captcha_is_a_block(adapter, read) -> None:
    assert read(adapter().parse(b"")).trouble.health is Health.EMPTY
    captcha = "<!DOCTYPE html><html><body><form id='captcha'>Подтвердите, что вы не робот</form></body></html>".encode()
    assert read(adapter().parse(captcha)).trouble.health is Health.BLOCKED


@pytest.mark.parametrize("adapter", PAGES)
def test_a_page_without_any_mark_has_another_layout(adapter, read) -> None:
    done = read(adapter().parse(b"<html><body><p>Welcome</p></body></html>"))
    assert done.trouble.health is Health.LAYOUT_CHANGED and done.trouble.permanent and done.trouble.page


def test_autoru_offer_of_a_page(saved, read) -> None:
    done = read(AutoruPage().parse(saved("autoru_page.html")))
    first, second = done.ads
    assert (first.external_id, first.make, first.model, first.generation) == ("1100000001", "Tavria", "Nova", "II")
    assert (first.year, first.mileage_km, first.price, first.owners) == (2014, 120_500, 950_000, 2)
    assert (first.engine_cc, first.power_hp, first.gearbox, first.drive) == (1591, 128, "AUTOMATIC", "FORWARD_CONTROL")
    assert first.url == "https://auto.ru/cars/used/sale/tavria/nova/1100000001-aaaa1111/"
    assert first.color == "красный" and first.timezone == "Europe/Moscow" and first.city == "Казань"
    assert first.phone_protected and first.plate == "" and first.vin.startswith("XTA*")
    assert first.photos == ("https://img.example/l.jpg",)
    assert (second.price, second.state, second.is_damaged) == (1_500_000, AdState.REMOVED, True)
    assert second.phones == ("+7 900 000-88-88",) and second.seller_kind is SellerKind.DEALER
    assert done.reasons == ["bad_year"]


def test_autoru_offers_in_every_envelope(saved, read) -> None:
    page = saved("autoru_page.html").decode()
    state = json.loads(page[page.index('{"listing"') : page.index("</script></body>")])
    offers = state["listing"]["data"]["offers"][:2]
    for envelope in (
        offers,
        {"offers": offers, "pagination": {"total_offers_count": 2}},
        {offer["saleId"]: offer for offer in offers},
    ):
        assert len(read(AutoruPage().parse(json.dumps(envelope).encode())).ads) == 2
    assert len(read(AutoruPage().parse(json.dumps({"card": offers[0]}).encode())).ads) == 1
    assert read(AutoruPage().parse(b'{"offers":[],"pagination":{"total_offers_count":0}}')).trouble is None
    assert read(AutoruPage().parse(b'{"type":"captcha","url":"x"}')).trouble.health is Health.BLOCKED
    assert read(AutoruPage().parse(b'{"something":"else"}')).trouble.health is Health.LAYOUT_CHANGED


def test_autoru_page_whose_data_is_cut_or_renamed(saved, read) -> None:
    page = saved("autoru_page.html")
    assert read(AutoruPage().parse(page[: len(page) // 2])).trouble.health is Health.PARTIAL
    renamed = page.replace(b'"listing"', b'"serp"')
    assert read(AutoruPage().parse(renamed)).trouble.health is Health.LAYOUT_CHANGED


def test_drom_list_by_its_marks(saved, read) -> None:
    first, second = read(DromPage().parse(saved("drom_page_list.html"))).ads
    assert (first.external_id, first.title, first.year) == ("40000001", "Tavria Nova Sport, 2017", 2017)
    assert (first.make, first.model) == ("tavria", "nova sport")
    assert (first.engine_cc, first.power_hp, first.fuel, first.gearbox) == (2000, 220, "бензин", "АКПП")
    assert (first.drive, first.mileage_km, first.price, first.city) == ("4WD", 54_000, 1_840_000, "Казань")
    assert (second.external_id, second.price, second.state) == ("40000002", 2_100_000, AdState.REMOVED)


def test_drom_list_by_its_json_and_a_card(saved, read) -> None:
    (bull,) = read(DromPage().parse(saved("drom_page_json.html"))).ads
    assert (bull.external_id, bull.year, bull.price, bull.mileage_km) == ("40000003", 2013, 700_000, 150_000)
    assert (bull.engine_cc, bull.power_hp, bull.gearbox, bull.body) == (1598, 123, "МКПП", "седан")
    (card,) = read(DromPage().parse(saved("drom_page_card.html"))).ads
    assert (card.external_id, card.year, card.price, card.city) == ("40000004", 2016, 1_010_000, "Казань")
    assert (card.engine_cc, card.power_hp, card.fuel, card.wheel) == (2200, 200, "дизель", "правый")


def test_drom_list_without_adverts_is_empty_and_not_changed(read) -> None:
    done = read(DromPage().parse(b'<html><body><div data-ftid="bulls-list_container"></div></body></html>'))
    assert done.ads == [] and done.trouble is None


def test_avito_list_by_its_json(saved, read) -> None:
    done = read(AvitoPage().parse(saved("avito_page_json.html")))
    (ad,) = done.ads
    assert (ad.external_id, ad.year, ad.mileage_km, ad.price) == ("9000000031", 2019, 54_000, 690_000)
    assert (ad.engine_cc, ad.gearbox, ad.city, ad.state) == (1600, "MT", "Казань", AdState.RESERVED)
    assert ad.photos == ("https://img.example/large.jpg",)
    assert ad.url == "https://www.avito.ru/kazan/avtomobili/tavria_nova_2019_9000000031"
    assert done.reasons == ["not_a_car"]


def test_avito_list_and_card_by_their_marks(saved, read) -> None:
    (ad,) = read(AvitoPage().parse(saved("avito_page_dom.html"))).ads
    assert (ad.external_id, ad.year, ad.mileage_km, ad.price) == ("9000000041", 2011, 154_000, 390_000)
    (card,) = read(AvitoPage().parse(saved("avito_page_card.html"))).ads
    assert (card.external_id, card.year, card.mileage_km, card.price) == ("9000000051", 2018, 80_100, 610_000)
    assert card.seller_kind is SellerKind.PRIVATE and card.power_hp == 106 and card.color == "синий"
    assert card.description == "Первая\nВторая" and card.is_damaged is False


def test_a_good_page_that_mentions_a_captcha_is_no_block(saved, read) -> None:
    assert b"captcha" in saved("autoru_page.html")
    assert read(AutoruPage().parse(saved("autoru_page.html"))).trouble is None


def test_schema_org(saved, read) -> None:
    (ad,) = read(JsonLd().parse(saved("json_ld.html"))).ads
    assert (ad.external_id, ad.make, ad.model, ad.year) == ("123456", "Tavria", "Nova", 2018)
    assert (ad.mileage_km, ad.price, ad.vin, ad.phones) == (64_000, 550_000, "XTA00000000000009", ("+7 900 000-99-99",))


def test_youla_is_read_as_a_literal_and_its_phone_unpacked(saved, read) -> None:
    done = read(YoulaPage().parse(saved("youla_page.js")))
    first, second = done.ads
    assert (first.make, first.model, first.year, first.price) == ("Tavria", "Nova", 2010, 169_000)
    assert (first.mileage_km, first.body, first.engine_cc) == (100_000, "Седан", 1600)
    assert first.phones == ("+7 (900) 000-12-12",) and first.title.endswith("'Люкс'")
    assert first.seller_kind is SellerKind.PRIVATE and first.state is AdState.ACTIVE
    assert second.phones == () and second.state is AdState.REMOVED and second.seller_kind is SellerKind.DEALER


def test_youla_page_that_is_cut_gives_the_records_before_the_cut(saved, read) -> None:
    page = saved("youla_page.js")
    done = read(YoulaPage().parse(page[: page.index(b"Volt")]))
    assert [ad.model for ad in done.ads] == ["Nova"] and done.trouble.health is Health.PARTIAL


def test_a_phone_that_is_readable_stays_and_nonsense_is_no_phone() -> None:
    assert unpacked_phone("+7 900 000 1111") == "+7 900 000 1111"
    assert unpacked_phone("%%%") == unpacked_phone(None) == unpacked_phone("YWJj") == ""
