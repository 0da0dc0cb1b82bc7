"""The commands about CRMs: how the connections do, hand leads over now, read clients and cars now."""

from __future__ import annotations

import argparse

from sqlalchemy import select

import config
from app import create_app, jobs
from app.errors import Refused
from app.extensions import db
from app.models import CrmConnection
from app.services import crm_setup


def list_connections(arguments: argparse.Namespace, settings: config.Config) -> None:
    with create_app(settings).app_context():
        counts = crm_setup.counts_of(db.session())
        for row in db.session.execute(select(CrmConnection).order_by(CrmConnection.id)).scalars():
            arrived, waiting, failed = counts.get(row.id, (0, 0, 0))
            state = "on" if row.is_enabled else "off"
            print(f"{row.id:4} {state:3} {row.adapter:10} {row.health or 'never':8} {row.name}: "
                  f"{arrived} arrived, {waiting} waiting, {failed} failed {row.health_text}".rstrip())  # fmt: skip


def push(arguments: argparse.Namespace, settings: config.Config) -> None:
    """Ends with 1 when leads have failed for good: a person has to look."""
    counts = jobs.run_job(create_app(settings), jobs.job_named("push_leads"))
    print(", ".join(f"{name}: {n}" for name, n in counts.items()) or "nothing is due")


def sync(arguments: argparse.Namespace, settings: config.Config) -> None:
    app = create_app(settings)
    with app.app_context():
        rows = db.session.execute(select(CrmConnection).where(CrmConnection.is_enabled)).scalars().all()
        ids = [row.id for row in rows if arguments.id in (None, row.id) and crm_setup.kind_of(row.adapter).reads]
        db.session.remove()
    if not ids:
        raise Refused("crm_gone")
    for connection_id in ids:
        counts = jobs.run_job(app, jobs.job_named("sync_crm"), connection_id=connection_id)
        print(f"{connection_id}: " + (", ".join(f"{name}: {n}" for name, n in counts.items()) or "nothing new"))
