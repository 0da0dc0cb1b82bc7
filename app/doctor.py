"""Is this installation in order? One check per line, in plain words, with what to do about it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg2
from flask import Flask
from flask_babel import force_locale
from sqlalchemy import select, text

from app.errors import OutsideError
from app.extensions import db, outside
from app.models import Asterisk
from app.security import ROLES, role_difference
from app.services import deploy, recording_packing, stop_list, telephony_check
from app.wording_hops import HOPS

ROOT = Path(__file__).resolve().parents[1]
OLDEST_POSTGRES = 15


@dataclass(frozen=True, slots=True)
class Finding:
    passed: bool
    what: str
    advice: str = ""

    def __str__(self) -> str:
        return f"{'ok  ' if self.passed else 'BAD '} {self.what}" + (f"\n     -> {self.advice}" if self.advice else "")


def examine(app: Flask) -> Iterator[Finding]:
    """Findings in an order where each one makes sense only after those before it."""
    yield Finding(True, "configuration reads well")
    yield _writable(app.config["PROZVON"].var_dir)
    yield _assets()
    yield _translations()
    yield _mail()
    yield _packing()
    with app.app_context():
        answer = _database_answers()
        yield answer
        if answer.passed:
            for check in (_version, _locale, _tables, _permissions, _roles, _administrator, _stop_list):
                yield _careful(check, app)
            yield from _telephony(app)
        db.session.remove()


def _careful(check: Callable[[Flask], Finding], app: Flask) -> Finding:
    try:
        return check(app)
    except Exception as error:  # a broken installation breaks checks in ways of its own; the doctor goes on
        db.session.rollback()
        return Finding(False, f"{check.__name__.strip('_')}: {type(error).__name__}", "python run.py migrate")


def _writable(var_dir: Path) -> Finding:
    try:
        var_dir.mkdir(parents=True, exist_ok=True)
        passed = os.access(var_dir, os.W_OK)
    except OSError:
        passed = False
    return Finding(passed, f"{var_dir} can be written to", "" if passed else "set PROZVON_VAR to a folder that is ours")


def _assets() -> Finding:
    vendor = ROOT / "app" / "static" / "vendor"
    passed = vendor.is_dir() and any(vendor.rglob("*.js")) and any(vendor.rglob("*.css"))
    return Finding(passed, "scripts and styles of the pages are built", "" if passed else "make assets")


def _translations() -> Finding:
    sources = list((ROOT / "translations").glob("*/LC_MESSAGES/messages.po"))
    stale = [
        po for po in sources if not (mo := po.with_suffix(".mo")).exists() or mo.stat().st_mtime < po.stat().st_mtime
    ]
    passed = bool(sources) and not stale
    return Finding(passed, "translations are compiled", "" if passed else "make translations")


def _mail() -> Finding:
    if outside.mail is None:
        advice = "for letters set PROZVON_SMTP_URL and PROZVON_MAIL_FROM, then: python run.py mail test ADDRESS"
        return Finding(True, "mail is off: links are shown to be handed over by people", advice)
    try:
        outside.mail.check()
    except OutsideError as error:
        return Finding(False, str(error), "check PROZVON_SMTP_URL and the mail server; letters wait meanwhile")
    return Finding(True, f"the mail server {outside.mail.host} takes letters")


def _packing() -> Finding:
    program = recording_packing.encoder()
    if program is None:
        return Finding(True, "recordings stay wav: nothing here packs them", "for Opus install ffmpeg or opusenc")
    return Finding(True, f"recordings are packed by {program}")


def _is_compiled(po: Path) -> bool:
    mo = po.with_suffix(".mo")
    return mo.exists() and mo.stat().st_mtime >= po.stat().st_mtime


def _database_answers() -> Finding:
    try:
        db.session.execute(text("SELECT 1"))
        return Finding(True, "the database answers")
    except Exception as error:  # whatever stands between us and it
        db.session.rollback()
        cause = getattr(error, "orig", error)
        first = str(cause).strip().splitlines()[0] if isinstance(cause, psycopg2.Error) else type(cause).__name__
        return Finding(False, f"the database does not answer: {first}", "check DATABASE_URL and the server")


def _version(app: Flask) -> Finding:
    number = int(db.session.execute(text("SHOW server_version_num")).scalar_one()) // 10_000
    passed = number >= OLDEST_POSTGRES
    return Finding(passed, f"PostgreSQL {number}", "" if passed else f"version {OLDEST_POSTGRES} or newer is needed")


def _locale(app: Flask) -> Finding:
    passed = bool(db.session.execute(text("SELECT lower('Ё') = 'ё' AND 'Ё' ILIKE 'ё'")).scalar())
    advice = "create the database with a UTF-8 locale, see README, «Production»"
    return Finding(passed, "the database knows Cyrillic letters", "" if passed else advice)


def _tables(app: Flask) -> Finding:
    at, newest = deploy.database_revision(), deploy.newest_revision()
    return Finding(
        at == newest, f"tables are of this release ({newest})", "" if at == newest else "python run.py migrate"
    )


def _permissions(app: Flask) -> Finding:
    missing = missing_permissions(app)
    sample = ", ".join(f"{permission} on {view}" for permission, view in sorted(missing)[:3])
    return Finding(
        not missing,
        "permissions are complete" if not missing else f"{len(missing)} permissions are missing: {sample}",
        "python run.py init" if missing else "",
    )


def missing_permissions(app: Flask) -> set[tuple[str, str]]:
    """(permission, view) of the code that the database does not know: nobody but Admin could have them."""
    appbuilder = app.extensions["appbuilder"]
    rows = db.session.execute(
        text("""SELECT p.name, v.name FROM ab_permission_view pv JOIN ab_permission p ON p.id = pv.permission_id
                JOIN ab_view_menu v ON v.id = pv.view_menu_id""")
    )
    known = {(permission, view) for permission, view in rows}
    wanted = {
        (permission, view.class_permission_name)
        for view in appbuilder.baseviews
        for permission in getattr(view, "base_permissions", None) or ()
    }
    return wanted - known


def _roles(app: Flask) -> Finding:
    sm = app.extensions["appbuilder"].sm
    lacking = [name for name in ROLES if role_difference(sm, name)[0]]
    what = "roles have what this release gives them" if not lacking else f"roles lack permissions: {', '.join(lacking)}"
    return Finding(not lacking, what, "python run.py roles shows them; --restore gives them back" if lacking else "")


def _administrator(app: Flask) -> Finding:
    query = """SELECT count(*) FROM ab_user u JOIN ab_user_role ur ON ur.user_id = u.id
               JOIN ab_role r ON r.id = ur.role_id WHERE r.name = 'Admin' AND u.active"""
    n = db.session.execute(text(query)).scalar_one()
    advice = "" if n else "python run.py init prints an invitation for the first one"
    return Finding(bool(n), f"administrators: {n}", advice)


def _stop_list(app: Flask) -> Finding:
    passed = not stop_list.unreadable(db.session())
    advice = "" if passed else "set PROZVON_PHONE_KEY (or SECRET_KEY) to what it was: erased numbers forbid nothing now"
    return Finding(passed, "the stop list is read with the key it was written with", advice)


def _telephony(app: Flask) -> Iterator[Finding]:
    """Each server's hops, in the words of the screen: who reads this is often not the one who wrote it."""
    settings = app.config["PROZVON"]
    try:
        found = db.session.scalars(select(Asterisk).where(Asterisk.is_enabled).order_by(Asterisk.name)).all()
    except Exception:  # the tables are not there yet; that has been said above
        db.session.rollback()
        return
    if not found:
        yield Finding(
            True, "telephony: no server is registered, calls are made by hand", "make lab, or deploy/asterisk"
        )
    with force_locale("ru"):
        for server in found:
            name = server.name
            for hop in telephony_check.check(
                db.session(), server, key=settings.secret_key, public_url=settings.public_url
            ):
                what, advice = HOPS[hop.code]
                yield Finding(hop.passed, f"{name}: {what % hop.args}", "" if hop.passed else str(advice) % hop.args)
