"""The supervisor's board: who works what, what waits and why; dealing now, handing cards over and taking that back."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from flask import Flask, abort, current_app, flash, redirect, render_template, request, url_for
from flask_appbuilder import AppBuilder, BaseView, expose, has_access, permission_name
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from flask_login import current_user

from app.errors import Refused
from app.extensions import db
from app.pages import unless_seen
from app.seeing import sight_now
from app.services import board, dealing, moving
from app.services.board import Choice
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
        return render_template("board/board.html", now_part=_people(), pools_part=_pools())

    @expose("/now")
    @has_access
    @permission_name("board")
    def now_part(self) -> Any:
        return unless_seen(_people())

    @expose("/pools")
    @has_access
    @permission_name("board")
    def pools_part(self) -> Any:
        return unless_seen(_pools())

    @expose("/preview")
    @has_access
    @permission_name("deal")
    def preview(self) -> Any:
        found = dealing.preview(db.session, now(), zone())
        people = board.operators(db.session, now(), zone())
        return render_template("board/_preview.html", found=found, names={row.user_id: row.name for row in people})

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
        choice = _choice()
        cards = self._chosen_cards(choice)
        targets = _numbers("to")
        targets += [one for one in board.members(db.session, _numbers("to_group")) if one not in targets]
        if not all(sight_now().reaches("operator_id", one) for one in targets):
            abort(404)
        if request.method == "POST" and request.form.get("do") == "move":
            try:
                return self._move(cards, targets)
            except Refused as refusal:
                db.session.rollback()
                flash(say(refusal.reason), "danger")
        plan = moving.plan_move(db.session, cards, targets, self._place()) if cards and targets else None
        people = board.operators(db.session, now(), zone(), sight_now())
        return render_template(
            "board/move.html",
            choice=choice,
            rows=board.to_move(db.session, choice),
            total=board.count_to_move(db.session, choice),
            cap=board.MOVED_AT_ONCE,
            people=people,
            teams=board.groups(db.session, sight_now()),
            pools=board.pools(db.session, now(), zone(), sight_now()),
            statuses=board.statuses(db.session),
            chosen=set(cards),
            targets=set(targets),
            plan=plan,
            moves=board.moves(db.session),
            moved=request.args.get("moved", type=int),
            names={row.user_id: row.name for row in people},
        )

    @expose("/undo/<int:move_id>", methods=["POST"])
    @has_access
    @permission_name("move")
    def undo(self, move_id: int) -> Any:
        back = moving.undo_move(db.session, move_id, self._place(), actor_id=current_user.id)
        db.session.commit()
        flash(ngettext("%(num)s card went back.", "%(num)s cards went back.", back), "success")
        return redirect(url_for(".move"))

    def _chosen_cards(self, choice: Choice) -> list[int]:
        """The ticked ones, or all that the choice finds: also those for which the page had no room."""
        if request.values.get("all_cards") == "1":
            return board.ids_to_move(db.session, choice)
        cards = _numbers("card")
        return board.seen_cards(db.session(), cards, sight_now()) if len(cards) <= board.MOVED_AT_ONCE else abort(400)

    def _move(self, cards: list[int], targets: list[int]) -> Any:
        why = request.form.get("why", "").replace("\0", "").strip()
        if not why:
            raise Refused("move_needs_reason")
        if not cards or not targets:
            raise Refused("move_needs_choice")
        record = moving.move(db.session, cards, targets, self._place(), actor_id=current_user.id, why=why)
        db.session.commit()
        return redirect(url_for(".move", moved=record.id))

    def _place(self) -> Place:
        return Place(current_user.id, None, now(), zone())


def _people() -> str:
    people = board.operators(db.session, now(), zone(), sight_now())
    at_work = [row for row in people if row.presence != "offline"]
    return render_template("board/_now.html", operators=people, at_work=at_work)


def _pools() -> str:
    """What waits and why; slower than the people, for it counts the whole pool."""
    pools = board.pools(db.session, now(), zone(), sight_now())
    return render_template(
        "board/_pools.html",
        pools=pools,
        teams=board.groups(db.session, sight_now()),
        unwanted=board.unwanted(db.session),
        sources=board.sources(db.session),
        found=dealing.preview(db.session, now(), zone()),
        oldest=min((row.oldest for row in pools if row.oldest), default=None),
    )


def _choice() -> Choice:
    stages = [number for number in map(_whole, request.values.getlist("stage")) if number in (0, 1, 2, 3)]
    choice = Choice(
        operator_id=_whole(request.values.get("operator", "")),
        group_id=_whole(request.values.get("group", "")),
        filter_id=_whole(request.values.get("filter", "")),
        status_id=_whole(request.values.get("status", "")),
        stages=tuple(number for number in stages if number is not None) or (1,),
        sight=sight_now(),
    )
    named = {"operator_id": choice.operator_id, "group_id": choice.group_id, "filter_id": choice.filter_id}
    return choice if all(choice.sight.reaches(dim, value) for dim, value in named.items()) else abort(404)


def _numbers(name: str) -> list[int]:
    return list(dict.fromkeys(number for number in map(_whole, request.values.getlist(name)) if number))


def _whole(value: str) -> int | None:
    return int(value) if value.isascii() and value.isdigit() and len(value) < 10 else None


def register(app: Flask, appbuilder: AppBuilder) -> None:
    appbuilder.add_view(BoardView, "Distribution", label=_l("Distribution"), href="/board/", icon="layout-dashboard",
                        category="Control", category_label=_l("Control"))  # fmt: skip
