"""Adverts sent by a program: each is told what became of it, repeats change nothing, one car is one card."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from app.models import Ad, AuditEvent, Card, SourceRun
from app.services import ads_push, sources
from app.services.locks import only_one
from tests.factories import fictional_phone, make_source

VIN = "XTA21900000000001"


@pytest.fixture
def partner(session):
    return make_source(session, "partner", adapter="push_api", name="Партнёр")


def advert(external_id="1", **more):
    told = {"external_id": external_id, "make": "Lada", "model": "Vesta", "year": 2019, "price": 890_000,
            "mileage_km": 74_000, "city": "Самара", "phones": ["+7 900 000 0001"], "vin": VIN,
            "url": f"https://partner.example/ads/{external_id}"}  # fmt: skip
    return told | more


def send(program, *ads, source="partner"):
    return program.post("ads/push", {"source": source, "ads": list(ads)})


def test_a_new_advert_becomes_a_car_and_a_card(partner, as_program, session):
    told = send(as_program("supervisor", scope="push"), advert()).json
    assert (told["read"], told["new"], told["rejected"]) == (1, 1, 0)
    one = told["result"][0]
    ad = session.get(Ad, one["ad_id"])
    assert one["result"] == "new" and one["duplicates"] == []
    assert (ad.price, ad.year, ad.vin, ad.phone) == (890_000, 2019, VIN, "79000000001")
    assert session.get(Card, one["card_id"]).vehicle_id == ad.vehicle_id == one["vehicle_id"]
    run = session.query(SourceRun).one()
    assert (run.kind, run.new, run.health) == ("push", 1, "ok")
    assert session.query(AuditEvent).filter_by(what="api_push").one().details["key_id"]


def test_sending_again_changes_nothing_and_a_new_price_is_a_change(partner, as_program, session):
    program = as_program("supervisor")
    first = send(program, advert("1"), advert("2", vin="", year=2012)).json
    again = send(program, advert("1"), advert("2", vin="", year=2012)).json
    cheaper = send(program, advert("1", price=850_000), advert("2", vin="", year=2012)).json
    assert [one["result"] for one in again["result"]] == ["unchanged", "unchanged"]
    assert [one["result"] for one in cheaper["result"]] == ["changed", "unchanged"]
    assert cheaper["price_changed"] == 1
    ids = [[one["ad_id"] for one in told["result"]] for told in (first, again, cheaper)]
    assert ids[0] == ids[1] == ids[2] and session.query(Ad).count() == 2


def test_an_advert_of_a_car_that_is_known_is_told_as_a_duplicate(partner, as_program, session):
    make_source(session, "other", adapter="push_api")
    program = as_program("supervisor")
    first = send(program, advert("77"), source="other").json["result"][0]
    second = send(program, advert("5")).json["result"][0]
    assert second["card_id"] == first["card_id"] and second["vehicle_id"] == first["vehicle_id"]
    assert second["duplicates"] == [
        {"ad_id": first["ad_id"], "source": "other", "external_id": "77", "url": "https://partner.example/ads/77"}
    ]


def test_what_is_no_advert_is_rejected_with_its_reason_and_the_rest_goes_on(partner, as_program, session):
    sent = [{}, [], "text", None, {"price": 1}, advert("9", year=1700), advert("3"), advert("3"), advert("4", vin="")]
    told = send(as_program("admin"), *sent).json
    said = [(one["result"], one.get("reason")) for one in told["result"]]
    assert said[0] == ("rejected", "empty") and said[1:4] == [("rejected", "not_a_record")] * 3
    assert said[4] == ("rejected", "no_car") and said[6] == ("rejected", "duplicate_in_file")
    assert said[7][0] == said[8][0] == "new"
    assert told["rejected"] == sum(one[0] == "rejected" for one in said)
    assert all(one["message"] for one in told["result"] if one["result"] == "rejected")
    assert told["read"] == len(told["result"]) == 9


def test_the_sources_own_field_map_is_used(session, as_program):
    names = {"external_id": "nr", "make": "marka", "model": "model_name", "price": "cost.rub"}
    make_source(session, "mapped", adapter="push_api", field_map=names)
    row = {"nr": "A1", "marka": "Lada", "model_name": "Vesta", "cost": {"rub": 500_000}, "phones": [fictional_phone()]}
    one = send(as_program("supervisor"), row, source="mapped").json["result"][0]
    assert session.get(Ad, one["ad_id"]).price == 500_000 and session.get(Ad, one["ad_id"]).phone is None


def test_a_map_that_fits_nothing_is_told_before_anything_is_stored(session, as_program):
    make_source(session, "broken", adapter="push_api", field_map={"make": {"column": "a", "regex": "("}})
    answer = send(as_program("supervisor"), advert(), source="broken")
    assert answer.status_code == 422 and answer.json["code"] == "push_field_map"
    assert session.query(Ad).count() == 0


def test_only_sources_that_are_meant_for_it_take_pushes(session, as_program):
    make_source(session, "feed")
    program = as_program("supervisor")
    answer = send(program, advert(), source="feed")
    assert answer.status_code == 409 and answer.json["code"] == "source_takes_no_push"
    assert send(program, advert(), source="nobody\0").status_code == 404


def test_at_most_a_thousand_come_at_once(partner, as_program):
    program = as_program("supervisor")
    assert send(program, *[{}] * 1001).status_code == 422
    assert send(program).status_code == 422
    assert program.post("ads/push", {"source": "partner", "ads": {"1": {}}}).status_code == 422


JUNK = [
    "\0", "\ud800", "a" * 100_000, "\u202e\u2066", -1, 2**70, 1e308, [[[["x"]]]], {"a": {"b": {"c": [1]}}}, True, None,
    "9" * 5000, "\x1f", "\\", "';--", ["\ud800", "\0"], {}, [],
]  # fmt: skip
FIELDS = [
    "external_id", "make", "model", "year", "price", "city", "region", "phones", "photos", "vin", "lat",
    "published_at", "state", "description", "seller_kind",
]  # fmt: skip


@pytest.mark.parametrize("field", FIELDS)
def test_junk_in_a_field_never_breaks_a_push(partner, as_program, field):
    program = as_program("supervisor")
    answer = send(program, *[advert(f"{field}{n}") | {field: junk} for n, junk in enumerate(JUNK)])
    assert answer.status_code == 200, answer.text
    assert len(answer.json["result"]) == len(JUNK)
    assert {one["result"] for one in answer.json["result"]} <= {"new", "changed", "rejected"}


def test_a_thousand_adverts_are_taken_in_one_call(partner, as_program, count_sql):
    ads = [advert(str(n), vin="", year=1990 + n % 30, mileage_km=5_000 + n * 311, phones=[fictional_phone(n)],
                  model=["Vesta", "Granta", "Niva"][n % 3]) for n in range(1000)]  # fmt: skip
    program = as_program("supervisor")
    with count_sql() as counted:
        told = send(program, *ads).json
    assert told["new"] == 1000 and all(one["card_id"] for one in told["result"])
    assert counted.n < 200, "nothing is asked advert by advert"


def test_two_pushes_of_one_source_do_not_mix(partner, as_program, session):
    program = as_program("supervisor")
    session.commit()
    with only_one(session, ads_push.PUSH_LOCK + partner.id, busy="taken"):
        answer = send(program, advert())
    assert answer.status_code == 409 and answer.json["code"] == "push_running"
    assert send(program, advert()).json["new"] == 1


def test_a_source_that_is_switched_off_refuses_and_one_switched_on_goes_on(partner, as_program, session, as_supervisor):
    program = as_program("supervisor", scope="push")
    as_supervisor.post(f"/sourceview/action/disable/{partner.id}")
    refused = send(program, advert())
    assert (refused.status_code, refused.json["code"]) == (409, "source_off") and "выключена" in refused.json["message"]
    assert session.query(Ad).count() == 0 and session.query(SourceRun).count() == 0
    as_supervisor.post(f"/sourceview/action/enable/{partner.id}")
    assert send(program, advert()).json["new"] == 1


def test_a_source_of_pushes_is_never_due_to_be_pulled(partner, session):
    assert partner.is_enabled and partner.id not in sources.due(session, datetime.now(UTC) + timedelta(days=1))


def test_the_description_names_the_refusal(as_program):
    told = as_program("admin").get("_openapi").json["paths"]["/api/v1/ads/push"]["post"]
    assert "source_off" in told["summary"] and "409" in told["responses"]
