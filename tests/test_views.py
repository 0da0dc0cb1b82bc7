"""The generated screens: each renders for its role, is closed to others, costs little SQL and hides what is hidden."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select

from app.models import (
    AuditEvent,
    DoNotCall,
    JobRun,
    NameAlias,
    OperatorGroup,
    OperatorProfile,
    SamePair,
    SourceRun,
    Status,
    VehicleMove,
)
from tests.factories import (
    fictional_phone,
    get_user,
    make_ad,
    make_card,
    make_city,
    make_filter,
    make_generation,
    make_group,
    make_model,
    make_seller,
    make_source,
    make_user,
    make_vehicle,
)

SUPERVISORS = [
    "operatorprofileview", "operatorgroupview", "cardview", "donotcallview", "adview", "vehicleview", "samepairview",
    "decidedpairview",
    "vehiclemoveview", "sellerview", "sourceview", "sourcerunview", "namealiasview", "statusview", "statusruleview",
    "makeview", "pausereasonview", "carmodelview", "generationview", "cityview", "jobrunview",
]  # fmt: skip
ALL = [*SUPERVISORS, "auditview"]


def fill(session, n=1):
    """A few rows of everything."""
    group, city, model = make_group(session), make_city(session), make_model(session)
    source = make_source(session, adapter="table_file")
    for _ in range(n):
        operator = OperatorProfile(user_id=make_user(session).id, group_id=group.id)
        session.add(operator)
        session.flush()
        seller = make_seller(session)
        vehicle = make_vehicle(session, seller_id=seller.id, city=city, model=model)
        ads = [make_ad(session, vehicle=vehicle, source=source, city=city) for _ in range(2)]
        make_generation(session, model=model)
        make_card(session, vehicle=vehicle, ad_filter=make_filter(session, group=group))
        session.add_all(
            [
                SourceRun(source_id=source.id, kind="pull", health="ok"),
                SamePair(ad_id=ads[0].id, other_ad_id=ads[1].id, score=0.7, reasons=[]),
                SamePair(ad_id=ads[1].id, other_ad_id=ads[0].id, score=0.7, reasons=[], state="joined"),
                VehicleMove(ad_id=ads[0].id, from_vehicle_id=None, to_vehicle_id=vehicle.id, why="same"),
                DoNotCall(phone=fictional_phone(), reason="status"),
                NameAlias(kind="make", text=f"Нечто {vehicle.id}", folded=f"нечто {vehicle.id}", seen_n=3),
                JobRun(job="join_ads"),
                AuditEvent(actor="job", what="status_set", actor_id=get_user(session, "admin").id),
            ]
        )
    session.flush()


@pytest.mark.parametrize("view", ALL)
def test_a_list_costs_the_same_few_statements_for_three_rows_as_for_twenty(session, as_admin, count_sql, view):
    fill(session, 3)
    as_admin.get(f"/{view}/list/")
    with count_sql() as few:
        assert as_admin.get(f"/{view}/list/").status_code == 200
    fill(session, 17)
    with count_sql() as many:
        assert as_admin.get(f"/{view}/list/").status_code == 200
    assert many.n <= 12, "\n".join(many.statements)
    assert many.n <= few.n + 1  # a second page of rows is no dearer than the first


@pytest.mark.parametrize("view", SUPERVISORS)
def test_a_supervisor_sees_the_list_and_an_operator_does_not(as_supervisor, as_operator, client, view):
    assert as_supervisor.get(f"/{view}/list/").status_code == 200
    assert as_operator.get(f"/{view}/list/").status_code in (302, 403)
    assert "/login" in client.get(f"/{view}/list/").location


def test_the_audit_log_is_for_administrators_only(as_supervisor, as_admin):
    assert as_supervisor.get("/auditview/list/").status_code in (302, 403)
    assert as_admin.get("/auditview/list/").status_code == 200


@pytest.mark.parametrize("view", ALL)
def test_every_row_has_a_page_of_its_own(session, as_admin, view):
    fill(session, 2)
    page = as_admin.get(f"/{view}/list/").text
    links = re.findall(rf'href="(/{view}/(?:show|edit)/[^"?]+)', page)
    for link in links[:4]:
        assert as_admin.get(link).status_code == 200, link
    assert links or view in ("statusview", "statusruleview"), "the list links no row"


@pytest.mark.parametrize(
    "address",
    [
        "/adview/list/?_flt_0_phone=7900", "/adview/list/?_flt_0_phones=7", "/sellerview/list/?_flt_0_key=tel",
        "/sourceview/list/?_flt_0_secrets=a", "/donotcallview/list/?_flt_0_phone=7900", "/adview/list/?_flt_99_year=1",
        "/adview/list/?_oc_AdView=phone&_od_AdView=asc", "/sourceview/list/?_oc_SourceView=secrets",
        "/cityview/list/?page_CityView=abc", "/cityview/list/?psize_CityView=-1",
        "/cityview/list/?page_CityView=99999999",
        "/makeview/add?_flt_0_id=1", "/cityview/list/?_oc_CityView=region.name",
    ],
)  # fmt: skip
def test_what_is_hidden_or_nonsense_is_refused(as_supervisor, address):
    assert as_supervisor.get(address).status_code == 400


@pytest.mark.parametrize("view", ALL)
@pytest.mark.parametrize("key", ["abc", "-1", "0", "99999999999999999999999", "%00", "1'"])
def test_a_row_that_cannot_be_is_just_not_there(as_admin, view, key):
    assert as_admin.get(f"/{view}/show/{key}").status_code == 404


def test_a_filter_value_of_another_type_breaks_nothing(as_supervisor):
    assert as_supervisor.get("/adview/list/?_flt_1_year=abc").status_code == 200
    assert as_supervisor.get("/adview/list/?_flt_1_price=9999999999999999").status_code == 200


def test_phones_are_masked_wherever_adverts_are_listed(session, as_supervisor):
    phone = fictional_phone(7654321)
    vehicle = make_vehicle(session)
    ads = [make_ad(session, vehicle=vehicle, phone=phone, phones=[phone]) for _ in range(2)]
    pair = SamePair(ad_id=ads[0].id, other_ad_id=ads[1].id, score=0.5, reasons=[
        {"code": "phone_equal", "args": {"bits": 9.0, "left": phone, "right": phone}}])  # fmt: skip
    session.add_all([pair, DoNotCall(phone=phone)])
    session.flush()
    for address in ("/adview/list/", f"/adview/show/{ads[0].id}", f"/samepairview/compare/{pair.id}",
                    f"/samepairview/show/{pair.id}", "/donotcallview/list/"):  # fmt: skip
        page = as_supervisor.get(address)
        assert page.status_code == 200
        digits = re.sub(r"[^\d]", "", re.sub(r"<[^>]*>", "", page.text))
        assert phone not in page.text and phone[1:] not in digits, address


def test_a_card_leads_to_the_desk(session, as_supervisor):
    card = make_card(session)
    assert f'href="/desk/?card={card.id}"' in as_supervisor.get("/cardview/list/").text


def test_the_machines_data_has_no_way_to_be_written(as_admin):
    for view in (
        "adview",
        "cardview",
        "vehicleview",
        "cityview",
        "jobrunview",
        "sourcerunview",
        "auditview",
        "sellerview",
    ):
        for verb in ("add", "edit/1", "delete/1"):
            assert as_admin.post(f"/{view}/{verb}").status_code == 404, f"{view} {verb}"


# --- writing


def test_a_status_whose_flags_contradict_is_not_saved_and_the_form_keeps_what_was_typed(session, as_supervisor):
    answer = as_supervisor.post("/statusview/add", data={
        "name": "Странный", "code": "odd", "is_closing": "y", "makes_lead": "y", "is_refusal": "y", "color": "red",
        "icon": "x", "hotkey": "", "position": "5", "is_enabled": "y"})  # fmt: skip
    assert answer.status_code == 200 and "Странный" in answer.text and "противоречат" in answer.text
    assert session.scalars(select(Status).where(Status.code == "odd")).first() is None


def test_a_status_can_be_made_changed_and_a_box_unticked(session, as_supervisor):
    data = {"name": "Торгуется", "code": "haggles", "is_reached": "y", "color": "azure", "icon": "star", "hotkey": "",
            "position": "77", "is_enabled": "y"}  # fmt: skip
    assert as_supervisor.post("/statusview/add", data=data).status_code == 302
    row = session.scalars(select(Status).where(Status.code == "haggles")).one()
    assert row.is_reached and row.is_enabled and row.repeat_after_min is None
    data |= {"name": "Торгуется ещё", "code": "changed"}
    del data["is_enabled"]
    assert as_supervisor.post(f"/statusview/edit/{row.id}", data=data).status_code == 302
    session.refresh(row)
    assert (row.name, row.is_enabled, row.code) == ("Торгуется ещё", False, "haggles")
    event = session.scalars(select(AuditEvent).where(AuditEvent.what == "status_changed")).one()
    assert event.details["name"] == ["Торгуется", "Торгуется ещё"]


def test_the_same_code_twice_is_told_not_a_crash(session, as_supervisor):
    answer = as_supervisor.post("/statusview/add", data={
        "name": "Снова", "code": "no_answer", "color": "red", "icon": "x", "hotkey": "", "position": "5"})  # fmt: skip
    assert answer.status_code == 200


@pytest.mark.parametrize(
    "field, value", [("weight", "5000"), ("max_new", "-1"), ("day_cap", "abc"), ("weight", "9" * 30)]
)
def test_limits_outside_their_bounds_are_errors_of_the_form(session, as_supervisor, field, value):
    user_id = get_user(session, "operator").id
    data = {"group": "__None", "weight": "100", "max_new": "1", "max_open": "2", "hour_cap": "3", "day_cap": "4"}
    answer = as_supervisor.post(f"/operatorprofileview/edit/{user_id}", data=data | {field: value})
    assert answer.status_code == 200
    assert session.get(OperatorProfile, user_id).day_cap != 4


def test_limits_of_an_operator_are_changed_and_audited(session, as_supervisor):
    user_id = get_user(session, "operator").id
    data = {"group": "__None", "weight": "50", "max_new": "1", "max_open": "2", "hour_cap": "3", "day_cap": "4"}
    assert as_supervisor.post(f"/operatorprofileview/edit/{user_id}", data=data).status_code == 302
    row = session.get(OperatorProfile, user_id)
    assert (row.weight, row.day_cap, row.group_id) == (50, 4, None)
    event = session.scalars(select(AuditEvent).where(AuditEvent.what == "operator_profile_changed")).one()
    assert event.details["weight"] == [100, 50]


def test_an_operator_with_cards_keeps_the_profile(session, as_supervisor):
    user_id = get_user(session, "operator").id
    session.get(OperatorProfile, user_id).open_n = 1
    session.flush()
    as_supervisor.post(f"/operatorprofileview/delete/{user_id}")
    assert session.get(OperatorProfile, user_id) is not None


def test_hours_of_a_group_are_written_as_people_write_them(session, as_supervisor):
    data = {"name": "Утро", "is_enabled": "y", "is_push": "y", "return_after_min": "60",
            "schedule": "Пн–Пт 09:00–20:00; сб 10:00-16:00"}  # fmt: skip
    assert as_supervisor.post("/operatorgroupview/add", data=data).status_code == 302
    row = session.scalars(select(OperatorGroup).where(OperatorGroup.name == "Утро")).one()
    assert row.schedule == [
        {"days": [0, 1, 2, 3, 4], "from": "09:00", "to": "20:00"}, {"days": [5], "from": "10:00", "to": "16:00"},
    ]  # fmt: skip
    assert "Пн–Пт 09:00–20:00; Сб 10:00–16:00" in as_supervisor.get(f"/operatorgroupview/edit/{row.id}").text
    answer = as_supervisor.post(f"/operatorgroupview/edit/{row.id}", data=data | {"schedule": "когда-нибудь"})
    assert answer.status_code == 200 and "когда-нибудь" in answer.text


def test_a_number_is_stopped_in_any_spelling_and_released(session, as_supervisor):
    answer = as_supervisor.post(
        "/donotcallview/add", data={"phone": "8 (912) 000-34-56", "reason": "просил", "until": ""}
    )
    assert answer.status_code == 302
    row = session.scalars(select(DoNotCall).where(DoNotCall.phone == "79120003456")).one()
    assert row.reason == "просил" and row.by_id == get_user(session, "supervisor").id
    page = as_supervisor.get("/donotcallview/list/").text
    key = re.search(r'/donotcallview/delete/([^"]+)"', page)[1]
    assert "79120003456" not in page
    assert as_supervisor.post(f"/donotcallview/delete/{key}").status_code == 302
    assert session.scalars(select(DoNotCall)).first() is None
    events = session.scalars(select(AuditEvent).where(AuditEvent.subject == "do_not_call")).all()
    assert len(events) == 2 and "9120003456" not in str([event.details for event in events])


def test_no_number_is_no_entry_of_the_stop_list(session, as_supervisor):
    answer = as_supervisor.post("/donotcallview/add", data={"phone": "12", "reason": "", "until": ""})
    assert answer.status_code == 200 and session.scalars(select(DoNotCall)).first() is None


def test_a_generation_is_added_to_a_model_that_is_picked_by_typing(session, as_supervisor):
    model = make_model(session, "Модель для поиска")
    found = as_supervisor.get("/generationview/models?q=для поиска").json
    assert found == [{"id": model.id, "text": str(model)}]
    data = {"model": str(model.id), "name": "II", "year_from": "2010", "year_to": "2004"}
    assert "позже" in as_supervisor.post("/generationview/add", data=data).text
    assert as_supervisor.post("/generationview/add", data=data | {"year_to": ""}).status_code == 302
    assert as_supervisor.post("/generationview/add", data=data | {"model": "abc"}).status_code == 200


# --- actions


def test_actions_are_by_post_only(session, as_supervisor):
    source = make_source(session)
    for address in (f"/sourceview/action/disable/{source.id}", f"/samepairview/decide/{source.id}"):
        assert as_supervisor.get(address).status_code == 405
    assert as_supervisor.get(f"/operatorgroupview/delete/{source.id}").status_code == 405
    session.refresh(source)
    assert source.is_enabled


def test_an_operator_may_not_act_even_when_the_address_is_known(session, as_operator):
    source = make_source(session)
    assert as_operator.post(f"/sourceview/action/disable/{source.id}").status_code in (302, 403)
    assert (
        as_operator.post("/sourceview/action_post", data={"action": "disable", "rowid": [source.id]}).status_code == 403
    )
    session.refresh(source)
    assert source.is_enabled


def test_a_doubtful_pair_is_compared_joined_and_undone(session, as_supervisor):
    one, other = make_vehicle(session), make_vehicle(session)
    ads = [make_ad(session, vehicle=one), make_ad(session, vehicle=other)]
    pair = SamePair(ad_id=ads[0].id, other_ad_id=ads[1].id, score=0.6, reasons=[])
    session.add(pair)
    session.flush()
    assert "Один автомобиль" in as_supervisor.get(f"/samepairview/compare/{pair.id}").text
    assert as_supervisor.post(f"/samepairview/decide/{pair.id}", data={"verdict": "same"}).status_code == 302
    session.expire_all()
    assert ads[0].vehicle_id == ads[1].vehicle_id and pair.state == "joined"
    move = session.scalars(select(VehicleMove)).one()
    as_supervisor.post(f"/vehiclemoveview/action/undo/{move.id}")
    session.expire_all()
    assert {ads[0].vehicle_id, ads[1].vehicle_id} == {one.id, other.id}


def test_pairs_kept_apart_are_found_among_the_decided_and_sent_back_for_review(session, as_supervisor):
    fill(session, 2)
    pairs = session.scalars(select(SamePair).where(SamePair.state == "waiting").order_by(SamePair.id)).all()
    for pair in pairs:
        as_supervisor.post(f"/samepairview/decide/{pair.id}", data={"verdict": "apart"})
    listed = as_supervisor.get("/decidedpairview/list/").text
    assert all(f"/samepairview/compare/{pair.id}" in listed for pair in pairs) and "два автомобиля" in listed
    assert "Вернуть на проверку" in as_supervisor.get(f"/samepairview/compare/{pairs[0].id}").text
    as_supervisor.post(f"/decidedpairview/action/wait_again/{pairs[0].id}")
    session.expire_all()
    assert [pair.state for pair in pairs] == ["waiting", "apart"]
    assert f"/samepairview/compare/{pairs[0].id}" in as_supervisor.get("/samepairview/list/").text
    assert f"/samepairview/compare/{pairs[0].id}" not in as_supervisor.get("/decidedpairview/list/").text


def test_a_joined_pair_leads_to_the_move_by_which_it_is_taken_apart(session, as_supervisor):
    ads = [make_ad(session, vehicle=make_vehicle(session)) for _ in range(2)]
    pair = SamePair(ad_id=ads[0].id, other_ad_id=ads[1].id, score=0.6, reasons=[])
    session.add(pair)
    session.flush()
    as_supervisor.post(f"/samepairview/decide/{pair.id}", data={"verdict": "same"})
    move = session.scalars(select(VehicleMove)).one()
    for address in ("/decidedpairview/list/", f"/samepairview/compare/{pair.id}"):
        assert f"/vehiclemoveview/show/{move.id}" in as_supervisor.get(address).text
    told = as_supervisor.post(f"/decidedpairview/action/wait_again/{pair.id}", follow_redirects=True).text
    assert "отмените его перенос" in told
    as_supervisor.post(f"/vehiclemoveview/action/undo/{move.id}")
    session.expire_all()
    assert pair.state == "waiting"


def test_many_pairs_are_kept_apart_at_once(session, as_supervisor):
    fill(session, 3)
    ids = session.scalars(select(SamePair.id).where(SamePair.state == "waiting")).all()
    as_supervisor.post("/samepairview/action_post", data={"action": "apart", "rowid": ids})
    session.expire_all()
    assert {pair.state for pair in session.scalars(select(SamePair).where(SamePair.id.in_(ids)))} == {"apart"}
    assert "Сомнительных пар нет" in as_supervisor.get("/samepairview/list/").text


def test_an_ad_of_another_car_is_split_off(session, as_supervisor):
    vehicle = make_vehicle(session)
    ads = [make_ad(session, vehicle=vehicle) for _ in range(2)]
    as_supervisor.post(f"/adview/action/split/{ads[0].id}")
    session.expire_all()
    assert ads[0].vehicle_id != vehicle.id and ads[1].vehicle_id == vehicle.id


def test_a_persons_word_on_a_seller_outweighs_the_score_until_it_is_taken_back(session, as_supervisor):
    seller = make_seller(session)
    vehicle = make_vehicle(session, seller_id=seller.id)
    for action, score, word in (("is_reseller", 100, True), ("is_private", 0, False), ("by_score", 0, None)):
        as_supervisor.post(f"/sellerview/action/{action}/{seller.id}")
        session.expire_all()
        assert (seller.reseller_score, seller.is_reseller, vehicle.reseller_score) == (score, word, score)


def test_an_unknown_name_is_mapped_added_or_left_alone(session, as_supervisor):
    model = make_model(session, "Пример")
    rows = [
        NameAlias(kind="model", context=str(model.make_id), text=text, folded=text.lower(), seen_n=n)
        for n, text in enumerate(("Примерр", "Новинка", "Ерунда"), 1)
    ]
    session.add_all(rows)
    session.flush()
    page = as_supervisor.get(f"/namealiasview/map/{rows[0].id}")
    assert str(model.make) in page.text and "Пример" in page.text
    found = as_supervisor.get(f"/namealiasview/targets/{rows[0].id}?q=прим").json
    assert [one["id"] for one in found] == [model.id]
    as_supervisor.post(f"/namealiasview/map/{rows[0].id}", data={"target": model.id})
    as_supervisor.post(f"/namealiasview/map/{rows[1].id}", data={"new_name": "Новинка"})
    as_supervisor.post("/namealiasview/action_post", data={"action": "ignore", "rowid": [rows[2].id]})
    session.expire_all()
    assert rows[0].target_id == model.id and rows[1].target_id and rows[2].is_ignored
    assert "Примерр" not in as_supervisor.get("/namealiasview/list/").text
    assert "Примерр" in as_supervisor.get("/namealiasview/list/?which=mapped").text
    assert "Ерунда" in as_supervisor.get("/namealiasview/list/?which=ignored").text


def test_a_name_is_not_mapped_to_a_model_of_another_make(session, as_supervisor):
    mine, other = make_model(session), make_model(session)
    row = NameAlias(kind="model", context=str(mine.make_id), text="Нечто", folded="нечто")
    session.add(row)
    session.flush()
    answer = as_supervisor.post(f"/namealiasview/map/{row.id}", data={"target": other.id})
    assert answer.status_code == 200 and "не подходит" in answer.text
    session.refresh(row)
    assert row.target_id is None
