"""What we write to people: the words of every letter, and its shape as plain text and as simple HTML."""

from __future__ import annotations

from collections.abc import Sequence

from flask import render_template
from flask_babel import force_locale, ngettext
from flask_babel import gettext as _

from app.services.mail import Letter

LANGUAGE = "ru"  # of the people who work here; who writes may look at the screens in another one


def invitation(*, first_name: str, username: str, link: str, hours: int) -> Letter:
    with force_locale(LANGUAGE):
        return _letter(
            _("Invitation to Prozvon"),
            _("Good day, %(name)s!", name=first_name) if first_name else _("Good day!"),
            [
                _("You are invited to work in Prozvon. Your name for the log-in: %(name)s.", name=username),
                _("Open the link and choose a password of your own. Nobody else will know it."),
            ],
            link,
            _("Choose the password"),
            _("The link works once, for %(hours)s hours.", hours=hours),
        )


def new_password(*, username: str, link: str, minutes: int) -> Letter:
    with force_locale(LANGUAGE):
        return _letter(
            _("New password for Prozvon"),
            _("Good day!"),
            [
                _("Somebody, probably you, wants a new password for the account %(name)s.", name=username),
                _("Open the link and choose it. All your present log-ins will end."),
            ],
            link,
            _("Choose a new password"),
            _(
                "The link works once, for %(minutes)s minutes. Was it not you? Do nothing: the old password stays.",
                minutes=minutes,
            ),
        )


def late_leads(lines: Sequence[str], link: str) -> Letter:
    """`lines`: one per lead, each with who and since when."""
    n = len(lines)
    with force_locale(LANGUAGE):
        return _letter(
            ngettext("%(num)s incoming lead waits too long", "%(num)s incoming leads wait too long", n),
            _("Good day!"),
            [_("Nobody has taken these leads although their time is over:"), *lines],
            link,
            _("Open the leads"),
        )


def trial() -> Letter:
    with force_locale(LANGUAGE):
        return _letter(
            _("Prozvon: a trial letter"), _("Good day!"), [_("The mail of Prozvon works: this letter has arrived.")]
        )


def _letter(
    subject: str, greeting: str, paragraphs: list[str], link: str = "", button: str = "", foot: str = ""
) -> Letter:
    facts = {"subject": subject, "greeting": greeting, "paragraphs": paragraphs, "link": link, "button": button,
             "foot": foot, "language": LANGUAGE}  # fmt: skip
    return Letter(subject, render_template("mail/letter.txt", **facts), render_template("mail/letter.html", **facts))
