"""Sellers ring us on the real Asterisk with the product running: whose telephone rings, and what is left of it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from app.extensions import db
from app.services import spying, unseen_calls
from tests.conftest import CleanClient
from tests.databases import Server
from tests.telephony.a_company import Company
from tests.telephony.a_phone import Phone
from tests.telephony.lab import Lab, wait_for

pytestmark = pytest.mark.asterisk
LOUD = 2500


@pytest.fixture
def company(server: Server, asterisk_lab: Lab) -> Iterator[Company]:
    company = Company(server, asterisk_lab)
    try:
        company.start()
        yield company
    finally:
        company.close()


def hear_each_other(seller: Phone, operator: Phone) -> None:
    wait_for(lambda: seller.loudness(operator.hertz) > LOUD and operator.loudness(seller.hertz) > LOUD, 15)
    seller.forget()
    wait_for(lambda: seller.heard_s() > 1)


def test_a_seller_who_calls_back_talks_with_who_called_him_and_the_talk_can_be_heard_again(company: Company) -> None:
    other, mine = company.hire(480), company.hire()
    number, card = company.called(mine)
    seller = company.seller()
    seller.call(company.lab.sip_port, company.ours, number)
    hear_each_other(seller, mine)
    call = wait_for(lambda: (found := company.call_of(number)) and found.state == "talking" and found)
    assert (call.card_id, call.operator_id, other.calls_n) == (card, mine.user_id, 0)
    assert mine.invited["x-pz-call"] == call.link
    seller.hang_up()
    ended = wait_for(lambda: (found := company.call_of(number)) and found.state == "ended" and found)
    assert ended.outcome == "answered" and ended.talk_ms > 900 and ended.ended_by == "seller"
    assert company.one("SELECT operator_id FROM card WHERE id = :id", id=card) == mine.user_id
    _hear_again(company, ended.id, ended.recording)


def _hear_again(company: Company, call_id: int, name: str) -> None:
    """Through the product's own pages, in pieces and by right."""
    company.app.test_client_class = CleanClient
    boss = company.app.test_client().log_in("supervisor")
    address = f"/recordings/{call_id}"
    wait_for(lambda: (company.lab.recordings / name).stat().st_size > 8_000, 10)
    whole = boss.get(address, buffered=True)
    assert whole.status_code == 200 and whole.data[:4] == b"RIFF" and whole.data[8:12] == b"WAVE"
    piece = boss.get(address, headers={"Range": "bytes=44-1043"}, buffered=True)
    assert piece.status_code == 206 and piece.data == whole.data[44:1044]
    assert boss.get("/recordings/../../etc/passwd").status_code == 404
    assert company.app.test_client().log_in("operator2").get(address).status_code == 404


def test_when_he_declines_his_colleague_is_rung(company: Company) -> None:
    mine, colleague = company.hire(answers=None), company.hire(480)
    number, card = company.called(mine)
    seller = company.seller()
    seller.call(company.lab.sip_port, company.ours, number)
    wait_for(lambda: mine.state == "ringing")
    mine.hang_up()
    hear_each_other(seller, colleague)
    assert company.call_of(number).operator_id == colleague.user_id
    seller.hang_up()
    wait_for(lambda: company.call_of(number).state == "ended")
    assert company.one("SELECT operator_id FROM card WHERE id = :id", id=card) == colleague.user_id


def test_when_nobody_is_there_the_call_becomes_a_callback_that_is_overdue(company: Company) -> None:
    mine = company.hire()
    number, card = company.called(mine)
    company.send_home()
    seller = company.seller()
    seller.call(company.lab.sip_port, company.ours, number)
    call = wait_for(lambda: (found := company.call_of(number)) and found.state == "ended" and found, 20)
    assert (call.outcome, mine.calls_n) == ("no_answer", 0)
    planned = company.sql("SELECT * FROM callback WHERE card_id = :id AND done_at IS NULL", id=card)[0]
    assert planned.call_id == call.id and planned.at <= datetime.now(UTC) and number[-4:-2] in planned.note
    assert company.one("SELECT stage FROM card WHERE id = :id", id=card) == 3


def test_a_talk_outlives_the_death_of_our_process_and_is_written_down_afterwards(company: Company) -> None:
    mine = company.hire()
    number, _card = company.called(mine)
    seller = company.seller()
    seller.call(company.lab.sip_port, company.ours, number)
    hear_each_other(seller, mine)
    wait_for(lambda: company.call_of(number).state == "talking")
    company.kill()
    seller.forget()
    wait_for(lambda: seller.loudness(mine.hertz) > LOUD)  # they go on talking
    seller.hang_up()
    company.start()
    ended = wait_for(lambda: (found := company.call_of(number)).state == "ended" and found, 60)
    assert ended.outcome == "answered" and ended.talk_ms > 900


def test_a_call_of_which_our_process_knew_nothing_is_called_back(company: Company) -> None:
    mine = company.hire()
    number, card = company.called(mine)
    company.kill()
    company.send_home()
    seller = company.seller()
    seller.call(company.lab.sip_port, company.ours, number)
    record = "SELECT 1 FROM cdr WHERE pz_kind = 'in' AND src = :number"
    wait_for(lambda: company.one(record, number=number), 60)
    with company.app.app_context():
        done = unseen_calls.write_down(db.session(), datetime.now(UTC) + timedelta(minutes=2), "Europe/Moscow")
        db.session.commit()
        db.session.remove()
    assert done["missed"] >= 1
    assert company.one("SELECT stage FROM card WHERE id = :id", id=card) == 3


def test_a_supervisor_listens_by_a_button_and_takes_the_talk_over(company: Company) -> None:
    mine, boss = company.hire(), company.hire(1000, role="Supervisor")
    number, _card = company.called(mine)
    seller = company.seller()
    seller.call(company.lab.sip_port, company.ours, number)
    hear_each_other(seller, mine)
    call = wait_for(lambda: (found := company.call_of(number)).state == "talking" and found)

    def ask(verb: str) -> int:
        with company.app.app_context():
            order = spying.ask(db.session(), call.id, verb, actor_id=boss.user_id, now=datetime.now(UTC))
            db.session.commit()
            order_id = order.id
            db.session.remove()
        return order_id

    listening = ask("listen")
    wait_for(lambda: boss.loudness(mine.hertz) > LOUD and boss.loudness(seller.hertz) > LOUD, 15)
    done = "SELECT trouble FROM call_order WHERE id = :id AND done_at IS NOT NULL"
    assert wait_for(lambda: company.sql(done, id=listening), 10)[0][0] == ""
    boss.hang_up()
    wait_for(lambda: company.state_of(boss) == "not_inuse", 10)
    ask("take_over")
    wait_for(lambda: seller.loudness(boss.hertz) > LOUD and boss.loudness(seller.hertz) > LOUD, 15)
    wait_for(lambda: mine.state == "idle")
    assert wait_for(lambda: company.call_of(number).operator_id == boss.user_id)
    ask("hangup")
    wait_for(lambda: seller.state == "idle" and company.call_of(number).state == "ended", 10)


def test_a_telephone_that_goes_away_is_known_and_not_rung(company: Company) -> None:
    mine = company.hire()
    mine.unregister()
    wait_for(lambda: company.state_of(mine) in ("unavailable", "invalid"), 15)
    number, _card = company.called(mine)
    seller = company.seller()
    seller.call(company.lab.sip_port, company.ours, number)
    wait_for(lambda: (found := company.call_of(number)) and found.state == "ended", 20)
    assert mine.calls_n == 0
