"""SMS at the desk: choose a template, see what the seller will read, send it, see whether it arrived."""

from __future__ import annotations

from typing import Any

from flask import abort, render_template, request
from flask_appbuilder import expose, has_access, permission_name
from flask_login import current_user

from app.desk import page, seat
from app.extensions import db
from app.models import SmsMessage
from app.services import presence, sms
from app.wording import say


class Messages:
    @expose("/card/<int:card_id>/sms")
    @has_access
    @permission_name("work")
    def sms_panel(self, card_id: int) -> Any:
        """The panel; asked again for each template that is looked at."""
        self._check_own(card_id)
        return self._panel(card_id, request.args.get("template_id", type=int))

    @expose("/card/<int:card_id>/sms", methods=["POST"])
    @has_access
    @permission_name("work")
    def send_sms(self, card_id: int) -> Any:
        self._check_own(card_id)
        template_id = request.form.get("template_id", type=int) or abort(400)
        sms.ask(db.session(), card_id, template_id, ground="operator", actor_id=current_user.id, now=seat.now())
        presence.touch(db.session, current_user.id, seat.now())
        db.session.commit()
        return render_template("desk/_sms_sent.html", **page.card_data(card_id))

    @expose("/card/<int:card_id>/sms/wish", methods=["POST"])
    @has_access
    @permission_name("work")
    def sms_wish(self, card_id: int) -> Any:
        """Write down whether the seller wants messages; who does not is never written to, not even by a status."""
        self._check_own(card_id)
        wants = request.form.get("wants") == "1"
        sms.note_wish(db.session(), card_id, wants=wants, actor_id=current_user.id, now=seat.now())
        db.session.commit()
        return self._panel(card_id, request.form.get("template_id", type=int))

    @expose("/card/<int:card_id>/sms/<int:message_id>")
    @has_access
    @permission_name("work")
    def sms_state(self, card_id: int, message_id: int) -> Any:
        """What has become of one message; the page asks until that is settled."""
        seat.check_visible(card_id)
        return self._state(card_id, message_id)

    @expose("/card/<int:card_id>/sms/<int:message_id>/back", methods=["POST"])
    @has_access
    @permission_name("work")
    def take_sms_back(self, card_id: int, message_id: int) -> Any:
        """Do not send one that still waits."""
        self._check_own(card_id)
        sms.take_back(db.session(), card_id, message_id, actor_id=current_user.id, now=seat.now())
        db.session.commit()
        return self._state(card_id, message_id)

    def _state(self, card_id: int, message_id: int) -> str:
        message = db.session.get(SmsMessage, message_id)
        if message is None or message.card_id != card_id:
            abort(404)
        card = seat.card_or_404(card_id)
        return render_template("desk/_sms_state.html", card=card, message=message, now=seat.now())

    def _check_own(self, card_id: int) -> None:
        card = seat.card_or_404(card_id)
        if card.operator_id != current_user.id or card.stage not in (1, 2, 3):
            abort(404)

    def _panel(self, card_id: int, template_id: int | None) -> str:
        known = sms.templates(db.session())
        chosen = next((one for one in known if one.id == template_id), known[0] if known else None)
        shown, refused, wish = None, "", None
        if chosen is not None:
            shown = sms.preview(db.session(), card_id, chosen.id, actor_id=current_user.id, now=seat.now())
            refused = say(shown.refused)
        wish = sms.wish_of(db.session(), card_id)
        return render_template(
            "desk/_sms.html", card_id=card_id, templates=known, shown=shown, refused=refused, wish=wish
        )
