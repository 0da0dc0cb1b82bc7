"""The words of SMS: why one does not go, what became of it, what wanted it."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l

SENTENCES: dict[str, Any] = {
    # what SMS gateways refuse, whatever the gateway calls it
    "sms_auth": _l("The SMS gateway does not accept the login or the key."),
    "sms_no_money": _l("The money at the SMS gateway has run out."),
    "sms_sender": _l("The sender name is not approved at the SMS gateway."),
    "sms_phone": _l("The SMS gateway does not accept this number."),
    "sms_text": _l("The SMS gateway does not accept this text: it is forbidden or too long."),
    "sms_stop_list": _l("The number is in the stop list of the SMS gateway."),
    "sms_limit": _l("This number has had all SMS that the gateway allows for a day."),
    "sms_repeated": _l("The SMS gateway has sent this text to this number a short while ago."),
    "sms_unroutable": _l("The SMS gateway has no way to this number."),
    "sms_unreachable": _l("The phone could not be reached."),
    "sms_expired": _l("The phone was not reached in time; the SMS gateway tries no more."),
    "sms_refused": _l("The SMS gateway has refused the message."),
    "sms_address": _l("The address of the SMS gateway must be like https://host, and must not lead elsewhere."),
    "sms_address_private": _l("The SMS gateway has a private address: this installation does not allow it."),
    # what we refuse ourselves
    "sms_template_gone": _l("There is no such template any more, or it is switched off."),
    "sms_text_empty": _l("A message needs a text."),
    "sms_text_long": _l("The text is too long: %(n)s characters, at most %(most)s."),
    "sms_text_control": _l("The text holds characters that no telephone shows."),
    "sms_text_good": _l("The text is in order."),
    "sms_field_unknown": _l("There is no field {%(name)s}."),
    "sms_field_open": _l("A brace is not closed, or stands alone. Fields are written like {имя}."),
    "sms_too_many_parts": _l(
        "The message would be %(n)s SMS long, at most %(most)s are allowed. Shorten the template."
    ),
    "sms_no_mobile": _l("The ad has no mobile number of the seller's own: substitute and home numbers take no SMS."),
    "sms_stopped": _l("This number must not be written to: it is on the stop list, or its owner has asked so."),
    "sms_no_consent": _l("The seller has not agreed to SMS yet: ask him and write the answer down."),
    "sms_no_gateway": _l("No SMS gateway is ready: the administrator connects one under «SMS gateways»."),
    "sms_already": _l("This template has gone to this seller within the last %(hours)s hours."),
    "sms_too_many": _l("This number has got %(n)s SMS today, at most %(cap)s are allowed."),
    "sms_taken_back": _l("It was taken back before it went."),
    "sms_gone_already": _l("The message is on its way already and cannot be taken back."),
    "sms_answer_lost": _l(
        "The gateway's answer was lost: nobody knows whether the message went, so it is not repeated."
    ),
    "sms_gateway_gone": _l("This SMS gateway is no longer there."),
    "sms_sender_form": _l("A sender name has at most 15 Latin letters, digits and signs."),
    "sms_rate_range": _l("From %(low)s to %(high)s messages a second."),
    "sms_position_range": _l("The order is a number from %(low)s to %(high)s."),
    "port_range": _l("A port is a number from %(low)s to %(high)s."),
    "sms_silent": _l("The SMS gateway does not answer."),
    "sms_hook_unknown": _l("No SMS gateway has this address."),
}
WORDS: dict[str, Any] = {
    "smsstate:waiting": _l("waits to be sent"), "smsstate:sending": _l("is being sent"),
    "smsstate:sent": _l("sent"), "smsstate:delivered": _l("delivered"), "smsstate:failed": _l("not delivered"),
    "smsstate:expired": _l("not delivered in time"), "smsstate:unknown": _l("unknown whether it went"),
    "smsstate:cancelled": _l("cancelled"),
    "smsground:operator": _l("by hand"), "smsground:status": _l("by status"),
    "smsground:missed_calls": _l("after unanswered calls"), "smsground:command": _l("by command"),
    "job:send_sms": _l("sending SMS"), "job:poll_sms": _l("what became of SMS"),
    "event:sms_cancelled": _l("SMS taken back"),
    "event:sms_stop_asked": _l("answered an SMS: no more"), "stop:sms": _l("answered an SMS: no more"),
    "event:sms_asked": _l("SMS asked for"), "event:sms_agreed": _l("the seller agreed to SMS"),
    "event:sms_declined": _l("the seller asked not to write"), "event:sms_gateway_added": _l("SMS gateway added"),
    "event:sms_gateway_changed": _l("SMS gateway changed"), "event:sms_gateway_on": _l("SMS gateway switched on"),
    "event:sms_gateway_off": _l("SMS gateway switched off"),
    "event:sms_template_added": _l("SMS template added"), "event:sms_template_changed": _l("SMS template changed"),
    "event:sms_template_deleted": _l("SMS template deleted"),
    "deed:sms_agreed": _l("the seller agreed to SMS"), "deed:sms_declined": _l("the seller asked not to write"),
    "deed:sms_asked": _l("SMS asked for"), "deed:sms_cancelled": _l("SMS taken back"),
}  # fmt: skip
