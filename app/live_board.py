"""The board: the floor at a glance, renewed by itself; a person's day with goal and pause; the marks that colour it."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask import Flask, abort, flash, redirect, render_template, request, url_for
from flask_appbuilder import AppBuilder, BaseView, expose, has_access, permission_name
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user

from app.board import now, zone
from app.domain.periods import begins
from app.errors import Refused
from app.extensions import db
from app.pages import unless_seen
from app.seeing import sight_now
from app.services import board_goals, board_live, presence
from app.services.audit import note_event
from app.services.board_goals import DEFAULT_MARKS, Goal
from app.wording import say

MARKS: dict[str, Any] = {
    "overdue": _l("Overdue call-backs"),
    "oldest_min": _l("Age of the oldest new car, minutes"),
    "leads_late": _l("Overdue incoming leads"),
    "pool": _l("Cards waiting"),
    "crm": _l("On their way to the CRM"),
    "sms": _l("SMS on their way"),
    "connect_rate": _l("Connect rate, %"),
    "at_work": _l("People at work"),
}


class LiveBoardView(BaseView):
    class_permission_name = "LiveBoardView"
    route_base = "/board/live"
    default_view = "live"

    @expose("/")
    @has_access
    @permission_name("look")
    def live(self) -> Any:
        return render_template("board/live.html", part=_part())

    @expose("/now")
    @has_access
    @permission_name("look")
    def now_part(self) -> Any:
        return unless_seen(_part())

    @expose("/marks", methods=["GET", "POST"])
    @has_access
    @permission_name("aim")
    def marks(self) -> Any:
        if request.method == "POST":
            wanted = {name: (_number(f"{name}.amber") or 0, _number(f"{name}.red") or 0) for name in DEFAULT_MARKS}
            try:
                board_goals.set_marks(db.session(), wanted, actor_id=current_user.id)
                db.session.commit()
            except Refused as refusal:
                db.session.rollback()
                flash(say(refusal.reason), "danger")
                return _marks_page(wanted), 422
            flash(_("Saved."), "success")
            return redirect(url_for(".live"))
        return _marks_page(board_goals.marks(db.session()))

    @expose("/person/<int:user_id>")
    @has_access
    @permission_name("look")
    def person(self, user_id: int) -> Any:
        person = _operator(user_id)
        known = board_goals.goals(db.session())
        return render_template(
            "board/person.html",
            person=person,
            own=known.get(("user", user_id), Goal()),
            team=known.get(("group", person.seat.group_id or 0), Goal()),
            pauses=presence.menu(db.session()),
            states=presence.history(db.session(), user_id, _midnight(), now()),
        )

    @expose("/goal/<any(user, group):kind>/<int:subject_id>", methods=["POST"])
    @has_access
    @permission_name("aim")
    def goal(self, kind: str, subject_id: int) -> Any:
        subject_id = subject_id if subject_id < 2**31 else abort(404)
        if not sight_now().reaches("operator_id" if kind == "user" else "group_id", subject_id):
            abort(404)
        goal = Goal(_number("calls"), _number("connects"), _number("leads"))
        board_goals.set_goal(db.session(), kind, subject_id, goal, actor_id=current_user.id)
        db.session.commit()
        flash(_("Saved."), "success")
        back = request.form.get("back", type=int)
        return redirect(url_for(".person", user_id=back) if back else url_for(".live"))

    @expose("/pause/<int:user_id>", methods=["POST"])
    @has_access
    @permission_name("pause")
    def pause(self, user_id: int) -> Any:
        """A person who has left without a word gets no more cards; he comes back by himself."""
        _operator(user_id)
        pause_id = _number("pause") or None
        state = presence.PAUSED if pause_id else "offline"
        if presence.set_state(db.session(), user_id, state, now(), pause_id=pause_id):
            note_event(db.session(), "sent_to_pause", actor_id=current_user.id, subject="operator_profile",
                       subject_id=user_id, state=state)  # fmt: skip
        db.session.commit()
        return redirect(url_for(".person", user_id=user_id))


def _midnight() -> datetime:
    where = ZoneInfo(zone())
    return begins(now().astimezone(where).date(), where)


def _part() -> str:
    return render_template("board/_live.html", found=board_live.snapshot(db.session(), now(), zone(), sight_now()))


def _marks_page(values: dict[str, tuple[int, int]]) -> str:
    return render_template("board/marks.html", labels=MARKS, values=values, defaults=DEFAULT_MARKS)


def _operator(user_id: int) -> board_live.Operator:
    found = board_live.snapshot(db.session(), now(), zone(), sight_now()).operators
    return next((one for one in found if one.seat.user_id == user_id), None) or abort(404)


def _number(name: str) -> int | None:
    """A number of a form; nothing where nothing was typed, and -1, which every rule refuses, for no number at all."""
    value = request.form.get(name, "").strip()
    if not value:
        return None
    return int(value) if value.isascii() and value.isdigit() and len(value) < 8 else -1


def register(app: Flask, appbuilder: AppBuilder) -> None:
    appbuilder.add_view(LiveBoardView, "Board", label=_l("Board"), href="/board/live/", icon="gauge",
                        category="Control", category_label=_l("Control"))  # fmt: skip
