"""Flask-AppBuilder's own words: named here, our catalogue translates them; its own Russian lacks 28 and botches some.

The extractor reads this file, so a text that FAB shows and that is not named here stays as FAB has it.
"""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l

# What its Russian catalogue lacks.
MISSING = (
    _l("Add"), _l("Add Group"), _l("Are you sure you want to delete this item?"), _l("Contains (insensitive)"),
    _l("Database Error"), _l("Delete"), _l("Detail"), _l("Edit"), _l("Edit Group"), _l("Edit User Information"),
    _l("Either select a role or a group"), _l("Groups"), _l("In"), _l("List Groups"),
    _l("Must have at least two capital letters, one special character, two digits, three lower case letters and a "
       "minimal length of 10."),
    _l("Not In"), _l("Not a valid choice"), _l("Order by"), _l("Select Value"), _l("Show"), _l("Show Group"),
    _l("Sign In with "), _l("Sign in using:"), _l("Start with"), _l("The user's password for authentication"),
    _l("User information changed"), _l("User(s) exists in the group, cannot delete"),
    _l("User(s) exists in the role, cannot delete"),
)  # fmt: skip
# What it translates badly, or in words that are not ours.
BETTER = (
    _l("Access is Denied"), _l("Actions"), _l("Add Role"), _l("Add User"), _l("Added Row"), _l("Already exists."),
    _l("Associated data exists, please delete them first"), _l("Audit Info"), _l("Changed Row"), _l("Changed by"),
    _l("Changed on"), _l("Confirm Password"), _l("Copy Role"), _l("Copy the selected roles?"), _l("Created by"),
    _l("Created on"), _l("Deleted Row"), _l("Edit Role"), _l("Edit User"), _l("Email"), _l("Ends with"),
    _l("Failed login count"), _l("First Name"), _l("Full Name"),
    _l("Integrity error, probably unique constraint"), _l("Invalid login. Please try again."), _l("Is Active?"),
    _l("It's not a good policy to remove a user, just make it inactive"), _l("Last login"), _l("List Roles"),
    _l("List Users"), _l("Login"), _l("Login count"), _l("Logout"), _l("Name"), _l("No Relation"),
    _l("Not a valid date value"), _l("Password Changed"), _l("Permissions"), _l("Personal Info"),
    _l("Please rewrite the password to confirm"), _l("Please rewrite the user's password to confirm"),
    _l("Please use a good password policy, this application does not check this for you"), _l("Profile"),
    _l("Relation"), _l("Relation as Many"), _l("Reset Password"), _l("Reset Password Form"), _l("Reset my password"),
    _l("Role"), _l("Show Role"), _l("Show User"), _l("Sign In"),
    _l("The user role on the application, this will associate with a list of permissions"),
    _l("The user group on the application, this will associate with a list of roles associated with the group"),
    _l("The user's email, this will also be used for OID auth"), _l("This field is required."), _l("User Name"),
    _l("User info"), _l("Username"), _l("Username valid for authentication on DB or LDAP, unused for OID auth"),
    _l("Write the user first name or names"), _l("Write the user last name"), _l("Your user information"),
)  # fmt: skip
# Labels that FAB makes from the names of its own columns, without asking for a translation.
COLUMNS = (_l("Label"), _l("Description"), _l("Users"), _l("Roles"), _l("Id"), _l("Security"))

