"""The telephone at the desk: its credentials, the call of a card, what is asked of a live call, and its state."""

from __future__ import annotations

from typing import Any

from flask import abort, current_app, jsonify, render_template, request, session, url_for
from flask_appbuilder import expose, has_access, permission_name
from flask_babel import gettext as _
from flask_login import current_user

from app import formats
from app.desk import page, seat
from app.errors import Reason, Refused
from app.extensions import db
from app.log_ins import sha256hex
from app.services import call_panel, calls, phone_accounts, presence, spying, wrap_up
from app.services.call_panel import Panel
from app.services.phone_accounts import Relays
from app.wording import say, word

TOLD_MS = 30_000  # how a call ended is news for so long, where nothing is left to finish
ORDERS = ("hangup", "transfer", "check")


class Calling:
    @expose("/phone/session", methods=["POST"])
    @has_access
    @permission_name("work")
    def phone_session(self) -> Any:
        settings = current_app.config["PROZVON"]
        opened = phone_accounts.open_session(
            db.session(),
            current_user.id,
            seat.now(),
            sid_hash=sha256hex(session.get("sid", "")),
            take=request.form.get("take") == "1",
            relays=Relays(tuple(settings.ice_urls), settings.turn_secret),
        )
        db.session.commit()
        return jsonify(
            ws_url=opened.ws_url,
            uri=opened.uri,
            password=opened.password,
            ice_servers=opened.ice_servers,
            until=opened.until.isoformat(),
        )

    @expose("/phone/state", methods=["POST"])
    @has_access
    @permission_name("work")
    def phone_state(self) -> Any:
        sid_hash, connected = sha256hex(session.get("sid", "")), request.form.get("connected") == "1"
        phone_accounts.tell(db.session(), current_user.id, sid_hash, connected=connected, now=seat.now())
        db.session.commit()
        return "", 204

    @expose("/card/<int:card_id>/call", methods=["POST"])
    @has_access
    @permission_name("work")
    def call(self, card_id: int) -> Any:
        """Write the order to dial; telephony hears of it at once."""
        seat.check_visible(card_id)
        call = calls.request_call(
            db.session(), card_id, _number(card_id), operator_id=current_user.id, now=seat.now(), zone=seat.zone()
        )
        presence.touch(db.session(), current_user.id, seat.now())
        db.session.commit()
        return jsonify(id=call.id, link=call.link), 201

    @expose("/call")
    @has_access
    @permission_name("work")
    def call_state(self) -> Any:
        panel = call_panel.load(db.session(), current_user.id, seat.now())
        return jsonify(shown(panel)) if panel is not None else ("", 204)

    @expose("/call/order", methods=["POST"])
    @has_access
    @permission_name("work")
    def call_order(self) -> Any:
        verb = request.form.get("verb", "")
        if verb not in ORDERS:
            abort(400)
        order = calls.order_own(
            db.session(), verb, actor_id=current_user.id, to_id=request.form.get("to", type=int), now=seat.now()
        )
        db.session.commit()
        told = _("The talk is handed over.") if verb == "transfer" else ""
        return jsonify(id=order.id if order is not None else None, message=told)

    @expose("/call/order/<int:order_id>")
    @has_access
    @permission_name("work")
    def order_answer(self, order_id: int) -> Any:
        trouble = spying.answer_of(db.session(), order_id, current_user.id)
        return jsonify(done=trouble is not None, message=say(Reason(trouble)) if trouble else "")

    @expose("/call/colleagues")
    @has_access
    @permission_name("work")
    def colleagues(self) -> Any:
        return render_template("phone/_colleagues.html", people=call_panel.colleagues(db.session(), current_user.id))

    @expose("/call/longer", methods=["POST"])
    @has_access
    @permission_name("work")
    def wrap_up_longer(self) -> Any:
        wrap_up.prolong(db.session(), current_user.id, seat.now())
        db.session.commit()
        return "", 204

    @expose("/presence-now")
    @has_access
    @permission_name("work")
    def presence_now(self) -> Any:
        return render_template("desk/_presence.html", **page.presence_data())


def _number(card_id: int) -> str:
    """The number that was pressed: shown whole, or by its place on the card and its last digits. A new advert of the
    car moves the places; the last digits then still tell which one was meant, unless two numbers end alike."""
    phones = calls.numbers_of_card(db.session(), card_id)
    n, tail = request.form.get("n", type=int), request.form.get("tail", "")
    pressed = [phone for at, phone in enumerate(phones) if phone == tail or (at == n and phone.endswith(tail))]
    alike = [phone for phone in phones if tail and phone.endswith(tail)]
    if not pressed and len(alike) == 1:
        return alike[0]
    if not pressed:
        raise Refused("card_changed_meanwhile")
    return pressed[0]


def shown(panel: Panel) -> dict[str, Any]:
    """The panel as its script reads it, with the words that are not the script's to choose."""
    call, told = panel.live, {"line": panel.line, "presence": panel.presence, "device": panel.device}
    if call is not None:
        if call.type == "incoming" and call.card_id is not None:
            told["open_card"] = f"{call.card_id}:{call.state}"
        return told | {
            "call": {
                "id": call.id,
                "link": call.link,
                "type": call.type,
                "state": call.state,
                "card": call.card_id,
                "who": _who(call),
                "elapsed_ms": panel.elapsed_ms,
            }
        }
    if panel.wraps_up and panel.call is not None:
        return told | {"wrap": _wrap(panel)}
    if panel.call is not None and panel.elapsed_ms < TOLD_MS:
        return told | {"last": {"call": panel.call.id, "says": _how_it_ended(panel.call)}}
    return told


def _how_it_ended(call: Any) -> str:
    """The outcome, and why where telephony says it: «Звонок не удался: телефон не подключён»."""
    outcome = word(call.outcome, "outcome")
    return f"{outcome}: {say(Reason(call.trouble))}" if call.trouble else outcome


def _who(call: Any) -> str:
    return " · ".join(filter(None, (call.seller, formats.phone(call.phone, masked=True), call.title)))


def _wrap(panel: Panel) -> dict[str, Any]:
    call, suggest = panel.call, panel.suggest
    assert call is not None
    talk = formats.duration(call.talk_ms // 1000) if call.talk_ms else ""
    outcome = _("The talk is handed over.") if panel.is_handed_over else _how_it_ended(call)
    talk = "" if panel.is_handed_over else talk
    return {
        "call": call.id,
        "card": call.card_id,
        "url": url_for("DeskView.my_ads", card=call.card_id) if call.card_id else "",
        "says": _("%(outcome)s, talked %(time)s", outcome=outcome, time=talk) if talk else outcome,
        "elapsed_ms": panel.elapsed_ms,
        "limit_s": panel.limit_s,
        "suggest": suggest.id if suggest is not None else None,
        "suggest_name": suggest.name if suggest is not None else "",
    }
