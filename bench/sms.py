"""SMS in a storm: senders are killed at moments nobody chose, the gateway fails 5 % of its calls and loses 5 % of its
answers. Run: python -m bench sms."""

from __future__ import annotations

from bench.harness import Plan, Row, none_of
from tests.sms.storm import blow

# What nobody can ask after is told as unknown: the lost answers, and the messages of those who died waiting for one.
UNKNOWN = {"smsc": 0.0, "smsru": 0.25}


def bench(plan: Plan) -> list[Row]:
    messages, kills = (300, 8) if plan.quick else (1_000, 50)
    rows = []
    for kind, words in (("smsc", "the gateway keeps our ids"), ("smsru", "it does not")):
        with plan.server.database() as url:
            told = blow(plan.server, url, kind=kind, messages=messages, kills=kills)
        unknown = told.states.get("unknown", 0)
        rows += [
            none_of(f"SMS sent twice of {messages}, {words}", told.twice),
            none_of(f"SMS without a fate, {words}", messages - told.states.get("delivered", 0) - unknown),
            Row(f"SMS unknown, share, {words}", unknown / messages, UNKNOWN[kind], unknown / messages,
                f"<= {UNKNOWN[kind]:g}", unknown <= UNKNOWN[kind] * messages,
                f"{told.kills} kills, {told.seconds:.0f} s"),
        ]  # fmt: skip
    return rows
