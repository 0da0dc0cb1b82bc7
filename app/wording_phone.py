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
    "call_holiday": _l("It is a holiday where the seller is (%(day)s): nobody is called."),
    "call_weekday": _l("On this day of the week (%(day)s where the seller is) nobody is called."),
    "day_part_tried": _l("This number was called in vain in this part of the day. Try from %(time)s on."),
    "already_in_call": _l("You are in a call already. End it first."),
    "number_in_call": _l("A colleague is talking with this number at this moment."),
    "phone_not_registered": _l(
        "Your telephone is not connected. Reload the page, or look at the telephone on the desk."
    ),
    "no_line": _l("No line to the network is on. Tell your supervisor."),
    "no_line_now": _l("No line works at this hour."),
    "line_full": _l("All lines are busy. Try again in a few seconds."),
    "digits_wrong": _l("Only digits, * and # can be sent."),
    "line_runs": _l("The line works already."),
    "prefix_of_other_line": _l("This prefix belongs to another line."),
    "server_ws_url": _l("The address for browsers is written as wss://host:8089/ws."),
    "server_path": _l("A path begins with a slash."),
    "server_secret_letters": _l("There are characters in the password that cannot be sent."),
    # why a campaign does not call
    "campaign_gone": _l("There is no such campaign any more."),
    "campaign_not_so": _l("The campaign «%(name)s» cannot go over to this from where it stands."),
    "campaign_hours": _l("The campaign must begin before it ends."),
    "campaign_in_use": _l("Calls of this campaign are in the log: stop it instead of deleting it."),
    "campaign_no_targets": _l("The campaign has no filters: nobody is to be called."),
    "campaign_no_groups": _l("The campaign has no groups: nobody is there to call."),
    "campaign_none_here": _l("No campaign works for your group now."),
    "campaign_is_draft": _l("Not started yet."),
    "campaign_is_paused": _l("Paused by a person."),
    "campaign_is_draining": _l("Finishing: only promised call-backs are made, nothing new is given out."),
    "campaign_is_stopped": _l("Stopped by a person."),
    "campaign_no_line": _l("No line to the network works: all are off or stopped."),
    "campaign_no_operators": _l("No operator of its groups is on line."),
    "campaign_nothing_left": _l("All ads of the campaign have been given out."),
    "campaign_nobody_now": _l(
        "There are ads, but nobody may be called now. Of the first %(n)s: not at this hour or day %(hours)s, "
        "called enough or too lately %(often)s, on the stop list %(stopped)s, in another talk %(busy)s, "
        "off sale %(gone)s."
    ),
    "campaign_just_taken": _l("A colleague has just taken the last seller who may be called now."),
    "campaign_calls": _l("Works; operators on line: %(n)s."),
    # why a call failed
    "line_failed": _l("The line did not put the call through."),
    "refused_by_dialplan": _l("The exchange refused the number."),
    "operator_no_answer": _l("The operator's telephone did not answer."),
    "refused_by_asterisk": _l("The exchange could not do this."),
    "order_wrong": _l("This was asked in a way that the exchange must not be asked."),
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
    "endedby:seller": _l("the seller"), "endedby:operator": _l("the operator"), "endedby:system": _l("telephony"),
    "endedby:supervisor": _l("the supervisor"), "trunkstop:line_failed": _l("too many failures one after another"),
    "numberformat:7": _l("7 912 000-12-34, with seven"), "numberformat:8": _l("8 912 000-12-34, with eight"),
    "numberformat:+7": _l("+7 912 000-12-34, with plus"), "numberformat:10": _l("912 000-12-34, ten digits"),
    "phonekind:browser": _l("in the browser"), "phonekind:desk": _l("on the desk"),
    "device:not_inuse": _l("free"), "device:idle": _l("free"), "device:inuse": _l("in a talk"),
    "device:busy": _l("busy"), "device:ringing": _l("rings"), "device:onhold": _l("on hold"),
    "device:ringinuse": _l("in a talk"), "device:unavailable": _l("not connected"),
    "device:unknown": _l("not connected"), "device:invalid": _l("unknown to the server"),
    "event:trunk_added": _l("line added"), "event:trunk_changed": _l("line changed"),
    "event:trunk_deleted": _l("line deleted"), "event:asterisk_added": _l("telephony server added"),
    "event:asterisk_changed": _l("telephony server changed"), "event:asterisk_deleted": _l("telephony server deleted"),
    "event:phone_account_added": _l("telephone given"), "event:phone_account_changed": _l("telephone changed"),
    "event:phone_account_deleted": _l("telephone taken away"), "event:dial_prefix_added": _l("prefix added"),
    "event:dial_prefix_changed": _l("prefix changed"), "event:dial_prefix_deleted": _l("prefix deleted"),
    "event:caller_number_added": _l("number that is shown added"),
    "event:caller_number_changed": _l("number that is shown changed"),
    "event:caller_number_deleted": _l("number that is shown deleted"),
    "event:line_rule_added": _l("rule of a line added"), "event:line_rule_changed": _l("rule of a line changed"),
    "event:line_rule_deleted": _l("rule of a line deleted"), "subject:phone_account": _l("telephone"),
    "subject:dial_prefix": _l("prefix"), "subject:caller_number": _l("number that is shown"),
    "subject:line_rule": _l("rule of a line"), "event:api_call_asked": _l("call asked for by a program"),
    "event:api_call_hung_up": _l("call ended by a program"), "count:expired": _l("not fetched in time"),
}  # fmt: skip
