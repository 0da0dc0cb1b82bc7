"""Senders die and answers are lost: nobody is written to twice, and every message's fate is told as it is."""

from __future__ import annotations

from tests.sms.storm import blow


def test_where_the_gateway_keeps_our_ids_every_message_arrives_once(server, own_database, app):
    told = blow(server, own_database, kind="smsc", messages=120, kills=5)
    assert told.kills >= 3, "the storm was no storm"
    assert told.states == {"delivered": 120}
    assert set(told.written_to.values()) == {1} and len(told.written_to) == 120


def test_where_it_does_not_a_message_whose_answer_is_lost_is_never_repeated(server, own_database, app):
    told = blow(server, own_database, kind="smsru", messages=120, kills=5)
    assert told.kills >= 3, "the storm was no storm"
    assert told.twice == 0
    assert told.states.keys() == {"delivered", "unknown"} and sum(told.states.values()) == 120
    assert len(told.written_to) >= told.states["delivered"]
