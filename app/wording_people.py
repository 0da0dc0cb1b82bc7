"""The wording of accounts, roles and letters: code -> sentence or word, as in wording_codes."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l

SENTENCES: dict[str, Any] = {
    "mail_off": _l("Mail is not set up: hand the link over yourself."),
    "mail_not_again": _l("This letter cannot be sent again: it has left, or its link is dead. Make a new link."),
    "email_bad": _l("This is no e-mail address. Write it like name@example.ru."),
    "last_admin": _l("This is the last administrator who can log in. Make somebody else one first."),
    "not_yourself": _l("You cannot switch yourself off. Another administrator can."),
    "already_off": _l("The account is switched off already."),
    "already_on": _l("The account is switched on already."),
    "role_is_fixed": _l("This role belongs to the program: no new name, no deleting."),
    "right_as_in_table": _l("This right is as the program has it already."),
}  # fmt: skip

WORDS: dict[str, Any] = {
    "job:send_mail": _l("Send a letter"), "count:mails": _l("letters"), "count:mails_wiped": _l("letters wiped"),
    "mail:invite": _l("invitation"), "mail:reset": _l("new password"),
    "mail:report": _l("report"), "mail:lead_late": _l("overdue leads"),
    "mail:waiting": _l("waits"), "mail:sent": _l("sent"), "mail:failed": _l("not sent"),
    "mail:expired": _l("too late"),
    "mail_trouble:refused": _l(
        "The mail server does not let us connect. Check the address and the port in PROZVON_SMTP_URL and that the "
        "server is running; the letter is tried again by itself."
    ),
    "mail_trouble:unreachable": _l(
        "The mail server cannot be reached. Check the network and the firewall; the letter is tried again by itself."
    ),
    "mail_trouble:no_host": _l("No server has this name. Check the address in PROZVON_SMTP_URL."),
    "mail_trouble:timeout": _l(
        "The mail server does not answer in time. Check the port and the firewall; the letter is tried again by itself."
    ),
    "mail_trouble:hung_up": _l(
        "The mail server hung up in the middle. The port may be of another kind: 587 is smtp://, 465 is smtps://."
    ),
    "mail_trouble:tls": _l(
        "No secure connection came about. The port may be of another kind: 587 is smtp://, 465 is smtps://."
    ),
    "mail_trouble:no_tls": _l(
        "The mail server offers no secure connection or no log-in, so it was told neither password nor letter. "
        "Use its secure port."
    ),
    "mail_trouble:certificate": _l(
        "The certificate of the mail server is not trusted. Renew it, or use the name that stands in it."
    ),
    "mail_trouble:auth": _l(
        "The mail server does not accept user name or password. Check them in PROZVON_SMTP_URL; many services want a "
        "password made for programs."
    ),
    "mail_trouble:recipient": _l(
        "The mail server does not know the addressee. Correct the e-mail of the person and make a new link."
    ),
    "mail_trouble:mailbox_full": _l("The addressee's mailbox is full. Hand the link over in another way."),
    "mail_trouble:sender": _l(
        "The mail server does not let us write from this address. Check PROZVON_MAIL_FROM: it must be of this account."
    ),
    "mail_trouble:later": _l("The mail server asks to come later. The letter is tried again by itself."),
    "mail_trouble:off": _l("Mail is not set up on this machine. Set PROZVON_SMTP_URL and PROZVON_MAIL_FROM."),
    "mail_trouble:key": _l("SECRET_KEY has been changed, so the letter cannot be read any more. Make a new link."),
    "mail_trouble:other": _l("The mail server refused the letter. It said:"),
    "event:invite_renewed": _l("new link of an invitation"), "event:user_changed": _l("account changed"),
    "event:user_deleted": _l("account deleted"), "event:user_switched_off": _l("account switched off"),
    "event:user_switched_on": _l("account switched on"), "event:role_added": _l("role added"),
    "event:role_changed": _l("rights of a role changed"), "event:role_deleted": _l("role deleted"),
    "event:role_restored": _l("rights of a role restored"), "event:mail_sent_again": _l("letter sent again"),
    "event:group_added": _l("user group added"), "event:group_changed": _l("user group changed"),
    "event:group_deleted": _l("user group deleted"),
    "subject:role": _l("role"), "subject:mail": _l("letter"), "subject:group": _l("user group"),
    "switched_off": _l("the operator's account was switched off"),
}  # fmt: skip
