"""Live calls on the supervisor's board: who talks with whom, and a button for each thing that may be done to it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from flask import Flask, abort, jsonify, render_template
from flask_appbuilder import AppBuilder, BaseView, expose, has_access, permission_name
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user

from app.errors import Reason
from app.extensions import db
from app.pages import unless_seen
from app.services import lines, recordings, spying
from app.wording import say

# verb, right, label, icon, tone of the button
DEEDS = (
    ("listen", "listen", _l("Listen"), "ear", ""),
    ("whisper", "whisper", _l("Whisper to the operator"), "message-circle", ""),
    ("barge", "barge", _l("Join the talk"), "users", ""),
    ("take_over", "take_over", _l("Take it over"), "phone-incoming", ""),
    ("hangup", "hang_up", _l("End the call"), "phone-x", "danger"),
)


class LiveCallView(BaseView):
    class_permission_name = "LiveCallView"
    route_base = "/live"
    default_view = "calls"

    @expose("/calls")
    @has_access
    @permission_name("look")
    def calls(self) -> Any:
        return unless_seen(part(self.appbuilder))

    @expose("/calls/<int:call_id>/listen", methods=["POST"])
    @has_access
    @permission_name("listen")
    def listen(self, call_id: int) -> Any:
        return _ask(call_id, "listen")

    @expose("/calls/<int:call_id>/whisper", methods=["POST"])
    @has_access
    @permission_name("whisper")
    def whisper(self, call_id: int) -> Any:
        return _ask(call_id, "whisper")

    @expose("/calls/<int:call_id>/barge", methods=["POST"])
    @has_access
    @permission_name("barge")
    def barge(self, call_id: int) -> Any:
        return _ask(call_id, "barge")

    @expose("/calls/<int:call_id>/take_over", methods=["POST"])
    @has_access
    @permission_name("take_over")
    def take_over(self, call_id: int) -> Any:
        return _ask(call_id, "take_over")

    @expose("/calls/<int:call_id>/hangup", methods=["POST"])
    @has_access
    @permission_name("hang_up")
    def hangup(self, call_id: int) -> Any:
        return _ask(call_id, "hangup")

    @expose("/orders/<int:order_id>")
    @has_access
    @permission_name("look")
    def order(self, order_id: int) -> Any:
        """What became of an order: the page asks for a moment, so that a refusal of telephony is not lost."""
        code = spying.answer_of(db.session(), order_id, current_user.id) if order_id < 2**63 else None
        return jsonify(done=code is not None, message=say(Reason(code)) if code else "")


def part(appbuilder: AppBuilder) -> str:
    deeds = [deed for deed in DEEDS if appbuilder.sm.has_access(f"can_{deed[1]}", LiveCallView.class_permission_name)]
    return render_template(
        "board/_calls.html",
        calls=spying.live(db.session()),
        deeds=deeds,
        stopped=recordings.stopped(db.session()),
        stopped_lines=lines.stopped(db.session()),
    )


def _ask(call_id: int, verb: str) -> Any:
    if call_id >= 2**63:
        abort(404)
    order = spying.ask(db.session(), call_id, verb, actor_id=current_user.id, now=datetime.now(UTC))
    db.session.commit()
    if order is None:
        return jsonify(order=None, message=""), 200
    said = "" if verb == "hangup" else _("Your telephone rings now.")
    return jsonify(order=order.id, message=said), 202


def register(app: Flask, appbuilder: AppBuilder) -> None:
    appbuilder.add_view_no_menu(LiveCallView)
    # The board shows the part at once when the person may see it.
    app.jinja_env.globals["live_calls"] = lambda: part(appbuilder) if _may_look(appbuilder) else ""


def _may_look(appbuilder: AppBuilder) -> bool:
    return bool(appbuilder.sm.has_access("can_look", LiveCallView.class_permission_name))
