"""Telephony servers and the telephones of people: how each is set up, whether it answers, a trial of it."""

from __future__ import annotations

import re
from typing import Any

from flask import current_app, flash, render_template
from flask_appbuilder import action, expose, has_access, permission_name
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from flask_login import current_user
from sqlalchemy import inspect
from wtforms import PasswordField, SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Length, NumberRange, Regexp

from app import formats
from app.admin.base import ACT, WRITE, AdminView, Listing, now
from app.admin.shown import clipped, formatted, labels, tag
from app.domain.dialling import ABSENT_DEVICE, SILENT
from app.errors import Refused
from app.extensions import db
from app.models import Asterisk, PhoneAccount
from app.services import calls, phone_accounts, servers, telephony_check
from app.wording import word
from app.wording_hops import HOPS

_HOST = r"[A-Za-z0-9]([A-Za-z0-9.:-]*[A-Za-z0-9])?"
KINDS = ("browser", "desk")


def _show_servers(rows: list[Any]) -> None:
    for row in rows:
        alive = row.seen_at is not None and now() - row.seen_at <= SILENT
        row.lamp = (
            tag(_("switched off"), "secondary", "x") if not row.is_enabled
            else tag(_("connected"), "success", "circle-check") if alive and row.state == "up"
            else tag(_("no connection"), "danger", "alert-circle") if alive
            else tag(_("its process is silent"), "danger", "alert-circle") if row.seen_at
            else tag(_("never seen"), "secondary", "circle-dot")
        )  # fmt: skip
        row.has_secret = bool(row.ami_secret)
        stopped = row.recording_stopped_at is not None
        row.recording = tag(_("stopped"), "danger") if stopped else tag(_("in order"), "success", "check")


class AsteriskView(AdminView):
    datamodel = Listing(Asterisk, after=_show_servers)
    class_permission_name = "AsteriskView"
    route_base = "/asteriskview"
    include_route_methods = WRITE | {"check_server"}
    show_template = "admin/asterisk_show.html"
    subject = "asterisk"
    not_audited = ("ami_secret",)
    list_title, show_title = _l("Telephony servers"), _l("Telephony server")
    add_title, edit_title = _l("New telephony server"), _l("Set the server up")
    empty_text = _l("Without a server people call by their own telephones and write the result by hand.")
    in_use_message = _l("The server has lines or calls. Switch it off instead.")
    list_columns = ["name", "lamp", "state_since", "seen_at", "version", "ami_host", "recording"]
    show_columns = ["name", "lamp", "state_since", "seen_at", "version", "ami_host", "ami_port", "ami_user",
                    "has_secret", "ws_url", "sip_host", "recordings_dir", "recording", "cdr_csv"]  # fmt: skip
    add_columns = edit_columns = ["name", "is_enabled", "ami_host", "ami_port", "ami_user", "secret", "ws_url",
                                  "sip_host", "recordings_dir", "cdr_csv"]  # fmt: skip
    search_columns = ["name", "is_enabled"]
    order_columns = ["name", "state_since"]
    base_order = ("name", "asc")
    label_columns = labels(
        lamp=_l("Connection"), state_since=_l("In it since"), seen_at=_l("Last sign of life"),
        ami_host=_l("Address (AMI)"), ami_port=_l("Port (AMI)"), ami_user=_l("User (AMI)"), secret=_l("Password (AMI)"),
        has_secret=_l("Password is stored"), ws_url=_l("Address for browsers"), sip_host=_l("Address for telephones"),
        recordings_dir=_l("Folder of recordings"), recording=_l("Recording"), cdr_csv=_l("CSV of call records"),
    )  # fmt: skip
    description_columns = {
        "secret": _l("Kept encrypted and never shown. Empty: stays as it is."),
        "ws_url": _l("wss://host:8089/ws; ws:// only for a server on the same machine."),
        "sip_host": _l("host:port, for telephones on the desk."),
        "recordings_dir": _l("As our own processes see it."),
        "cdr_csv": _l("The file beside the database in which the server keeps its records. Empty: none."),
        "ami_host": _l("Where its manager interface listens; best 127.0.0.1 beside the telephony process."),
    }
    validators_columns = {
        "name": [Length(max=100)], "ami_port": [NumberRange(1, 65_535)], "ami_user": [Length(max=100)],
        "ami_host": [Length(max=200), Regexp(f"^{_HOST}$")],
    }  # fmt: skip
    formatters_columns = formatted(
        state_since=formats.when, **dict.fromkeys(("ws_url", "recordings_dir", "cdr_csv"), clipped(80))
    )
    add_form_extra_fields = {
        "secret": PasswordField(label_columns["secret"], [Length(max=200)], description=description_columns["secret"])
    }
    edit_form_extra_fields = add_form_extra_fields

    def check(self, item: Any) -> None:
        item.name = " ".join(item.name.split())
        if item.ws_url and not re.fullmatch(rf"wss?://{_HOST}(:\d+)?(/[\w./-]*)?", item.ws_url):
            raise Refused("server_ws_url")
        for path in (item.recordings_dir, item.cdr_csv):
            if path and not path.startswith("/"):
                raise Refused("server_path")
        secret = getattr(item, "secret", "") or ""
        if any(letter in secret for letter in "\r\n\0"):
            raise Refused("server_secret_letters")
        if secret:
            servers.set_secret(item, secret, _key())

    @expose("/check/<pk>", methods=["POST"])
    @has_access
    @permission_name("check")
    def check_server(self, pk: str) -> Any:
        """Each hop as the doctor tries it; with a server that does not answer it takes some seconds."""
        public_url = current_app.config["PROZVON"].public_url
        found = telephony_check.check(db.session(), self._visible(pk), key=_key(), public_url=public_url)
        hops = [(hop.passed, *(str(words) % hop.args for words in HOPS[hop.code])) for hop in found]
        return render_template("admin/_asterisk_check.html", hops=hops)


