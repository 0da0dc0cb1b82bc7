"""The menu of the generated screens and of the pages around them. The screens themselves live in app/admin."""

from __future__ import annotations

from typing import Any

from flask import Flask
from flask_appbuilder import AppBuilder
from flask_babel import lazy_gettext as _l

from app import entrance
from app.admin import (
    api_keys,
    books,
    callbacks,
    calls,
    campaigns,
    cars,
    catalogue,
    crm,
    importing,
    incoming,
    invites,
    leads,
    lines,
    pairs,
    pauses,
    results,
    roles,
    sent_mail,
    sms,
    sms_messages,
    sources,
    stop_list,
    supervisors,
    system,
    telephony,
    what_if,
    work,
)

# category, name (rights hang on it), label, view, icon
MENU: tuple[tuple[str, str, Any, Any, str], ...] = (
    ("Control", "All call-backs", _l("Call-backs"), callbacks.CallbackView, "clock"),
    ("Control", "Campaigns", _l("Campaigns"), campaigns.CampaignView, "phone-outgoing"),
    ("Control", "Campaign log", _l("Starts of calls"), campaigns.CampaignDialView, "history"),
    ("Control", "What if", _l("What if"), what_if.WhatIfView, "chart-line"),
    ("Control", "Operators", _l("Operators"), work.OperatorProfileView, "headset"),
    ("Control", "Groups", _l("Groups of operators"), work.OperatorGroupView, "users-group"),
    ("Control", "Cards", _l("Cards"), work.CardView, "id"),
    ("Control", "Leads", _l("Leads"), leads.LeadView, "inbox"),
    ("Control", "Do not call", _l("Do not call"), stop_list.DoNotCallView, "phone-off"),
    ("Adverts", "Ads", _l("Ads"), cars.AdView, "car"),
    ("Adverts", "Vehicles", _l("Vehicles"), cars.VehicleView, "steering-wheel"),
    ("Adverts", "Same cars", _l("Same car?"), pairs.SamePairView, "git-compare"),
    ("Adverts", "Moves", _l("Moves of ads"), pairs.VehicleMoveView, "arrows-exchange"),
    ("Adverts", "Sellers", _l("Sellers"), cars.SellerView, "building-store"),
    ("Adverts", "Sources", _l("Sources"), sources.SourceView, "plug"),
    ("Adverts", "Source runs", _l("Source runs"), sources.SourceRunView, "history"),
    ("Adverts", "Unknown names", _l("Unknown names"), books.NameAliasView, "help"),
    ("Directories", "Statuses", _l("Statuses"), results.StatusView, "list-check"),
    ("Directories", "Status rules", _l("Order of statuses"), results.StatusRuleView, "arrow-right"),
    ("Directories", "Pauses", _l("Pauses"), pauses.PauseReasonView, "coffee"),
    ("Directories", "Makes", _l("Makes"), books.MakeView, "tag"),
    ("Directories", "Models", _l("Models"), books.CarModelView, "tags"),
    ("Directories", "Generations", _l("Generations"), books.GenerationView, "stack"),
    ("Directories", "Import a catalogue", _l("Import a catalogue"), catalogue.CatalogueView, "file-import"),
    ("Directories", "Cities", _l("Cities"), books.CityView, "map-pin"),
    ("Telephony", "Calls", _l("Calls"), calls.CallView, "phone-call"),
    ("Telephony", "Lines", _l("Lines"), lines.TrunkView, "antenna-bars-5"),
    ("Telephony", "Prefixes", _l("Prefixes"), lines.DialPrefixView, "dialpad"),
    ("Telephony", "Caller numbers", _l("Numbers that are shown"), lines.CallerNumberView, "address-book"),
    ("Telephony", "Line rules", _l("Rules of choosing a line"), lines.LineRuleView, "arrows-split"),
    ("Telephony", "Telephones", _l("Telephones of people"), telephony.PhoneAccountView, "headset"),
    ("Telephony", "Telephony servers", _l("Telephony servers"), telephony.AsteriskView, "database"),
    ("Settings", "Business settings", _l("Business settings"), system.SettingView, "adjustments"),
    ("Control", "Incoming leads", _l("Incoming leads"), incoming.IncomingLeadView, "phone-incoming"),
    ("Control", "SMS templates", _l("SMS templates"), sms_messages.SmsTemplateView, "message-2"),
    ("Control", "SMS messages", _l("SMS messages"), sms_messages.SmsMessageView, "send"),
    ("Settings", "SMS gateways", _l("SMS gateways"), sms.SmsGatewayView, "message"),
    ("Settings", "Ways in for leads", _l("Ways in for leads"), incoming.LeadIntakeView, "inbox"),
    ("Settings", "CRM connections", _l("CRM connections"), crm.CrmConnectionView, "plug-connected"),
    ("Settings", "Jobs", _l("Runs of jobs"), system.JobRunView, "clock"),
    ("Security", "Invitations", _l("Invitations"), invites.InviteView, "mail"),
    ("Security", "Supervisors of groups", _l("Supervisors of groups"), supervisors.GroupSupervisorView, "users-group"),
    ("Security", "Differences of roles", _l("Differences of roles"), roles.RoleDifferenceView, "git-compare"),
    ("Security", "Letters", _l("Letters"), sent_mail.MailView, "mail"),
    ("Security", "API", _l("API"), api_keys.ApiKeyView, "key"),
    ("Security", "Audit log", _l("Audit log"), system.AuditView, "list-details"),
)
CATEGORIES = {
    "Control": _l("Control"), "Adverts": _l("Adverts"), "Directories": _l("Directories"), "Telephony": _l("Telephony"),
    "Settings": _l("Settings"),
    "Security": _l("Security"),
}  # fmt: skip


def register(app: Flask, appbuilder: AppBuilder) -> None:
    importing.install(app)
    for category, name, label, view, icon in MENU:
        appbuilder.add_view(view, name, label=label, icon=icon, category=category, category_label=CATEGORIES[category])
    appbuilder.add_view_no_menu(pairs.DecidedPairView)
    entrance.register(app, appbuilder)
