"""A pull covers its window, goes on where it was stopped, tells how it went, and never takes absence for removal."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from sqlalchemy import func, select, text

from app import models
from app.domain.ads import Rejected
from app.errors import OutsideError, Refused
from app.services import books, ingest, sources
from app.services.secrets_box import seal
from app.sources import Health, SourceTrouble
from tests import factories
from tests.factories import NOON
from tests.services.a_classified import Classified, Snapshot, page_of
from tests.services.adverts import bring_in, said


@pytest.fixture
def source(session):
    return factories.make_source(session, "site", adapter="a_classified", every_minutes=10, window_hours=48)


def pull(session, source, *answer, now=NOON, kind=Classified, **options) -> sources.Outcome:
    done = sources.pull(session, source.id, kind(list(answer), **options), lambda: now)
    session.expire_all()
    return done


def ads_n(session) -> int:
    return session.scalar(select(func.count()).select_from(models.Ad))


def states(session) -> dict[str, str]:
    return dict(session.execute(select(models.Ad.external_id, models.Ad.state)).tuples().all())


def last_run(session) -> models.SourceRun:
    return session.scalars(select(models.SourceRun).order_by(models.SourceRun.id.desc())).first()


# --- the window and the cursor


def test_the_first_pull_asks_for_the_hours_the_source_is_set_to(session, source):
    site = Classified([page_of({"id": "A1"})])
    sources.pull(session, source.id, site, lambda: NOON)
    assert (site.asked[0].since, site.asked[0].until) == (NOON - timedelta(hours=48), NOON)
    assert source.covered_until == NOON


def test_the_next_pull_goes_on_a_little_before_where_the_last_one_ended(session, source):
    pull(session, source, page_of({"id": "A1"}))
    later = NOON + timedelta(minutes=10)
    site = Classified([page_of({"id": "A1"}, {"id": "A2"})])
    done = sources.pull(session, source.id, site, lambda: later)
    assert site.asked[0].since == NOON - sources.OVERLAP
    assert (done.new, done.unchanged) == (1, 1)
    assert source.covered_until == later and source.next_pull_at == later + timedelta(minutes=10)


def test_a_long_silence_is_made_up_for_in_full(session, source):
    pull(session, source, page_of({"id": "A1"}))
    site = Classified([])
    sources.pull(session, source.id, site, lambda: NOON + timedelta(days=9))
    assert site.asked[0].since == NOON - sources.OVERLAP


def test_every_page_leaves_its_cursor_so_that_a_broken_pull_goes_on_there(session, source):
    trouble = SourceTrouble(Health.NETWORK, "connection reset")
    done = pull(session, source, page_of({"id": "A1"}, cursor={"page": "1"}),
                page_of({"id": "A2"}, cursor={"page": "2"}), trouble)  # fmt: skip
    assert (done.health, done.new, done.error) == ("network", 2, "connection reset")
    assert ads_n(session) == 2
    assert source.cursor == {"page": "2"} and source.covered_until is None
    site = Classified([page_of({"id": "A3"}, cursor={"page": "3"})])
    sources.pull(session, source.id, site, lambda: NOON + timedelta(minutes=5))
    assert site.asked[0].cursor == {"page": "2"}
    assert site.asked[0].since == NOON + timedelta(minutes=5) - timedelta(hours=48)
    assert source.health == "ok" and source.errors_in_row == 0


def test_what_a_pull_brings_is_joined_and_has_cards(session, source):
    done = pull(session, source, page_of({"id": "A1"}, {"id": "A2", "mileage_km": 9_000, "year": 2011}))
    assert done.vehicles_new == 2 and last_run(session).vehicles_new == 2
    assert session.scalar(select(func.count()).select_from(models.Card)) == 2


def test_a_part_that_the_site_could_not_give_is_told(session, source):
    done = pull(session, source, page_of({"id": "A1"}, missed="only the first 100 pages"))
    assert (done.health, done.missed) == ("partial", "only the first 100 pages")


# --- health and patience

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.mark.parametrize(
    ("health", "least", "most"),
    [
        (Health.BLOCKED, timedelta(seconds=48), timedelta(seconds=72)),
        (Health.NETWORK, timedelta(seconds=48), timedelta(seconds=72)),
        (Health.QUOTA, DAY, DAY),
        (Health.DEMO, HOUR, HOUR),
        (Health.AUTH, HOUR, HOUR),
        (Health.LAYOUT_CHANGED, HOUR, HOUR),
    ],
)
def test_a_failed_pull_says_how_and_leaves_the_site_alone_for_a_while(session, source, health, least, most):
    done = pull(session, source, SourceTrouble(health, "no"))
    assert done.health == source.health == last_run(session).health == health.value
    assert source.health_text == "no" and source.errors_in_row == 1
    assert source.covered_until is None and source.last_ok_at is None
    assert least <= source.next_pull_at - NOON <= most
    assert source.id not in sources.due(session, NOON)


@pytest.mark.parametrize("health", [Health.EMPTY, Health.NOT_MODIFIED])
def test_nothing_new_is_no_failure(session, source, health):
    done = pull(session, source, SourceTrouble(health, "nothing came"))
    assert done.health == health.value
    assert source.errors_in_row == 0 and source.covered_until == source.last_ok_at == NOON
    assert source.next_pull_at == NOON + timedelta(minutes=10)


def test_failures_in_a_row_make_the_pause_longer_up_to_some_hours(session, source):
    pauses = []
    for _ in range(14):
        pull(session, source, SourceTrouble(Health.BLOCKED, "captcha"))
        pauses.append(source.next_pull_at - NOON)
    assert pauses[3] > pauses[0] * 3
    assert timedelta(hours=4) < pauses[-1] <= timedelta(hours=7.2)
    pull(session, source, page_of({"id": "A1"}))
    assert source.errors_in_row == 0


def test_a_site_that_asks_for_a_pause_gets_it(session, source):
    pull(session, source, SourceTrouble(Health.BLOCKED, "429", retry_after_s=7200))
    assert source.next_pull_at - NOON == timedelta(hours=2)


def test_a_changed_layout_keeps_the_page_and_removes_nothing(session, source):
    pull(session, source, page_of({"id": "A1"}), kind=Snapshot)
    pull(session, source, SourceTrouble(Health.LAYOUT_CHANGED, "no list", page=b"<html>new"), kind=Snapshot)
    assert last_run(session).page == b"<html>new"
    assert states(session) == {"A1": "active"}


def test_a_page_of_which_nothing_can_be_read_is_a_changed_layout_and_is_asked_for_again(session, source):
    page = page_of({"rejected": "not_a_record"}, {"rejected": "empty"}, cursor={"etag": "new"})
    done = pull(session, source, page)
    assert (done.health, done.rejected) == ("layout_changed", 2)
    assert last_run(session).page == page.content
    assert source.cursor == {} and source.covered_until is None


def test_a_reader_that_fails_is_written_down_put_off_and_told_loudly(session, source):
    answer = [page_of({"id": "A1"}), page_of({"unknown": 1})]
    with pytest.raises(TypeError):
        sources.pull(session, source.id, Classified(answer), lambda: NOON)
    session.expire_all()
    assert ads_n(session) == 1
    assert "TypeError" in last_run(session).error and last_run(session).page == answer[1].content
    assert source.id not in sources.due(session, NOON + timedelta(minutes=30))


def test_a_cut_page_keeps_its_good_rows_and_is_asked_for_again(session, source):
    done = pull(session, source, page_of({"id": "A1"}, {"trouble": "partial"}, cursor={"page": "1"}))
    assert (done.health, done.new) == ("partial", 1)
    assert source.cursor == {} and source.covered_until is None and source.errors_in_row == 0


def test_mostly_rejected_is_partial(session, source):
    bad = [{"rejected": "bad_price"}] * 3
    assert pull(session, source, page_of({"id": "A1"}, *bad)).health == "partial"
    assert pull(session, source, page_of({"id": "A1"}, {"id": "A2"}, {"rejected": "empty"})).health == "ok"


# --- snapshots


def test_a_feed_of_many_pages_is_one_snapshot(session, source):
    pull(session, source, page_of({"id": "A1"}), page_of({"id": "A2", "year": 2011}), kind=Snapshot)
    assert states(session) == {"A1": "active", "A2": "active"}
    pull(session, source, page_of({"id": "A1"}), page_of({"id": "A3", "year": 2012}), kind=Snapshot)
    assert states(session) == {"A1": "active", "A2": "removed", "A3": "active"}


@pytest.mark.parametrize(
    "answer",
    [
        [page_of({"id": "A1"}), SourceTrouble(Health.NETWORK, "reset")],
        [page_of({"id": "A1"}, {"trouble": "partial"})],
        [page_of({"id": "A1"}, missed="page cap")],
        [page_of()],
        [],
    ],
    ids=["broken between pages", "cut page", "page cap", "empty page", "no page"],
)
def test_an_incomplete_feed_removes_nothing_and_keeps_no_cursor_of_trouble(session, source, answer):
    pull(session, source, page_of({"id": "A1"}, {"id": "A2", "year": 2011}), kind=Snapshot)
    pull(session, source, *answer, kind=Snapshot)
    assert states(session) == {"A1": "active", "A2": "active"}


def test_a_cut_file_removes_nothing(session, source):
    bring_in(session, source, said("A1"), said("A2", year=2011), snapshot=True)

    def cut():
        yield said("A1", price=1)
        raise SourceTrouble(Health.PARTIAL, "ends in the middle")

    done = sources.import_records(session, source.id, cut(), lambda: NOON, snapshot=True)
    assert (done.health, done.changed) == ("partial", 1) and "middle" in done.error
    assert states(session) == {"A1": "active", "A2": "active"}


# --- what is written down


def test_rejected_records_are_kept_word_for_word_with_their_reasons(session, source):
    done = bring_in(session, source, said(), Rejected("bad_price", "A7;минус\0 миллион\ud83d", 7, "price"))
    (row,) = session.scalars(select(models.RejectedRow)).all()
    assert (row.run_id, row.line, row.reason, row.detail) == (done.run_id, 7, "bad_price", "price")
    assert row.row.startswith("A7;минус")
    assert last_run(session).rejected_reasons == {"bad_price": 1}


def test_only_so_many_rejected_records_are_kept_but_all_are_counted(session, source, monkeypatch):
    monkeypatch.setattr(ingest, "REJECTED_KEPT", 3)
    monkeypatch.setattr(sources, "REJECTED_KEPT", 3)
    bad = [{"rejected": "empty"}] * 4
    done = pull(session, source, page_of({"id": "A1"}, *bad), page_of({"id": "A2"}, *bad))
    assert done.rejected == 8
    assert session.scalar(select(func.count()).select_from(models.RejectedRow)) == 3


def test_no_secret_reaches_a_run_or_the_sources_own_words(session, source, caplog):
    trouble = SourceTrouble(Health.AUTH, "GET /api?token=s3cr%2Fet-77 refused: s3cr/et-77 is no key\0")
    done = pull(session, source, trouble, token="s3cr/et-77")
    told = " ".join([done.error, last_run(session).error, source.health_text, caplog.text])
    assert "refused" in told
    assert "s3cr" not in told


def test_a_trial_of_a_file_writes_nothing_at_all(session, source):
    def everything() -> dict[str, list]:
        tables = ("ad", "ad_price", "ad_event", "ad_key", "vehicle", "card", "seller", "seller_phone", "name_alias",
                  "source_run", "rejected_row", "audit_event", "source", "same_pair")  # fmt: skip
        return {name: session.execute(text(f"SELECT to_jsonb(t) FROM {name} t ORDER BY 1")).all() for name in tables}

    bring_in(session, source, said("A1"))
    before = everything()
    done = bring_in(session, source, said("A1", price=1), said("A2", make="Драндулет", title="Драндулет"),
                    Rejected("empty"), dry_run=True, snapshot=True)  # fmt: skip
    assert (done.read, done.new, done.changed, done.rejected, done.health) == (3, 1, 1, 1, "ok")
    assert everything() == before


def test_an_import_that_fails_says_so_in_its_run_and_stores_nothing(session, source):
    def broken():
        yield said("A1")
        raise ValueError("no such column")

    with pytest.raises(ValueError, match="no such column"):
        sources.import_records(session, source.id, broken(), lambda: NOON)
    assert ads_n(session) == 0
    assert last_run(session).finished_at is not None and "no such column" in last_run(session).error


# --- one at a time, and configured


def test_a_source_is_pulled_by_one_at_a_time(own_database, app, session):
    source = factories.make_source(session, "site")
    session.commit()
    inside, go_on = threading.Event(), threading.Event()

    class Slow(Classified):
        def fetch(self, window):
            inside.set()
            assert go_on.wait(20)
            return super().fetch(window)

    source_id, done = source.id, []

    def first() -> None:
        from app.extensions import db

        with app.app_context():
            books.current(db.session())
            db.session.commit()
            done.append(sources.pull(db.session(), source_id, Slow([page_of({"id": "A1"})]), lambda: NOON))
            db.session.remove()

    thread = threading.Thread(target=first)
    thread.start()
    assert inside.wait(20)
    with pytest.raises(Refused) as refused:
        sources.pull(session, source_id, Classified([page_of({"id": "A2"})]), lambda: NOON)
    go_on.set()
    thread.join(20)
    assert refused.value.reason.code == "pull_running"
    assert [outcome.new for outcome in done] == [1]
    assert sources.pull(session, source_id, Classified([page_of({"id": "A2"})]), lambda: NOON).new == 1


def test_a_killed_pulls_run_is_ended_by_the_next_one(session, source):
    session.add(models.SourceRun(source_id=source.id, kind="pull", started_at=NOON - HOUR))
    pull(session, source, page_of({"id": "A1"}))
    first, second = session.scalars(select(models.SourceRun).order_by(models.SourceRun.id)).all()
    assert (first.error, first.finished_at) == ("killed", NOON)
    assert second.error == ""


def test_options_and_sealed_secrets_make_the_adapter(session, source):
    source.options = {"token": "plain", "nobody_knows": 1}
    source.secrets = seal({"token": "sealed"}, "key")
    adapter = sources.adapter_of(source, {"a_classified": Classified}, secret_key="key", allow_private=False)
    assert adapter.token == "sealed"
    assert "sealed" not in source.secrets
    with pytest.raises(OutsideError, match="SECRET_KEY has changed"):
        sources.adapter_of(source, {"a_classified": Classified}, secret_key="another", allow_private=False)
    with pytest.raises(Refused) as refused:
        sources.adapter_of(source, {}, secret_key="key", allow_private=False)
    assert refused.value.reason.code == "adapter_unknown"


def test_only_enabled_sources_whose_time_has_come_are_due(session, source):
    source.next_pull_at = NOON
    factories.make_source(session, "off", is_enabled=False, next_pull_at=NOON - HOUR)
    factories.make_source(session, "later", next_pull_at=NOON + HOUR)
    assert sources.due(session, NOON) == [source.id]


def test_a_source_is_found_by_its_key(session, source):
    assert sources.by_key(session, "site") is source
    with pytest.raises(Refused):
        sources.by_key(session, "nowhere")
