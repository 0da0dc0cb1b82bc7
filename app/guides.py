"""Help inside the product: the guides of docs/ by role, and the first steps on the start page of who sets things up."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from flask import Flask, abort, redirect, render_template, request, send_from_directory, url_for
from flask_appbuilder import AppBuilder, BaseView, expose, has_access, permission_name
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from markdown_it import MarkdownIt
from markupsafe import Markup

from app.extensions import db
from app.services import onboarding

DOCS = Path(__file__).resolve().parent.parent / "docs"
# file of docs/ -> its name, whom it is for, icon
GUIDES: dict[str, tuple[Any, Any, str]] = {
    "operator": (_l("Guide for operators"), _l("The desk: from the first ad to its result."), "headset"),
    "supervisor": (
        _l("Guide for supervisors"), _l("Sources, filters, operators, dealing and what to watch."), "layout-dashboard",
    ),
    "pacing": (_l("Pace of campaigns"), _l("How numbers are dialled ahead, and what that gives."), "chart-line"),
    "law": (_l("Rules of calling and the law"), _l("What the law asks, and which switch answers for it."), "script"),
    "admin": (_l("Guide for administrators"), _l("Setting up, people and rights, deploying and keeping."), "settings"),
}  # fmt: skip
START_PAGES = {"BoardView.board"}

# code of a step -> what to do, why, page, its icon
STEPS: dict[str, tuple[Any, Any, str, str]] = {
    "source": (
        _l("Connect a source"),
        _l("A classified with a key, a dealer's feed, or just a file with adverts."), "SourceView.add", "plug",
    ),
    "pulled": (
        _l("See the first adverts come"),
        _l("Pull the source once by hand, or import a file; the list shows what came."), "SourceView.list", "download",
    ),
    "group": (
        _l("Make a group of operators"),
        _l("Filters send cards to groups; hours of work belong to a group too."),
        "OperatorGroupView.add", "users-group",
    ),
    "operators": (
        _l("Invite operators"),
        _l("Each gets a link for 72 hours and chooses the password."), "InviteView.invites", "mail",
    ),
    "came": (
        _l("Wait for the operators to log in"),
        _l("Who has not used the link yet is seen in the list of invitations."), "OperatorProfileView.list", "login",
    ),
    "limits": (
        _l("Set the limits"),
        _l("How many new ads at once, in hand, per hour and per day an operator gets."),
        "OperatorProfileView.list", "adjustments",
    ),
    "filter": (
        _l("Switch on a filter"),
        _l("Which cars, where, at what price, and who calls. Without one nothing reaches the operators."),
        "AdFilterView.build", "filter",
    ),
    "dealt": (
        _l("Deal the first cards"),
        _l("By itself when operators are on line, or with «Deal now» on the board."), "BoardView.board",
        "arrows-shuffle",
    ),
    "result": (
        _l("Get the first result"),
        _l("An operator opens «My ads», calls and chooses a result."), "BoardView.board", "headset",
    ),
}  # fmt: skip


class HelpView(BaseView):
    """«Справка»"""

    route_base = "/help"
    default_view = "index"
    class_permission_name = "HelpView"

    @expose("/")
    @has_access
    @permission_name("help")
    def index(self) -> Any:
        """The guide of one's own role first."""
        own = own_guide()
        names = sorted(GUIDES, key=lambda name: name != own)
        return render_template("help/index.html", guides=[(name, *GUIDES[name]) for name in names], own=own)

    @expose("/<string:name>")
    @has_access
    @permission_name("help")
    def guide(self, name: str) -> Any:
        if name not in GUIDES:
            abort(404)
        body, parts = rendered(name)
        return render_template("help/guide.html", name=name, title=GUIDES[name][0], body=body, parts=parts)

    @expose("/img/<path:filename>")
    @has_access
    @permission_name("help")
    def image(self, filename: str) -> Any:
        return send_from_directory(DOCS / "img", filename, max_age=86_400)

    @expose("/first-steps", methods=["POST"])
    @has_access
    @permission_name("help")
    def first_steps(self) -> Any:
        """Puts the list away for this person, or brings it back."""
        if request.form.get("show") == "1":
            onboarding.show_again(db.session(), current_user.id)
        else:
            onboarding.hide(db.session(), current_user.id)
        db.session.commit()
        return redirect(url_for("HomeView.index"))


def own_guide() -> str:
    may = _may
    if may("can_invites", "InviteView"):
        return "admin"
    return "supervisor" if may("can_board", "BoardView") else "operator"


def _may(permission: str, view: str) -> bool:
    from flask import current_app

    return bool(current_app.extensions["appbuilder"].sm.has_access(permission, view))


@lru_cache(maxsize=8)
def _read(name: str, changed: float) -> tuple[Markup, list[tuple[str, str]]]:
    """HTML in a guide stays text: the renderer takes none, so the page is as safe as its template."""
    markdown = MarkdownIt("commonmark", {"html": False}).enable("table")
    tokens = markdown.parse((DOCS / f"{name}.md").read_text("utf-8"))
    parts: list[tuple[str, str]] = []
    for token, inline in zip(tokens, tokens[1:], strict=False):
        if token.type == "heading_open" and token.tag == "h2":
            key = f"part-{len(parts) + 1}"
            token.attrSet("id", key)
            parts.append((key, inline.content))
        elif token.type == "table_open":
            token.attrSet("class", "table")
    for token in tokens:
        for child in token.children or []:
            if child.type == "link_open":
                child.attrSet("href", _inside(str(child.attrGet("href") or "")))
            elif child.type == "image":
                child.attrSet("loading", "lazy")
    return Markup(markdown.renderer.render(tokens, markdown.options, {})), parts  # noqa: S704


def rendered(name: str) -> tuple[Markup, list[tuple[str, str]]]:
    """(body, [(anchor, heading)])."""
    return _read(name, (DOCS / f"{name}.md").stat().st_mtime)


def _inside(href: str) -> str:
    """`operator.md` names a file of docs/; in the product it is a page beside this one."""
    return re.sub(r"^(\w+)\.md\b", lambda found: found[1] if found[1] in GUIDES else "./", href)


def first_steps() -> list[dict[str, Any]]:
    """The list for the start page: empty when all is done, put away, or not this person's to do."""
    if request.endpoint not in START_PAGES or not current_user.is_authenticated:
        return []
    session = db.session()
    found = onboarding.steps(session, datetime.now(UTC))
    if all(step.is_done for step in found) or onboarding.is_hidden(session, current_user.id):
        return []
    return [_line(step) for step in found]


def _line(step: onboarding.Step) -> dict[str, Any]:
    title, hint, endpoint, icon = STEPS[step.code]
    if endpoint == "InviteView.invites" and not _may("can_invites", "InviteView"):
        endpoint, hint = "", _("An administrator invites people; ask yours.")
    if step.code == "operators" and step.n and not step.is_done:
        hint = _("%(n)s invitations wait to be used.", n=step.n)
    url = url_for(endpoint) if endpoint else ""
    return {"title": title, "hint": hint, "url": url, "icon": icon, "is_done": step.is_done}


def register(app: Flask, appbuilder: AppBuilder) -> None:
    appbuilder.add_view_no_menu(HelpView)
    app.jinja_env.globals["first_steps"] = first_steps
