"""«Call-backs» of everybody: what is overdue, whose it is, and handing over, sharing or re-planning many at once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from flask import abort, current_app, flash, redirect, request, url_for
from flask_appbuilder import BaseView, expose, has_access, permission_name
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from flask_login import current_user

from app.admin.base import now
from app.errors import Refused
from app.extensions import db
from app.seeing import sight_now
from app.services import board, callback_list, callbacks, moving
from app.services.callback_list import Choice
from app.services.distribution import Place
from app.wording import say

KINDS = {
    "personal": _l("personal"), "common": _l("for anyone of the group"), "automatic": _l("planned by the status"),
    "missed": _l("missed calls of sellers"),
    "away": _l("of operators who are not at work"),
}  # fmt: skip
WHEN = {"overdue": _l("overdue"), "today": _l("still today"), "tomorrow": _l("tomorrow"), "later": _l("later")}
KEPT = ("operator", "group", "filter", "status", "when", "kind", "day", "page")


def zone() -> str:
    return str(current_app.config["PROZVON"].timezone)


class CallbackView(BaseView):
    class_permission_name = "CallbackView"
    route_base = "/callbacks"
    default_view = "everyones"

    @expose("/")
    @has_access
    @permission_name("callbacks")
    def everyones(self) -> Any:
        choice, at = _choice(), now()
        rows = callback_list.rows(db.session(), choice, at, zone())
        people = board.operators(db.session(), at, zone(), sight_now())
        return self.render_template(
            "admin/callbacks.html", title=_("Call-backs"), rows=rows[: callback_list.PAGE], choice=choice, now=at,
            more=len(rows) > callback_list.PAGE, totals=callback_list.totals(db.session(), choice, at, zone()),
            people=people, groups=board.groups(db.session(), sight_now()),
            filters=board.pools(db.session(), at, zone(), sight_now()),
            statuses=board.statuses(db.session()), kinds=KINDS, whens=WHEN, kept=_kept(), most=callback_list.MOST,
            moved=moving.to_undo(db.session(), request.args.get("moved", type=int)), address=_address,
        )  # fmt: skip

    @expose("/hand_over", methods=["POST"])
    @has_access
    @permission_name("steer")
    def hand_over(self) -> Any:
        why = request.form.get("why", "").replace("\0", "").strip()
        to = request.form.get("to", "")
        targets = [_whole(to)] if _whole(to) else board.members(db.session(), [_whole(to.removeprefix("g")) or 0])
        try:
            cards = self._chosen()
            if not all(sight_now().reaches("operator_id", one) for one in targets):
                abort(404)
            if not why:
                raise Refused("move_needs_reason")
            if not cards or not targets:
                raise Refused("move_needs_choice")
            place = Place(current_user.id, None, now(), zone())
            record = moving.move(
                db.session(), cards, [one for one in targets if one], place, actor_id=current_user.id, why=why
            )
            db.session.commit()
        except Refused as refusal:
            return _refused(refusal)
        return redirect(_address(moved=record.id))

    @expose("/undo/<int:move_id>", methods=["POST"])
    @has_access
    @permission_name("steer")
    def undo(self, move_id: int) -> Any:
        try:
            place = Place(current_user.id, None, now(), zone())
            back = moving.undo_move(db.session(), move_id, place, actor_id=current_user.id)
            db.session.commit()
        except Refused as refusal:
            return _refused(refusal)
        flash(ngettext("%(num)s card went back.", "%(num)s cards went back.", back), "success")
        return redirect(_address())

    @expose("/share", methods=["POST"])
    @has_access
    @permission_name("steer")
    def share(self) -> Any:
        return self._change(
            callbacks.make_common,
            lambda n: ngettext(
                "%(num)s call-back is for anyone of the group now.",
                "%(num)s call-backs are for anyone of the group now.",
                n,
            ),
        )

    @expose("/keep", methods=["POST"])
    @has_access
    @permission_name("steer")
    def keep(self) -> Any:
        return self._change(
            callbacks.make_personal,
            lambda n: ngettext("%(num)s call-back is personal now.", "%(num)s call-backs are personal now.", n),
        )

    @expose("/replan", methods=["POST"])
    @has_access
    @permission_name("steer")
    def replan(self) -> Any:
        try:
            cards = self._chosen()
            done = callbacks.replan(db.session(), cards, _moment(), actor_id=current_user.id, now=now())
            db.session.commit()
        except Refused as refusal:
            return _refused(refusal)
        flash(ngettext("%(num)s call-back moved.", "%(num)s call-backs moved.", done.n), "success")
        if done.at_night:
            flash(
                ngettext(
                    "%(num)s of them falls outside the seller's calling hours.",
                    "%(num)s of them fall outside the sellers' calling hours.",
                    done.at_night,
                ),
                "warning",
            )
        return redirect(_address())

    def _change(self, do: Callable[..., int], told: Callable[[int], str]) -> Any:
        try:
            n = do(db.session(), self._chosen(), actor_id=current_user.id, now=now())
            db.session.commit()
        except Refused as refusal:
            return _refused(refusal)
        flash(told(n) if n else _("Nothing was changed."), "success" if n else "info")
        return redirect(_address())

    def _chosen(self) -> list[int]:
        if request.form.get("every") == "1":
            return callback_list.ids(db.session(), _choice(), now(), zone())
        cards = list(dict.fromkeys(number for number in map(_whole, request.form.getlist("card")) if number))
        if len(cards) > callback_list.MOST:
            abort(400)
        if not cards:
            raise Refused("callbacks_none_chosen")
        return board.seen_cards(db.session(), cards, sight_now())


def _refused(refusal: Refused) -> Any:
    db.session.rollback()
    flash(say(refusal.reason), "danger")
    return redirect(_address())


def _choice() -> Choice:
    asked = request.values
    kind, when = asked.get("kind", ""), asked.get("when", "")
    choice = Choice(
        operator_id=_whole(asked.get("operator", "")), group_id=_whole(asked.get("group", "")),
        filter_id=_whole(asked.get("filter", "")), status_id=_whole(asked.get("status", "")),
        when=when if when in WHEN else "", kind=kind if kind in KINDS else "", day=_day(asked.get("day", "")),
        page=min(_whole(asked.get("page", "")) or 0, 400), sight=sight_now(),
    )  # fmt: skip
    named = {"operator_id": choice.operator_id, "group_id": choice.group_id, "filter_id": choice.filter_id}
    return choice if all(choice.sight.reaches(dim, value) for dim, value in named.items()) else abort(404)


def _kept() -> dict[str, str]:
    """What was asked for, to stay on the same rows after a step."""
    return {name: request.values[name] for name in KEPT if request.values.get(name)}


def _address(**more: Any) -> str:
    """This list with another question: an empty value takes a part away, and a new question begins on page one."""
    asked = {name: value for name, value in _kept().items() if name != "page" or not more} | more
    return f"{url_for('CallbackView.everyones')}?{urlencode({name: one for name, one in asked.items() if one})}"


def _day(written: str) -> date | None:
    try:
        found = date.fromisoformat(written)
    except ValueError:
        return None
    return found if 2000 <= found.year <= 2100 else None


def _moment() -> datetime:
    """So many minutes from now, or a date and time of the company's clock."""
    minutes, written = request.form.get("minutes", ""), request.form.get("at", "").strip()
    if not written and (shift := _whole(minutes)):
        return now() + timedelta(minutes=min(shift, 60 * 24 * 365))
    try:
        return datetime.fromisoformat(written).replace(tzinfo=ZoneInfo(zone())).astimezone(UTC)
    except (ValueError, OverflowError):
        raise Refused("callback_bad_time") from None


def _whole(value: str) -> int | None:
    return int(value) if value.isascii() and value.isdigit() and len(value) < 10 else None
