"""The words of the telephone at the desk: why it cannot be used, and how calls end."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l

SENTENCES: dict[str, Any] = {
    "phone_none": _l("You have no telephone in the browser. Ask your administrator for one."),
    "phone_elsewhere": _l("Your telephone is in another browser, where you have logged in later."),
    "phone_not_desk": _l("This is a telephone in the browser: it gets its password by itself."),
    "call_none": _l("There is no call to do this with any more."),
    "colleague_has_no_phone": _l("This colleague has no telephone on your server."),
}

WORDS: dict[str, Any] = {
    "outcome:answered": _l("Answered"), "outcome:busy": _l("Busy"), "outcome:no_answer": _l("No answer"),
    "outcome:unavailable": _l("Unavailable"), "outcome:rejected": _l("Rejected"),
    "outcome:wrong_number": _l("Wrong number"), "outcome:machine": _l("Answering machine"),
    "outcome:failed": _l("The call could not be made"), "outcome:cancelled": _l("Cancelled"),
    "job:end_phone_log_ins": _l("Ends passwords of browser telephones"),
}  # fmt: skip
