"""The reports on call-backs, working time, the CRM and its stages: by the definitions in words, checked by hand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from app import models
from tests import factories
from tests.report_desk.test_view import DAY, YESTERDAY, figures, page


def server_of(session) -> models.Asterisk:
    server = models.Asterisk(name="А", ami_host="127.0.0.1", ami_user="x")
    session.add(server)
    session.flush()
    return server


def plain(answer) -> list[str]:
    return [text.replace("\xa0", " ").replace("\u202f", " ") for text in figures(answer)]


def test_a_callback_is_kept_by_a_call_around_its_time(as_supervisor, as_operator, session):
    server, me = server_of(session), factories.get_user(session, "operator").id
    for called_after, done_after in ((10, 20), (45, 50), (None, None), (None, -180), (None, 5)):
        card, at = factories.make_card(session), YESTERDAY
        session.add(models.Callback(
            card_id=card.id, operator_id=me, at=at, created_at=at - timedelta(days=1),
            done_at=None if done_after is None else at + timedelta(minutes=done_after),
        ))  # fmt: skip
        if called_after is not None:
            session.add(models.Call(
                type="callback", state="ended", outcome="no_answer", asterisk_id=server.id, card_id=card.id,
                phone=factories.fictional_phone(), operator_id=me, created_at=at + timedelta(minutes=called_after),
                ended_at=at + timedelta(minutes=60),
            ))  # fmt: skip
    session.flush()
    told = plain(page(as_supervisor, "callbacks", group="operator"))
    assert told == ["4", "2", "50,0 %", "2", "1", "0,8 ч"], "planned anew three hours before: it is not counted"
    assert plain(page(as_operator, "callbacks", group="operator"))[0] == "4"
    words = {"from": DAY, "to": DAY, "group": "plan", "key": "personal"}
    missed = as_supervisor.get("/reports/callbacks/rows/", query_string=words | {"metric": "missed"}).text
    assert "сделан с опозданием" in missed and "ещё ждёт" in missed and missed.count("/desk/?card=") == 2


def test_working_time_tells_occupancy_and_wrap_up(as_supervisor, session):
    me, at = factories.make_operator(session).user_id, YESTERDAY
    for state, minutes in (
        ("ready", 60),
        ("talking", 30),
        ("wrap_up", 10),
        ("paused", 20),
        ("wrap_up", 20),
        ("offline", 60),
    ):
        session.add(models.OperatorState(user_id=me, state=state, since=at, until=at + timedelta(minutes=minutes)))
        at += timedelta(minutes=minutes)
    session.flush()
    told = plain(page(as_supervisor, "presence", group="operator", operator_id=str(me)))
    assert told == ["2,3 ч", "1,0 ч", "0,5 ч", "0,5 ч", "0,3 ч", "50,0 %", "15:00"]
    behind = as_supervisor.get("/reports/presence/rows/", query_string={
        "from": DAY, "to": DAY, "group": "operator", "metric": "wrapping", "key": str(me)}).text  # fmt: skip
    table = behind.partition("<thead>")[2].partition("</table>")[0]
    assert "10:00" in table and "20:00" in table and "Автомобиль" not in table


def test_the_crm_report_and_the_funnel_tell_what_became_of_leads(as_supervisor, session):
    me, card = factories.get_user(session, "operator").id, factories.make_card(session)
    crm = models.CrmConnection(name="Битрикс", adapter="webhook", hook_token="t" * 40)
    status = factories.make_status(session, is_closing=True)
    lead = models.Lead(card_id=card.id, status_id=status.id, by_id=me, created_at=YESTERDAY)
    session.add_all([crm, lead])
    session.flush()
    for n, (what, state, took) in enumerate((("lead", "done", 30), ("note:1", "done", 90), ("call:1", "failed", None),
                                             ("sms:1", "waiting", None))):  # fmt: skip
        session.add(models.CrmPush(
            connection_id=crm.id, lead_id=lead.id, what=what, state=state, attempts_n=n + 1, created_at=YESTERDAY,
            done_at=None if took is None else YESTERDAY + timedelta(seconds=took),
        ))  # fmt: skip
    for stage in ("in_work", "inspected", "bought"):
        session.add(models.LeadStage(lead_id=lead.id, stage=stage, at=YESTERDAY))
    session.flush()
    assert plain(page(as_supervisor, "crm", group="connection")) == ["4", "2", "50,0 %", "1", "1", "0", "10", "1:00"]
    assert "Заметка" in page(as_supervisor, "crm", group="thing").text
    behind = as_supervisor.get("/reports/crm/rows/", query_string={
        "from": DAY, "to": DAY, "group": "thing", "metric": "fails", "key": "call"}).text  # fmt: skip
    assert f"/desk/?card={card.id}" in behind and "не" in behind
    funnel = page(as_supervisor, "funnel", group="day").text
    strip = funnel.partition('class="report-steps"')[2].partition("</ol>")[0]
    assert strip.count("<li>") == 10 and "metric=bought" in strip and "100,0" in strip
    for metric in ("leads", "crm_in_work", "inspected", "bought"):
        assert f"metric={metric}" in funnel.partition("<tfoot")[2], "each step is a link"
    assert f"/desk/?card={card.id}" in as_supervisor.get(
        "/reports/funnel/rows/", query_string={"from": DAY, "to": DAY, "group": "day", "metric": "bought"}
    ).text  # fmt: skip


def test_the_first_moment_of_a_stage_is_kept(session):
    lead = models.Lead(card_id=factories.make_card(session).id, status_id=factories.make_status(session).id)
    crm = models.CrmConnection(name="Битрикс", adapter="webhook", hook_token="t" * 40)
    session.add_all([crm, lead])
    session.flush()
    session.add(models.CrmPush(connection_id=crm.id, lead_id=lead.id, what="lead", state="done", external_id="7"))
    session.flush()
    from app.crm import StageIn
    from app.services.crm_sync import _store_stages

    known = {"NEW": "in_work", "WON": "bought"}
    for stage in ("NEW", "WON", "NEW"):
        assert _store_stages(session, crm.id, [StageIn("7", stage, False)], known) == 1
    session.refresh(lead)
    assert lead.stage == "in_work"
    kept = session.query(models.LeadStage).filter_by(lead_id=lead.id).all()
    assert {row.stage for row in kept} == {"in_work", "bought"} and all(row.at <= datetime.now(UTC) for row in kept)
