"""The words of the telephone at the desk: why it cannot be used, why a call is refused, how calls end."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l

SENTENCES: dict[str, Any] = {
    "phone_none": _l("You have no telephone in the browser. Ask your administrator for one."),
    "phone_elsewhere": _l("Your telephone is in another browser, where you have logged in later."),
    "phone_not_desk": _l("This is a telephone in the browser: it gets its password by itself."),
    "call_none": _l("There is no call to do this with any more."),
    "colleague_has_no_phone": _l("This colleague has no telephone on your server."),
    # may this number be called now?
    "number_wrong": _l("This is not a number of the ad that can be called."),
    "do_not_call": _l("This number is in the stop list: it is not called."),
    "outside_hours": _l("It is %(time)s where the seller is: calls are made from %(low)s to %(high)s."),
    "too_many_today": _l("This number has been called %(n)s times today: the limit is %(cap)s."),
    "too_many_attempts": _l("This number has been called %(n)s times without an answer: the limit is %(cap)s."),
    "too_soon": _l("This number has just been called. Wait %(s)s s more."),
    "already_in_call": _l("You are in a call already. End it first."),
    "number_in_call": _l("A colleague is talking with this number at this moment."),
    "phone_not_registered": _l("Your telephone is not connected. Reload the page, or look at the telephone on the desk."),
    "no_line": _l("No line to the network is on. Tell your supervisor."),
    "no_line_now": _l("No line works at this hour."),
    "line_full": _l("All lines are busy. Try again in a few seconds."),
    "digits_wrong": _l("Only digits, * and # can be sent."),
    # why a call failed
    "line_failed": _l("The line did not put the call through."),
    "refused_by_dialplan": _l("The exchange refused the number."),
    "operator_no_answer": _l("The operator's telephone did not answer."),
    "lost": _l("The end of the call is not known: the connection to the exchange was gone."),
    "asterisk_died": _l("The exchange stopped during the call; its end is estimated."),
}

WORDS: dict[str, Any] = {
    "outcome:answered": _l("Answered"), "outcome:busy": _l("Busy"), "outcome:no_answer": _l("No answer"),
    "outcome:unavailable": _l("Unavailable"), "outcome:rejected": _l("Rejected"),
    "outcome:wrong_number": _l("Wrong number"), "outcome:machine": _l("Answering machine"),
    "outcome:failed": _l("The call could not be made"), "outcome:cancelled": _l("Cancelled"),
    "job:end_phone_log_ins": _l("Ends passwords of browser telephones"),
    "job:close_stuck_calls": _l("Ends calls whose end was not told"),
    "event:trunk_stopped": _l("line stopped by itself after failures"),
    "event:trunk_started": _l("line switched on again"), "subject:trunk": _l("line"),
    "call_id": _l("No. of the call"),
}  # fmt: skip
