"""A recorded talk by the number of its call: heard in pieces as players ask, or taken as a file; both are logged."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from flask import Flask, Response, abort, request
from flask_appbuilder import AppBuilder, BaseView, expose, has_access, permission_name
from flask_login import current_user
from werkzeug.exceptions import RequestedRangeNotSatisfiable
from werkzeug.wsgi import wrap_file

from app.extensions import db
from app.models import Call
from app.services import recordings
from app.services.recordings import Recording


class RecordingView(BaseView):
    class_permission_name = "RecordingView"
    route_base = "/recordings"
    default_view = "listen"

    @expose("/<int:call_id>")
    @has_access
    @permission_name("own")
    def listen(self, call_id: int) -> Any:
        return self._answer(call_id, download=False)

    @expose("/<int:call_id>/file")
    @has_access
    @permission_name("download")
    def download(self, call_id: int) -> Any:
        return self._answer(call_id, download=True)

    # A right without an address of its own: everybody's talks, where `own` alone opens only one's own.
    base_permissions = ["can_own", "can_anyones", "can_download"]

    def _answer(self, call_id: int, *, download: bool) -> Response:
        anyones = self.appbuilder.sm.has_access("can_anyones", self.class_permission_name)
        if call_id >= 2**63:
            abort(404)
        call = recordings.call_of(db.session(), call_id, current_user.id, anyones=anyones)
        if call is None:
            abort(404)
        found = recordings.open_recording(db.session(), call)
        if found is None:
            abort(410 if call.recording_gone_at else 404)
        try:
            answer = _pieces(found, call, download=download)
        except RequestedRangeNotSatisfiable:
            found.file.close()
            raise
        self._note(call, answer, download=download)
        return answer

    def _note(self, call: Call, answer: Response, *, download: bool) -> None:
        if request.method == "HEAD" or answer.status_code not in (200, 206):
            return
        first = answer.content_range.start if answer.status_code == 206 else 0
        recordings.note_listening(
            db.session(), call, current_user.id, datetime.now(UTC), from_start=not first, download=download,
            address=request.remote_addr or "",
        )  # fmt: skip
        db.session.commit()


def _pieces(found: Recording, call: Call, *, download: bool) -> Response:
    answer = Response(wrap_file(request.environ, found.file), mimetype=found.content_type, direct_passthrough=True)
    answer.call_on_close(found.file.close)  # also when only the head was asked for, or nothing had changed
    answer.content_length = found.size
    answer.last_modified = datetime.fromtimestamp(found.changed, UTC)
    answer.set_etag(f"{call.id:x}-{found.tag}")
    # A talk is nobody else's business: no cache on the way keeps it.
    answer.headers["Cache-Control"] = "private, no-store"
    name = f"prozvon-{call.id}-{call.created_at:%Y%m%d-%H%M}{found.suffix}"
    answer.headers.set("Content-Disposition", "attachment" if download else "inline", filename=name)
    answer.make_conditional(request.environ, accept_ranges=True, complete_length=found.size)
    return answer


def register(app: Flask, appbuilder: AppBuilder) -> None:
    appbuilder.add_view_no_menu(RecordingView)
