"""«What if»: a supervisor sets operators, answers, lines and limits; the ways of pacing are set beside each other."""

from __future__ import annotations

from typing import Any

from flask import Response, abort, flash, redirect, render_template, request, url_for
from flask_appbuilder import BaseView, expose, has_access, permission_name
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from sqlalchemy import select

from app import formats
from app.admin.base import now
from app.errors import Refused
from app.extensions import db
from app.models import Campaign, Simulation
from app.services import simulations
from app.wording import say, word

# name -> what it is, what it means, unit
LABELS: dict[str, tuple[Any, Any, Any]] = {
    "operators": (_l("Operators"), _l("So many sit at work at once."), ""),
    "answer_rate": (_l("Answer rate"), _l("Of a hundred dialled so many sellers answer."), "%"),
    "lines": (_l("Lines"), _l("Calls that all lines hold at once, those that ring included."), ""),
    "calls_per_second": (_l("New calls per second"), _l("As the providers allow."), ""),
    "ceiling": (_l("Abandoned calls, at most"), _l("Sellers who answered and whom nobody took within 2 seconds."), "%"),
    "ratio": (_l("Numbers for one free operator"), _l("For the mode with a fixed ratio."), ""),
}


class WhatIfView(BaseView):
    class_permission_name = "WhatIfView"
    route_base = "/what-if"
    default_view = "ask"

    @expose("/", methods=["GET", "POST"])
    @has_access
    @permission_name("ask")
    def ask(self) -> Any:
        campaign_id = _campaign_id(request.values.get("campaign", ""))
        if request.method == "GET":
            return self._page(simulations.usual(db.session(), campaign_id, now()), campaign_id)
        try:
            asked = simulations.read(request.form)
            made = simulations.ask(
                db.session(), asked, campaign_id=campaign_id, user_id=current_user.id, now=now()
            )  # fmt: skip
            db.session.commit()
        except Refused as refusal:
            db.session.rollback()
            flash(_told(refusal), "danger")
            return self._page(dict(request.form), campaign_id), 422
        return redirect(url_for(".answer", simulation_id=made.id))

    @expose("/<int:simulation_id>")
    @has_access
    @permission_name("ask")
    def answer(self, simulation_id: int) -> Any:
        made = _own(simulation_id)
        return self._page(made.asked, made.campaign_id, made)

    @expose("/<int:simulation_id>/progress")
    @has_access
    @permission_name("ask")
    def progress(self, simulation_id: int) -> Any:
        made = _own(simulation_id)
        answer = Response(render_template("admin/_what_if_state.html", made=made))
        if made.state in ("done", "failed"):
            answer.headers["HX-Refresh"] = "true"
        return answer

    def _page(self, values: Any, campaign_id: int | None, made: Simulation | None = None) -> Any:
        return self.render_template(
            "admin/what_if.html", title=_("What if"), fields=simulations.FIELDS, labels=LABELS, values=values,
            campaign_id=campaign_id, campaigns=db.session.scalars(select(Campaign).order_by(Campaign.name)).all(),
            made=made, rows=_rows(made) if made is not None else [], newest=_newest(),
        )  # fmt: skip


def _rows(made: Simulation) -> list[dict[str, Any]]:
    """One line a mode, with all shares reckoned of the best that could be."""
    best = max((one["minutes_per_hour"] for one in made.scores), default=0.0)
    rows = []
    for one in made.scores:
        talk, waits = one["minutes_per_hour"], one["waiting_minutes"]
        rows.append({
            "name": word(one["rival"], "rival"), "rival": one["rival"], "talk": round(talk, 1),
            "waits": round(waits, 1), "finishes": round(max(60 - talk - waits, 0.0), 1),
            "of_best": talk / best if best else 0.0, "abandoned": one["abandoned_share"],
            "is_over": one["abandoned_share"] > made.asked["ceiling"] / 100, "operator_wait_s": one["operator_wait_s"],
            "short": one["short_share"], "dialled": one["dialled"] / one["connected"] if one["connected"] else 0.0,
        })  # fmt: skip
    return rows


def _newest() -> list[tuple[Simulation, str]]:
    return [(made, _summary(made)) for made in simulations.newest(db.session(), current_user.id)]


def _summary(made: Simulation) -> str:
    return _(
        "%(operators)s operators, %(rate)s %% answer, %(lines)s lines",
        operators=formats.number(made.asked["operators"]), rate=f"{made.asked['answer_rate']:g}",
        lines=formats.number(made.asked["lines"]),
    )  # fmt: skip


def _told(refusal: Refused) -> str:
    args = refusal.reason.args
    if refusal.reason.code == "simulation_field":
        return say(Refused("simulation_bounds", **{**args, "name": str(LABELS[args["field"]][0])}).reason)
    return say(refusal.reason)


def _campaign_id(words: str) -> int | None:
    return int(words) if words.isascii() and words.isdigit() and len(words) < 10 else None


def _own(simulation_id: int) -> Simulation:
    if simulation_id >= 2**31:
        abort(404)
    return simulations.mine(db.session(), current_user.id, simulation_id) or abort(404)
