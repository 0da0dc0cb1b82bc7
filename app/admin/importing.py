"""The import wizard: a file, what its columns mean, a trial without consequences, then the import by a worker."""

from __future__ import annotations

import dataclasses
import json
from contextlib import closing
from pathlib import Path
from typing import Any, BinaryIO, cast

from flask import Flask, abort, current_app, flash, redirect, render_template, request, url_for
from flask_appbuilder import expose, has_access, permission_name
from flask_babel import gettext as _
from flask_login import current_user
from sqlalchemy import select

from app.admin.base import now
from app.domain.ads import AdData
from app.errors import Refused
from app.extensions import db, outside
from app.models import Source
from app.services import file_import, source_editing, uploads
from app.services.uploads import Upload
from app.sources import SourceTrouble, detect
from app.wording import say

IMPORT = {"import_file", "import_step", "import_start", "import_progress", "import_drop"}
FIELDS = tuple(item.name for item in dataclasses.fields(AdData))
FIRST = ("external_id", "url", "title", "make", "model", "year", "price", "mileage_km", "city", "region", "phones",
         "seller_name", "published_at", "description")  # fmt: skip
ORDERED = (*FIRST, *(name for name in FIELDS if name not in FIRST))
PREVIEW = 10
AS_PROPOSED = "="  # the choice «as the program found it», for rules that are more than one column


def install(app: Flask) -> None:
    """A file may be larger than any other form. Asked before the CSRF guard, which is the first to read the body."""

    def allow(endpoint: str | None, _values: dict[str, Any] | None) -> None:
        if endpoint in ("SourceView.import_file", "CatalogueView.upload"):
            request.max_content_length = uploads.MOST_BYTES + (1 << 20)

    app.url_value_preprocessor(allow)


class ImportPages:
    """Part of SourceView: /sourceview/import and what follows it."""

    render_template: Any

    @expose("/import", methods=["GET", "POST"])
    @has_access
    @permission_name("import")
    def import_file(self) -> Any:
        if request.method == "POST":
            try:
                upload = self._take_in()
                return redirect(url_for(".import_step", token=upload.token))
            except Refused as refusal:
                db.session.rollback()
                flash(say(refusal.reason), "danger")
        return self.render_template(
            "admin/import_upload.html", title=_("Import a file"), sources=_sources(), chosen=request.form,
            most_mb=uploads.MOST_BYTES >> 20, kinds=uploads.SUFFIXES,
        )  # fmt: skip

    def _take_in(self) -> Upload:
        sent = request.files.get("file")
        if sent is None or not sent.filename:
            raise Refused("upload_missing")
        with closing(sent):
            source = self._chosen_source()
            stream = cast(BinaryIO, sent.stream)
            upload = uploads.store(_var(), stream, sent.filename, actor_id=current_user.id, now=now())
        try:
            _recognise(upload, source)
        except Refused:
            uploads.forget_file(_var(), upload)
            raise
        db.session.commit()
        return upload

    def _chosen_source(self) -> Source:
        wanted = request.form.get("source_id", "")
        if wanted == "new":
            return source_editing.file_source(
                db.session(), request.form.get("source_name", ""), actor_id=current_user.id, now=now()
            )
        row = db.session.get(Source, int(wanted)) if wanted.isdigit() and len(wanted) < 10 else None
        if row is None:
            raise Refused("import_needs_source")
        return row

    @expose("/import/<token>", methods=["GET"])
    @has_access
    @permission_name("import")
    def import_step(self, token: str) -> Any:
        upload = _own(token)
        if upload.state != "new" and not request.args.get("map"):
            return self.render_template(
                "admin/import_run.html", title=_("Import: %(name)s", name=upload.name), upload=upload
            )
        try:
            shown = _preview(upload)
        except SourceTrouble as trouble:
            flash(_("The file cannot be read: %(why)s", why=str(trouble)), "danger")
            shown = None
        return self.render_template(
            "admin/import_map.html", title=_("Import: %(name)s", name=upload.name), upload=upload, shown=shown,
            fields=ORDERED, first=FIRST, choices=_choices(upload, shown), kind=outside.sources.get(upload.adapter),
            as_proposed=AS_PROPOSED, preview_rows=PREVIEW,
        )  # fmt: skip

    @expose("/import/<token>/start", methods=["POST"])
    @has_access
    @permission_name("import")
    def import_start(self, token: str) -> Any:
        upload = _own(token)
        if request.form.get("do") == "read_again":
            _read_again(upload)
            return redirect(url_for(".import_step", token=token, map=1))
        try:
            if "has_map" in request.form:
                _read_map(upload)
            file_import.ask(db.session(), _var(), upload, dry_run=request.form.get("do") != "import")
            db.session.commit()
        except Refused as refusal:
            db.session.rollback()
            flash(say(refusal.reason), "danger")
        return redirect(url_for(".import_step", token=token))

    @expose("/import/<token>/progress")
    @has_access
    @permission_name("import")
    def import_progress(self, token: str) -> Any:
        return render_template("admin/_import_state.html", upload=_own(token))

    @expose("/import/<token>/drop", methods=["POST"])
    @has_access
    @permission_name("import")
    def import_drop(self, token: str) -> Any:
        upload = _own(token)
        if upload.state == "importing":
            flash(say(Refused("upload_busy").reason), "danger")
            return redirect(url_for(".import_step", token=token))
        uploads.forget_file(_var(), upload)
        flash(_("The file is deleted; nothing was imported."), "success")
        return redirect(url_for(".list"))


