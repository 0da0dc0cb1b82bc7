"""What the panel of a call knows, and the time after a call."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from app.models import OperatorProfile, PhoneAccount
from app.services import call_panel, presence, wrap_up
from tests.factories import NOON, get_user, make_card, make_status
from tests.services.calls_made import make_asterisk, make_call, make_phone

SOON = NOON + timedelta(seconds=1)


@pytest.fixture
def phone(session: Any) -> PhoneAccount:
    account: PhoneAccount = make_phone(session, make_asterisk(session, seen_at=NOON), get_user(session, "operator").id)
    return account


def profile(session: Any, phone: PhoneAccount) -> OperatorProfile:
    session.expire_all()
    return session.get(OperatorProfile, phone.user_id)  # type: ignore[no-any-return]


def test_without_a_telephone_there_is_no_panel(session: Any) -> None:
    somebody = get_user(session, "operator2").id
    assert call_panel.load(session, somebody, NOON) is None and call_panel.word(session, somebody, NOON) is None


def test_a_silent_telephony_process_is_no_line(session: Any, phone: PhoneAccount) -> None:
    assert call_panel.word(session, phone.user_id, SOON) == {"line": "up", "call": None, "wrap": False}
    late = NOON + timedelta(seconds=call_panel.SILENT_S + 1)
    assert call_panel.word(session, phone.user_id, late)["line"] == "down"  # type: ignore[index]
    phone.asterisk.state = "down"
    session.flush()
    assert call_panel.load(session, phone.user_id, SOON).line == "down"  # type: ignore[union-attr]


def test_a_live_call_is_shown_with_the_time_of_its_state(session: Any, phone: PhoneAccount) -> None:
    call = make_call(session, phone.asterisk, operator_id=phone.user_id, state="talking",
                     created_at=NOON - timedelta(seconds=30), answered_at=NOON - timedelta(seconds=12))  # fmt: skip
    panel = call_panel.load(session, phone.user_id, NOON)
    assert panel is not None and panel.live is not None
    assert (panel.live.id, panel.elapsed_ms, panel.wraps_up) == (call.id, 12_000, False)
    assert call_panel.word(session, phone.user_id, SOON)["call"] == call.id  # type: ignore[index]


def test_the_time_after_a_call_counts_until_its_card_has_a_result(session: Any, phone: PhoneAccount) -> None:
    card, other = make_card(session), make_card(session)
    presence.set_state(session, phone.user_id, "ready", NOON)
    wrap_up.begin_talk(session, phone.user_id, NOON)
    assert profile(session, phone).presence == "talking"
    call = make_call(session, phone.asterisk, operator_id=phone.user_id, card_id=card.id, state="ended",
                     outcome="busy", created_at=NOON, ended_at=NOON)  # fmt: skip
    wrap_up.end_talk(session, phone.user_id, NOON)
    panel = call_panel.load(session, phone.user_id, NOON + timedelta(seconds=5))
    assert panel is not None and panel.wraps_up and panel.live is None
    assert (panel.elapsed_ms, panel.limit_s, panel.call.id) == (5_000, 60, call.id)  # type: ignore[union-attr]
    assert panel.suggest is not None and panel.suggest.name == "Занято"
    wrap_up.finish(session, phone.user_id, other.id, SOON)
    assert profile(session, phone).presence == "wrap_up"
    wrap_up.finish(session, phone.user_id, card.id, SOON)
    assert profile(session, phone).presence == "ready"


def test_who_has_handed_a_talk_over_still_has_its_card_to_finish(session: Any, phone: PhoneAccount) -> None:
    card, colleague = make_card(session), get_user(session, "operator2").id
    presence.set_state(session, phone.user_id, "talking", NOON)
    make_call(session, phone.asterisk, operator_id=colleague, asked_by_id=phone.user_id, card_id=card.id,
              state="talking", created_at=NOON, answered_at=NOON)  # fmt: skip
    wrap_up.end_talk(session, phone.user_id, NOON)
    panel = call_panel.load(session, phone.user_id, SOON)
    assert panel is not None and panel.wraps_up and panel.is_handed_over and panel.live is None
    assert (panel.elapsed_ms, panel.limit_s, panel.suggest) == (1000, 60, None)
    wrap_up.finish(session, phone.user_id, card.id, SOON)
    assert profile(session, phone).presence == "ready"


def test_one_may_take_a_minute_more(session: Any, phone: PhoneAccount) -> None:
    presence.set_state(session, phone.user_id, "talking", NOON)
    make_call(session, phone.asterisk, operator_id=phone.user_id, created_at=NOON, ended_at=NOON)
    wrap_up.end_talk(session, phone.user_id, NOON)
    wrap_up.prolong(session, phone.user_id, NOON + timedelta(seconds=50))
    assert call_panel.load(session, phone.user_id, SOON).limit_s == 120  # type: ignore[union-attr]
    wrap_up.prolong(session, phone.user_id, NOON + timedelta(seconds=300))
    assert call_panel.load(session, phone.user_id, SOON).limit_s == 360  # type: ignore[union-attr]


def test_a_pause_that_was_chosen_in_the_talk_is_not_taken_away(session: Any, phone: PhoneAccount) -> None:
    presence.set_state(session, phone.user_id, "talking", NOON)
    presence.set_state(session, phone.user_id, "offline", NOON)
    wrap_up.end_talk(session, phone.user_id, NOON)
    assert profile(session, phone).presence == "offline"


def test_a_call_that_never_reached_the_operator_leaves_nothing_to_finish(session: Any, phone: PhoneAccount) -> None:
    presence.set_state(session, phone.user_id, "talking", NOON)
    wrap_up.end_talk(session, phone.user_id, NOON, to_finish=False)
    assert profile(session, phone).presence == "ready"


@pytest.mark.parametrize(
    ("outcome", "name"),
    [("no_answer", "Нет ответа"), ("busy", "Занято"), ("rejected", "Занято"), ("machine", "Нет ответа"),
     ("unavailable", "Недоступен"), ("wrong_number", "Неверный номер"), ("answered", None), ("failed", None)],
)  # fmt: skip
def test_the_result_that_fits_how_the_call_ended(session: Any, outcome: str, name: str | None) -> None:
    found = call_panel.suggested(session, outcome)
    assert (found.name if found is not None else None) == name


def test_the_supervisors_own_choice_goes_before_what_is_alike(session: Any) -> None:
    make_status(session, "dropped", name="Сбросил", suggested_by="rejected", position=999)
    found = call_panel.suggested(session, "rejected")
    assert found is not None and found.name == "Сбросил"


def test_colleagues_of_the_group_who_are_free_come_first(session: Any, phone: PhoneAccount) -> None:
    near = make_phone(session, phone.asterisk, get_user(session, "operator2").id, device_state="idle")
    make_phone(session, phone.asterisk, get_user(session, "supervisor").id, device_state="idle")
    make_phone(session, make_asterisk(session), get_user(session, "admin").id)
    people = call_panel.colleagues(session, phone.user_id)
    assert [person.extension for person in people][0] == near.extension and len(people) == 2
    make_call(session, phone.asterisk, operator_id=near.user_id, state="talking")
    assert [person.is_free for person in call_panel.colleagues(session, phone.user_id)] == [False, True]
