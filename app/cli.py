"""The one command line: every command of `python run.py <command>`."""

from __future__ import annotations

from flask import Flask

import config
from app import create_app
from app.extensions import db
from app.security import ADMIN, seed_roles
from app.services import deploy


def deploy_all(settings: config.Config) -> Flask:
    """The deploy step: tables, permissions, roles, books. Safe to repeat; web and worker start on what it leaves."""
    with create_app(settings).app_context():
        deploy.migrate()
        db.engine.dispose()  # this application has done its part; its connections must not linger
    app = create_app(settings, deploying=True)
    with app.app_context():
        sm = app.extensions["appbuilder"].sm
        sm.add_role(ADMIN)  # built in, yet people hang on a row; FAB writes it only where it makes the tables itself
        seed_roles(sm)
        install = getattr(deploy, "install_all", None)
        if install is not None:
            install()
    return app
