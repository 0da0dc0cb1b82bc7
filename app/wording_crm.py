"""The wording of leads and CRMs: code -> sentence or word, as in wording_codes; what a CRM reads of notes and talks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import force_locale
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

SENTENCES: dict[str, Any] = {
    "lead_gone": _l("There is no such lead any more."),
    "lead_sent_already": _l("The CRM has this lead already: correct it there."),
    "lead_field_bad": _l("The field «%(name)s» holds something that cannot be sent."),
    "push_not_again": _l("This has arrived already, or was left out."),
    "push_not_dropped": _l("Only what has failed can be left out."),
    "crm_gone": _l("There is no such connection any more."),
    "crm_needs_name": _l("Give the connection a name of at most 100 characters."),
    "crm_name_taken": _l("There is a connection called so already."),
    "crm_option_missing": _l("Fill in «%(name)s»."),
    "crm_address_bad": _l("«%(name)s» is an address like https://host/…, without a user name in it."),
    "crm_https": _l("«%(name)s»: only https is allowed; else anybody on the way reads the secrets."),
    "crm_secret_again": _l("The address has changed: enter the secrets again."),
    "crm_sync_minutes": _l("The CRM is asked every 1 to 10080 minutes; 0 is never."),
    "map_unknown_name": _l("«%(field)s»: a lead knows no {%(name)s}."),
    "map_no_field": _l("A line of the field map has a value but no field."),
    "map_twice": _l("The field «%(field)s» stands twice in the field map."),
    "map_long": _l("The field map is too long."),
    "stage_map_bad": _l("Stages: one per line, the name of the CRM's and one of ours."),
    "crm_save_first": _l("Save the connection first: the authorization code is good once and belongs to it."),
    "crm_nothing_to_read": _l("This CRM tells nothing back."),
    "crm_no_cars": _l("No client with a number has a car here: read the clients and cars first."),
    "crm_has_leads": _l("Leads have gone to this connection: switch it off instead of deleting it."),
}

WORDS: dict[str, Any] = {
    "lead:waiting": _l("on its way"), "lead:sent": _l("in the CRM"), "lead:failed": _l("hand-over failed"),
    "push:waiting": _l("waits"), "push:done": _l("arrived"), "push:failed": _l("failed"),
    "push:dropped": _l("left out"),
    "deal:in_work": _l("in work"), "deal:inspected": _l("inspected"), "deal:bought": _l("bought"),
    "deal:refused": _l("refused"), "deal:gone": _l("deleted in the CRM"),
    "pushed:lead": _l("lead"), "pushed:note": _l("note"), "pushed:call": _l("talk"), "pushed:sms": _l("SMS"),
    "crm:ok": _l("works"), "crm:network": _l("no connection"), "crm:limit": _l("asks for a pause"),
    "crm:auth": _l("lets nobody in"), "crm:refused": _l("refuses"), "crm:strange": _l("answers strangely"),
    "crm:never": _l("not used yet"),
    "job:push_leads": _l("Hand leads over to the CRM"), "job:push_lead": _l("Hand one lead over"),
    "job:pull_crm": _l("Look which CRMs are due"), "job:sync_crm": _l("Read clients and cars of a CRM"),
    "job:call_clients": _l("Make cards of clients' cars"),
    "event:crm_clients_called": _l("cards of clients' cars asked for"),
    "job:take_hooks": _l("Take in what a CRM has told"),
    "pushed": _l("handed over"), "put_off": _l("put off"), "news": _l("notes and talks"),
    "clients": _l("clients"), "cars": _l("cars"), "stages": _l("stages"), "hooks": _l("web-hooks"),
    "event:lead_fixed": _l("lead corrected"), "event:lead_again": _l("lead handed over once more"),
    "event:lead_dropped": _l("part of a lead left out"), "event:crm_added": _l("CRM connected"),
    "event:crm_changed": _l("connection of a CRM changed"), "event:crm_tried": _l("trial lead sent"),
    "event:crm_sync_asked": _l("reading of a CRM asked for"),
    "entity:lead": _l("lead"), "entity:deal": _l("deal"), "entity:lead_old": _l("lead, the old way"),
    "fact:asked_price": _l("Price the seller asks"), "fact:our_price": _l("Our price"),
    "fact:condition": _l("Condition"), "fact:comment": _l("Comment"), "fact:where": _l("Where to look at it"),
    "fact:haggle": _l("Haggling"), "fact:documents": _l("Documents"), "fact:status": _l("Result"),
    "fact:operator": _l("Operator"), "fact:ad_url": _l("Link to the ad"), "fact:card_url": _l("Link to the card"),
    "fact:card_id": _l("No. of the card"), "fact:lead_id": _l("No. of the lead"), "fact:key": _l("Key for ever"),
    "subject:lead": _l("lead"), "subject:crm": _l("connection of a CRM"),
}  # fmt: skip


def comment_text(body: Mapping[str, Any]) -> str:
    """What stands in the CRM under the lead. Its people read Russian, whatever language the worker's machine has."""
    with force_locale("ru"):
        who = f"{body['who']}: " if body.get("who") else ""
        if body.get("kind") != "call":
            return f"{who}{body.get('text', '')}"
        from app.wording import word

        lines = [_("%(who)stalk, %(outcome)s, %(seconds)s s", who=who, outcome=word(body.get("outcome"), "outcome"),
                   seconds=body.get("talk_s") or 0)]  # fmt: skip
        if body.get("recording"):
            lines.append(_("Recording: %(url)s", url=body["recording"]))
        return "\n".join(lines)
