"""The words of incoming leads: what is refused, what the jobs and the audit log call it."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l

SENTENCES: dict[str, Any] = {
    "event:api_leads_push": _l("leads sent by a program"),
    "intake_gone": _l("This way in for leads is no longer there, or is switched off."),
    "intake_name_taken": _l("Another way in for leads is called «%(name)s»."),
    "intake_needs_name": _l("A way in for leads needs a name of at most 100 characters."),
    "intake_target": _l("A lead is to be taken within 1 to 1440 minutes."),
    "intake_rate": _l("From 1 to 1000 leads a minute are taken."),
    "intake_thanks": _l("The page of thanks needs an address like https://site/page."),
    "lead_changed": _l("A lead with this id has come already, with other words."),
    "lead_erased": _l("Erased at the person's request."),
    "lead_no_card": _l("The lead has no card yet."),
}
WORDS: dict[str, Any] = {
    "intake:form": _l("form of a site"), "intake:partner": _l("partner, signed"),
    "job:take_leads": _l("Cards of incoming leads"), "job:watch_leads": _l("Overdue incoming leads"),
    "event:intake_added": _l("way in for leads added"), "event:intake_changed": _l("way in for leads changed"),
    "event:intake_secret": _l("new secret of a way in for leads"),
    "count:lead_words": _l("leads made nameless"), "count:sms_texts": _l("texts of SMS forgotten"),
    "event:lead_overdue": _l("incoming lead not taken in time"),
}  # fmt: skip