def _key() -> str:
    return str(current_app.config["PROZVON"].secret_key)


def _show_phones(rows: list[Any]) -> None:
    for row in rows:
        here = row.device_state not in ABSENT_DEVICE
        tone = "secondary" if not here else "warning" if row.device_state in ("busy", "inuse", "ringing") else "success"
        row.device = tag(word(row.device_state, "device"), tone, "phone" if here else "phone-off")


class PhoneAccountView(AdminView):
    datamodel = Listing(PhoneAccount, after=_show_phones)
    class_permission_name = "PhoneAccountView"
    route_base = "/phoneaccountview"
    include_route_methods = WRITE | ACT
    subject = "phone_account"
    list_title, show_title = _l("Telephones of people"), _l("Telephone")
    add_title, edit_title = _l("Give a person a telephone"), _l("Change the telephone")
    empty_text = _l("Who has no telephone here calls by his own and writes the result by hand.")
    list_columns = ["user", "asterisk", "extension", "kind", "device", "device_since"]
    show_columns = [*list_columns, "password_until"]
    add_columns = ["user", "asterisk", "extension", "kind"]
    edit_columns = ["asterisk", "extension", "kind"]
    search_columns = ["asterisk", "kind", "extension", "device_state"]
    order_columns = ["extension", "device_since"]
    base_order = ("user_id", "asc")
    label_columns = labels(
        user=_l("Person"), asterisk=_l("Server"), extension=_l("Name in telephony"), device=_l("State"),
        device_state=_l("State"), device_since=_l("In it since"), password_until=_l("Password lives until"),
    )  # fmt: skip
    description_columns = {
        "extension": _l("Small letters and digits, such as op17; one per person. Empty: made of his number."),
        "kind": _l("The browser gets a new password at each log-in; a telephone on the desk keeps the one shown once."),
    }
    validators_columns = {"extension": [Length(max=16), Regexp("^[a-z0-9]*$")]}
    formatters_columns = formatted(
        kind=lambda value: word(value, "phonekind"), device_since=formats.when, password_until=formats.when
    )
    add_form_extra_fields = {
        "extension": StringField(label_columns["extension"], [*validators_columns["extension"]], default="",
                                 description=description_columns["extension"]),
        "kind": SelectField(label_columns["kind"], description=description_columns["kind"],
                            choices=lambda: [SelectChoice(kind, word(kind, "phonekind")) for kind in KINDS]),
    }  # fmt: skip
    edit_form_extra_fields = add_form_extra_fields

    def check(self, item: Any) -> None:
        if item.user is None or item.asterisk is None:
            raise Refused("field_choice")
        item.extension = item.extension or f"op{item.user.id}"
        changed = inspect(item).attrs
        for old in changed.extension.history.deleted or ():
            phone_accounts.remove(db.session(), old)
        item.is_other = changed.extension.history.has_changes() or changed.kind.history.has_changes()

    def after_save(self, item: Any, *, is_new: bool) -> None:
        """A password for a desk's telephone is told now and never again; one for a browser is made at the log-in."""
        if not (is_new or item.is_other):
            return
        if item.kind == "desk":
            password = phone_accounts.set_desk_password(db.session(), item.user_id)
            told = _("Password of %(name)s: %(word)s. It is shown only now.", name=item.extension, word=password)
            flash(told, "warning")
        else:
            phone_accounts.remove(db.session(), item.extension)

    def check_delete(self, item: Any) -> None:
        phone_accounts.remove(db.session(), item.extension)

    @action("try_call", _l("Try the call"), _l("The telephone rings and plays back what it hears."), "phone-call")
    def try_call(self, items: Any) -> Any:
        return self.act(
            items,
            lambda row: calls.check_phone(db.session(), row.user_id, actor_id=current_user.id, now=now()),
            lambda n: ngettext("%(num)d telephone will ring now.", "%(num)d telephones will ring now.", n),
        )
