"""The operator's own words: saved as typed, told where wrong, carried to the car; numbers are shown on demand."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from app import models
from app.errors import Refused
from app.models import IN_WORK, POOL
from app.services import card_form, card_page, counters
from tests import factories
from tests.factories import NOON
from tests.services.adverts import PHONE, bring_in, press, said, take_next


@pytest.fixture
def operator(session):
    factories.make_filter(session, open_cap=100)
    return factories.make_operator(session)


@pytest.fixture
def card(session, operator):
    bring_in(session, factories.make_source(session), said(phones=(PHONE, "79020000002")))
    return take_next(session, operator)


def save(session, card, operator, **values):
    return card_form.save(session, card.id, values, version=card.version, actor_id=operator.user_id, now=NOON)


def code_of(refused) -> str:
    return refused.value.reason.code


def test_what_is_typed_is_kept_and_the_version_grows(session, card, operator):
    before = card.version
    saved, bad = save(session, card, operator, seller_name=" Пётр ", our_price="950 000", haggle="little")
    assert bad == {}
    assert saved.form == {"seller_name": "Пётр", "our_price": 950_000, "haggle": "little"}
    assert saved.version > before


def test_saving_the_same_again_writes_nothing(session, card, operator):
    save(session, card, operator, comment="Торг")
    before = card.version
    save(session, card, operator, comment="Торг")
    assert card.version == before


def test_a_bad_field_is_told_and_the_good_ones_are_kept(session, card, operator):
    words = {"mileage_km": "сто тысяч", "year": "1700", "gearbox": "warp", "vin": "X" * 18, "comment": "а\0б"}
    saved, bad = save(session, card, operator, seller_name="Пётр", **words)
    assert bad == {
        "mileage_km": "field_number",
        "year": "field_range",
        "gearbox": "field_choice",
        "vin": "field_long",
        "comment": "field_text",
    }
    assert saved.form == {"seller_name": "Пётр"}


def test_an_emptied_field_is_forgotten_and_a_foreign_one_is_left_out(session, card, operator):
    save(session, card, operator, comment="Торг", haggle="yes")
    saved, bad = save(session, card, operator, comment="", operator_id="1", edits="{}")
    assert (saved.form, bad) == ({"haggle": "yes"}, {})


def test_two_windows_do_not_overwrite_each_other(session, card, operator):
    seen = card.version
    save(session, card, operator, comment="из первого окна")
    with pytest.raises(Refused) as refused:
        card_form.save(session, card.id, {"comment": "из второго"}, version=seen, actor_id=operator.user_id, now=NOON)
    assert code_of(refused) == "card_changed_meanwhile"
    assert card.form == {"comment": "из первого окна"}


def test_only_the_operator_of_an_open_card_fills_it_in(session, card, operator):
    with pytest.raises(Refused) as refused:
        save(session, card, factories.make_operator(session), comment="чужая")
    assert code_of(refused) == "card_not_yours"
    press(session, card, "refused", operator)
    with pytest.raises(Refused):
        save(session, card, operator, comment="закрыта")
    with pytest.raises(Refused):
        card_form.save(session, 10**9, {}, version=1, actor_id=operator.user_id, now=NOON)


def test_a_correction_becomes_the_cars_fact(session, card, operator):
    save(session, card, operator, mileage_km="123 000", gearbox="manual", plate="А000АА77", year="2017")
    vehicle = card.vehicle
    session.refresh(vehicle)
    assert (vehicle.mileage_km, vehicle.gearbox, vehicle.year) == (123_000, "manual", 2017)
    assert vehicle.edits["plate"] == "А000АА77"


def test_what_the_seller_says_of_himself_does_not_touch_the_car(session, card, operator):
    before = card.vehicle.changed_at
    save(session, card, operator, seller_name="Пётр", asked_price="900000", documents="original")
    session.refresh(card.vehicle)
    assert card.vehicle.edits == {} and card.vehicle.changed_at == before


FIELDS = [*card_form.NUMBERS, *card_form.WORDS, *card_form.TEXTS, "nobody_knows", ""]
VALUES = st.one_of(
    st.text(st.characters(), max_size=40),  # with NUL, surrogates and all
    st.sampled_from(
        ["", " ", "0", "-1", "1e5", "٣٤", "²", "9" * 30, "1 000 000", "manual", "left", "\0", "\ud800", "NaN"]
    ),
    st.integers().map(str),
)


@settings(max_examples=150)
@example(values={"comment": "\ud800", "vin": "\0", "year": "²", "mileage_km": "٣٤"})
@given(values=st.dictionaries(st.sampled_from(FIELDS), VALUES, max_size=8))
def test_whatever_is_typed_is_saved_or_told(session, card, operator, values):
    saved, bad = save(session, card, operator, **values)
    assert set(bad) <= set(values)
    session.refresh(card.vehicle)
    session.refresh(saved)
    assert not set(saved.form) - set(FIELDS)


# --- notes


def test_a_note_is_cleaned_and_an_empty_one_refused(session, card, operator):
    note = card_form.add_note(session, card.id, "  Просил\0 позже\ud83d ", actor_id=operator.user_id, now=NOON)
    session.refresh(note)
    assert note.text == "Просил позже"
    with pytest.raises(Refused) as refused:
        card_form.add_note(session, card.id, " \0 ", actor_id=operator.user_id, now=NOON)
    assert code_of(refused) == "note_empty"


# --- the number on demand


def reveal(session, card, operator, now=NOON) -> list[str]:
    phones = card_form.reveal(session, card.id, actor_id=operator.user_id, now=now, address="198.51.100.7")
    session.flush()
    for event in session.scalars(select(models.AuditEvent).where(models.AuditEvent.what == "phone_shown")):
        event.at = min(event.at, now)  # the database's clock is not the test's
    session.flush()
    return phones


def test_a_shown_number_is_audited_without_the_number(session, card, operator):
    assert reveal(session, card, operator) == [PHONE, "79020000002"]
    event = session.scalars(select(models.AuditEvent).where(models.AuditEvent.what == "phone_shown")).one()
    assert (event.actor_id, event.subject, event.subject_id, event.address) == (
        operator.user_id, "card", card.id, "198.51.100.7",
    )  # fmt: skip
    assert PHONE not in str(event.details)


def test_so_many_numbers_within_an_hour_and_no_more(session, card, operator):
    session.add(models.Setting(name="reveals_per_hour", value=3))
    for _ in range(3):
        reveal(session, card, operator)
    with pytest.raises(Refused) as refused:
        reveal(session, card, operator)
    assert (code_of(refused), refused.value.reason.args) == ("reveal_limit", {"cap": 3})
    reveal(session, card, factories.make_operator(session))  # everybody's own limit
    assert reveal(session, card, operator, NOON + timedelta(hours=1, seconds=1))


def test_numbers_on_the_do_not_call_list_are_not_shown(session, card, operator):
    session.add(models.DoNotCall(phone=PHONE, reason="asked"))
    session.add(models.DoNotCall(phone="79020000002", until=NOON - timedelta(days=1)))
    session.flush()
    assert reveal(session, card, operator) == ["79020000002"]


# --- letting go


def test_a_card_let_go_returns_to_the_pool_with_the_reason(session, card, operator):
    save(session, card, operator, comment="Торг")
    card_form.skip(session, card.id, " Не моя марка ", actor_id=operator.user_id, now=NOON)
    session.expire_all()
    assert (card.stage, card.operator_id, card.form) == (POOL, None, {"comment": "Торг"})
    assert session.scalars(select(models.Note.text)).all() == ["Не моя марка"]
    assert session.scalars(select(models.Assignment.ended_why)).all() == ["skipped"]
    assert operator.open_n == 0 and counters.count_anew(session) == 0


def test_a_card_is_not_let_go_without_a_reason_or_by_somebody_else(session, card, operator):
    with pytest.raises(Refused) as refused:
        card_form.skip(session, card.id, "  ", actor_id=operator.user_id, now=NOON)
    assert code_of(refused) == "skip_needs_reason"
    with pytest.raises(Refused) as refused:
        card_form.skip(session, card.id, "чужая", actor_id=factories.make_operator(session).user_id, now=NOON)
    assert code_of(refused) == "card_not_yours"
    session.refresh(card)
    assert card.stage == IN_WORK and session.scalar(select(func.count()).select_from(models.Note)) == 0


def test_a_card_with_a_call_back_takes_its_plan_along_when_let_go(session, card, operator):
    press(session, card, "call_later", operator, callback_at=NOON + timedelta(hours=2))
    card_form.skip(session, card.id, "ухожу", actor_id=operator.user_id, now=NOON)
    other = factories.make_operator(session)
    assert take_next(session, other).id == card.id
    press(session, card, "call_later", other, callback_at=NOON + timedelta(hours=3))
    assert len(session.scalars(select(models.Callback).where(models.Callback.done_at.is_(None))).all()) == 1


# --- one text twice, two texts at once, a note on the person


def test_a_repeated_saving_of_the_same_text_is_no_conflict(session, card, operator):
    first = card.version
    save(session, card, operator, comment="Торг", mileage_km="120 000")
    again, bad = card_form.save(session, card.id, {"comment": "Торг", "mileage_km": "120000"}, version=first,
                                actor_id=operator.user_id, now=NOON)  # fmt: skip
    assert bad == {} and again.version == first + 1
    with pytest.raises(Refused) as refused:
        card_form.save(session, card.id, {"comment": "Другое"}, version=first, actor_id=operator.user_id, now=NOON)
    assert code_of(refused) == "card_changed_meanwhile"


def test_what_stands_in_the_fields_is_told_for_the_fields_that_were_sent(session, card, operator):
    save(session, card, operator, comment="Торг", where="У вокзала")
    assert card_form.stored(session, card, ["comment", "year", "version"]) == {"comment": "Торг", "year": None}


def test_a_note_on_the_seller_is_read_on_all_his_cards(session, card, operator):
    seller = factories.make_seller(session)
    card.vehicle.seller_id = seller.id
    other = factories.make_card(session, factories.make_vehicle(session, seller_id=seller.id))
    save(session, card, operator, seller_note="Перезванивать жене")
    assert card_page.load(session, other.id).card.seller_note == "Перезванивать жене"
    assert "seller_note" not in card.form
    save(session, card, operator, seller_note="")
    assert card_page.load(session, other.id).card.seller_note == ""