# The rights of a role, for those who give them.
RIGHTS: dict[str, Any] = {
    "menu_access": _l("see it in the menu"), "can_list": _l("see the list"), "can_show": _l("open a row"),
    "can_add": _l("add"), "can_edit": _l("change"), "can_delete": _l("delete"), "can_download": _l("download files"),
    "can_get": _l("read"), "can_get_list": _l("read the list"), "can_info": _l("read the description"),
    "can_post": _l("add"), "can_put": _l("change"), "can_this_form_get": _l("open the form"),
    "can_this_form_post": _l("send the form"), "can_userinfo": _l("see the own profile"),
    "can_userinfoedit": _l("change the own profile"), "userinfoedit": _l("change the own profile"),
    "resetmypassword": _l("change the own password"), "can_resetmypassword": _l("change the own password"),
    "resetpasswords": _l("reset passwords"), "copyrole": _l("copy a role"), "can_work": _l("work with the own cards"),
    "can_look": _l("look at cards of others"), "can_board": _l("see the board"), "can_deal": _l("deal out cards"),
    "can_move": _l("move cards"), "can_build": _l("build filters"), "can_history": _l("see the history"),
    "enable": _l("switch on"), "disable": _l("switch off"), "copy": _l("copy"), "archive": _l("archive"),
    "restore": _l("take from the archive"),
    "can_callbacks": _l("see everybody's call-backs"), "can_steer": _l("hand over and move call-backs"),
    "can_fix": _l("correct leads"), "can_again": _l("hand leads over again"), "repeat": _l("hand leads over again"),
    "can_drop": _l("leave parts of leads out"), "sync_now": _l("read a CRM"),
    "call_clients": _l("make cards of clients"),
    "can_pull": _l("fetch by hand"), "pull_now": _l("fetch by hand"), "can_import": _l("load a file"),
    "can_rejected": _l("see rejected rows"), "can_map": _l("match names"), "ignore": _l("ignore names"),
    "can_compare": _l("compare"), "can_decide": _l("decide"), "join": _l("join cars"), "apart": _l("keep cars apart"),
    "undo": _l("undo"), "is_reseller": _l("mark as reseller"), "is_private": _l("mark as private"),
    "can_settings": _l("change settings"), "can_look_up": _l("search in directories"),
    "can_reveal": _l("show phone numbers"), "wait_again": _l("send pairs back for review"),
    "split": _l("split an ad off"), "by_score": _l("leave it to the score"), "can_invites": _l("invite people"),
    "reset_link": _l("make a link for a new password"), "end_sessions": _l("end log-ins"),
    "switch_off": _l("switch accounts off"), "switch_on": _l("switch accounts on"),
    "can_differences": _l("compare roles with the program"), "send_again": _l("send letters again"),
    "can_push": _l("send adverts by a program"), "can_explain": _l("ask why a card is where it is"),
    "can_switch": _l("switch on and off"), "can_keys": _l("make and revoke keys of programs"),
    "can_chart": _l("see the report"), "can_file": _l("take files of reports"),
    "can_everyone": _l("see everybody's figures"), "can_check": _l("try"), "can_events": _l("see what was told"),
    "can_numbers": _l("see whole numbers"), "erase": _l("erase numbers"), "can_hang_up": _l("hang up calls of others"),
    "can_listen": _l("listen to calls"), "can_whisper": _l("whisper to an operator"), "can_barge": _l("join a call"),
    "can_take_over": _l("take calls over"), "try_call": _l("try a telephone"),
    "start_again": _l("switch a line on again"), "can_own": _l("hear the own talks"),
    "can_anyones": _l("hear everybody's talks"),
    "can_aim": _l("set marks and goals"), "can_pause": _l("pause an operator"), "start": _l("start campaigns"),
    "pause": _l("pause campaigns"), "drain": _l("finish campaigns"), "stop": _l("stop campaigns"),
    "can_ask": _l("play a shift"), "can_give": _l("hand leads over"),
    "can_help": _l("read the help"), "can_back": _l("go back"), "can_index": _l("open the start page"),
}  # fmt: skip

# Pages without a title of their own, as rights know them.
PAGES: dict[str, Any] = {
    "RoleDifferenceView": _l("Differences of roles"),
    "BoardView": _l("Distribution"), "LiveBoardView": _l("Live board"), "CallbackView": _l("Call-backs"),
    "DeskView": _l("Desk of an operator"), "InviteView": _l("Invitations"),
    "LookupView": _l("Search in directories"), "MenuApi": _l("Menu for programs"),
    "SettingView": _l("Business settings"), "CatalogueView": _l("Import of a catalogue"),
    "ExportView": _l("Files of reports"), "LiveCallView": _l("Live calls"), "RecordingView": _l("Recorded talks"),
    "ReportApi": _l("Programs: reports"), "CallApi": _l("Programs: calls"),
    "ApiKeyView": _l("API"), "DescriptionApi": _l("Programs: description of the API"),
    "IncomingLeadApi": _l("Programs: incoming leads"),
    "AdApi": _l("Programs: adverts"), "VehicleApi": _l("Programs: vehicles"), "CardApi": _l("Programs: cards"),
    "SourceApi": _l("Programs: sources"), "SourceRunApi": _l("Programs: source runs"),
    "FilterApi": _l("Programs: filters"), "GroupApi": _l("Programs: groups"), "OperatorApi": _l("Programs: operators"),
    "PresenceApi": _l("Programs: one's own state"), "StatusApi": _l("Programs: statuses"),
    "CityApi": _l("Programs: cities"), "MakeApi": _l("Programs: makes"), "CarModelApi": _l("Programs: models"),
    "WhatIfView": _l("What if"),
    "UtilView": _l("Back"), "SecurityApi": _l("Log-in for programs"), "HelpView": _l("Help"),
}  # fmt: skip


def right(name: str) -> str:
    """A permission in words; an unknown one is shown as it is called in the code."""
    return str(RIGHTS.get(name, name))
