"""Adverts join vehicles: keys bring the true pairs together, and no chain of small steps ends at another car."""

from __future__ import annotations

import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.car_facts import CarFacts
from app.domain.identity import IdentityRules, Likeness
from app.domain.joining import blocking_keys, join_batch
from tests.domain.test_identity import AGAIN, CAR, STORY, VIN, text_signature


def stored(*adverts: CarFacts) -> dict[int, list[CarFacts]]:
    by_key: dict[int, list[CarFacts]] = defaultdict(list)
    for facts in adverts:
        for key in blocking_keys(facts):
            by_key[key].append(facts)
    return by_key


def vehicles(adverts: Iterable[CarFacts]) -> dict[int, int]:
    found: dict[int, int] = {}
    for join in join_batch(list(adverts), {}):
        found[join.ad_id] = join.ad_id if join.vehicle_of is None else found[join.vehicle_of]
    return found


@settings(max_examples=300, deadline=None)
@given(st.integers(1000, 400_000), st.floats(0, 0.035))
def test_a_car_that_drove_a_little_shares_a_key_with_itself(mileage: int, growth: float) -> None:
    before = replace(CAR, mileage_km=mileage, text_signature=(), phones=())
    after = replace(before, ad_id=2, mileage_km=int(mileage * (1 + growth)))

    assert set(blocking_keys(before)) & set(blocking_keys(after))


def test_keys_are_few_and_fit_the_database() -> None:
    keys = blocking_keys(replace(CAR, vin=VIN, plate="А001АА77"))

    assert len(keys) == len(set(keys)) <= 7
    assert all(-(2**63) <= key < 2**63 for key in keys)


def test_keys_and_sketches_are_the_same_in_every_process() -> None:
    code = (
        "from tests.domain.test_identity import CAR; from app.domain.joining import blocking_keys;"
        "print(blocking_keys(CAR), CAR.text_signature)"
    )
    other = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout

    assert other.strip() == f"{blocking_keys(CAR)} {CAR.text_signature}"


def test_a_masked_vin_finds_the_full_one() -> None:
    masked = CarFacts(ad_id=2, source_id=2, vin_hint="XTA**********4567")

    assert set(blocking_keys(replace(CAR, vin=VIN))) & set(blocking_keys(masked))


def test_a_new_advert_joins_the_stored_vehicle() -> None:
    old = replace(CAR, vehicle_id=900)

    (join,) = join_batch([AGAIN], stored(old))

    assert join.vehicle_of == old.ad_id
    assert join.opinion is not None and join.opinion.verdict is Likeness.SAME


def test_adverts_of_one_batch_find_each_other() -> None:
    assert vehicles([CAR, AGAIN]) == {1: 1, 2: 1}


def test_an_advert_with_nothing_like_it_starts_a_vehicle() -> None:
    (join,) = join_batch([AGAIN], stored(replace(CAR, model_id=12)))

    assert join.vehicle_of is None
    assert not join.doubts


def test_a_doubtful_pair_goes_to_the_review_list() -> None:
    (join,) = join_batch([replace(AGAIN, mileage_km=86_000, color=None)], stored(CAR))

    assert join.vehicle_of is None
    assert [(doubt.ad_id, doubt.other_ad_id) for doubt in join.doubts] == [(2, 1)]


def test_two_vehicles_that_fit_alike_leave_the_choice_to_a_person() -> None:
    left, right = replace(CAR, vehicle_id=900), replace(CAR, ad_id=7, owners=2, vehicle_id=901)

    (join,) = join_batch([AGAIN], stored(left, right))

    assert join.vehicle_of is None
    assert {doubt.other_ad_id for doubt in join.doubts} == {1, 7}


def test_one_vin_on_two_vehicles_does_not_hold_up_the_advert() -> None:
    left, right = replace(CAR, vin=VIN, vehicle_id=900), replace(CAR, ad_id=7, vin=VIN, vehicle_id=901)

    (join,) = join_batch([replace(AGAIN, vin=VIN)], stored(left, right))

    assert join.vehicle_of in (1, 7)


def test_a_member_with_another_vin_keeps_an_advert_out_of_the_vehicle() -> None:
    without_vin = replace(CAR, vehicle_id=900)
    with_vin = replace(CAR, ad_id=7, vin=VIN, vehicle_id=900)

    (join,) = join_batch([replace(AGAIN, vin="XTA21990081234568")], stored(without_vin, with_vin))

    assert join.vehicle_of is None


def test_a_text_of_many_cars_is_learned_to_be_boilerplate() -> None:
    text = text_signature(STORY)
    fleet = [
        replace(CAR, ad_id=10 + step, mileage_km=60_000 + 15_100 * step, price=600_000 + 20_000 * step, phones=(),
                text_signature=text, source_id=step)
        for step in range(6)
    ]  # fmt: skip

    assert len(set(vehicles(fleet).values())) == 6


def test_a_crowded_key_is_passed_over() -> None:
    crowd = [replace(CAR, ad_id=100 + n, vin=None, text_signature=(), phones=()) for n in range(30)]

    (join,) = join_batch([AGAIN], stored(*crowd), IdentityRules(block_cap=20))

    assert join.vehicle_of is None
    assert not join.doubts


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from([VIN, "XTA21990081234568", None]), min_size=2, max_size=8))
def test_no_vehicle_ever_holds_two_vins(vins: list[str | None]) -> None:
    adverts = [replace(CAR, ad_id=n, source_id=n, vin=vin) for n, vin in enumerate(vins, start=1)]
    found = vehicles(adverts)

    for vehicle in set(found.values()):
        assert len({facts.vin for facts in adverts if found[facts.ad_id] == vehicle and facts.vin}) <= 1


def test_the_phones_of_many_models_are_a_traders() -> None:
    trader = [replace(CAR, ad_id=50 + n, model_id=20 + n, text_signature=()) for n in range(3)]
    near = replace(AGAIN, phones=CAR.phones, mileage_km=88_000)

    assert vehicles([CAR, near])[2] == 1
    assert vehicles([*trader, CAR, near])[2] == 2


@pytest.mark.parametrize("count", [0, 1])
def test_small_batches_are_fine(count: int) -> None:
    assert len(join_batch([CAR][:count], {})) == count
