from __future__ import annotations

from dataclasses import replace

from app.domain.ads import AdData, Rejected
from app.sources._identity import full_vin, keyed, url_key

USED = AdData("", make="Tavria", model="Nova", year=2015, mileage_km=120_000, price=500_000, color="белый")


def key(ad: AdData) -> str:
    done = keyed(replace(ad), lambda: "row", 7)
    assert isinstance(done, AdData)
    return done.external_id


def test_the_number_in_a_link_is_the_id() -> None:
    assert url_key("https://auto.example/cars/used/sale/x/y/1114739656-b8c4231f/?geo_id=1") == "1114739656"
    assert url_key("https://www.avito.example/kazan/avtomobili/tavria_nova_2005_2125000001") == "2125000001"
    assert url_key("https://moscow.drom.example/x/y/50498091.html") == "50498091"
    assert url_key("https://dealer.example/cars/tavria-15-amt-98-2024/") == ""
    assert url_key("") == ""


def test_id_goes_before_link_and_link_before_vin() -> None:
    vin = "XTA00000000000001"
    assert key(replace(USED, external_id="5", url="https://a.example/123456", vin=vin)) == "5"
    assert key(replace(USED, url="https://a.example/123456", vin=vin)) == "123456"
    assert key(replace(USED, vin=vin)) == vin
    assert full_vin("XTA**************") == ""


def test_a_new_price_of_a_used_car_is_the_same_advert() -> None:
    assert key(USED) == key(replace(USED, price=450_000)) == key(replace(USED, description="другой текст"))
    assert key(USED) != key(replace(USED, mileage_km=121_000))


def test_showroom_cars_are_told_apart_by_their_price() -> None:
    new = replace(USED, mileage_km=0)
    assert key(new) != key(replace(new, price=450_000))
    assert key(new) == key(replace(new))


def test_a_record_without_a_car_is_none() -> None:
    assert keyed(AdData("1", price=5), lambda: "row", 7) == Rejected("no_car", "row", 7)
    assert keyed(AdData("", make="Tavria"), lambda: "row", 7) == Rejected("no_identity", "row", 7)
