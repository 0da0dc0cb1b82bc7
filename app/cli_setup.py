"""The commands that set an installation up and look after it."""

from __future__ import annotations

import argparse
import json
import sys
from datetime import UTC, datetime

from flask import Flask
from sqlalchemy import text

import config
from app import create_app
from app.doctor import examine
from app.extensions import db
from app.security import ADMIN, ROLES, grant_new, known_permissions, role_difference, seed_roles
from app.services import deploy, people


def deploy_all(settings: config.Config) -> Flask:
    """The deploy step: tables, permissions, roles, books. Safe to repeat; web and worker start on what it leaves."""
    with create_app(settings).app_context():
        deploy.migrate()
        before = known_permissions(db.session)
        db.session.remove()
        db.engine.dispose()  # this application has done its part; its connections must not linger
    app = create_app(settings, deploying=True)
    with app.app_context():
        sm = app.extensions["appbuilder"].sm
        sm.add_role(ADMIN)  # built in, yet people hang on a row; FAB writes it only where it makes the tables itself
        grant_new(sm, before)
        seed_roles(sm)
        for step in ("install_books", "install_statuses", "install_pauses", "install_claim"):
            if (install := getattr(deploy, step, None)) is not None:
                install()
        db.session.commit()
        db.session.remove()
    return app


def migrate(arguments: argparse.Namespace, settings: config.Config) -> None:
    deploy_all(settings)
    print("The database is ready.")


def init(arguments: argparse.Namespace, settings: config.Config) -> None:
    app = deploy_all(settings)
    with app.app_context():
        token = people.invite_admin(db.session(), datetime.now(UTC))
        db.session.commit()
        hours = int(people.invite_life(db.session()).total_seconds() // 3600)
    if token is None:
        print("The database is ready. There is an administrator already.")
    else:
        print(
            f"База готова. Приглашение первого администратора, действует {hours} ч:\n"
            f"{settings.public_url}/invite/{token}"
        )


def doctor(arguments: argparse.Namespace, settings: config.Config) -> int:
    bad = 0
    for finding in examine(create_app(settings)):
        print(finding)
        bad += not finding.passed
    return 1 if bad else 0


def demo(arguments: argparse.Namespace, settings: config.Config) -> int:
    if settings.production:
        print("DATABASE_URL is set: the demonstration never goes into a named database.", file=sys.stderr)
        return 1
    install_demo(deploy_all(settings))
    return 0


def install_demo(app: Flask) -> None:
    from app.demo import setup

    setup.install(app)


def roles(arguments: argparse.Namespace, settings: config.Config) -> int:
    app = create_app(settings)
    with app.app_context():
        sm = app.extensions["appbuilder"].sm
        if arguments.restore:
            seed_roles(sm, restore=True)
        differ = 0
        for name in ROLES:
            missing, extra = role_difference(sm, name)
            differ += bool(missing or extra)
            print(f"{name}: " + ("as in the table" if not missing and not extra else "differs"))
            for sign, pairs in (("-", missing), ("+", extra)):
                for permission, view in sorted(pairs):
                    print(f"  {sign} {permission} on {view}")
    return 1 if differ else 0


# --- jobs


def jobs(arguments: argparse.Namespace, settings: config.Config) -> None:
    from app.jobs import JOBS

    with create_app(settings).app_context():
        rows = db.session.execute(
            text("SELECT DISTINCT ON (job) job, started_at, counts, error FROM job_run ORDER BY job, started_at DESC")
        )
        last = {row.job: row for row in rows}
    for job in JOBS:
        when = f"every {job.every}" if job.every else f"at {job.at}" if job.at else "when asked for"
        run = last.get(job.name)
        print(f"{job.name:24} {when:20} {job.title}")
        if run is not None:
            print(f"{'':24} last {run.started_at:%Y-%m-%d %H:%M:%S} UTC {run.error or json.dumps(run.counts)}")


def run_job(arguments: argparse.Namespace, settings: config.Config) -> None:
    from app import jobs as family

    counts = family.run_job(create_app(settings), family.job_named(arguments.name))
    print(json.dumps(counts, ensure_ascii=False))
