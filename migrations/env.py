"""Alembic over the application's own metadata (Flask-AppBuilder's tables included)."""

from __future__ import annotations

from alembic import context
from flask_appbuilder import Model

config = context.config


def _own(thing, name, kind, reflected, compare_to):  # the queue's tables are the queue library's
    return not (kind == "table" and name.startswith("procrastinate_"))


def run(connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=Model.metadata,
        include_object=_own,
        compare_type=True,
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        context.run_migrations()


connection = config.attributes.get("connection")
if connection is not None:
    run(connection)
else:
    from flask import current_app

    with current_app.extensions["migrate"].db.engine.connect() as own:
        run(own)
        own.commit()
