"""What an operator does at the desk: each reads the form, calls one service and shows what came of it."""

from __future__ import annotations

from typing import Any

from flask import abort, jsonify, render_template, request
from flask_appbuilder import expose, has_access, permission_name
from flask_babel import gettext as _
from flask_login import current_user

from app.desk import page, seat
from app.desk.next_card import open_next
from app.desk.result_form import read_result
from app.errors import Reason, Refused
from app.extensions import db
from app.services import card_form, distribution, presence, statuses, wrap_up
from app.wording import say


class Deeds:
    @expose("/card/<int:card_id>/take", methods=["POST"])
    @has_access
    @permission_name("work")
    def take(self, card_id: int) -> Any:
        distribution.take(db.session, card_id, seat.place())
        presence.touch(db.session, current_user.id, seat.now())
        db.session.commit()
        return page.desk("work", card_id)

    @expose("/next", methods=["POST"])
    @has_access
    @permission_name("work")
    def next_card(self) -> Any:
        card_id, message = open_next()
        return page.desk(seat.tab_of(card_id), card_id, message)

    @expose("/card/<int:card_id>/form", methods=["POST"])
    @has_access
    @permission_name("work")
    def save_form(self, card_id: int) -> Any:
        version = request.form.get("version", type=int)
        if version is None:
            abort(400)
        sent = request.form.to_dict()
        try:
            card, bad = card_form.save(
                db.session, card_id, sent, version=version, actor_id=current_user.id, now=seat.now()
            )
        except Refused as refusal:
            db.session.rollback()
            return _refused_save(card_id, sent, refusal.reason)
        presence.touch(db.session, current_user.id, seat.now())
        db.session.commit()
        errors = {name: say(Reason(code)) for name, code in bad.items()}
        return jsonify(version=card.version, saved_at=seat.clock(), errors=errors)

    @expose("/card/<int:card_id>/status", methods=["POST"])
    @has_access
    @permission_name("work")
    def set_status(self, card_id: int) -> Any:
        statuses.set_status(
            db.session,
            card_id,
            read_result(card_id),
            actor_id=current_user.id,
            now=seat.now(),
            version=request.form.get("version", type=int),
            is_supervisor=seat.may("can_look"),
        )
        wrap_up.finish(db.session, current_user.id, card_id, seat.now())
        presence.touch(db.session, current_user.id, seat.now())
        db.session.commit()
        profile = seat.profile()
        if request.form.get("stay") or (profile is not None and not profile.auto_next):
            return page.desk("all", card_id, _("Result saved."))
        next_id, message = open_next(leave_out=card_id)
        return page.desk(seat.tab_of(next_id), next_id, message or _("Result saved."))

    @expose("/card/<int:card_id>/note", methods=["POST"])
    @has_access
    @permission_name("work")
    def add_note(self, card_id: int) -> Any:
        seat.check_visible(card_id)
        card_form.add_note(db.session, card_id, request.form.get("text", ""), actor_id=current_user.id, now=seat.now())
        db.session.commit()
        return render_template("desk/_history.html", **page.card_data(card_id))

    @expose("/card/<int:card_id>/skip", methods=["POST"])
    @has_access
    @permission_name("work")
    def skip(self, card_id: int) -> Any:
        reason = request.form.get("reason", "")
        card_form.skip(db.session, card_id, reason, actor_id=current_user.id, now=seat.now())
        db.session.commit()
        next_id, message = open_next(leave_out=card_id)
        return page.desk(seat.tab_of(next_id), next_id, message or _("The ad is back in the pool."))

    @expose("/card/<int:card_id>/reveal", methods=["POST"])
    @has_access
    @permission_name("reveal")
    def reveal(self, card_id: int) -> Any:
        seat.check_visible(card_id)
        if not seat.may_reveal(seat.card_or_404(card_id)):
            raise Refused("reveal_only_in_work")
        phones = card_form.reveal(
            db.session, card_id, actor_id=current_user.id, now=seat.now(), address=request.remote_addr or ""
        )
        db.session.commit()
        return render_template("desk/_phones.html", phones=phones, card_id=card_id)

    @expose("/presence", methods=["POST"])
    @has_access
    @permission_name("work")
    def set_presence(self) -> Any:
        state, pause_id = presence.read_choice(request.form.get("state", ""))
        presence.set_state(db.session, current_user.id, state, seat.now(), pause_id=pause_id)
        db.session.commit()
        return render_template("desk/_presence.html", **page.presence_data())

    @expose("/settings", methods=["POST"])
    @has_access
    @permission_name("work")
    def own_settings(self) -> Any:
        """How the desk behaves for this operator; only what is sent changes."""
        profile = seat.profile()
        if profile is not None:
            for name in ("keys_on", "auto_next"):
                if name in request.form:
                    setattr(profile, name, request.form[name] == "1")
            db.session.commit()
        return "", 204


def _refused_save(card_id: int, sent: dict[str, str], reason: Reason) -> Any:
    """Why it was not saved; when the card is newer, what stands in the same fields now, so that a person can choose."""
    told: dict[str, Any] = {"message": say(reason), "reason": reason.code}
    if reason.code == "card_changed_meanwhile":
        card = seat.card_or_404(card_id)
        told |= {"version": card.version, "stored": card_form.stored(db.session, card, sent)}
    return jsonify(told), 409
