"""The addresses of the desk that only show: lists, a card, the search, the pulse."""

from __future__ import annotations

from typing import Any

from flask import jsonify, make_response, redirect, render_template, request, url_for
from flask_appbuilder import expose, has_access, permission_name
from flask_babel import gettext as _
from flask_login import current_user
from flask_wtf.csrf import generate_csrf

from app.desk import page, seat
from app.extensions import db
from app.services import board_goals, board_live, call_panel, dealing, matching, worklist


class Reading:
    @expose("/")
    @has_access
    @permission_name("work")
    def my_ads(self) -> Any:
        card_id = request.args.get("card", type=int)
        if card_id is not None and not seat.is_visible(card_id):
            # The desk itself comes along: it offers the text that was written for a card which was taken away.
            gone = _("This card is not with you: it was taken away, or it never was.")
            return page.show(page.PAGE, seat.tab(), None, message=gone), 404
        return page.show(page.PAGE, seat.tab(), card_id)

    @expose("/list")
    @has_access
    @permission_name("work")
    def list_part(self) -> Any:
        return page.list_part(page.list_data(seat.tab(), request.args.get("card", type=int)))

    @expose("/card/<int:card_id>")
    @has_access
    @permission_name("work")
    def card(self, card_id: int) -> Any:
        seat.check_visible(card_id)
        if not request.headers.get("HX-Request"):
            return redirect(url_for("DeskView.my_ads", card=card_id, tab=seat.tab()))
        return render_template("desk/_card.html", **page.card_data(card_id), tab=seat.tab())

    @expose("/card/<int:card_id>/why")
    @has_access
    @permission_name("work")
    def why(self, card_id: int) -> Any:
        seat.check_visible(card_id)
        opinions = matching.explain_card(db.session, card_id, seat.now())
        reason = dealing.why_not_dealt(db.session, card_id, seat.now(), seat.zone())
        return render_template("desk/_why.html", opinions=opinions, reason=reason)

    @expose("/counts")
    @has_access
    @permission_name("work")
    def poll(self) -> Any:
        """A few bytes every few seconds; 304 when nothing has changed. With `card`: whose it is and its version."""
        told: dict[str, Any] = dict(worklist.counts(db.session, current_user.id, seat.now()))
        card_id = request.args.get("card", type=int)
        if card_id is not None:
            told["card"] = worklist.pulse(db.session, card_id, current_user.id)
        if request.args.get("phone"):
            told["phone"] = call_panel.word(db.session(), current_user.id, seat.now())
        answer = make_response(jsonify(told))
        answer.add_etag()
        return answer.make_conditional(request)

    @expose("/day")
    @has_access
    @permission_name("work")
    def day(self) -> Any:
        """What one has done today, against the goal that the supervisor has set."""
        own = board_live.day_of(db.session(), current_user.id, seat.now(), seat.zone())
        return render_template("desk/_day.html", day=own, goal=board_goals.goal_for(db.session(), current_user.id))

    @expose("/token")
    @has_access
    @permission_name("work")
    def token(self) -> Any:
        """A fresh form token: the form that stood open while its log-in ended goes on with it."""
        answer = jsonify(token=generate_csrf())
        answer.headers["Cache-Control"] = "no-store"
        return answer

    @expose("/find")
    @has_access
    @permission_name("work")
    def find(self) -> Any:
        query = request.args.get("q", "")[:100]
        own = None if seat.may("can_look") else current_user.id
        found = worklist.find(db.session, query, own) if len(query.strip()) >= 3 else []
        return render_template("desk/_found.html", lines=found, query=query)

    @expose("/look")
    @has_access
    @permission_name("look")
    def look(self) -> Any:
        """Any card, for those who steer the work."""
        return redirect(url_for("DeskView.my_ads", card=request.args.get("card", type=int)))
