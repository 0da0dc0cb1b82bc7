"""Cards: read, and worked on as at the desk, by the same rules: whoever has a card works on it; others see none."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from flask import request
from flask_appbuilder.api import expose, permission_name, protect
from flask_babel import gettext as _
from flask_login import current_user
from marshmallow import Schema, fields, validate
from sqlalchemy import select

from app.api import explaining
from app.api.base import Doing, ReadApi, Rows, now, own, read_body
from app.api.docs import answers, described
from app.api.errors import ApiTrouble
from app.desk import seat
from app.desk.next_card import take_next
from app.errors import Refused
from app.extensions import db
from app.models import Card, Status
from app.services import card_form, distribution, presence, statuses
from app.services.statuses import Result

_NOTE = validate.Length(0, 5000)


class StatusBody(Schema):
    status = fields.String(required=True, validate=validate.Length(1, 32))
    callback_at = fields.String(load_default=None, allow_none=True, validate=validate.Length(0, 40))
    anyones = fields.Boolean(load_default=False, truthy={True}, falsy={False})
    note = fields.String(load_default="", validate=_NOTE)
    version = fields.Integer(load_default=None, allow_none=True, strict=True, validate=validate.Range(0, 2**31 - 1))


class CallbackBody(Schema):
    at = fields.String(required=True, validate=validate.Length(1, 40))
    status = fields.String(load_default="call_later", validate=validate.Length(1, 32))
    anyones = fields.Boolean(load_default=False, truthy={True}, falsy={False})
    note = fields.String(load_default="", validate=_NOTE)
    version = fields.Integer(load_default=None, allow_none=True, strict=True, validate=validate.Range(0, 2**31 - 1))


class NoteBody(Schema):
    text = fields.String(required=True, validate=validate.Length(1, 5000))


class ReasonBody(Schema):
    reason = fields.String(required=True, validate=validate.Length(1, 500))


class CardApi(Doing, ReadApi):
    resource_name = "cards"
    list_columns = ["id", "vehicle_id", "stage", "status_id", "operator_id", "group_id", "filter_id", "priority",
                    "attempts_n", "next_call_at", "assigned_at", "taken_at", "processed_at", "closed_why", "opened_at",
                    "version"]  # fmt: skip
    show_columns = [*list_columns, "form", "matched_at", "closed_price"]
    datamodel = Rows(Card, list_columns)
    class_permission_name = "CardApi"
    include_route_methods = {"get_list", "get", "why", "next_card", "take", "set_status", "plan_callback", "add_note",
                             "release", "reveal"}  # fmt: skip
    names = {"title": ("vehicle_id", "vehicle"), "status": ("status_id", "status"), "operator": ("operator_id", "user"),
             "group": ("group_id", "group"), "filter": ("filter_id", "filter")}  # fmt: skip
    search_columns = ["id", "vehicle_id", "stage", "status_id", "operator_id", "group_id", "filter_id", "next_call_at",
                      "assigned_at", "opened_at", "processed_at"]  # fmt: skip
    order_columns = ["id", "next_call_at", "assigned_at", "opened_at"]

    def limits_of(self) -> list[list[Any]]:
        return [] if seat.may("can_look") else [own("operator_id")]

    @expose("/<int:pk>/why", methods=["GET"])
    @protect()
    @permission_name("get")
    def why(self, pk: int) -> Any:
        self.row_or_404(pk)
        return self.response(200, id=pk, result=explaining.of_card(db.session(), pk))

    @expose("/next", methods=["POST"])
    @protect()
    @permission_name("work")
    def next_card(self) -> Any:
        card_id, refusal = take_next()
        if card_id is None and refusal is not None:
            raise refusal
        if card_id is None:
            db.session.commit()
            raise ApiTrouble(404, "no_cards", _("There are no new ads for you now."))
        return self._card(card_id, "card_next")

    @expose("/<int:pk>/take", methods=["POST"])
    @protect()
    @permission_name("work")
    def take(self, pk: int) -> Any:
        self.row_or_404(pk)
        distribution.take(db.session(), pk, seat.place())
        return self._card(pk, "card_taken")

    @expose("/<int:pk>/status", methods=["POST"])
    @protect()
    @permission_name("work")
    def set_status(self, pk: int) -> Any:
        body = read_body(StatusBody())
        return self._result(pk, body, body["callback_at"])

    @expose("/<int:pk>/callback", methods=["POST"])
    @protect()
    @permission_name("work")
    def plan_callback(self, pk: int) -> Any:
        body = read_body(CallbackBody())
        return self._result(pk, body, body["at"])

    @expose("/<int:pk>/note", methods=["POST"])
    @protect()
    @permission_name("work")
    def add_note(self, pk: int) -> Any:
        body = read_body(NoteBody())
        self.row_or_404(pk)
        note = card_form.add_note(db.session(), pk, body["text"], actor_id=current_user.id, now=now())
        note_id = note.id
        self.done("note", "card", pk)
        return self.response(200, id=pk, note_id=note_id)

    @expose("/<int:pk>/release", methods=["POST"])
    @protect()
    @permission_name("work")
    def release(self, pk: int) -> Any:
        body = read_body(ReasonBody())
        self.row_or_404(pk)
        card_form.skip(db.session(), pk, body["reason"], actor_id=current_user.id, now=now())
        self.done("card_released", "card", pk)
        return self.response(200, id=pk, message=_("The ad is back in the pool."))

    @expose("/<int:pk>/reveal", methods=["POST"])
    @protect()
    @permission_name("work")
    def reveal(self, pk: int) -> Any:
        card = self.row_or_404(pk)
        if not seat.may_reveal(card):
            raise Refused("reveal_only_in_work")
        phones = card_form.reveal(
            db.session(), pk, actor_id=current_user.id, now=now(), address=request.remote_addr or ""
        )
        db.session.commit()
        return self.response(200, id=pk, phones=phones)

    def _result(self, pk: int, body: dict[str, Any], written: str | None) -> Any:
        self.row_or_404(pk)
        result = Result(_status_id(body["status"]), _moment(written), body["anyones"], body["note"])
        statuses.set_status(
            db.session(), pk, result, actor_id=current_user.id, now=now(), version=body["version"],
            is_supervisor=seat.may("can_look"),
        )  # fmt: skip
        return self._card(pk, "card_status")

    def _card(self, pk: int, what: str) -> Any:
        """The card as it is now; `what` goes into the audit log."""
        presence.touch(db.session(), current_user.id, now())
        self.done(what, "card", pk)
        db.session.expire_all()
        card = db.session.get(Card, pk)
        return self.response(200, id=pk, result=self._shown([card], self.show_columns)[0])


def _status_id(code: str) -> int:
    found = db.session.execute(select(Status.id).where(Status.code == _clean(code))).scalar_one_or_none()
    if found is None:
        raise Refused("status_unknown")
    return found


def _clean(words: str) -> str:
    return words.replace("\0", "").encode("utf-8", "ignore").decode()


def _moment(written: str | None) -> datetime | None:
    """With its own offset, or Z: a program has no zone of its own."""
    if not written:
        return None
    try:
        moment = datetime.fromisoformat(written)
        if moment.tzinfo is None:
            raise ValueError(written)
        return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise Refused("callback_bad_time") from None


_WORK = (404, 409, 422)
described(
    CardApi, "Cards", why=answers("Why the card is where it is.", result="Explained"),
    next_card=answers("The next card: a call-back that is due, what is in hand, or one from the pool.", result="Card",
                      refusals=_WORK),
    take=answers("Begin work on a card that was dealt to you.", result="Card", refusals=_WORK),
    set_status=answers("The result of a card in work.", body="CardStatus", result="Card", refusals=_WORK),
    plan_callback=answers("Call again then.", body="CardCallback", result="Card", refusals=_WORK),
    add_note=answers("Write a note on the card.", body="CardNote", result="NoteAdded", refusals=_WORK),
    release=answers("Let the card go back to the pool.", body="CardRelease", result="Done", refusals=_WORK),
    reveal=answers("The seller's numbers: counted, limited per hour, written into the audit log.", result="Phones",
                   refusals=_WORK),
)  # fmt: skip
