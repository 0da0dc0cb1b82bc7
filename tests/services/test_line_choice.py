"""Which line a call takes, with which prefix and which number of ours."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from app.errors import Refused
from app.models import Asterisk, CallerNumber, DialPrefix, LineRule
from app.services.line_choice import Line, Wanted, choose
from tests.factories import NOON, make_city, make_group
from tests.services.calls_made import make_asterisk, make_call, make_caller_number, make_trunk

PHONE = "79120001234"


@pytest.fixture
def exchange(session: Session) -> Asterisk:
    return make_asterisk(session)


def line(session: Session, exchange: Asterisk, phone: str = PHONE, **more: int) -> Line:
    return choose(session, Wanted(exchange.id, phone, **more), NOON)


def refused(session: Session, exchange: Asterisk) -> str:
    with pytest.raises(Refused) as why:
        line(session, exchange)
    return why.value.reason.code


def test_without_rules_the_lines_stand_in_their_order(session: Session, exchange: Asterisk) -> None:
    make_trunk(session, exchange, position=20)
    first = make_trunk(session, exchange, position=10)
    assert line(session, exchange).trunk_id == first.id


def test_a_rule_goes_before_the_line_that_the_seller_answered_and_that_before_the_order(
    session: Session, exchange: Asterisk
) -> None:
    first, last, ruled = (make_trunk(session, exchange, position=n) for n in (1, 2, 3))
    make_call(session, exchange, phone=PHONE, trunk_id=last.id)
    assert line(session, exchange).trunk_id == last.id and line(session, exchange, "79120009999").trunk_id == first.id
    city, group = make_city(session), make_group(session)
    session.add(LineRule(city_id=city.id, group_id=group.id, trunk_id=ruled.id))
    session.flush()
    assert line(session, exchange, city_id=city.id).trunk_id == last.id  # another group
    assert line(session, exchange, city_id=city.id, group_id=group.id).trunk_id == ruled.id


def test_a_full_line_gives_way_to_the_next(session: Session, exchange: Asterisk) -> None:
    first, second = make_trunk(session, exchange, position=1, max_channels=1), make_trunk(session, exchange, position=2)
    make_call(session, exchange, state="talking", trunk_id=first.id)
    assert line(session, exchange).trunk_id == second.id
    second.max_channels = 0
    session.flush()
    assert refused(session, exchange) == "line_full"


def test_a_line_takes_so_many_calls_a_second(session: Session, exchange: Asterisk) -> None:
    trunk = make_trunk(session, exchange, calls_per_second=2)
    for n in range(2):
        make_call(session, exchange, trunk_id=trunk.id, created_at=NOON - timedelta(milliseconds=300 * n))
    assert refused(session, exchange) == "line_full"
    trunk.calls_per_second = 3
    session.flush()
    assert line(session, exchange).trunk_id == trunk.id
    slow = make_trunk(session, exchange, position=1, calls_per_second=0.1)
    make_call(session, exchange, trunk_id=slow.id, created_at=NOON - timedelta(seconds=9))
    assert line(session, exchange).trunk_id == trunk.id


def test_a_stopped_line_a_closed_one_and_one_that_is_off_are_left_out(session: Session, exchange: Asterisk) -> None:
    make_trunk(session, exchange, is_enabled=False)
    make_trunk(session, exchange, stopped_at=NOON)
    assert refused(session, exchange) == "no_line"
    night = make_trunk(session, exchange, schedule=[{"days": [0, 1, 2, 3, 4, 5, 6], "from": "22:00", "to": "06:00"}])
    assert refused(session, exchange) == "no_line_now"
    night.schedule = [{"days": [4], "from": "12:00", "to": "13:00"}]  # a Friday, noon in Moscow
    session.flush()
    assert line(session, exchange).trunk_id == night.id


def test_a_seller_keeps_seeing_the_number_he_was_first_called_from(session: Session, exchange: Asterisk) -> None:
    trunk = make_trunk(session, exchange)
    pool = [make_caller_number(session, trunk) for _n in range(4)]
    chosen = line(session, exchange).caller_number
    assert chosen == line(session, exchange).caller_number and chosen in {one.phone for one in pool}
    other = next(one for one in pool if one.phone != chosen)
    make_call(session, exchange, phone=PHONE, trunk_id=trunk.id, caller_number=other.phone)
    assert line(session, exchange).caller_number == other.phone
    other.is_enabled = False
    session.flush()
    assert line(session, exchange).caller_number != other.phone
    seen = {line(session, exchange, f"7912000{n:04d}").caller_number for n in range(60)}
    assert seen == {one.phone for one in pool if one.is_enabled}  # and the sellers are spread over all


def test_the_prefix_is_the_rules_or_that_by_which_the_seller_answered(session: Session, exchange: Asterisk) -> None:
    trunk = make_trunk(session, exchange, number_format="8")
    one, two, three = (DialPrefix(trunk_id=trunk.id, digits=digits) for digits in ("71", "72", "73"))
    session.add_all([one, two, three])
    session.flush()
    make_call(session, exchange, phone=PHONE, trunk_id=trunk.id, prefix_id=two.id)
    assert line(session, exchange).dialled == "72" + "8" + PHONE[1:]
    rule = LineRule(trunk_id=trunk.id, prefix_id=three.id)
    session.add(rule)
    session.flush()
    assert line(session, exchange).prefix_id == three.id
    three.is_enabled = two.is_enabled = False
    session.flush()
    assert line(session, exchange).prefix_id == one.id


def test_a_line_of_another_server_is_not_taken(session: Session, exchange: Asterisk) -> None:
    trunk = make_trunk(session, make_asterisk(session))
    session.add(CallerNumber(trunk_id=trunk.id, phone="74950000001"))
    assert refused(session, exchange) == "no_line"
