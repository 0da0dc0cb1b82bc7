"""A catalogue file joins the books: upload, a trial with its counts, then the import by a worker."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Any, BinaryIO, cast

from flask import abort, current_app, flash, redirect, render_template, request, url_for
from flask_appbuilder import BaseView, expose, has_access, permission_name
from flask_babel import gettext as _
from flask_login import current_user

from app.admin.base import now
from app.errors import Refused
from app.extensions import db
from app.services import catalogue_upload, uploads
from app.services.uploads import Upload
from app.wording import say

KINDS = (".csv", ".txt", ".json", ".xml", ".gz")


class CatalogueView(BaseView):
    class_permission_name = "CatalogueView"
    route_base = "/catalogue"
    default_view = "upload"

    @expose("/", methods=["GET", "POST"])
    @has_access
    @permission_name("import")
    def upload(self) -> Any:
        if request.method == "POST":
            try:
                return redirect(url_for(".step", token=_take_in().token))
            except Refused as refusal:
                db.session.rollback()
                flash(say(refusal.reason), "danger")
        return self.render_template(
            "admin/catalogue.html", title=_("Import a catalogue"), upload=None, kinds=KINDS,
            most_mb=uploads.MOST_BYTES >> 20,
        )  # fmt: skip

    @expose("/<token>")
    @has_access
    @permission_name("import")
    def step(self, token: str) -> Any:
        return self.render_template("admin/catalogue.html", title=_("Import a catalogue"), upload=_own(token))

    @expose("/<token>/progress")
    @has_access
    @permission_name("import")
    def progress(self, token: str) -> Any:
        return render_template("admin/_catalogue_state.html", upload=_own(token))

    @expose("/<token>/start", methods=["POST"])
    @has_access
    @permission_name("import")
    def start(self, token: str) -> Any:
        try:
            catalogue_upload.ask(db.session(), _var(), _own(token), dry_run=False)
            db.session.commit()
        except Refused as refusal:
            db.session.rollback()
            flash(say(refusal.reason), "danger")
        return redirect(url_for(".step", token=token))

    @expose("/<token>/drop", methods=["POST"])
    @has_access
    @permission_name("import")
    def drop(self, token: str) -> Any:
        upload = _own(token)
        if upload.state in ("checking", "importing"):
            flash(say(Refused("upload_busy").reason), "danger")
            return redirect(url_for(".step", token=token))
        uploads.forget(_var(), upload)
        flash(_("The file is deleted; nothing was imported."), "success")
        return redirect(url_for(".upload"))


def _take_in() -> Upload:
    sent = request.files.get("file")
    if sent is None or not sent.filename:
        raise Refused("upload_missing")
    with closing(sent):
        stream = cast(BinaryIO, sent.stream)
        upload = uploads.store(_var(), stream, sent.filename, actor_id=current_user.id, now=now())
    catalogue_upload.take_in(db.session(), _var(), upload)
    db.session.commit()
    return upload


def _var() -> Path:
    return Path(current_app.config["PROZVON"].var_dir)


def _own(token: str) -> Upload:
    try:
        upload = uploads.load(_var(), token)
    except Refused:
        abort(404)
    is_mine = upload.actor_id == current_user.id and upload.adapter == catalogue_upload.KIND
    return upload if is_mine else abort(404)
