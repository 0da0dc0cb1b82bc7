"""Every metric once: its name, its formula in words, and how it is made of the measures that are counted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask_babel import lazy_gettext as _l

COUNT, SHARE, CLOCK, HOURS, MONEY = "count", "share", "clock", "hours", "money"


@dataclass(frozen=True, slots=True)
class Metric:
    """`kind`: count; share (0.25 is 25 %); clock (seconds, shown 3:07); hours (hours with one digit after the comma);
    money (roubles with kopecks).

    A metric with `over` is a quotient, blank where nothing is below; `scale` turns the measure's unit into the kind's.
    """

    key: str
    label: Any
    formula: Any
    of: str
    over: str = ""
    kind: str = COUNT
    scale: float = 1.0
    is_bad: bool = False  # more of it is worse: the comparison is coloured the other way round

    @property
    def measures(self) -> tuple[str, ...]:
        return (self.of, self.over) if self.over else (self.of,)

    def value(self, sums: dict[str, int]) -> float | int | None:
        above = sums.get(self.of, 0)
        if not self.over:
            return above * self.scale if self.scale != 1.0 else above
        below = sums.get(self.over, 0)
        return above * self.scale / below if below else None


METRICS: dict[str, Metric] = {
    metric.key: metric
    for metric in (
        Metric(
            "posted",
            _l("Posted"),
            _l("Ads by the day of their publication; where it is not told, by the day they were first seen."),
            "posted",
        ),
        Metric("matched", _l("Matched filters"), _l("Cars by the day when a filter took them."), "matched"),
        Metric(
            "given",
            _l("Given"),
            _l("Cards that came to an operator: dealt, taken or handed over; each time counts."),
            "given",
        ),
        Metric("taken", _l("Taken to work"), _l("Cards that an operator took to work."), "taken"),
        Metric("processed", _l("Processed"), _l("Closing statuses that were set."), "processed"),
        Metric(
            "reached",
            _l("Sellers reached"),
            _l("Cards with a talk or with a status that means «reached»; once a day."),
            "reached",
        ),
        Metric("leads", _l("Leads"), _l("Cards handed to the CRM by a successful status."), "leads"),
        Metric(
            "conversion_taken", _l("Conversion of taken"), _l("Leads ÷ cards taken to work."), "leads", "taken", SHARE
        ),
        Metric(
            "conversion_reached", _l("Conversion of reached"), _l("Leads ÷ sellers reached."), "leads", "reached", SHARE
        ),
        Metric(
            "processed_share",
            _l("Processed of posted"),
            _l("Closing statuses ÷ ads posted."),
            "processed",
            "posted",
            SHARE,
        ),
        Metric("called", _l("Cars called"), _l("Cars whose first call was on that day."), "called"),
        Metric(
            "first_call_h",
            _l("Hours to the first call"),
            _l("Average time from the publication of the ad to the first call."),
            "wait_s",
            "waited",
            HOURS,
            1 / 3600,
            True,
        ),
        Metric("attempts", _l("Attempts"), _l("Calls to sellers that have ended, whatever their outcome."), "attempts"),
        Metric("connects", _l("Connects"), _l("Calls where the seller answered and was talked to."), "connects"),
        Metric("connect_rate", _l("Connect rate"), _l("Connects ÷ attempts."), "connects", "attempts", SHARE),
        Metric(
            "talk",
            _l("Talk time"),
            _l("From the seller's answer to the end, over all connects."),
            "talk_ms",
            "",
            CLOCK,
            1 / 1000,
        ),
        Metric("avg_talk", _l("Average talk"), _l("Talk time ÷ connects."), "talk_ms", "connects", CLOCK, 1 / 1000),
        Metric(
            "avg_ring",
            _l("Average ring"),
            _l("Ringing of the seller's phone ÷ calls that rang."),
            "ring_ms",
            "rung",
            CLOCK,
            1 / 1000,
            True,
        ),
        Metric("calls", _l("Calls"), _l("Calls of every type that have ended."), "attempts"),
        Metric("changes", _l("Set"), _l("How often the status was set."), "changes"),
        Metric(
            "crm_in_work",
            _l("Taken by the CRM"),
            _l("Leads that the CRM first had in work on that day."),
            "crm_in_work",
        ),
        Metric("inspected", _l("Inspected"), _l("Leads whose car was inspected, as the CRM says."), "inspected"),
        Metric("bought", _l("Bought"), _l("Leads whose car was bought, as the CRM says."), "bought"),
        Metric(
            "crm_refused",
            _l("Refused later"),
            _l("Leads that the CRM has closed without a purchase."),
            "crm_refused",
            is_bad=True,
        ),
        Metric("bought_share", _l("Bought of leads"), _l("Cars bought ÷ leads."), "bought", "leads", SHARE),
        Metric(
            "due",
            _l("Due"),
            _l("Call-backs by the day of their time. Planned anew or closed more than an hour before it: not counted."),
            "due",
        ),
        Metric(
            "kept",
            _l("Kept"),
            _l("Call-backs with a call or a result from an hour before their time to 30 minutes after it."),
            "kept",
        ),
        Metric("missed", _l("Missed"), _l("Call-backs due − call-backs kept."), "missed", is_bad=True),
        Metric("kept_share", _l("Kept of due"), _l("Call-backs kept ÷ call-backs due."), "kept", "due", SHARE),
        Metric(
            "still_open",
            _l("Still waiting"),
            _l("Missed call-backs that nobody has made up for."),
            "still_open",
            is_bad=True,
        ),
        Metric(
            "late_h",
            _l("Hours late"),
            _l("Average time from the planned one to the result, of call-backs that were made up for."),
            "late_s",
            "late_n",
            HOURS,
            1 / 3600,
            True,
        ),
        Metric(
            "at_work",
            _l("At work"),
            _l("All the time that was not «away»: ready, talking, wrap-up and pauses."),
            "at_work_s",
            "",
            HOURS,
            1 / 3600,
        ),
        Metric(
            "ready",
            _l("Ready"),
            _l("Time on the line, waiting for a call or looking for one."),
            "ready_s",
            "",
            HOURS,
            1 / 3600,
        ),
        Metric(
            "talking",
            _l("Talking"),
            _l("Time from the dialling to the end of calls."),
            "talking_s",
            "",
            HOURS,
            1 / 3600,
        ),
        Metric("wrapping", _l("Wrap-up"), _l("Time to finish cards after calls."), "wrap_s", "", HOURS, 1 / 3600),
        Metric("paused", _l("In pauses"), _l("Time in pauses of every kind."), "paused_s", "", HOURS, 1 / 3600),
        Metric(
            "occupancy",
            _l("Occupancy"),
            _l("(Talking + wrap-up) ÷ (ready + talking + wrap-up)."),
            "busy_s",
            "able_s",
            SHARE,
        ),
        Metric(
            "avg_wrap",
            _l("Average wrap-up"),
            _l("Wrap-up time ÷ wrap-ups that began."),
            "wrap_s",
            "wraps",
            CLOCK,
            1.0,
            True,
        ),
        Metric(
            "pushes",
            _l("To hand over"),
            _l("Leads and additions to them, by the day when they were written."),
            "pushes",
        ),
        Metric("handed", _l("Handed over"), _l("What the CRM has taken."), "handed"),
        Metric("handed_share", _l("Handed over, share"), _l("Handed over ÷ to hand over."), "handed", "pushes", SHARE),
        Metric("waits", _l("On its way"), _l("What will be tried again by itself."), "waits", is_bad=True),
        Metric(
            "fails", _l("Failed"), _l("What the CRM does not take; a person has to look at it."), "fails", is_bad=True
        ),
        Metric("dropped", _l("Left out"), _l("What a person has decided not to hand over."), "dropped"),
        Metric("tries", _l("Tries"), _l("How often it was tried, over all hand-overs."), "tries", is_bad=True),
        Metric(
            "took",
            _l("Time to hand over"),
            _l("Average time from the writing to the CRM's receipt."),
            "took_s",
            "handed",
            CLOCK,
            1.0,
            True,
        ),
        Metric("messages", _l("Wanted"), _l("Messages by the day when they were asked for."), "messages"),
        Metric("went", _l("Sent out"), _l("Messages that a gateway has taken."), "went"),
        Metric("delivered", _l("Arrived"), _l("Messages that have reached the phone."), "delivered"),
        Metric(
            "undelivered",
            _l("Did not arrive"),
            _l("Messages that were refused or did not reach the phone in time."),
            "undelivered",
            is_bad=True,
        ),
        Metric(
            "unsure",
            _l("Fate unknown"),
            _l("Messages whose sending was cut short; they are not repeated, so that nobody gets two."),
            "unsure",
            is_bad=True,
        ),
        Metric(
            "delivery_rate", _l("Delivery rate"), _l("SMS that arrived ÷ SMS sent out."), "delivered", "went", SHARE
        ),
        Metric("parts", _l("Parts"), _l("A long message counts as several."), "parts", is_bad=True),
        Metric(
            "cost",
            _l("Cost"),
            _l("What the gateways have said that the messages cost."),
            "cost_k",
            "",
            MONEY,
            0.01,
            True,
        ),
        Metric(
            "cost_each",
            _l("Cost of one that arrived"),
            _l("Cost of all messages ÷ SMS that arrived."),
            "cost_k",
            "delivered",
            MONEY,
            0.01,
            True,
        ),
        Metric("spent", _l("Time"), _l("How long the operators were in the state."), "spent_s", "", CLOCK),
    )
}
