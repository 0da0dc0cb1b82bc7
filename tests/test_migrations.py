"""The tables: every migration up and down, none forgotten, a second deploy changes nothing."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from flask_appbuilder import Model
from sqlalchemy import Engine, create_engine, event, inspect, text

from app import create_app
from app.cli_setup import deploy_all
from app.database import sqlalchemy_url
from app.extensions import db
from app.services import deploy
from tests.databases import make_app


@pytest.fixture
def engine(empty_database) -> Iterator[Engine]:
    made = create_engine(sqlalchemy_url(empty_database))
    yield made
    made.dispose()


def run(engine: Engine, direction, revision: str) -> None:
    config = deploy._alembic_config()
    with engine.connect() as connection:
        config.attributes["connection"] = connection
        direction(config, revision)
        connection.commit()


def tables(engine: Engine) -> set[str]:
    return set(inspect(engine).get_table_names()) - {"alembic_version"}


def test_all_migrations_go_up_down_and_up_again(engine):
    run(engine, command.upgrade, "head")
    everything = tables(engine)
    assert {"ad", "card", "ab_user", "procrastinate_jobs"} <= everything
    run(engine, command.downgrade, "base")
    assert tables(engine) == set()
    with engine.connect() as connection:
        left = connection.execute(text("SELECT count(*) FROM pg_proc WHERE proname LIKE 'procrastinate%'"))
        assert left.scalar() == 0
    run(engine, command.upgrade, "head")
    assert tables(engine) == everything


# Indexes of expressions with an operator class cannot be compared by these, only by name and table.
@pytest.mark.filterwarnings("ignore:Expression #1 'reverse")
@pytest.mark.filterwarnings("ignore:Expression #1 'coalesce")
def test_the_models_need_no_migration_that_is_not_written(engine):
    run(engine, command.upgrade, "head")

    def is_ours(thing, name, kind, reflected, compare_to) -> bool:
        return not (kind == "table" and name.startswith("procrastinate_"))

    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "include_object": is_ours})
        assert compare_metadata(context, Model.metadata) == []


def test_there_is_one_line_of_migrations():
    from alembic.script import ScriptDirectory

    assert len(ScriptDirectory(str(deploy.MIGRATIONS)).get_heads()) == 1


def test_a_second_deploy_changes_nothing(server, empty_database):
    deploy_all(server.settings(empty_database))
    counts = """SELECT (SELECT count(*) FROM ab_permission_view), (SELECT count(*) FROM ab_permission_view_role),
                       (SELECT count(*) FROM ab_role), (SELECT count(*) FROM city), (SELECT count(*) FROM car_model),
                       (SELECT count(*) FROM status)"""
    engine = create_engine(sqlalchemy_url(empty_database))
    with engine.connect() as connection:
        first = connection.execute(text(counts)).one()
    app = deploy_all(server.settings(empty_database))
    with engine.connect() as connection:
        assert connection.execute(text(counts)).one() == first
    engine.dispose()
    with app.app_context():
        assert deploy.database_revision() == deploy.newest_revision()
        db.engine.dispose()


def test_a_web_process_starts_without_a_single_statement(server, database):
    seen: list[str] = []
    listener = lambda *told: seen.append(told[2])  # noqa: E731
    event.listen(Engine, "before_cursor_execute", listener)
    try:
        create_app(server.settings(database))
        assert seen == []
        client = make_app(server, database).test_client()
        assert client.get("/readyz").json == {"status": "ok"}
        assert seen, "the listener listens"
    finally:
        event.remove(Engine, "before_cursor_execute", listener)


def test_a_process_on_old_tables_is_alive_but_not_ready(server, database):
    app = make_app(server, database)
    with app.app_context():
        db.session.execute(text("UPDATE alembic_version SET version_num = 'older'"))
        db.session.commit()
    answer = app.test_client().get("/readyz")
    assert (answer.status_code, answer.json) == (503, {"status": "migrations pending"})
    assert app.test_client().get("/healthz").status_code == 200
    with app.app_context():
        db.engine.dispose()
