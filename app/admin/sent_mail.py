"""The letters that left or wait, for an administrator who is asked «where is mine?»."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect
from flask_appbuilder import action
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from markupsafe import Markup

from app import formats
from app.admin.base import ACT, READ, AdminView, Listing, now
from app.admin.shown import formatted, labels, moment, tag
from app.errors import Refused
from app.extensions import db
from app.models import Mail
from app.services import mail
from app.services.audit import note_event
from app.wording import say, word

TONES = {"waiting": ("info", "clock"), "sent": ("success", "check"), "failed": ("danger", "alert-circle")}

TROUBLES = {
    "refused", "unreachable", "no_host", "timeout", "hung_up", "tls", "no_tls", "certificate", "auth", "recipient",
    "mailbox_full", "sender", "later", "off", "key",
}  # fmt: skip


class MailView(AdminView):
    datamodel = Listing(Mail, names={"by_name": ("created_by_id", "user")})
    class_permission_name = "MailView"
    route_base = "/mailview"
    include_route_methods = READ | ACT
    list_title, show_title = _l("Letters"), _l("Letter")
    empty_text = _l("No letter has been written yet. Invitations and new passwords are sent from here.")
    list_columns = ["created_at", "kind", "to", "state", "attempts_n", "sent_at", "error", "by_name"]
    show_columns = [*list_columns, "subject", "expires_at"]
    search_columns = ["created_at", "to", "kind", "state"]
    order_columns = ["created_at"]
    base_order = ("created_at", "desc")
    label_columns = labels(
        created_at=_l("Written"), kind=_l("What for"), to=_l("To"), sent_at=_l("Sent"), subject=_l("Subject"),
        expires_at=_l("Link works until"), attempts_n=_l("Attempts"),
    )  # fmt: skip
    formatters_columns = formatted(
        error=lambda value: trouble(value),
        kind=lambda value: word(value, "mail"), sent_at=moment, expires_at=moment, by_name=lambda value: value or "—",
        state=lambda value: tag(word(value, "mail"), *TONES.get(value, ("secondary", "x"))),
    )  # fmt: skip

    @action("send_again", _l("Send again"), _l("Send this letter again?"), "refresh", multiple=False)
    def send_again(self, item: Any) -> Any:
        try:
            mail.send_again(db.session(), item.id, now())
            note_event(db.session(), "mail_sent_again", actor_id=current_user.id, subject="mail", subject_id=item.id)
            db.session.commit()
            flash(_("The letter is on its way."), "success")
        except Refused as refusal:
            db.session.rollback()
            flash(say(refusal.reason), "danger")
        self.update_redirect()
        return redirect(self.get_redirect())


def trouble(value: str) -> Any:
    """What went wrong and what to do, in our words; what we do not know stays as the server said it."""
    if not value:
        return formats.cell(None)
    code, _sep, said = value.partition(": ")
    known = code if code in TROUBLES else "other"
    said = "" if known in ("off", "key") else said
    told = Markup('<span class="text-wrap">{}</span>').format(word(known, "mail_trouble"))
    return told + Markup(' <q class="text-secondary text-wrap">{}</q>').format(said) if said else told
