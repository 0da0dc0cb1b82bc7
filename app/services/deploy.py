"""The deploy step: tables, permissions, roles and the books. Web workers start on what this has left behind."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

from sqlalchemy import text

from app.extensions import db

MIGRATIONS = Path(__file__).resolve().parents[2] / "migrations"


def migrate() -> None:
    """Bring the tables to this release. Safe to run twice, and by two machines at once (one waits)."""
    from alembic import command

    config = _alembic_config()
    with db.engine.connect() as connection:
        # Two deploys at the same time must not run the same migration.
        connection.execute(text("SELECT pg_advisory_lock(724100)"))
        connection.commit()
        try:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            connection.commit()
        finally:
            connection.rollback()
            connection.execute(text("SELECT pg_advisory_unlock(724100)"))
            connection.commit()


def database_revision() -> str:
    return str(db.session.execute(text("SELECT version_num FROM alembic_version")).scalar() or "")


@lru_cache(maxsize=1)
def newest_revision() -> str:
    from alembic.script import ScriptDirectory

    return str(ScriptDirectory(str(MIGRATIONS)).get_current_head() or "")


def _alembic_config() -> Any:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    return config


def install_books() -> dict[str, int]:
    """Makes, models, cities of this release. Safe to repeat."""
    from app.services import catalogue

    return catalogue.install(db.session())


def install_statuses() -> int:
    """The first statuses, when there are none."""
    from app.services import statuses

    return statuses.seed(db.session())


def install_pauses() -> int:
    """The first reasons of pauses, when there are none."""
    from app.services import presence

    return presence.seed(db.session())


def install_claim() -> None:
    """The functions by which operators take cards. Safe to repeat, and for two machines at once (one waits)."""
    from app.services.campaign_choice import CHOICE_FUNCTION, CHOICE_NAME
    from app.services.claiming import CLAIM_FUNCTION, CLAIM_NAME

    session = db.session()
    session.execute(text("SELECT pg_advisory_xact_lock(724100)"))
    for name, function in ((CLAIM_NAME, CLAIM_FUNCTION), (CHOICE_NAME, CHOICE_FUNCTION)):
        if session.execute(text("SELECT to_regproc(:name)"), {"name": name}).scalar() is None:
            session.execute(text(function))
