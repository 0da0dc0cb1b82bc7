"""The supervisor's board: who works what, what waits and why; dealing now, moving cards and taking that back."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from flask import Flask, abort, current_app, flash, redirect, render_template, request, url_for
from flask_appbuilder import AppBuilder, BaseView, expose, has_access, permission_name
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from flask_login import current_user

from app.errors import Refused
from app.extensions import db
from app.services import board, dealing, distribution
from app.services.distribution import Place
from app.wording import say


def now() -> datetime:
    return datetime.now(UTC)


def zone() -> str:
    return str(current_app.config["PROZVON"].timezone)


class BoardView(BaseView):
    route_base = "/board"
    default_view = "board"

    @expose("/")
    @has_access
    @permission_name("board")
    def board(self) -> Any:
        return render_template("board/board.html", **self._now())

    @expose("/now")
    @has_access
    @permission_name("board")
    def now_part(self) -> Any:
        return render_template("board/_now.html", **self._now())

    @expose("/preview")
    @has_access
    @permission_name("deal")
    def preview(self) -> Any:
        found = dealing.preview(db.session, now(), zone())
        names = {row.user_id: row.name for row in board.operators(db.session, now(), zone())}
        return render_template("board/_preview.html", found=found, names=names)

    @expose("/deal", methods=["POST"])
    @has_access
    @permission_name("deal")
    def deal(self) -> Any:
        done = dealing.deal_cards(db.session, now(), zone())
        db.session.commit()
        flash(ngettext("%(num)s card dealt.", "%(num)s cards dealt.", done.given), "success")
        return redirect(url_for(".board"))

    @expose("/move", methods=["GET", "POST"])
    @has_access
    @permission_name("move")
    def move(self) -> Any:
        people = board.operators(db.session, now(), zone())
        chosen = [number for number in map(_whole, request.values.getlist("card")) if number]
        targets = [number for number in map(_whole, request.values.getlist("to")) if number]
        if request.method == "POST" and request.form.get("do") == "move":
            try:
                return self._move(chosen, targets)
            except Refused as refusal:
                db.session.rollback()
                flash(say(refusal.reason), "danger")
        plan = distribution.plan_move(db.session, chosen, targets, self._place()) if chosen and targets else None
        stages = [number for number in map(_whole, request.values.getlist("stage")) if number is not None]
        rows = board.to_move(
            db.session,
            operator_id=_whole(request.values.get("operator", "")),
            filter_id=_whole(request.values.get("filter", "")),
            stages=stages,
        )
        return render_template(
            "board/move.html",
            rows=rows,
            people=people,
            pools=board.pools(db.session),
            chosen=set(chosen),
            targets=set(targets),
            stages=set(stages) or {1},
            plan=plan,
            moves=board.moves(db.session),
            names={row.user_id: row.name for row in people},
            now=now(),
        )

    @expose("/undo/<int:move_id>", methods=["POST"])
    @has_access
    @permission_name("move")
    def undo(self, move_id: int) -> Any:
        back = distribution.undo_move(db.session, move_id, self._place(), actor_id=current_user.id)
        db.session.commit()
        flash(ngettext("%(num)s card went back.", "%(num)s cards went back.", back), "success")
        return redirect(url_for(".move"))

    def _move(self, cards: list[int], targets: list[int]) -> Any:
        why = request.form.get("why", "").replace("\0", "").strip()
        if not why:
            raise Refused("move_needs_reason")
        if not cards or not targets:
            raise Refused("move_needs_choice")
        if len(cards) > board.MOVED_AT_ONCE:
            abort(400)
        record = distribution.move(db.session, cards, targets, self._place(), actor_id=current_user.id, why=why)
        db.session.commit()
        n = len(record.cards)
        told = ngettext("%(num)s card is handed over.", "%(num)s cards are handed over.", n)
        flash(told + " " + _("It can be undone below."), "success")
        return redirect(url_for(".move"))

    def _place(self) -> Place:
        return Place(current_user.id, None, now(), zone())

    def _now(self) -> dict[str, Any]:
        return {
            "operators": board.operators(db.session, now(), zone()),
            "pools": board.pools(db.session),
            "sources": board.sources(db.session),
            "now": now(),
        }


def _whole(value: str) -> int | None:
    return int(value) if value.isascii() and value.isdigit() and len(value) < 10 else None


def register(app: Flask, appbuilder: AppBuilder) -> None:
    appbuilder.add_view(BoardView, "Distribution", label=_l("Distribution"), href="/board/", icon="layout-dashboard",
                        category="Control", category_label=_l("Control"))  # fmt: skip
