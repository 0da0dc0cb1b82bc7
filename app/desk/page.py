"""What the desk shows: the same fragments for a whole page and for an answer to htmx."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask import g, make_response, redirect, render_template, request, session, url_for
from flask_login import current_user
from markupsafe import Markup

from app import formats, kept, settings
from app.compression import framed
from app.desk import lines, seat
from app.domain import callbacks as callback_rules
from app.domain import price_line, script
from app.extensions import db
from app.models import OperatorProfile
from app.services import campaign_log, card_page, crm_known, seats, statuses, worklist
from app.services.phone_accounts import BrowserPhone

PAGE = "desk/desk.html"


def show(template: str, tab: str, card_id: int | None, **more: Any) -> Any:
    """A fragment as text; the whole page as text or as an answer that is packed already."""
    data = list_data(tab, card_id)
    # By itself: inside of the page each bit of its fifty lines would be handed up through six templates.
    data |= {"own_list": Markup(list_part(data)), "current_user": current_user, **more}  # noqa: S704  of templates
    if card_id is not None:
        data |= card_data(card_id)
    return kept.draw(template, data) if template != PAGE else _whole(data)


def list_part(data: dict[str, Any]) -> str:
    """The list with its tabs. Around the lines and the numbers it stays the same, but for the way to earlier ones."""
    counts, tab = data["counts"], data["tab"]
    facts = {"tabs": data["tabs"], "tab": tab, "is_overdue": counts["overdue"] > 0, "is_empty": not data["lines"]}
    parts = {"n_new": str(counts["new"]), "n_work": str(counts["work"]), "lines": str(data["lines"])}
    parts["n_again"] = str(counts["overdue"] or counts["callbacks"])
    if data["more"]:
        whole = {name: Markup(text) for name, text in parts.items()}  # noqa: S704  numbers, and what templates drew
        return str(kept.draw("desk/_list.html", {**facts, **whole, "more": data["more"]}))
    return kept.frame("desk/_list.html", (tab, facts["is_overdue"], facts["is_empty"]), facts, parts)


def _whole(data: dict[str, Any]) -> Any:
    """The page around the lists is the same from one time to the next: menu, account, what the scripts say."""
    person, phone, user = data["profile"], browser_phone(), current_user._get_current_object()
    has_card, has_any = data["card_id"] is not None, data["counts"]["all"] > 0
    facts = {
        "has_card": has_card,
        "profile": person,
        "counts": {"all": has_any},
        "keys_on": person is None or person.keys_on,
        "auto_next": person is None or person.auto_next,
    }
    parts = {"presence": _presence(data), "presence_code": person.presence if person is not None else ""}
    parts |= {"desk": str(kept.draw("desk/_desk.html", data))} if has_card else {"own_list": str(data["own_list"])}
    rights = getattr(user, "rights", None)
    if rights is None or "_flashes" in session:
        return render_template(PAGE, **facts, **{name: Markup(text) for name, text in parts.items()})  # noqa: S704
    key = (user.id, user.first_name, user.last_name, tuple(user.roles), rights, phone, has_card, has_any,
           person is None, facts["keys_on"], facts["auto_next"])  # fmt: skip
    return framed(kept.pieces(PAGE, key, facts, parts))


def _presence(data: dict[str, Any]) -> str:
    person = data["profile"]
    if person is None:
        return ""
    spent = data["now"] - person.presence_since
    facts = {"state": person.presence, "pause_id": person.pause_id, "pauses": data["pauses"]}
    parts = {"spent_s": str(int(spent.total_seconds())), "spent": formats.duration(spent)}
    return kept.frame("desk/_state.html", tuple(facts.values()), facts, parts)


def browser_phone() -> BrowserPhone | None:
    """For templates that show the bar: the person's phone, and leave for this page to reach it and the microphone."""
    if not current_user.is_authenticated:
        return None
    if "browser_phone" not in g:  # the desk has read it along with its frame
        g.browser_phone = seats.frame(db.session(), current_user.id, seat.now()).phone
    phone: BrowserPhone | None = g.browser_phone
    if phone is not None:
        g.connect_to, g.microphone = "/".join(phone.ws_url.split("/")[:3]), True
    return phone


def desk(tab: str, card_id: int | None, message: str = "") -> Any:
    """After an action: the fragment for htmx, a redirect for a browser without it."""
    if not request.headers.get("HX-Request"):
        return redirect(url_for("DeskView.my_ads", tab=tab, card=card_id))
    # Beside a card the word is a notice: nothing on the card may move under the hand.
    answer = make_response(
        show("desk/_desk.html", tab, card_id, message=message if card_id is None else "", is_answer=True)
    )
    if card_id is not None and message:
        answer.headers["HX-Trigger"] = json.dumps({"toast": {"text": message, "tone": "success"}})
    answer.headers["HX-Push-Url"] = url_for("DeskView.my_ads", tab=tab, card=card_id)
    return answer


