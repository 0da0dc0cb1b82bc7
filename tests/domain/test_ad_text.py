"""The sketch of a text survives what sellers do to texts."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from app.domain.ad_text import SIGNATURE_SIZE, common_runs, overlap, text_signature

STORY = "Кузов без ржавчины, мотор тянет ровно, салон тёмный велюр, сзади никто не сидел, хранилась в гараже у реки"
NOTHING: frozenset[int] = frozenset()


@given(st.text(max_size=2000))
def test_any_text_gives_a_small_sketch_of_database_numbers(text: str) -> None:
    signature = text_signature(text)

    assert len(signature) <= SIGNATURE_SIZE
    assert list(signature) == sorted(set(signature))
    assert all(-(2**31) <= value < 2**31 for value in signature)


def test_look_alike_letters_case_and_signs_do_not_hide_a_copy() -> None:
    disguised = STORY.upper().replace("С", "C").replace("О", "O").replace(",", " !!! ").replace("Ё", "Е")

    assert text_signature(disguised) == text_signature(STORY)


def test_a_short_text_says_nothing() -> None:
    assert text_signature("Торг") == ()


def test_a_lot_number_is_kept_however_long_the_text() -> None:
    long_text = " ".join(f"слово{chr(1072 + n % 32)} номер{chr(1072 + n // 32)} раз" for n in range(300))
    one, other = text_signature(f"Лот 00417733 {long_text}"), text_signature("Лот 00417733 совсем другие слова тут")

    assert overlap(one, other, NOTHING).found >= 1


def test_two_stories_share_nothing() -> None:
    other = text_signature("Продаёт второй хозяин, ездили за грибами, печка греет, колёса летние, торг у капота")

    assert overlap(text_signature(STORY), other, NOTHING).found == 0


def test_a_run_of_several_cars_is_boilerplate_and_left_aside() -> None:
    signature = text_signature(STORY)
    common = common_runs(((car, signature) for car in ("a", "b", "c")), cars=3)

    assert set(common) == set(signature)
    assert set(common.values()) == {3}
    both = overlap(signature, signature, common)
    assert (both.rare_found, both.rare_possible) == (0, 0)
    assert both.found == both.possible == len(signature)


def test_one_car_posted_often_makes_no_boilerplate() -> None:
    assert common_runs((("a", text_signature(STORY)) for _ in range(9)), cars=3) == {}
