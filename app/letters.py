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


def report(*, title: str, name: str, days: str, link: str, is_attached: bool, stop_link: str, hours: int) -> Letter:
    """The link leads to the figures on the screen, or to the file where it is too big for a letter."""
    with force_locale(LANGUAGE):
        said = (
            _("The file is attached to this letter.") if is_attached
            else _("The file is too big for a letter. It can be taken by the link for %(hours)s hours.", hours=hours)
        )  # fmt: skip
        return _letter(
            _("Report: %(name)s, %(days)s", name=name, days=days),
            _("Good day!"),
            [_("%(title)s, «%(name)s», %(days)s.", title=title, name=name, days=days), said],
            link,
            _("Open in Prozvon") if is_attached else _("Download"),
            _("You get this letter because it was ordered for you. To get it no more: %(link)s", link=stop_link),
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
