"""The first steps are done when the work shows it, and put away for one person only."""

from __future__ import annotations

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.models import StatusChange
from app.services import onboarding
from tests.factories import NOON, get_user, make_ad, make_card, make_filter, make_operator, make_source, make_status


def done(session: Session) -> set[str]:
    session.flush()
    return {step.code for step in onboarding.steps(session, NOON) if step.is_done}


def test_a_bare_installation_has_all_steps_before_it(session: Session) -> None:
    session.execute(text("DELETE FROM operator_profile"))
    session.execute(text("DELETE FROM operator_group"))
    assert done(session) == set()
    assert [step.code for step in onboarding.steps(session, NOON)][:2] == ["source", "pulled"]


def test_a_source_counts_when_it_is_there_and_again_when_adverts_have_come(session: Session) -> None:
    source = make_source(session)
    assert {"source"} <= done(session) and "pulled" not in done(session)
    make_ad(session, source=source)
    assert {"source", "pulled"} <= done(session)


def test_invited_operators_have_come_when_one_has_logged_in(session: Session) -> None:
    assert "operators" in done(session) and "came" not in done(session)
    get_user(session, "operator").last_login = NOON
    assert "came" in done(session)


def test_limits_count_when_somebody_has_changed_them(session: Session) -> None:
    assert "limits" not in done(session)
    make_operator(session, max_new=4)
    assert "limits" in done(session)


def test_only_a_filter_that_is_on_counts(session: Session) -> None:
    made = make_filter(session, is_enabled=False)
    assert "filter" not in done(session)
    made.is_enabled = True
    assert "filter" in done(session)


def test_the_first_result_ends_the_list(session: Session) -> None:
    card, status = make_card(session), make_status(session)
    session.add(StatusChange(card_id=card.id, new_id=status.id))
    assert "result" in done(session)


def test_putting_the_list_away_is_ones_own_business(session: Session) -> None:
    admin, supervisor = get_user(session, "admin").id, get_user(session, "supervisor").id
    onboarding.hide(session, admin)
    onboarding.hide(session, admin)  # a second click is no trouble
    assert onboarding.is_hidden(session, admin) and not onboarding.is_hidden(session, supervisor)
    onboarding.show_again(session, admin)
    assert not onboarding.is_hidden(session, admin)
