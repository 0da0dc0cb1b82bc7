"""create_app(): the only place where the parts meet. Importing the package itself costs nothing: the supervisor, the
made-up classified and every test of a rule live inside it and need no web framework."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from flask import Flask

    import config as deployment

ROOT = Path(__file__).resolve().parent.parent


def create_app(settings: deployment.Config | None = None, *, deploying: bool = False, **over: Any) -> Flask:
    """Build the application. `deploying` lets FAB write permissions; web workers never do (0 schema SQL at start)."""
    from flask_appbuilder import AppBuilder
    from werkzeug.middleware.proxy_fix import ProxyFix

    import config as deployment
    from app import compression, database, extensions, lean, registry, safety, shell, smtp, wording
    from app import crm as crm_family
    from app import sms as sms_family
    from app import sources as source_family
    from app.crm._http import Door
    from app.sms._http import Door as SmsDoor

    settings = settings or deployment.load()
    app = lean.LeanFlask(__name__)
    app.config.update(_flask_config(settings, deploying))
    app.config.update(over)
    app.config["PROZVON"] = settings
    if settings.proxy_hops:
        hops = settings.proxy_hops
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    shell.install(app)
    wording.install(app)
    with app.app_context():
        from app import (  # noqa: F401  every table is known before FAB starts
            api,
            board,
            desk,
            filter_desk,
            guides,
            hooks,
            live_board,
            live_calls,
            models,
            pages,
            recordings,
            report_desk,
            views,
        )
        from app.admin.people import PeopleSecurity

        extensions.outside.phone_key = settings.phone_key.encode()
        if settings.smtp_url:
            extensions.outside.mail = smtp.MailServer.of(settings.smtp_url, settings.mail_from)
        extensions.outside.sources = registry.members(source_family, source_family.Source)
        extensions.outside.crm = registry.members(crm_family, crm_family.Crm)
        extensions.outside.sms = registry.members(sms_family, sms_family.Gateway)
        extensions.outside.sms_door = SmsDoor
        extensions.outside.crm_door, extensions.outside.public_url = Door, settings.public_url
        extensions.db.init_app(app)
        database.watch_pool(extensions.db.engine.pool)
        extensions.migrate.init_app(app, extensions.db, directory=str(ROOT / "migrations"))
        appbuilder = AppBuilder(indexview=pages.HomeView)
        appbuilder.security_manager_class = PeopleSecurity
        appbuilder.init_app(app, extensions.db.session)
        compression.install(app)
        safety.install(app, tile_url=settings.tile_url, secure=settings.secure_cookies)
        extensions.csrf.init_app(app)
        pages.register(app, appbuilder)
        desk.register(app, appbuilder)
        live_board.register(app, appbuilder)
        board.register(app, appbuilder)
        filter_desk.register(app, appbuilder)
        report_desk.register(app, appbuilder)
        guides.register(app, appbuilder)
        recordings.register(app, appbuilder)
        live_calls.register(app, appbuilder)
        views.register(app, appbuilder)
        api.register(app, appbuilder)
        hooks.register(app, appbuilder)
        if deploying:
            appbuilder.add_permissions()
    return app


def _flask_config(settings: deployment.Config, deploying: bool) -> dict[str, Any]:
    from app import database, security

    url = database.sqlalchemy_url(database.resolve(settings))
    return {
        "SECRET_KEY": settings.secret_key,
        "SQLALCHEMY_DATABASE_URI": url,
        "SQLALCHEMY_ENGINE_OPTIONS": {
            "pool_size": settings.web_threads,
            "max_overflow": 4,
            "connect_args": {
                "application_name": "prozvon",
                # A page gives up a lock after 5 s; a job, which has ten minutes for a statement, waits its turn.
                "options": f"-c statement_timeout={settings.statement_timeout_ms} "
                f"-c lock_timeout={settings.statement_timeout_ms // 3} "
                "-c idle_in_transaction_session_timeout=60000 -c timezone=UTC",
            },
        },
        "APP_NAME": "Prozvon",
        "FAB_CREATE_DB": False,
        "FAB_UPDATE_PERMS": deploying,
        "FAB_ROLES": {security.ADMIN: [[r".*$", r".*$"]]},
        "FAB_BASE_TEMPLATE": "base.html",
        "FAB_ADD_SECURITY_PERMISSION_VIEW": False,
        "FAB_ADD_SECURITY_VIEW_MENU_VIEW": False,
        "FAB_ADD_SECURITY_PERMISSION_VIEWS_VIEW": False,
        "FAB_API_SWAGGER_UI": False,
        "FAB_API_ALLOW_JSON_QS": False,
        "FAB_API_MAX_PAGE_SIZE": 100,
        "AUTH_TYPE": 1,
        "AUTH_ROLE_ADMIN": security.ADMIN,
        "AUTH_ROLE_PUBLIC": "",
        "AUTH_USER_REGISTRATION": False,
        "RATELIMIT_ENABLED": True,
        "AUTH_RATE_LIMITED": True,
        # Of one address and web process. A shift begins within a minute behind one address; guessers meet log_ins.py.
        "AUTH_RATE_LIMIT": "120 per minute",
        "RATELIMIT_STORAGE_URI": "memory://",
        "BABEL_DEFAULT_LOCALE": "ru",
        "BABEL_DEFAULT_TIMEZONE": settings.timezone,
        "BABEL_TRANSLATION_DIRECTORIES": str(ROOT / "translations"),
        "LANGUAGES": {"ru": {"flag": "ru", "name": "Русский"}, "en": {"flag": "gb", "name": "English"}},
        "SESSION_COOKIE_NAME": "__Host-prozvon" if settings.secure_cookies else "prozvon",
        "SESSION_COOKIE_SECURE": settings.secure_cookies,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "REMEMBER_COOKIE_SECURE": settings.secure_cookies,
        "REMEMBER_COOKIE_SAMESITE": "Lax",
        "PERMANENT_SESSION_LIFETIME": timedelta(hours=10),
        "TRUSTED_HOSTS": settings.trusted_hosts,
        "FAB_SAFE_REDIRECT_HOSTS": settings.trusted_hosts,
        "WTF_CSRF_TIME_LIMIT": None,  # as long as the log-in: a form open over lunch must still save
        "SEND_FILE_MAX_AGE_DEFAULT": timedelta(days=365),  # static URLs carry a hash of their content
        "TEMPLATES_AUTO_RELOAD": False,
    }
