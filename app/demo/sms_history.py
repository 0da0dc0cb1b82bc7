"""A month of SMS that went out before the demonstration began: the report on them is full from the first minute."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from app.demo.sms_setup import NAME
from app.domain import sms_text
from app.models import Call, SmsGateway, SmsMessage, SmsTemplate

# What wants one after a call, of a hundred: a talk leads to an inspection, no answer to «we have called you».
AFTER = {"answered": 12, "no_answer": 40, "busy": 20, "unavailable": 30}
ENDS = {"delivered": 88, "expired": 7, "failed": 4, "unknown": 1}
TROUBLES = {"expired": "sms_expired", "failed": "sms_unreachable", "unknown": "sms_answer_lost"}
PRICE = Decimal("3.20")  # of one part


def install(session: Session, now: datetime) -> int:
    """Once, after the month of calls. Returns how many were written."""
    templates = session.scalars(select(SmsTemplate).order_by(SmsTemplate.position)).all()
    gateway = session.scalars(select(SmsGateway).where(SmsGateway.name == NAME)).first()
    if len(templates) < 2 or gateway is None or session.execute(select(SmsMessage.id).limit(1)).first() is not None:
        return 0
    chance = Random(67)
    calls = session.execute(
        select(Call.phone, Call.outcome, Call.operator_id, Call.ended_at)
        .where(Call.type != "incoming", Call.ended_at < now - timedelta(hours=12)).order_by(Call.id)
    ).all()  # fmt: skip
    rows = [
        _message(chance, gateway.id, templates[call.outcome == "answered"], call) for call in calls
        if chance.random() * 100 < AFTER.get(call.outcome, 0)
    ]  # fmt: skip
    if rows:
        session.execute(insert(SmsMessage), rows)
    return len(rows)


def _message(chance: Random, gateway_id: int, template: SmsTemplate, call: Any) -> dict[str, Any]:
    state = chance.choices(list(ENDS), list(ENDS.values()))[0]
    words = sms_text.fill(template.text, {"имя": chance.choice(("Пётр", "Анна", "Игорь")), "машина": "Лада Веста",
                                          "год": str(chance.randint(2012, 2023))})  # fmt: skip
    asked, went = call.ended_at, call.ended_at + timedelta(seconds=chance.uniform(1, 4))
    parts = sms_text.count(words).parts
    told = state != "unknown"
    settled = {"delivered": timedelta(seconds=chance.uniform(3, 90)), "expired": timedelta(hours=6)}.get(state)
    return {
        "template_id": template.id, "gateway_id": gateway_id, "phone": call.phone, "text": words, "parts": parts,
        "state": state, "ground": "operator" if call.outcome == "answered" else "missed_calls",
        "by_id": call.operator_id if call.outcome == "answered" else None, "trouble": TROUBLES.get(state, ""),
        "cost": PRICE * parts if told else None, "attempts_n": 1, "created_at": asked, "sent_at": went,
        "next_at": went, "done_at": went + (settled or timedelta(seconds=2)) if told else None,
    }  # fmt: skip
