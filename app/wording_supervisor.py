"""The words of recordings, incoming calls and listening in: code -> sentence or word."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l

SENTENCES: dict[str, Any] = {
    "not_a_supervisor": _l("This person sees the own figures only: the role has no right to those of everybody."),
    "disk_full": _l("The disk of the recordings is nearly full."),
    "recordings_dir_missing": _l("The folder of the recordings cannot be reached."),
    "verb_unknown": _l("There is no such action."),
    "call_over": _l("The call is over already."),
    "call_not_talking": _l("They are not talking yet, or no longer."),
    "call_is_own": _l("This is your own talk."),
    "phone_elsewhere_server": _l("Your telephone belongs to another server than this call."),
    "phone_busy": _l("Your own telephone is busy."),
    "own_phone_absent": _l("Your telephone is not connected. Open the desk or this page in a browser that may hear."),
    "mark_wrong": _l("Amber and red must be two different numbers from 0 to 1,000,000."),
    "mark_direction": _l("Amber must come before red: see in the table whether a high or a low number alarms."),
    "goal_wrong": _l("A goal is a number from 1 to 1,000,000, of somebody who is there."),
    "telephony_down": _l("There is no connection to telephony now."),
}

WORDS: dict[str, Any] = {
    "event:recording_listened": _l("talk listened to"), "event:recording_downloaded": _l("recording downloaded"),
    "event:recording_stopped": _l("recording stopped"), "event:recording_resumed": _l("recording goes on"),
    "event:call_listened": _l("listened to a live talk"), "event:call_whispered": _l("whispered to an operator"),
    "event:call_barged": _l("joined a talk"), "event:call_hung_up": _l("ended a call of others"),
    "event:call_taken_over": _l("took a talk over"), "operator_id": _l("No. of the operator"),
    "calltype:individual": _l("call"), "calltype:campaign": _l("call of a campaign"),
    "calltype:callback": _l("call-back"), "calltype:incoming": _l("incoming call"),
    "event:board_marks": _l("marks of the board changed"), "event:day_goal": _l("goal of the day set"),
    "event:sent_to_pause": _l("sent to a pause"),
    "calltype:internal": _l("call of colleagues"), "callstate:asked": _l("asked for"), "callstate:sent": _l("sent"),
    "callstate:operator_ringing": _l("rings at the operator's"), "callstate:ringing": _l("rings at the seller's"),
    "callstate:talking": _l("talk"), "callstate:ended": _l("ended"),
    "subject:call": _l("call"), "subject:asterisk": _l("telephony server"), "trouble": _l("Trouble"),
    "card_id": _l("No. of the card"), "job:watch_recordings": _l("Measures recordings and watches their disk"),
    "assigned:incoming": _l("given to who talks with the seller"),
    "ended:incoming": _l("the seller rang and talks with a colleague"),
    "job:find_unseen_calls": _l("Finds calls that rang while telephony's process was away"),
    "event:group_supervisor_added": _l("group given to a supervisor"),
    "event:group_supervisor_deleted": _l("group taken from a supervisor"),
    "subject:export": _l("file of a report"), "subject:saved_view": _l("saved view"),
    "subject:campaign": _l("campaign"),
    "subject:incoming": _l("incoming lead"), "subject:intake": _l("way in for leads"), "subject:sms": _l("SMS"),
    "subject:sms_gateway": _l("SMS gateway"), "report": _l("Report"), "rows": _l("Rows"), "asked": _l("Days"),
    "format": _l("Format"),
    "subject:group_supervisor": _l("supervisor of a group"),
    "kept:kept": _l("kept in time"), "kept:late": _l("made up for too late"), "kept:open": _l("still waiting"),
    "job:compress_recordings": _l("Packs recordings"), "job:purge_recordings": _l("Deletes old recordings"),
}  # fmt: skip
