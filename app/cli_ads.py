"""The commands about adverts: pull a source, import a file, explain a card, switch filters."""

from __future__ import annotations

import argparse
import dataclasses
import json
from collections.abc import Callable
from datetime import UTC, datetime
from functools import wraps
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import text
from sqlalchemy.orm import Session

import app.sources as family
import config
from app import create_app
from app.errors import Reason, Refused
from app.extensions import db, outside
from app.services import dealing, filter_preview, filters, matching, sources
from app.sources.detect import detect_file
from app.wording import say


def now() -> datetime:
    return datetime.now(UTC)


def within(run: Callable[[argparse.Namespace, Session, Flask], Any]) -> Callable[..., None]:
    """A command: what `run` returns is shown after its work has been committed."""

    @wraps(run)
    def command(arguments: argparse.Namespace, settings: config.Config) -> None:
        flask = create_app(settings)
        with flask.app_context():
            answer = run(arguments, db.session(), flask)
            db.session.commit()
        _show(answer, as_json=getattr(arguments, "json", False))

    return command


def _show(answer: Any, *, as_json: bool) -> None:
    if dataclasses.is_dataclass(answer) and not isinstance(answer, type):
        answer = dataclasses.asdict(answer)
    if as_json or not isinstance(answer, list | dict):
        print(json.dumps(answer, ensure_ascii=False, default=str))
        return
    for row in answer if isinstance(answer, list) else [answer]:
        print("  ".join(f"{name}: {value}" for name, value in row.items()) if isinstance(row, dict) else row)


# --- sources and files


@within
def list_sources(arguments: argparse.Namespace, session: Session, flask: Flask) -> list[dict[str, Any]]:
    rows = session.execute(
        text("SELECT key, adapter, is_enabled, health, last_ok_at, next_pull_at FROM source ORDER BY key")
    )
    return [dict(row._mapping) for row in rows]


@within
def pull_source(arguments: argparse.Namespace, session: Session, flask: Flask) -> Any:
    row = sources.by_key(session, arguments.key)
    settings = flask.config["PROZVON"]
    adapter = sources.adapter_of(
        row, outside.sources, secret_key=settings.secret_key,
        allow_private=settings.allow_private_sources,
    )  # fmt: skip
    return sources.pull(session, row.id, adapter, now)


@within
def import_file(arguments: argparse.Namespace, session: Session, flask: Flask) -> Any:
    kind = _format_of(arguments.file, arguments.format)
    row = sources.for_files(session, arguments.source, kind.key)
    field_map = _field_map(arguments.map) if arguments.map else dict(row.field_map or {})
    takes_map = any(item.name == "field_map" for item in dataclasses.fields(kind))
    adapter = kind(field_map=field_map) if takes_map and field_map else kind()  # type: ignore[call-arg]
    return sources.import_records(
        session, row.id, adapter.parse_file(arguments.file), now, file_name=arguments.file.name,
        dry_run=arguments.dry_run, snapshot=adapter.snapshot,
    )  # fmt: skip


def _field_map(path: Path) -> dict[str, Any]:
    try:
        told = json.loads(path.read_text("utf-8-sig"))
    except (OSError, ValueError) as error:
        raise Refused("map_unreadable", name=str(path), why=str(error)[:200]) from None
    if not isinstance(told, dict):
        raise Refused("map_unreadable", name=str(path), why="not an object")
    return told


def _format_of(path: Path, wanted: str) -> type[family.Source]:
    """The told format, else the one that the first bytes of the file show."""
    kinds = outside.sources
    try:
        found = wanted or detect_file(path)
    except OSError as error:
        raise Refused("file_unreadable", name=str(path), why=error.strerror or "") from None
    if found not in kinds:
        raise Refused("format_unknown" if wanted else "format_unrecognised", name=wanted, known=", ".join(kinds))
    return kinds[found]


# --- explaining


@within
def explain_ad(arguments: argparse.Namespace, session: Session, flask: Flask) -> dict[str, Any]:
    row = session.execute(
        text("""SELECT a.id AS ad, s.key AS source, a.external_id, a.title, a.state, a.vehicle_id AS vehicle,
                       c.id AS card, c.stage, c.filter_id AS filter, c.operator_id AS operator
                FROM ad a JOIN source s ON s.id = a.source_id
                LEFT JOIN LATERAL (
                  SELECT * FROM card WHERE vehicle_id = a.vehicle_id ORDER BY id DESC LIMIT 1) c ON true
                WHERE a.id = :id"""),
        {"id": arguments.id},
    ).one_or_none()
    if row is None:
        raise Refused("ad_gone", id=arguments.id)
    opinions = matching.explain_card(session, row.card, now()) if row.card else []
    zone = flask.config["PROZVON"].timezone
    why = dealing.why_not_dealt(session, row.card, now(), zone) if row.card else Reason("ad_not_joined")
    return dict(row._mapping) | {
        "why": {"code": why.code, "args": why.args, "text": say(why)},
        "filters": [
            {
                "id": opinion.spec.id,
                "fits": opinion.fits,
                "checks": [dataclasses.asdict(check) for check in opinion.checks],
            }
            for opinion in opinions
        ],
    }


# --- filters


@within
def list_filters(arguments: argparse.Namespace, session: Session, flask: Flask) -> list[dict[str, Any]]:
    rows = session.execute(
        text("""SELECT id, name, priority, is_enabled, version FROM ad_filter WHERE NOT is_archived
                ORDER BY priority DESC, id""")
    )
    return [dict(row._mapping) for row in rows]


@within
def enable_filter(arguments: argparse.Namespace, session: Session, flask: Flask) -> dict[str, Any]:
    return _switch(session, arguments.id, True)


@within
def disable_filter(arguments: argparse.Namespace, session: Session, flask: Flask) -> dict[str, Any]:
    return _switch(session, arguments.id, False)


def _switch(session: Session, filter_id: int, on: bool) -> dict[str, Any]:
    row = filters.set_enabled(session, filter_id, on, actor_id=None)
    return {"id": row.id, "name": row.name, "is_enabled": row.is_enabled}


@within
def test_filter(arguments: argparse.Namespace, session: Session, flask: Flask) -> Any:
    specs = {spec.id: spec for spec in filters.all_specs(session)}
    if arguments.id not in specs:
        raise Refused("filter_gone")
    return filter_preview.test_run(session, specs[arguments.id], now())
