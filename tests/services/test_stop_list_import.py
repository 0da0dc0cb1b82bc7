"""A list of numbers comes on the stop list whole; junk in it is told line by line and stops nothing else."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.errors import Refused
from app.models import AuditEvent, DoNotCall
from app.services import stop_list, stop_list_import
from tests.factories import NOON

LIST = """Телефон;Имя
+7 912 000-34-56;Иван
8 (912) 000 34 57
позвоните позже

12
79120003456
9120003458,Пётр
"""


def take_in(session: Session, words: str) -> stop_list_import.Imported:
    return stop_list_import.take_in(session, words, reason="просили", actor_id=None, now=NOON)


def test_numbers_in_any_spelling_are_added_and_junk_is_told_by_lines(session: Session) -> None:
    told = take_in(session, LIST)
    assert (told.added_n, told.known_n, told.rejected_n) == (3, 0, 2)
    assert [(number, words) for number, words, _why in told.rejected] == [(4, "позвоните позже"), (6, "12")]
    assert stop_list.stopped(session, ["79120003456", "79120003457", "79120003458", "79120003459"], NOON) == {
        "79120003456", "79120003457", "79120003458",
    }  # fmt: skip
    noted = session.scalars(select(AuditEvent).where(AuditEvent.what == "do_not_call_imported")).one()
    assert "79120003456" not in str(noted.details)


def test_an_erased_number_stays_erased_and_a_ban_for_a_while_becomes_one_for_ever(session: Session) -> None:
    stop_list.add(session, "79120003456", reason="", actor_id=None, now=NOON)
    stop_list.erase(session, session.scalars(select(DoNotCall.id)).one(), actor_id=None, now=NOON)
    stop_list.add(session, "79120003457", reason="", actor_id=None, now=NOON, until=NOON + timedelta(days=1))
    told = take_in(session, "79120003456\n79120003457")
    session.expire_all()
    assert (told.added_n, told.known_n) == (1, 1)
    rows = session.scalars(select(DoNotCall).order_by(DoNotCall.id)).all()
    assert [(row.phone, row.until) for row in rows] == [(None, None), ("79120003457", None)]


def test_an_empty_list_and_one_too_long_are_refused_in_words(session: Session) -> None:
    for words, code in (("", "stop_list_empty"), ("Телефон\n", "stop_list_empty"), ("1\n" * 100_001, "stop_list_long")):
        with pytest.raises(Refused) as refused:
            take_in(session, words)
        assert refused.value.reason.code == code


def test_a_file_of_an_old_table_program_is_read() -> None:
    assert stop_list_import.decoded("Имя;89120003456".encode("cp1251")) == "Имя;89120003456"
    assert stop_list_import.decoded(b"\xef\xbb\xbf79120003456") == "79120003456"