def list_data(tab: str, card_id: int | None) -> dict[str, Any]:
    now = seat.now()
    rows = worklist.lines(db.session, current_user.id, tab, after=_cursor())
    full = tab == "done" and len(rows) == worklist.PAGE
    return {
        "tabs": lines.tabs(),
        "tab": tab,
        "lines": lines.drawn(rows, tab, card_id, now),
        "more": f"{ended.timestamp()}_{rows[-1].id}" if full and (ended := rows[-1].processed_at) else "",
        "card_id": card_id,
        **presence_data(now),
    }


def presence_data(now: datetime | None = None) -> dict[str, Any]:
    now = now or seat.now()
    frame = seats.frame(db.session(), current_user.id, now)
    g.browser_phone = frame.phone
    return {"profile": frame.seat, "pauses": frame.pauses, "counts": frame.counts, "now": now}


def card_data(card_id: int) -> dict[str, Any]:
    page = card_page.load(db.session, card_id)
    card, profile, rules, now = page.card, seat.profile(), settings.all_of(db.session), seat.now()
    seller_zone = ZoneInfo(card.timezone)
    hours = rules["call_hours_from"], rules["call_hours_to"]
    all_statuses = statuses.rows(db.session)
    return {
        "page": page,
        "card": card,
        "is_mine": card.operator_id == current_user.id,
        "may_look": seat.may("can_look"),
        "may_reveal": seat.may_reveal(card),
        "choices": statuses.choices(db.session, card.status_id) if card.stage in (1, 2, 3) else [],
        "statuses": all_statuses,
        "chips": callback_rules.chips(now, seller_zone, hours),
        "seller_now": now.astimezone(seller_zone),
        "calls_now": callback_rules.is_within(now.astimezone(seller_zone), hours),
        "gap_min": gap_minutes(now, seller_zone),
        "line": price_line.drawn(_price_points(page, now), card.median),
        "crm": crm_known.of_card(db.session(), card_id, page.phones),
        "script": script.fill(script_of(profile, rules, card_id), _said_of(card)),
        "profile": profile,
        "now": now,
        "hears": {right: seat.may(f"can_{right}", "RecordingView") for right in ("own", "anyones", "download")},
    }


def gap_minutes(at: datetime, seller_zone: ZoneInfo) -> int:
    """How far the seller's clock is ahead of the reader's."""
    there, here = at.astimezone(seller_zone).utcoffset(), formats.local(at).utcoffset()
    return int((there - here).total_seconds() // 60) if there is not None and here is not None else 0


def script_of(profile: OperatorProfile | None, rules: dict[str, Any], card_id: int | None = None) -> str:
    """The words of the campaign that gave the card, else the group's own, else those of the company."""
    if profile is not None and card_id is not None:
        of_campaign = campaign_log.script_of(db.session(), card_id, profile.user_id)
        if of_campaign:
            return of_campaign
    own = profile.group.script if profile is not None and profile.group is not None else ""
    return own or str(rules["call_script"])


def _said_of(card: Any) -> dict[str, str]:
    """What the fields of a script become."""
    name = card.form.get("seller_name") or card.seller_name
    return {
        "имя": name or "",
        "машина": " ".join(filter(None, (card.make, card.model))) or card.title,
        "год": str(card.year or ""),
        "цена": formats.money(card.price) if card.price else "",
        "пробег": formats.km(card.mileage_km) if card.mileage_km is not None else "",
        "город": card.city or "",
        "оператор": current_user.first_name,
    }


def _price_points(page: card_page.CardPage, now: datetime) -> list[tuple[datetime, int]]:
    """The price of the ad that is shown, from its beginning until now."""
    changes = [row for row in reversed(page.prices) if row.ad_id == page.card.ad_id and row.new_price]
    if not changes or not page.card.price:
        return []
    first = changes[0]
    begun = min(page.card.published_at or first.at, first.at)
    start = [(begun, first.old_price)] if first.old_price else []
    return [*start, *((row.at, row.new_price) for row in changes), (now, page.card.price)]


def _cursor() -> tuple[datetime, int] | None:
    at, _sep, last = request.args.get("after", "").partition("_")
    try:
        return datetime.fromtimestamp(float(at), UTC), int(last)
    except (ValueError, OverflowError, OSError):
        return None
