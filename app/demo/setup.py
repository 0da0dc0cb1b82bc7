"""Puts the demonstration into the embedded database, never into a named one: people, groups, filters, the source."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.demo import calls, crm_setup, lead_setup, presence_history, sms_history, sms_setup, telephony
from app.demo.accounts import accounts, classified_port
from app.demo.classified import DEMO_TOKEN, DEMO_USER
from app.demo.people import FILTERS, GROUPS, PEOPLE, Wish
from app.extensions import db
from app.models import AdFilter, CarModel, City, Make, OperatorGroup, OperatorProfile, Region, Source
from app.services import filters, presence
from app.services.filters import FilterDraft
from app.services.secrets_box import seal

SOURCE = "demo"


def install(app: Flask) -> int:
    """Make what is missing; returns how many accounts. Nobody's changed password and no changed filter is touched."""
    if app.config["PROZVON"].production:
        raise RuntimeError("a production database gets no demonstration accounts")
    with app.app_context():
        session = db.session()
        groups = _groups(session)
        made = _people(app, session, groups)
        _source(app, session)
        crm_setup.install(session, app.config["PROZVON"])
        sms_setup.install(session, app.config["PROZVON"])
        if made:
            _filters(app, session, groups)
            _begin_shift(app, session)
            calls.install(session, _operators(session), datetime.now(UTC))
            presence_history.install(session, app.config["PROZVON"].timezone)
            sms_history.install(session, datetime.now(UTC))
        lead_setup.install(session, app.config["PROZVON"])
        telephony.install(session, app.config["PROZVON"], _user_ids(app, session))
        session.commit()
        db.session.remove()
    return made


def _user_ids(app: Flask, session: Session) -> dict[str, int]:
    user = app.extensions["appbuilder"].sm.user_model
    return {row.username: row.id for row in session.execute(select(user.username, user.id))}


def _operators(session: Session) -> list[int]:
    return list(session.execute(select(OperatorProfile.user_id).order_by(OperatorProfile.user_id)).scalars())


def _groups(session: Session) -> dict[str, OperatorGroup]:
    for group in GROUPS:
        if session.execute(select(OperatorGroup).where(OperatorGroup.name == group["name"])).scalar() is None:
            session.add(OperatorGroup(**group))
    session.flush()
    return {row.name: row for row in session.execute(select(OperatorGroup)).scalars()}


def _people(app: Flask, session: Session, groups: dict[str, OperatorGroup]) -> int:
    sm = app.extensions["appbuilder"].sm
    known = {person["login"]: person for person in PEOPLE}
    made = 0
    for account in accounts(app.config["PROZVON"]):
        if sm.find_user(account.username):
            continue
        user = sm.add_user(
            account.username, account.first_name, account.last_name, f"{account.username}@example.test",
            sm.find_role(account.role), password=account.password,
        )  # fmt: skip
        person = known.get(account.username)
        if person is not None and person["group"]:
            session.add(OperatorProfile(user_id=user.id, group_id=groups[person["group"]].id, weight=person["weight"]))
        made += 1
    session.flush()
    return made


def _source(app: Flask, session: Session) -> None:
    settings = app.config["PROZVON"]
    address = f"http://127.0.0.1:{classified_port(settings)}/main/api"
    row = session.execute(select(Source).where(Source.key == SOURCE)).scalar_one_or_none()
    if row is None:
        row = Source(key=SOURCE, name="Демо-площадка", adapter="ads_api", every_minutes=1, window_hours=96)
        session.add(row)
    row.options = {**(row.options or {}), "user": DEMO_USER, "base_url": address}
    row.secrets = seal({"token": DEMO_TOKEN}, settings.secret_key)
    row.next_pull_at = datetime.now(UTC)
    session.flush()


def _filters(app: Flask, session: Session, groups: dict[str, OperatorGroup]) -> None:
    sm = app.extensions["appbuilder"].sm
    author = sm.find_user("supervisor")
    for wish in FILTERS:
        if session.execute(select(AdFilter.id).where(AdFilter.name == wish["name"])).scalar() is None:
            operator = sm.find_user(wish["operator"]) if wish["operator"] else None
            filters.save(
                session,
                _draft(session, wish, groups, operator.id if operator else None),
                actor_id=author.id,
                enable=True,
            )


def _draft(session: Session, wish: Wish, groups: dict[str, OperatorGroup], operator_id: int | None) -> FilterDraft:
    group = groups.get(wish["group"])
    return FilterDraft(
        name=wish["name"],
        priority=wish["priority"],
        group_id=group.id if group else None,
        operator_id=operator_id,
        cities=[(_city(session, place["region"], place["city"]), place["radius_km"]) for place in wish["cities"]],
        cars=[_car(session, make, model) for make, model in wish["cars"]],
        criteria=_criteria(wish["criteria"]),
    )


def _criteria(told: dict[str, Any]) -> dict[str, Any]:
    # Most ads leave something out; a demonstration that drops them all would look empty.
    return told | {"unknown_ok": ["damage", "mileage_km", "owners", "body", "seller_kind", "wheel"]}


def _city(session: Session, region: str, city: str) -> int:
    return session.execute(
        select(City.id).join(Region, City.region_id == Region.id).where(Region.name == region, City.name == city)
    ).scalar_one()


def _car(session: Session, make: str, model: str) -> tuple[int, int | None, int | None]:
    make_id = session.execute(select(Make.id).where(Make.name == make)).scalar_one()
    if not model:
        return make_id, None, None
    model_id = session.execute(
        select(CarModel.id).where(CarModel.make_id == make_id, CarModel.name == model)
    ).scalar_one()
    return make_id, model_id, None


def _begin_shift(app: Flask, session: Session) -> None:
    """The operators of the demonstration are at their desks, so that cards are dealt from the first minute."""
    sm = app.extensions["appbuilder"].sm
    for person in PEOPLE:
        if person["group"]:
            presence.set_state(session, sm.find_user(person["login"]).id, "ready", datetime.now(UTC))
