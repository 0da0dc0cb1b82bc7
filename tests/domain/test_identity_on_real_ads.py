"""Same car or not on real adverts that are posted again; the floors are the product's promise, not today's figures."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.identity import between_feeds, evaluate

DATA = Path(__file__).parents[3] / "shared" / "data"

pytestmark = [
    pytest.mark.real_data,
    pytest.mark.skipif(not DATA.is_dir(), reason="the real adverts of ../shared/data are not here"),
]


@pytest.mark.parametrize("name", ["lenobl_2022", "msk_2022_b"])
def test_cars_posted_again_with_their_text_are_found_and_like_cars_are_kept_apart(name: str) -> None:
    (figures,) = evaluate(DATA, 2026, files=[name], levels=["easy"]).values()
    told = [counts for kind, counts in figures["scenarios"].items() if kind.startswith(("text_kept", "text_cut"))]
    found = sum(counts["n"] * counts["recall"] for counts in told) / sum(counts["n"] for counts in told)

    assert figures["precision_of_reposts"] >= 0.99
    assert found >= 0.95


def test_a_masked_vin_with_its_end_finds_the_car_without_any_text() -> None:
    (figures,) = evaluate(DATA, 2026, files=["msk_2022_b"], levels=["hard_no_text_vin_hint"]).values()

    assert figures["precision_of_reposts"] >= 0.99
    assert figures["recall_used"] >= 0.95


def test_undecidable_pairs_wait_for_a_person_instead_of_being_joined() -> None:
    (figures,) = evaluate(DATA, 2026, files=["lenobl_2022"], levels=["hard_no_text"]).values()

    assert figures["precision_of_reposts"] >= 0.99
    assert figures["recall_with_doubts"] >= figures["recall"] + 0.1


def test_a_dealers_cars_are_the_same_ten_months_later() -> None:
    figures = between_feeds(DATA)

    assert figures["kept"] > 0
    assert figures["found"] == figures["kept"]
    assert figures["wrong"] == 0
