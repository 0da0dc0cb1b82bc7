"""The history of a filter in words: who changed what and when; an earlier version as a draft."""

from __future__ import annotations

from flask import abort
from sqlalchemy import select

from app.extensions import db
from app.filter_desk import words
from app.models import AdFilter, AdFilterChange
from app.services.filters import FilterDraft

CAP = 200

Change = tuple[AdFilterChange, list[tuple[str, str, str]]]


def as_of(row: AdFilter, change_id: int) -> FilterDraft:
    change = db.session.get(AdFilterChange, change_id) if 0 < change_id < 2**31 else None
    if change is None or change.filter_id != row.id:
        abort(404)
    return words.draft_of_snapshot(change.snapshot)


def _changes(row: AdFilter, cap: int) -> list[AdFilterChange]:
    query = select(AdFilterChange).where(AdFilterChange.filter_id == row.id).order_by(AdFilterChange.id.desc())
    return list(db.session.execute(query.limit(cap)).scalars())


def told(row: AdFilter) -> list[Change]:
    """Each change with what it changed against the one before; the newest first."""
    changes = _changes(row, CAP)
    drafts = [words.draft_of_snapshot(change.snapshot) for change in changes]
    names = words.Names.of(db.session(), drafts)
    told = [
        words.described(draft, names, is_enabled=bool(change.snapshot.get("is_enabled")))
        for draft, change in zip(drafts, changes, strict=True)
    ]
    before = [*told[1:], {}]
    return [(change, words.differences(was, became)) for change, was, became in zip(changes, before, told, strict=True)]


def since(row: AdFilter, version: int) -> list[Change]:
    return [entry for entry in told(row) if entry[0].version > version]
