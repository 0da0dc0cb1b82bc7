"""The tables of wording: code -> sentence or word. English msgids; the Russian stands in translations/."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l

# Codes of Refused and Reason.
SENTENCES: dict[str, Any] = {
    # people
    "password_short": _l("The password is too short: at least 12 characters."),
    "password_long": _l("The password is too long: at most 200 characters."),
    "password_common": _l("This password is easy to guess. Take a longer phrase."),
    "password_is_name": _l("The password must not contain the user name."),
    # the desk
    "not_an_operator": _l("You have no operator's profile yet. Ask your supervisor to put you into a group."),
    "card_gone": _l("There is no such card any more."),
    "card_not_yours": _l("This card is not with you (any more). Take the next one."),
    "card_not_taken": _l("Take the card into work first."),
    "card_closed": _l("The card is closed. Only a supervisor may open it again."),
    "card_changed_meanwhile": _l(
        "The card was changed in another window. Open it anew; your text stays on the screen."
    ),
    "status_unknown": _l("There is no such result any more. Reload the page."),
    "status_disabled": _l("This result is switched off."),
    "status_same": _l("The card has this result already."),
    "status_not_after": _l("This result may not follow the present one."),
    "status_needs_callback": _l("Choose when to call again."),
    "status_needs_talk": _l("This result needs a talk with the seller."),
    "callback_bad_time": _l("The time of the call-back is not readable. Choose it again."),
    "callback_in_past": _l("The call-back lies in the past. Choose a later time."),
    "callback_too_far": _l("The call-back is more than a year ahead."),
    "callback_outside_hours": _l("It is not the time to call there."),
    "skip_needs_reason": _l("Say in a few words why you let the ad go."),
    "note_empty": _l("The note is empty."),
    "reveal_limit": _l("You have seen %(cap)s numbers within an hour; that is the limit. Ask your supervisor."),
    "presence_unknown": _l("There is no such state."),
    "field_number": _l("A whole number, please."),
    "field_range": _l("This number cannot be right."),
    "field_choice": _l("Choose from the list."),
    "field_text": _l("There are characters here that cannot be stored."),
    "field_long": _l("The text is too long."),
    # limits and dealing
    "cap_new": _l("%(n)s new ads wait for you: the limit is %(cap)s."),
    "cap_open": _l("You have %(n)s ads in hand: the limit is %(cap)s. Close some first."),
    "cap_hour": _l("You got %(n)s ads this hour: the limit is %(cap)s."),
    "cap_day": _l("You got %(n)s ads today: the limit is %(cap)s."),
    "operator_absent": _l("The operator is not at work."),
    "nobody_present": _l("Nobody of the group is at work."),
    "all_full": _l("Everybody who is at work has reached a limit."),
    "only_who_let_it_go": _l("Only those are free who let this card go."),
    "group_disabled": _l("The group is switched off."),
    "group_pulls": _l("The group takes its cards by itself; nothing is dealt."),
    "group_closed": _l("The group does not work at this hour."),
    "group_unknown": _l("The group of the filter is gone."),
    "operator_unknown": _l("The operator of the filter is gone."),
    "filter_closed": _l("The filter does not deal at this hour."),
    "filter_cap_open": _l("%(n)s cards of the filter are in work: the limit is %(cap)s."),
    "filter_cap_day": _l("%(n)s cards of the filter were given out today: the limit is %(cap)s."),
    "filter_dealt_out": _l("The quota of the filter is used up."),
    "dealt": _l("Dealt by weight and load."),
    "waits_its_turn": _l("Waits its turn: it is dealt as soon as those before it are."),
    "with_operator": _l("With an operator since it was given out."),
    "card_closed_why": _l("The card is closed."),
    "ad_reserved": _l("The ad is reserved: it is not given out."),
    "no_filter_wants_it": _l("No filter wants this car."),
    "not_matched_yet": _l("It has not been matched yet; that takes a few seconds."),
    "move_no_room": _l("Nobody has room for these cards: all have reached a limit."),
    "move_already_undone": _l("This has been undone already."),
    # filters
    "filter_needs_name": _l("Give the filter a name."),
    "filter_priority_range": _l("The priority is a number from -1000 to 1000."),
    "filter_one_target": _l("Choose a group or an operator, not both."),
    "filter_many_cities": _l("Too many cities: at most %(cap)s. Take regions instead."),
    "filter_radius_range": _l("The radius is 0 to 1000 km."),
    "filter_unknown_city": _l("One of the cities is not in the list."),
    "filter_span_reversed": _l("«From» is larger than «to»: %(low)s and %(high)s."),
    "filter_cap_range": _l("A quota is a number from 1 to 1,000,000, or empty."),
    "filter_changed_meanwhile": _l("Somebody has changed the filter «%(name)s» meanwhile. Open it anew."),
    "filter_archived": _l("The filter «%(name)s» is in the archive."),
    "filter_gone": _l("There is no such filter any more."),
}

# Canonical codes of facts and states; «kind:code» where one code has several meanings.
WORDS: dict[str, Any] = {
    "sedan": _l("sedan"), "hatchback": _l("hatchback"), "liftback": _l("liftback"), "wagon": _l("estate"),
    "suv": _l("SUV"), "coupe": _l("coupe"), "cabrio": _l("convertible"), "minivan": _l("minivan"),
    "pickup": _l("pickup"), "van": _l("van"), "bus": _l("minibus"), "limousine": _l("limousine"),
    "petrol": _l("petrol"), "diesel": _l("diesel"), "hybrid": _l("hybrid"), "electric": _l("electric"),
    "gas": _l("gas"), "manual": _l("manual"), "automatic": _l("automatic"), "robot": _l("robot"),
    "variator": _l("variator"), "front": _l("front"), "rear": _l("rear"), "all": _l("all-wheel"),
    "drive:all": _l("all-wheel"), "left": _l("left"), "right": _l("right"),
    "private": _l("private person"), "dealer": _l("dealer"),
    "black": _l("black"), "white": _l("white"), "silver": _l("silver"), "grey": _l("grey"), "blue": _l("blue"),
    "light_blue": _l("light blue"), "red": _l("red"), "green": _l("green"), "brown": _l("brown"),
    "beige": _l("beige"), "yellow": _l("yellow"), "orange": _l("orange"), "purple": _l("purple"),
    "violet": _l("violet"), "pink": _l("pink"), "gold": _l("gold"), "burgundy": _l("burgundy"),
    "haggle:yes": _l("possible"), "haggle:little": _l("a little"), "haggle:no": _l("no"),
    "original": _l("original"), "duplicate": _l("duplicate"), "electronic": _l("electronic"), "none": _l("none"),
    "chip:15min": _l("in 15 min"), "chip:1h": _l("in an hour"), "chip:today18": _l("today 18:00"),
    "chip:tomorrow10": _l("tomorrow 10:00"), "chip:3d": _l("in 3 days"), "chip:week": _l("in a week"),
    "assigned:dealt": _l("given by the distribution"), "assigned:taken": _l("taken from the pool"),
    "assigned:moved": _l("handed over by a supervisor"), "assigned:undone": _l("given back"),
    "ended:timeout": _l("returned: not opened in time"), "ended:absent": _l("returned: the operator was away"),
    "ended:untouched": _l("returned: nothing was written"), "ended:skipped": _l("let go"),
    "ended:gone": _l("the ad was removed"), "ended:undone": _l("handing over undone"),
    "ad:removed": _l("removed from the site"), "ad:returned": _l("published again"), "ad:reserved": _l("reserved"),
    "ad:active": _l("published"), "ad:seen": _l("found on"),
    "any_of": _l("any of"), "none_of": _l("none of"),
    "ready": _l("On line"), "wrap_up": _l("Finishing"), "break": _l("Break"), "lunch": _l("Lunch"),
    "training": _l("Training"), "offline": _l("Away"), "talking": _l("Talking"),
}  # fmt: skip

CRITERIA: dict[str, Any] = {
    "foreign": _l("Abroad"), "city": _l("City"), "car": _l("Make and model"), "fuel": _l("Fuel"),
    "gearbox": _l("Gearbox"), "drive": _l("Drive"), "body": _l("Body"), "wheel": _l("Wheel"),
    "seller_kind": _l("Seller"), "source": _l("Source"), "color": _l("Colour"), "damage": _l("Damaged"),
    "year": _l("Year"), "mileage_km": _l("Mileage, km"), "price": _l("Price, ₽"),
    "price_to_median_pct": _l("Price against the median, percent"), "engine_cc": _l("Engine, cc"), "power_hp": _l("Power, hp"),
    "owners": _l("Owners"), "reseller_score": _l("Reseller score"), "age_hours": _l("Age of the ad, h"),
    "keywords": _l("Words"),
}  # fmt: skip
