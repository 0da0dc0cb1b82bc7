"""The operator's desk: my ads, the card, its result, the next one. Thin: read the form, call one service, render."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from flask import Flask, abort, current_app, jsonify, make_response, redirect, render_template, request, url_for
from flask_appbuilder import AppBuilder, BaseView, expose, has_access, permission_name
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user

from app.domain import callbacks as callback_rules
from app.errors import Reason, Refused
from app.extensions import db
from app.models import OperatorProfile
from app.services import card_form, dealing, distribution, matching, presence, statuses, worklist
from app.services.distribution import Place
from app.services.statuses import Result

TABS = (("new", _l("New")), ("work", _l("In work")), ("callbacks", _l("Call-backs")), ("all", _l("All")),
        ("done", _l("Done")))  # fmt: skip
STATES = (
    ("ready", _l("On line")),
    ("wrap_up", _l("Finishing")),
    ("break", _l("Break")),
    ("lunch", _l("Lunch")),
    ("training", _l("Training")),
    ("offline", _l("Away")),
)


def now() -> datetime:
    return datetime.now(UTC)


def zone() -> str:
    return str(current_app.config["PROZVON"].timezone)


def place() -> Place:
    return distribution.place_of(db.session, current_user.id, now(), zone())


class DeskView(BaseView):
    """«Мои объявления»"""

    route_base = "/desk"
    default_view = "my_ads"

    @expose("/")
    @has_access
    @permission_name("work")
    def my_ads(self) -> Any:
        tab = _tab()
        card_id = request.args.get("card", type=int)
        if card_id is not None:
            self._check_visible(card_id)
        return self._show("desk/desk.html", tab, card_id)

    @expose("/list")
    @has_access
    @permission_name("work")
    def list_part(self) -> Any:
        return render_template("desk/_list.html", **self._list_data(_tab(), request.args.get("card", type=int)))

    @expose("/card/<int:card_id>")
    @has_access
    @permission_name("work")
    def card(self, card_id: int) -> Any:
        self._check_visible(card_id)
        if not request.headers.get("HX-Request"):
            return redirect(url_for(".my_ads", card=card_id, tab=_tab()))
        return render_template("desk/_card.html", **self._card_data(card_id), tab=_tab())

    @expose("/card/<int:card_id>/take", methods=["POST"])
    @has_access
    @permission_name("work")
    def take(self, card_id: int) -> Any:
        distribution.take(db.session, card_id, place())
        presence.touch(db.session, current_user.id, now())
        db.session.commit()
        return self._desk("work", card_id)

    @expose("/next", methods=["POST"])
    @has_access
    @permission_name("work")
    def next_card(self) -> Any:
        card_id, message = self._next()
        return self._desk(_tab_of(card_id), card_id, message)

    @expose("/card/<int:card_id>/form", methods=["POST"])
    @has_access
    @permission_name("work")
    def save_form(self, card_id: int) -> Any:
        version = request.form.get("version", type=int)
        if version is None:
            abort(400)
        card, bad = card_form.save(
            db.session, card_id, request.form.to_dict(), version=version, actor_id=current_user.id, now=now()
        )
        presence.touch(db.session, current_user.id, now())
        db.session.commit()
        from app.wording import say

        return jsonify(
            version=card.version,
            saved_at=_clock(now()),
            errors={name: say(Reason(code)) for name, code in bad.items()},
        )

    @expose("/card/<int:card_id>/status", methods=["POST"])
    @has_access
    @permission_name("work")
    def set_status(self, card_id: int) -> Any:
        statuses.set_status(
            db.session,
            card_id,
            self._result(card_id),
            actor_id=current_user.id,
            now=now(),
            version=request.form.get("version", type=int),
            is_supervisor=self._may("can_look"),
        )
        presence.touch(db.session, current_user.id, now())
        db.session.commit()
        if request.form.get("stay"):
            return self._desk("all", card_id, _("Result saved."))
        next_id, message = self._next(leave_out=card_id)
        return self._desk(_tab_of(next_id), next_id, message or _("Result saved."))

    @expose("/card/<int:card_id>/note", methods=["POST"])
    @has_access
    @permission_name("work")
    def add_note(self, card_id: int) -> Any:
        self._check_visible(card_id)
        card_form.add_note(db.session, card_id, request.form.get("text", ""), actor_id=current_user.id, now=now())
        db.session.commit()
        return render_template("desk/_history.html", **self._card_data(card_id))

    @expose("/card/<int:card_id>/skip", methods=["POST"])
    @has_access
    @permission_name("work")
    def skip(self, card_id: int) -> Any:
        card_form.skip(db.session, card_id, request.form.get("reason", ""), actor_id=current_user.id, now=now())
        db.session.commit()
        next_id, message = self._next(leave_out=card_id)
        return self._desk(_tab_of(next_id), next_id, message or _("The ad is back in the pool."))

    @expose("/card/<int:card_id>/reveal", methods=["POST"])
    @has_access
    @permission_name("work")
    def reveal(self, card_id: int) -> Any:
        self._check_visible(card_id)
        phones = card_form.reveal(
            db.session, card_id, actor_id=current_user.id, now=now(), address=request.remote_addr or ""
        )
        db.session.commit()
        return render_template("desk/_phones.html", phones=phones)

    @expose("/card/<int:card_id>/why")
    @has_access
    @permission_name("work")
    def why(self, card_id: int) -> Any:
        self._check_visible(card_id)
        opinions = matching.explain_card(db.session, card_id, now())
        reason = dealing.why_not_dealt(db.session, card_id, now(), zone())
        return render_template("desk/_why.html", opinions=opinions, reason=reason)

    @expose("/presence", methods=["POST"])
    @has_access
    @permission_name("work")
    def set_presence(self) -> Any:
        presence.set_state(db.session, current_user.id, request.form.get("state", ""), now())
        db.session.commit()
        return render_template("desk/_presence.html", profile=self._profile(), states=STATES, now=now())

    @expose("/counts")
    @has_access
    @permission_name("work")
    def poll(self) -> Any:
        """A few bytes every few seconds; 304 when nothing has changed."""
        answer = make_response(jsonify(worklist.counts(db.session, current_user.id, now())))
        answer.add_etag()
        return answer.make_conditional(request)

    @expose("/settings", methods=["POST"])
    @has_access
    @permission_name("work")
    def own_settings(self) -> Any:
        profile = self._profile()
        if profile is not None:
            profile.keys_on = request.form.get("keys_on") == "1"
            db.session.commit()
        return "", 204

    @expose("/find")
    @has_access
    @permission_name("work")
    def find(self) -> Any:
        query = request.args.get("q", "")[:100]
        own = None if self._may("can_look") else current_user.id
        found = worklist.find(db.session, query, own) if len(query.strip()) >= 3 else []
        return render_template("desk/_found.html", lines=found, query=query)

    @expose("/look")
    @has_access
    @permission_name("look")
    def look(self) -> Any:
        """Any card, for those who steer the work."""
        return redirect(url_for(".my_ads", card=request.args.get("card", type=int)))

    # --- parts

    def _may(self, permission: str) -> bool:
        return bool(self.appbuilder.sm.has_access(permission, "DeskView"))

    def _check_visible(self, card_id: int) -> None:
        if not (worklist.may_see(db.session, card_id, current_user.id) or self._may("can_look")):
            abort(404)
        _card_or_404(card_id)  # whoever may look at any card may also ask for one that is not there

    def _profile(self) -> OperatorProfile | None:
        return db.session.get(OperatorProfile, current_user.id)

    def _next(self, leave_out: int | None = None) -> tuple[int | None, str]:
        """The next card in hand, else a new one from the pool; and a word when there is none."""
        profile = self._profile()
        if profile is None:
            return None, ""
        if profile.presence == "offline":  # who asks for work is at work
            presence.set_state(db.session, current_user.id, "ready", now())
        card_id = worklist.first_of(db.session, current_user.id, now())
        if card_id == leave_out:
            card_id = None
        message = ""
        if card_id is None:
            try:
                card_id = distribution.claim_next(db.session, place())
            except Refused as refusal:
                from app.wording import say

                message = say(refusal.reason)
        if card_id is not None and _stage_of(card_id) == 1:
            distribution.take(db.session, card_id, place())
        presence.touch(db.session, current_user.id, now())
        db.session.commit()
        if card_id is None and not message:
            message = _("There are no new ads for you now. They come by themselves; look at overdue call-backs.")
        return card_id, message

    def _result(self, card_id: int) -> Result:
        status_id = request.form.get("status_id", type=int)
        if status_id is None:
            abort(400)
        return Result(
            status_id=status_id,
            callback_at=self._callback_at(card_id),
            anyones=request.form.get("anyones") == "1",
            note=request.form.get("note", "").replace("\0", ""),
        )

    def _callback_at(self, card_id: int) -> datetime | None:
        """A chip, or a date and time in the seller's zone."""
        chip, written = request.form.get("chip", ""), request.form.get("callback_at", "").strip()
        seller = statuses.seller_zone(db.session, _card_or_404(card_id))
        if written:
            try:
                return datetime.fromisoformat(written).replace(tzinfo=seller).astimezone(UTC)
            except (ValueError, OverflowError):
                raise Refused("callback_bad_time") from None
        if not chip:
            return None
        try:
            return callback_rules.when_again(chip, now(), seller)
        except ValueError:
            raise Refused("callback_bad_time") from None

    def _show(self, template: str, tab: str, card_id: int | None, message: str = "") -> Any:
        data = self._list_data(tab, card_id) | {"message": message}
        if card_id is not None:
            data |= self._card_data(card_id)
        return render_template(template, **data)

    def _desk(self, tab: str, card_id: int | None, message: str = "") -> Any:
        """After an action: the fragment for htmx, a redirect for a browser without it."""
        if not request.headers.get("HX-Request"):
            return redirect(url_for(".my_ads", tab=tab, card=card_id))
        answer = make_response(self._show("desk/_desk.html", tab, card_id, message))
        answer.headers["HX-Push-Url"] = url_for(".my_ads", tab=tab, card=card_id)
        return answer

    def _list_data(self, tab: str, card_id: int | None) -> dict[str, Any]:
        after = _cursor()
        rows = worklist.lines(db.session, current_user.id, tab, after=after)
        full = tab == "done" and len(rows) == worklist.PAGE
        more = f"{rows[-1].processed_at.timestamp()}_{rows[-1].id}" if full else ""
        return {
            "appbuilder": self.appbuilder,
            "tabs": TABS,
            "tab": tab,
            "lines": rows,
            "more": more,
            "counts": worklist.counts(db.session, current_user.id, now()),
            "card_id": card_id,
            "profile": self._profile(),
            "states": STATES,
            "now": now(),
        }

    def _card_data(self, card_id: int) -> dict[str, Any]:
        page = worklist.card_page(db.session, card_id)
        seller = statuses.seller_zone(db.session, _card_or_404(card_id))
        hours = statuses.call_hours(db.session)
        local = now().astimezone(seller)
        return {
            "page": page,
            "card": page.card,
            "is_mine": page.card.operator_id == current_user.id,
            "may_look": self._may("can_look"),
            "choices": statuses.choices(db.session, page.card.status_id) if page.card.stage in (1, 2, 3) else [],
            "statuses": statuses.rows(db.session),
            "chips": callback_rules.chips(now(), seller, hours),
            "seller_now": local,
            "calls_now": callback_rules.is_within(local, hours),
            "seller_zone": seller,
            "fields": card_form,
            "now": now(),
        }


def _tab() -> str:
    tab = request.args.get("tab") or request.form.get("tab") or ""
    return tab if tab in worklist.TABS else "all"


def _cursor() -> tuple[datetime, int] | None:
    at, _sep, last = request.args.get("after", "").partition("_")
    try:
        return datetime.fromtimestamp(float(at), UTC), int(last)
    except (ValueError, OverflowError, OSError):
        return None


def _stage_of(card_id: int) -> int | None:
    card = _card_or_404(card_id)
    return card.stage


def _tab_of(card_id: int | None) -> str:
    return {1: "new", 2: "work", 3: "callbacks"}.get(_stage_of(card_id) or 0, "all") if card_id is not None else "all"


def _card_or_404(card_id: int) -> Any:
    from app.models import Card

    card = db.session.get(Card, card_id)
    return card if card is not None else abort(404)


def _clock(at: datetime) -> str:
    from zoneinfo import ZoneInfo

    return at.astimezone(ZoneInfo(zone())).strftime("%H:%M")


def register(app: Flask, appbuilder: AppBuilder) -> None:
    appbuilder.add_view(DeskView, "My ads", label=_l("My ads"), href="/desk/", icon="list", category="Work",
                        category_label=_l("Work"))  # fmt: skip
