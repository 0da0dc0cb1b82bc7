"""Adverts are stored once, forget nothing, and one bad record never takes the others along."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime

import pytest
from sqlalchemy import func, select, text

from app import models
from app.domain.ads import AdState, Rejected
from app.services import cards
from app.services.ingest import pack
from tests import factories
from tests.services.adverts import PHONE, ad_of, bring_in, said, store


@pytest.fixture
def source(session):
    return factories.make_source(session, "exchange")


def written_rows(session) -> list[tuple]:
    """Every stored advert with the transaction that wrote it last: a row that is not written keeps its ctid."""
    return session.execute(text("SELECT ctid::text, id FROM ad ORDER BY id")).all()


def test_a_file_read_twice_changes_nothing(session, source):
    file = [said(f"A{n}", price=500_000 + n) for n in range(20)]
    first = store(session, source, *file)
    before = written_rows(session)
    second = store(session, source, *file)
    assert (first.new, first.unchanged, first.read) == (20, 0, 20)
    assert (second.new, second.changed, second.unchanged, second.read) == (0, 0, 20, 20)
    assert not second.touched_vehicles
    assert written_rows(session) == before
    assert session.scalar(select(func.count()).select_from(models.AdPrice)) == 0


def test_a_new_price_is_kept_as_history_and_reaches_the_vehicle(session, source):
    bring_in(session, source, said(price=1_000_000))
    tally = store(session, source, said(price=900_000))
    assert (tally.changed, tally.price_changed) == (1, 1)
    history = session.execute(select(models.AdPrice.old_price, models.AdPrice.new_price)).all()
    assert history == [(1_000_000, 900_000)]
    ad = ad_of(session)
    assert tally.touched_vehicles == {ad.vehicle_id}
    cards.settle(session, tally.touched_vehicles, factories.NOON)
    assert session.get(models.Vehicle, ad.vehicle_id).price == 900_000


def test_another_text_is_a_change_without_price_history(session, source):
    store(session, source, said(description="Один хозяин."))
    tally = store(session, source, said(description="Два хозяина."))
    assert (tally.changed, tally.price_changed) == (1, 0)
    assert session.scalars(select(models.AdPrice.id)).all() == []


def test_reserved_removed_and_returned_are_told_by_the_history(session, source):
    for state in (AdState.ACTIVE, AdState.RESERVED, AdState.REMOVED, AdState.ACTIVE):
        store(session, source, said(state=state))
    events = session.scalars(select(models.AdEvent.what).order_by(models.AdEvent.id)).all()
    assert events == ["reserved", "removed", "returned"]
    assert ad_of(session).gone_at is None


def test_a_removed_ad_knows_since_when(session, source):
    store(session, source, said())
    store(session, source, said(state=AdState.REMOVED))
    assert ad_of(session).gone_at is not None


@pytest.mark.parametrize(
    ("forgotten", "column", "kept"),
    [
        ({"phones": ()}, "phones", [PHONE]),
        ({"phones": ()}, "phone", PHONE),
        ({"phones": ("+7 901 ***-**-01",)}, "phone", PHONE),
        ({"price": None}, "price", 1_000_000),
        ({"mileage_km": None}, "mileage_km", 80_000),
        ({"year": None, "title": "Kia Rio"}, "year", 2018),
        ({"description": ""}, "description", "Гаражное хранение."),
        ({"vin": ""}, "vin", "XTTEST00000000017"),
    ],
)
def test_what_a_source_forgets_is_not_lost(session, source, forgotten, column, kept):
    full = {"description": "Гаражное хранение.", "vin": "XTTEST00000000017"}
    store(session, source, said(**full))
    store(session, source, said(**(full | forgotten)))
    assert getattr(ad_of(session), column) == kept
    assert session.scalars(select(models.AdPrice.id)).all() == []


def test_of_one_id_that_comes_twice_in_a_file_the_last_row_wins(session, source):
    tally = store(session, source, said("A1", price=700_000), said("A2"), said("A1", price=650_000))
    assert (tally.read, tally.new, tally.unchanged) == (3, 2, 1)
    assert ad_of(session, "A1").price == 650_000
    again = store(session, source, said("A1", price=700_000), said("A2"), said("A1", price=650_000))
    assert (again.new, again.changed) == (0, 0)


def test_the_same_id_on_two_sources_is_two_ads(session, source):
    other = factories.make_source(session, "other")
    store(session, source, said())
    store(session, other, said())
    assert session.scalar(select(func.count()).select_from(models.Ad)) == 2


def noise(length: int) -> str:
    """Letters that no index can pack."""
    return "".join(hashlib.sha256(str(n).encode()).hexdigest() for n in range(length // 64 + 1))[:length]


EMOJI = "Срочно 🚗🔥 торг 👍🏽"
ODD = {
    "a NUL in the title": {"title": "Kia\0 Rio, 2018"},
    "a NUL in the text": {"description": "да\0 нет"},
    "a NUL in the link": {"url": "https://ads.example/\0x"},
    "a NUL in the make": {"make": "Ki\0a"},
    "a NUL in the address": {"address": "ул.\0 Мира", "city": ""},
    "a NUL in a phone": {"phones": ("\0",)},
    "a NUL in the seller": {"seller_name": "И\0ван", "seller_external_id": "s\0"},
    "a NUL in a photo": {"photos": ("https://ads.example/\0.jpg",)},
    "half a surrogate in the title": {"title": "Kia \ud83d Rio"},
    "half a surrogate in the link": {"url": "https://ads.example/\udc00"},
    "half a surrogate in the model": {"model": "Rio \ud83d"},
    "half a surrogate in a photo": {"photos": ("\ud800",)},
    "half a surrogate in an unknown city": {"city": "Нигдейск\ud83d", "region": ""},
    "emoji": {"title": EMOJI, "description": EMOJI},
    "quotes and line ends": {"description": 'a "b"\n\\.\n\\N,c;\r\n\t"', "photos": ('a"b\\c,{}', "NULL")},
    "a huge price": {"price": 10**18},
    "a negative price": {"price": -5},
    "a huge mileage": {"mileage_km": 10**12},
    "a huge power": {"power_hp": 10**9, "engine_cc": 10**9, "owners": 10**9, "doors": 10**9},
    "an absurd year": {"year": 20_018},
    "year zero": {"year": 0},
    "a date of the year one": {"published_at": datetime(1, 1, 1, tzinfo=UTC)},
    "a date far ahead": {"published_at": datetime(9999, 12, 31, tzinfo=UTC)},
    "no number as coordinates": {"lat": float("nan"), "lon": float("inf")},
    "a title of a megabyte": {"title": "Kia Rio " * 130_000},
    "a seller id of ten thousand characters": {"seller_external_id": noise(10_000), "phones": ()},
    "a make of ten thousand characters": {"make": noise(10_000), "model": noise(9_000)},
    "a city of ten thousand characters": {"city": noise(10_000), "region": noise(9_000)},
    "a backslash that looks like a NUL": {"make": "Ki\\u0000a", "city": "\\u0000"},
    "a VIN that is none": {"vin": "Х" * 400, "plate": "0" * 400},
}


@pytest.mark.parametrize("odd", ODD.values(), ids=ODD.keys())
def test_one_odd_record_leaves_the_good_ones_alone(session, source, odd):
    done = bring_in(session, source, said("before"), said("odd", **odd), said("after", make="Skoda", model="Octavia"))
    assert done.read == 3 and done.new >= 2
    assert {ad_of(session, "before").make_id, ad_of(session, "after").make_id}.isdisjoint({None})


NO_IDS = {"empty": "", "blank": "   ", "NUL": "\0", "surrogate": "\ud83d", "long": "x" * 501}


@pytest.mark.parametrize("external_id", NO_IDS.values(), ids=NO_IDS.keys())
def test_a_record_without_a_usable_id_is_rejected_with_its_reason(session, source, external_id):
    tally = store(session, source, said("good"), said(external_id))
    assert (tally.new, tally.rejected, tally.read) == (1, 1, 2)
    assert tally.rejected_reasons == {"no_identity": 1}


def test_absurd_numbers_become_unknown_not_wrong(session, source):
    store(session, source, said(price=10**18, mileage_km=10**12, power_hp=10**9, year=20_018, title="Kia Rio"))
    ad = ad_of(session)
    assert (ad.price, ad.mileage_km, ad.power_hp, ad.year) == (None, None, None, None)


def test_emoji_come_back_as_they_were(session, source):
    store(session, source, said(title=EMOJI, description=EMOJI))
    assert (ad_of(session).title, ad_of(session).description) == (EMOJI, EMOJI)


@pytest.mark.parametrize("odd", ["a\tb", "a\\b", "\\N", "\\.", "a\nb\rc", 'a"b,c', "a\\\nb", "{a,b}"])
def test_characters_that_mean_something_to_copy_come_back_as_they_were(session, source, odd):
    store(session, source, said(description=odd, photos=(f"https://ads.example/{odd}",), url="https://ads.example/1"))
    assert ad_of(session).description == odd
    assert store(session, source, said(description=odd, url="https://ads.example/1")).changed == 1  # no photos now
    assert ad_of(session).description == odd


def test_a_text_with_the_character_that_parts_the_fields_does_not_shift_them():
    told, other, _ = pack(["a\x1fb", "c"]).split(b"\x1f")  # the last is the hash
    assert (told, other) == (b"a b", b"c")


def test_rejected_records_are_counted_by_reason(session, source):
    tally = store(session, source, said(), Rejected("empty"), Rejected("bad_price", "x;y", 3), Rejected("empty"))
    assert (tally.read, tally.new, tally.rejected) == (4, 1, 3)
    assert tally.rejected_reasons == {"empty": 2, "bad_price": 1}


def test_an_unknown_name_waits_once_for_a_person_and_is_counted(session, source):
    ads = [said(f"A{n}", make="Драндулет", model="Люкс", title="Драндулет Люкс") for n in range(3)]
    store(session, source, *ads)
    rows = session.execute(
        select(models.NameAlias.kind, models.NameAlias.seen_n).where(models.NameAlias.text == "Драндулет")
    ).all()
    assert rows == [("make", 3)]


# --- snapshots: what is absent is gone


def states(session) -> dict[str, str]:
    return dict(session.execute(select(models.Ad.external_id, models.Ad.state)).tuples().all())


def test_a_snapshot_removes_what_it_does_not_name_any_more(session, source):
    bring_in(session, source, said("A1"), said("A2", price=2_000_000), snapshot=True)
    tally = store(session, source, said("A1"), snapshot=True)
    assert tally.removed == 1
    assert states(session) == {"A1": "active", "A2": "removed"}
    assert tally.touched_vehicles == {ad_of(session, "A2").vehicle_id}
    assert session.scalars(select(models.AdEvent.what)).all() == ["removed"]


def test_a_snapshot_leaves_other_sources_alone(session, source):
    other = factories.make_source(session, "other")
    store(session, other, said("B1"))
    store(session, source, said("A1"), snapshot=True)
    assert states(session) == {"A1": "active", "B1": "active"}


@pytest.mark.parametrize("answer", [[], [Rejected("not_a_record"), Rejected("empty")]], ids=["empty", "all rejected"])
def test_an_empty_or_unreadable_snapshot_removes_nothing(session, source, answer):
    store(session, source, said("A1"), snapshot=True)
    assert store(session, source, *answer, snapshot=True).removed == 0
    assert states(session) == {"A1": "active"}


def test_a_snapshot_mostly_unreadable_removes_nothing(session, source):
    store(session, source, said("A1"), said("A2"), snapshot=True)
    answer = [said("A1"), Rejected("not_a_record"), Rejected("not_a_record")]
    assert store(session, source, *answer, snapshot=True).removed == 0


def test_a_part_of_the_ads_removes_nothing_when_it_is_no_snapshot(session, source):
    store(session, source, said("A1"), said("A2"))
    store(session, source, said("A1"))
    assert states(session) == {"A1": "active", "A2": "active"}
