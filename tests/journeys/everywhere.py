"""A full installation and the list of its pages: what the checks of every page walk over."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Flask
from flask_appbuilder import Model
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.demo import setup
from app.demo.classified import start_classified, stop_classified
from app.extensions import db, outside
from app.models import DoNotCall, NameAlias, OperatorProfile, Source
from app.security import OPERATOR
from app.services import card_form, dealing, distribution, matching, people, presence, sources, statuses
from tests import access_table
from tests.databases import GROUP
from tests.factories import fictional_phone, get_user

ROLES = {access_table.LOGGED_IN: "operator", access_table.SUPERVISOR: "supervisor", access_table.ADMIN: "admin"}
# Not pages: files, answers for programs, ways out and round, and the demonstration of another language.
NO_PAGES = re.compile(r"/(static|api|healthz|readyz|metrics|logout|back|lang|desk/look)\b")
# A word stands for a variable of an address when no table of that name does.
WORDS = {"group_by": "0"}


@dataclass(frozen=True)
class Page:
    address: str
    role: str  # who looks at it: the least who may; "" is a stranger


def fill(app: Flask) -> None:
    """The demonstration with its classified pulled once, cards dealt, and a row of whatever a person makes by hand."""
    zone = str(app.config["PROZVON"].timezone)
    setup.install(app)
    classified = start_classified(0, seed=5, tempo=3600, pause_s=0)
    try:
        with app.app_context():
            _pull(app, db.session(), f"{classified.url}/main/api")
            _work(db.session(), zone)
            _write(db.session())
            db.session.commit()
            db.session.remove()
    finally:
        stop_classified(classified)


def _pull(app: Flask, session: Session, address: str) -> None:
    settings = app.config["PROZVON"]
    row = session.scalars(select(Source).where(Source.key == setup.SOURCE)).one()
    row.options = {**row.options, "base_url": address}
    session.commit()
    adapter = sources.adapter_of(
        row, outside.sources, secret_key=settings.secret_key, allow_private=settings.allow_private_sources
    )
    sources.pull(session, row.id, adapter, lambda: datetime.now(UTC))
    while matching.match_cards(session, datetime.now(UTC)):
        session.commit()


def _work(session: Session, zone: str) -> None:
    """The tests' own operator works in a group of the demonstration and has a card in every state."""
    now = datetime.now(UTC)
    profile = session.get(OperatorProfile, get_user(session, "operator").id)
    assert profile is not None
    profile.group_id = session.execute(
        text("SELECT id FROM operator_group WHERE name <> :name"), {"name": GROUP}
    ).scalar()
    presence.set_state(session, profile.user_id, "ready", now)
    session.commit()
    dealing.deal_cards(session, now, zone)
    session.commit()
    place = distribution.place_of(session, profile.user_id, now, zone)
    mine = "SELECT id FROM card WHERE operator_id = :who AND stage = 1 ORDER BY id"
    cards = list(session.execute(text(mine), {"who": profile.user_id}).scalars())
    assert len(cards) > 3, "the demonstration's classified has nothing for the operator"
    for card_id in cards[:3]:
        distribution.take(session, card_id, place)
    by_code = {row.code: row.id for row in statuses.rows(session)}
    again = statuses.Result(by_code["call_later"], callback_at=now + timedelta(hours=3), anyones=False, note="")
    statuses.set_status(session, cards[0], again, actor_id=profile.user_id, now=now)
    sold = statuses.Result(by_code["inspection"], callback_at=None, anyones=False, note="приедет в среду")
    statuses.set_status(session, cards[1], sold, actor_id=profile.user_id, now=now)
    card_form.add_note(session, cards[2], "Торг у капота", actor_id=profile.user_id, now=now)
    session.commit()


def _write(session: Session) -> None:
    now = datetime.now(UTC)
    admin = get_user(session, "admin").id
    people.invite(session, username="new.one", role=OPERATOR, now=now, first_name="Нина", actor_id=admin)
    session.add(DoNotCall(phone=fictional_phone(), reason="Просил не звонить", by_id=admin))
    session.add(NameAlias(kind="make", text="Лодка", folded="лодка", seen_n=3))


def pages(app: Flask) -> list[Page]:
    """Every address that a GET shows, with the id of a row; what needs a row of an empty table is left out."""
    found: dict[str, Page] = {}
    with app.app_context():
        for rule in app.url_map.iter_rules():
            if "GET" not in rule.methods or NO_PAGES.match(rule.rule):
                continue
            known = f"GET {rule.rule}"
            who = next((who for pattern, who in access_table.ACCESS if re.fullmatch(pattern, known)), "")
            address = _address(app, rule.endpoint, rule.rule)
            if who in ROLES and address is not None:
                found[address] = Page(address, ROLES[who])
        db.session.remove()
    return [Page("/login/", ""), Page("/invite/nothing", ""), *found.values(), *_more(app)]


def _more(app: Flask) -> Iterator[Page]:
    """Addresses with a question behind them: what a person sees most and no bare address shows."""
    with app.app_context():
        mine = (
            "SELECT c.id FROM card c JOIN ab_user u ON u.id = c.operator_id WHERE u.username = 'operator' AND stage = 2"
        )
        yield Page(f"/desk/?card={db.session.execute(text(mine)).scalar()}", "operator")
        yield Page("/desk/?tab=done", "operator")
        yield Page("/desk/find?q=000", "operator")
        yield Page("/desk/?card=987654321", "operator")  # nothing here
        yield Page("/users/list/", "operator")  # no right
        yield Page("/sourceview/add?adapter=ads_api", "supervisor")
        yield Page("/adview/list/?_flt_0_title=nothing", "supervisor")
        db.session.remove()


def _address(app: Flask, endpoint: str, rule: str) -> str | None:
    """The rule with the id of a row that is there, or nothing."""
    for variable in re.findall(r"<(?:\w+:)?(\w+)>", rule):
        value = _key_of(app, endpoint) if variable == "pk" else WORDS.get(variable) or _row_of(variable)
        if value is None:
            return None
        rule = re.sub(rf"<(?:\w+:)?{variable}>", str(value), rule)
    return rule


def _key_of(app: Flask, endpoint: str) -> Any:
    views = {view.endpoint: view for view in app.extensions["appbuilder"].baseviews}
    datamodel = getattr(views.get(endpoint.rpartition(".")[0]), "datamodel", None)
    if datamodel is None:
        return None
    # The newest row says the most.
    key = datamodel.get_pk_name()
    return db.session.execute(select(getattr(datamodel.obj, key)).order_by(getattr(datamodel.obj, key).desc())).scalar()


def _row_of(variable: str) -> Any:
    """`pair_id` is the id of a row of same_pair: of a table that ends so."""
    noun = variable.removesuffix("_id")
    for name in sorted(Model.metadata.tables, key=len):
        if variable.endswith("_id") and (name == noun or name.endswith(f"_{noun}")):
            return db.session.execute(text(f"SELECT max(id) FROM {name}")).scalar()
    return None