def _var() -> Path:
    return Path(current_app.config["PROZVON"].var_dir)


def _own(token: str) -> Upload:
    """Nobody looks into the file of somebody else: it is full of phone numbers."""
    try:
        upload = uploads.load(_var(), token)
    except Refused:
        abort(404)
    return upload if upload.actor_id == current_user.id else abort(404)


def _sources() -> list[Source]:
    return list(db.session.execute(select(Source).order_by(Source.name)).scalars())


def _recognise(upload: Upload, source: Source) -> None:
    """Format, source and a first map of the file. Refused in words when nobody can read it."""
    path = uploads.file_of(_var(), upload)
    upload.source_id, upload.source_name = source.id, source.name
    try:
        upload.adapter = detect.detect_file(path)
        if not upload.adapter:
            raise Refused("format_unrecognised", known=", ".join(str(_(one.label)) for one in outside.sources.values()))
        if upload.adapter == "table_file":
            upload.field_map = source.field_map or detect.propose_map(path)
            if source.field_map and not _fits(upload):
                upload.field_map = detect.propose_map(path)
    except (SourceTrouble, UnicodeError, OSError, EOFError) as trouble:
        raise Refused("upload_unreadable", why=str(trouble)[:300]) from None
    uploads.keep(_var(), upload)


def _fits(upload: Upload) -> bool:
    """Whether the map of the last file suits this one as well."""
    try:
        return any(isinstance(record, AdData) for record in _preview(upload).records)
    except SourceTrouble:
        return False


def _preview(upload: Upload) -> Any:
    if upload.adapter != "table_file":
        return None
    adapter: Any = file_import.adapter_for(upload, outside.sources)
    return detect.preview(uploads.file_of(_var(), upload), adapter, rows=PREVIEW)


def _choices(upload: Upload, shown: Any) -> dict[str, tuple[str, str]]:
    """field -> (chosen value of its select, words for a rule that is more than a column)."""
    if shown is None:
        return {}
    return {name: _chosen(rule, shown) for name, rule in upload.field_map.items()}


def _chosen(rule: Any, shown: Any) -> tuple[str, str]:
    for index, name in enumerate(shown.columns):
        if rule in (name, index, str(index)):
            return str(index), ""
    return AS_PROPOSED, json.dumps(rule, ensure_ascii=False)[:100]


def _read_map(upload: Upload) -> None:
    """The selects of the form into a field map. A choice is the number of a column."""
    shown = _preview(upload)
    if shown is None:
        return
    found: dict[str, Any] = {}
    for name in FIELDS:
        value = request.form.get(f"map_{name}", "")
        if value == AS_PROPOSED and name in upload.field_map:
            found[name] = upload.field_map[name]
        elif value.isdigit() and len(value) < 6 and int(value) < len(shown.columns):
            found[name] = shown.columns[int(value)] if shown.has_header else int(value)
    if not {"make", "model", "title"} & found.keys():
        raise Refused("map_needs_car")
    upload.field_map = found
    upload.is_snapshot = request.form.get("is_snapshot") == "1"


def _read_again(upload: Upload) -> None:
    """Another encoding, delimiter or header: the map is found anew."""
    upload.options = {
        name: value
        for name in ("encoding", "delimiter", "header")
        if (value := request.form.get(name, "").strip()[:20])
    }
    if upload.options.get("delimiter") == "tab":
        upload.options["delimiter"] = "\t"
    upload.state, upload.field_map = "new", {}
    try:
        upload.field_map = _preview(upload).field_map
    except (SourceTrouble, UnicodeError, LookupError) as trouble:
        flash(_("The file cannot be read so: %(why)s", why=str(trouble)[:300]), "danger")
        upload.options = {}
        upload.field_map = detect.propose_map(uploads.file_of(_var(), upload))
    uploads.keep(_var(), upload)
