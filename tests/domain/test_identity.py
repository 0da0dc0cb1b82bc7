"""Same car or not: one test per rule that a supervisor could be asked about, and properties that hold for any pair."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.ad_text import text_signature
from app.domain.ads import SellerKind
from app.domain.car_facts import CarFacts, facts_of
from app.domain.car_signs import Surroundings
from app.domain.cars import Body, Drive, Fuel, Gearbox, KnownAd, Wheel
from app.domain.identity import Likeness, compare

VIN = "XTA21990081234567"
STORY = (
    "Покупали новой в подарок бабушке, летом стояла на даче под навесом, зимой не ездила ни разу, "
    "правое крыло меняли после встречи с забором соседа"
)
OTHER_STORY = (
    "Рабочая лошадка фермера, возила молоко на рынок каждую субботу, двигатель перебран прошлой весной, "
    "резина шипованная почти свежая, салон пахнет сеном"
)

CAR = CarFacts(
    ad_id=1, source_id=1, make_id=1, model_id=11, generation_id=111, year=2016, mileage_km=84_350, price=612_000,
    city_id=5, region_id=50, engine_cc=1600, power_hp=106, fuel=Fuel.PETROL, gearbox=Gearbox.MANUAL, drive=Drive.FRONT,
    body=Body.SEDAN, wheel=Wheel.LEFT, color="black", owners=2, phones=("79310001122",),
    seller_kind=SellerKind.PRIVATE, text_signature=text_signature(STORY),
)  # fmt: skip
AGAIN = replace(CAR, ad_id=2, source_id=2, price=589_000, phones=("79990003344",), text_signature=())


def verdict(a: CarFacts, b: CarFacts, around: Surroundings | None = None) -> Likeness:
    return compare(a, b, around=around or Surroundings()).verdict


def codes(a: CarFacts, b: CarFacts) -> set[str]:
    return {reason.code for reason in compare(a, b).reasons}


def test_the_same_odd_mileage_on_another_site_is_the_same_car() -> None:
    opinion = compare(CAR, AGAIN)

    assert opinion.verdict is Likeness.SAME
    assert opinion.score > 0.99
    assert opinion.reasons[0].code == "mileage_equal"


def test_a_car_that_drove_on_and_became_cheaper_is_known_by_its_text() -> None:
    later = replace(AGAIN, mileage_km=86_000, price=570_000, text_signature=CAR.text_signature)

    assert verdict(CAR, later) is Likeness.SAME
    assert "text_shared" in codes(CAR, later)


def test_a_shortened_text_is_still_the_same_text() -> None:
    shorter = replace(AGAIN, mileage_km=86_000, color=None, text_signature=text_signature(STORY[:90]))

    assert verdict(CAR, shorter) is Likeness.SAME


def test_a_like_car_with_a_near_mileage_and_another_story_is_another_car() -> None:
    other = replace(AGAIN, mileage_km=86_000, text_signature=text_signature(OTHER_STORY))

    assert verdict(CAR, other) is Likeness.DIFFERENT


def test_likeness_without_any_mark_waits_for_a_person() -> None:
    usual_market = Surroundings(rivals=50)

    assert verdict(CAR, replace(AGAIN, mileage_km=86_000), usual_market) is Likeness.DOUBT


def test_one_vin_is_one_car_whatever_else_changed() -> None:
    repainted = replace(AGAIN, vin=VIN, color="red", mileage_km=140_000, price=300_000, city_id=9, region_id=90)

    assert verdict(replace(CAR, vin=VIN), repainted) is Likeness.SAME


def test_one_vin_on_two_models_is_a_misprint_for_a_person() -> None:
    assert verdict(replace(CAR, vin=VIN), replace(AGAIN, vin=VIN, model_id=12)) is Likeness.DOUBT


def test_another_vin_is_another_car_though_all_else_agrees() -> None:
    twin = replace(CAR, ad_id=2, source_id=2, vin="XTA21990081234568")

    opinion = compare(replace(CAR, vin=VIN), twin)

    assert opinion.verdict is Likeness.DIFFERENT
    assert [reason.code for reason in opinion.reasons] == ["vin_differs"]


def test_a_masked_vin_that_does_not_fit_rules_the_car_out() -> None:
    assert verdict(replace(CAR, vin=VIN), replace(AGAIN, vin_hint="XTA**********9999")) is Likeness.DIFFERENT


def test_a_masked_vin_that_fits_makes_up_for_a_missing_text() -> None:
    later = replace(AGAIN, mileage_km=86_000, vin_hint="XTA**********4567")

    assert verdict(replace(CAR, vin=VIN), later) is Likeness.SAME


def test_a_placeholder_vin_names_no_car() -> None:
    known = KnownAd(external_id="1", vin="XW8ZZZ00000000000")

    assert facts_of(known, ad_id=1, source_id=1).vin is None


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"engine_cc": 1800}, "engine_differs"),
        ({"power_hp": 150}, "power_differs"),
        ({"gearbox": Gearbox.AUTOMATIC}, "gearbox_differs"),
        ({"fuel": Fuel.DIESEL}, "fuel_differs"),
        ({"wheel": Wheel.RIGHT}, "wheel_differs"),
        ({"model_id": 12}, "model_differs"),
        ({"year": 2013}, "year_differs"),
    ],
)
def test_a_fact_that_a_car_cannot_change_rules_it_out(change: dict[str, object], code: str) -> None:
    other = replace(CAR, ad_id=2, source_id=2, **change)  # type: ignore[arg-type]

    assert verdict(CAR, other) is Likeness.DIFFERENT
    assert codes(CAR, other) == {code}


def test_sites_round_the_engine_so_1598_is_1600() -> None:
    assert verdict(CAR, replace(AGAIN, engine_cc=1598)) is Likeness.SAME


def test_a_phone_joins_a_private_car_only_beside_what_the_car_says() -> None:
    same_phone = replace(AGAIN, phones=CAR.phones, mileage_km=86_000)
    bare = CarFacts(ad_id=3, source_id=2, make_id=1, model_id=11, year=2016, phones=CAR.phones)

    assert verdict(CAR, same_phone) is Likeness.SAME
    assert verdict(CAR, bare) is not Likeness.SAME


def test_a_traders_phone_proves_little() -> None:
    around = Surroundings(trade_phones=frozenset(CAR.phones))
    same_phone = replace(AGAIN, phones=CAR.phones, mileage_km=88_000)

    assert verdict(CAR, same_phone) is Likeness.SAME
    assert verdict(CAR, same_phone, around) is not Likeness.SAME


def test_a_protected_phone_is_not_even_kept() -> None:
    known = KnownAd(external_id="1", phones=("79310001122",), phone_protected=True)

    assert facts_of(known, ad_id=1, source_id=1).phones == ()


def test_boilerplate_does_not_glue_a_dealers_cars() -> None:
    text = text_signature(STORY)
    around = Surroundings(boilerplate=dict.fromkeys(text, 40), ads=2000)
    first = replace(CAR, seller_kind=SellerKind.DEALER)
    next_of_fleet = replace(first, ad_id=2, mileage_km=97_000, price=640_000)

    assert verdict(first, next_of_fleet, around) is Likeness.DIFFERENT


def test_a_copied_text_beside_another_mileage_and_colour_is_no_repost() -> None:
    copied = replace(CAR, ad_id=2, source_id=2, phones=(), mileage_km=131_000, color="white")

    assert verdict(CAR, copied) is not Likeness.SAME


def test_new_cars_are_alike_so_they_join_only_by_vin() -> None:
    new = replace(CAR, mileage_km=0, is_new=True, seller_kind=SellerKind.DEALER)
    twin = replace(new, ad_id=2, source_id=2)

    assert verdict(new, twin) is not Likeness.SAME
    assert verdict(replace(new, vin=VIN), replace(twin, vin=VIN)) is Likeness.SAME


def test_fewer_kilometres_in_a_later_advert_speak_against() -> None:
    start = datetime(2025, 3, 1, tzinfo=UTC)
    text = {"text_signature": CAR.text_signature}
    before = replace(CAR, mileage_km=90_000, published_at=start)
    grown = replace(AGAIN, mileage_km=98_000, published_at=start + timedelta(days=60), **text)  # type: ignore[arg-type]
    shrunk = replace(AGAIN, mileage_km=82_000, published_at=start + timedelta(days=60), **text)  # type: ignore[arg-type]

    assert compare(before, shrunk).bits < compare(before, grown).bits - 3


def test_two_live_adverts_on_one_site_are_rather_two_cars() -> None:
    beside = replace(AGAIN, source_id=CAR.source_id)

    assert compare(CAR, beside).bits < compare(CAR, AGAIN).bits
    assert compare(CAR, replace(beside, is_active=False)).bits == compare(CAR, AGAIN).bits


def test_more_like_cars_around_ask_for_more_proof() -> None:
    assert compare(CAR, AGAIN, around=Surroundings(rivals=500)).bits < compare(CAR, AGAIN).bits


def test_an_unknown_model_is_never_joined_without_papers() -> None:
    assert verdict(replace(CAR, model_id=None), replace(AGAIN, model_id=None)) is not Likeness.SAME


def maybe(values: list[object]) -> st.SearchStrategy[object]:
    return st.none() | st.sampled_from(values)


SIGNATURES = [(), text_signature(STORY), text_signature(OTHER_STORY), text_signature(STORY[:80])]
FACTS = st.builds(
    CarFacts,
    ad_id=st.integers(1, 1000), source_id=st.integers(1, 3), make_id=maybe([1, 2]), model_id=maybe([11, 12]),
    year=maybe([2015, 2016]), mileage_km=maybe([0, 60_000, 61_308, 61_000, 63_000]), price=maybe([500_000, 540_000]),
    city_id=maybe([5, 6]), region_id=maybe([50, 60]), engine_cc=maybe([1598, 1600, 2000]), power_hp=maybe([106, 150]),
    fuel=maybe(list(Fuel)), gearbox=maybe(list(Gearbox)), drive=maybe(list(Drive)), body=maybe(list(Body)),
    color=maybe(["black", "grey", "red"]), owners=maybe([1, 2, 4]),
    vin=maybe([VIN, "XTA21990081234568"]), vin_hint=maybe(["XTA**********4567", "XTA**********9999"]),
    plate=maybe(["А001АА77", "В002ВВ50"]),
    phones=st.sampled_from([(), ("79310001122",), ("79310001122", "79990003344")]),
    seller_key=maybe(["1:77"]), seller_kind=maybe(list(SellerKind)), text_signature=st.sampled_from(SIGNATURES),
    published_at=maybe([datetime(2025, 1, 1, tzinfo=UTC), datetime(2025, 6, 1, tzinfo=UTC)]),
    is_active=st.booleans(), is_new=maybe([True, False]),
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(FACTS, FACTS)
def test_the_order_of_the_adverts_does_not_matter(a: CarFacts, b: CarFacts) -> None:
    there, back = compare(a, b), compare(b, a)

    assert there.verdict is back.verdict
    assert there.bits == pytest.approx(back.bits)


@settings(max_examples=200, deadline=None)
@given(FACTS, FACTS)
def test_two_full_vins_that_differ_are_always_two_cars(a: CarFacts, b: CarFacts) -> None:
    first, second = replace(a, vin=VIN), replace(b, vin="XTA21990081234568")

    assert compare(first, second).verdict is Likeness.DIFFERENT


@settings(max_examples=200, deadline=None)
@given(FACTS, st.integers(1, 3))
def test_a_phone_alone_never_joins(a: CarFacts, source_id: int) -> None:
    stranger = CarFacts(
        ad_id=2000, source_id=source_id, make_id=a.make_id, model_id=a.model_id, year=a.year, phones=a.phones,
        seller_kind=a.seller_kind,
    )  # fmt: skip

    assert compare(a, stranger).verdict is not Likeness.SAME


@settings(max_examples=200, deadline=None)
@given(FACTS, FACTS)
def test_every_verdict_says_why(a: CarFacts, b: CarFacts) -> None:
    opinion = compare(a, b)

    assert opinion.reasons
    assert all("bits" in reason.args for reason in opinion.reasons)
    assert 0 <= opinion.score <= 1


def test_two_lot_numbers_of_one_trader_are_two_cars() -> None:
    house = "Площадка честных машин у вокзала работает без выходных, проверка юриста, кофе и кредит за час по паспорту"
    first = replace(CAR, phones=(), text_signature=text_signature(f"Лот 00417733. {house}"))
    second = replace(AGAIN, phones=(), text_signature=text_signature(f"Лот 00417735. {house}"))
    around = Surroundings(boilerplate=dict.fromkeys(text_signature(house), 40), ads=2000)

    reasons = {reason.code for reason in compare(first, second, around=around).reasons}

    assert "other_lot" in reasons
    assert "house_style" not in reasons
