"""What a CRM tells: clients, cars, stages into our tables page by page; web-hooks written first, worked off after."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.crm import CarIn, ClientIn, CrmTrouble, Event, Found, StageIn
from app.domain.phones import read_phones
from app.errors import OutsideError, Refused
from app.models import CrmConnection, CrmHook
from app.services import crm, crm_known, stop_list
from app.services.crm import Keys
from app.services.deferring import defer
from app.services.ingest import storable

HOOKS_KEPT = timedelta(days=7)


def due(session: Session, now: datetime) -> list[int]:
    """Connections to be asked now; the next time is set in the same breath."""
    rows = session.execute(_DUE, {"now": now}).scalars()
    return sorted(rows)


_DUE = text("""
    UPDATE crm_connection SET next_sync_at = :now + make_interval(mins => sync_minutes)
    WHERE is_enabled AND sync_minutes > 0 AND next_sync_at <= :now RETURNING id
""")


def sync(session: Session, connection_id: int, keys: Keys, *, go_on: Callable[[], bool]) -> dict[str, int]:
    """All that has changed over there. Each page is kept with its place, so a killed sync goes on from it."""
    row = session.get(CrmConnection, connection_id)
    if row is None or not row.is_enabled:
        return {}
    counts = {"clients": 0, "cars": 0, "stages": 0}
    try:
        with crm.opened(session, row, keys) as adapter:
            cursor, stages = dict(row.cursor or {}), _stages(row, adapter)
            session.commit()
            for found in adapter.changes(cursor):
                _add(counts, store(session, connection_id, found, stages))
                session.execute(_CURSOR, {"id": connection_id, "cursor": json.dumps(found.cursor)})
                session.commit()
                if not go_on():
                    break
    except CrmTrouble as trouble:
        session.rollback()
        if trouble.closes:
            crm.close_for(session, connection_id, trouble)
        session.commit()
        if trouble.kind == "limit":
            return counts  # it goes on where it stopped, when the CRM may be asked again
        raise
    join_vehicles(session)
    crm.note_well(session, connection_id)
    session.commit()
    return counts


_CURSOR = text("UPDATE crm_connection SET cursor = CAST(:cursor AS jsonb) WHERE id = :id")


def _stages(row: CrmConnection, adapter: Any) -> dict[str, str]:
    return dict(row.stage_map or {}) or dict(adapter.stages_known)


def _add(counts: dict[str, int], more: Mapping[str, int]) -> None:
    for name, n in more.items():
        counts[name] += n


def store(session: Session, connection_id: int, found: Found, stages: Mapping[str, str]) -> dict[str, int]:
    """One page, set by set. What has not changed is not written."""
    return {
        "clients": _store_clients(session, connection_id, found.clients),
        "cars": _store_cars(session, connection_id, found.cars),
        "stages": _store_stages(session, connection_id, found.stages, stages),
    }


def _store_clients(session: Session, connection_id: int, clients: Sequence[ClientIn]) -> int:
    if not clients:
        return 0
    rows = [
        {"external_id": one.external_id[:64], "name": storable(one.name)[:300], "phones": _numbers(one.phones),
         "url": _link(one.url), "is_gone": one.is_gone}
        for one in {one.external_id: one for one in clients}.values()
    ]  # fmt: skip
    _leave_out_erased(session, rows)
    changed = session.execute(_CLIENTS, {"id": connection_id, "rows": json.dumps(rows)}).scalars().all()
    if changed:
        session.execute(_PHONES_GONE, {"ids": changed})
        session.execute(_PHONES, {"ids": changed})
        crm_known.match_anew(session, changed)
    return len(changed)


def _leave_out_erased(session: Session, rows: Sequence[dict[str, Any]]) -> None:
    """Whose number was erased at his own request does not come back by the next sync."""
    gone = stop_list.erased(session, {phone for row in rows for phone in row["phones"]})
    for row in rows if gone else ():
        left = [phone for phone in row["phones"] if phone not in gone]
        row["name"] = row["name"] if left or not row["phones"] else ""
        row["phones"] = left


# A client who is only said to be gone keeps his name: an operator may still want to know whom he called.
_CLIENTS = text("""
    INSERT INTO crm_client AS c (connection_id, external_id, name, phones, url, is_gone)
    SELECT :id, r.external_id, r.name, ARRAY(SELECT jsonb_array_elements_text(r.phones)), r.url, r.is_gone
    FROM jsonb_to_recordset(CAST(:rows AS jsonb))
      AS r(external_id text, name text, phones jsonb, url text, is_gone boolean)
    ON CONFLICT ON CONSTRAINT crm_client_once DO UPDATE SET
      name = CASE WHEN excluded.is_gone THEN c.name ELSE excluded.name END, phones = excluded.phones,
      url = CASE WHEN excluded.is_gone THEN c.url ELSE excluded.url END, is_gone = excluded.is_gone, changed_at = now()
    WHERE (c.name, c.phones, c.url, c.is_gone) IS DISTINCT FROM
          (excluded.name, excluded.phones, excluded.url, excluded.is_gone)
    RETURNING id
""")
_PHONES_GONE = text("""
    DELETE FROM crm_client_phone p USING crm_client c
    WHERE p.client_id = c.id AND c.id = ANY(:ids) AND (c.is_gone OR p.phone <> ALL(c.phones))
""")
_PHONES = text("""
    INSERT INTO crm_client_phone (phone, client_id) SELECT DISTINCT unnest(phones), id FROM crm_client
    WHERE id = ANY(:ids) AND NOT is_gone ON CONFLICT DO NOTHING
""")


def _numbers(written: Sequence[str]) -> list[str]:
    """Russian numbers only; a foreign one is nobody's we could call."""
    found = (read.number for read in read_phones(written[:20]))
    return list(dict.fromkeys(number for number in found if number))


def _link(url: str) -> str:
    return url[:500] if url.startswith(("http://", "https://")) else ""


def _store_cars(session: Session, connection_id: int, cars: Sequence[CarIn]) -> int:
    if not cars:
        return 0
    rows = [_car_row(one) for one in {one.external_id: one for one in cars}.values()]
    done: Any = session.execute(_CARS, {"id": connection_id, "rows": json.dumps(rows)})
    return int(done.rowcount)


def _car_row(car: CarIn) -> dict[str, Any]:
    facts = {name: storable(str(value or "")).strip()[:200] for name, value in car.facts.items()}
    year = re.sub(r"\D", "", facts.get("year", ""))[:4]
    vin = re.sub(r"[^0-9A-Z]", "", facts.get("vin", "").upper())
    plate = re.sub(r"\s", "", facts.get("plate", "").upper())
    return {
        "external_id": car.external_id[:64], "client": car.client_id[:64], "city": facts.get("city", ""),
        "make": facts.get("make", ""), "model": facts.get("model", ""), "url": _link(car.url), "is_gone": car.is_gone,
        "year": int(year) if len(year) == 4 and 1900 <= int(year) <= 2100 else None,
        "vin": vin if len(vin) == 17 else None, "plate": plate if 1 <= len(plate) <= 12 else None,
    }  # fmt: skip


_CARS = text("""
    INSERT INTO crm_vehicle AS c (connection_id, external_id, client_external_id, city, make, model, year, vin, plate,
                                  url, is_gone)
    SELECT :id, r.external_id, r.client, r.city, r.make, r.model, r.year, r.vin, r.plate, r.url, r.is_gone
    FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS r(external_id text, client text, city text, make text, model text,
      year smallint, vin text, plate text, url text, is_gone boolean)
    WHERE NOT r.is_gone OR EXISTS (SELECT 1 FROM crm_vehicle k WHERE k.connection_id = :id
                                   AND k.external_id = r.external_id)
    ON CONFLICT ON CONSTRAINT crm_vehicle_once DO UPDATE SET
      client_external_id = CASE WHEN excluded.is_gone THEN c.client_external_id ELSE excluded.client_external_id END,
      city = excluded.city, make = CASE WHEN excluded.is_gone THEN c.make ELSE excluded.make END,
      model = CASE WHEN excluded.is_gone THEN c.model ELSE excluded.model END, year = excluded.year,
      vin = excluded.vin, plate = excluded.plate, url = excluded.url, is_gone = excluded.is_gone, changed_at = now()
    WHERE (c.client_external_id, c.city, c.make, c.model, c.year, c.vin, c.plate, c.url, c.is_gone) IS DISTINCT FROM
      (excluded.client_external_id, excluded.city, excluded.make, excluded.model, excluded.year, excluded.vin,
       excluded.plate, excluded.url, excluded.is_gone)
""")


def join_vehicles(session: Session) -> int:
    """A car of the CRM that stands in an ad belongs to that vehicle: the same VIN, or the same plate."""
    done: Any = session.execute(_JOIN)
    return int(done.rowcount)


_JOIN = text("""
    UPDATE crm_vehicle c SET vehicle_id = q.id FROM (
      SELECT c.id AS car, min(v.id) AS id FROM crm_vehicle c
      JOIN vehicle v ON v.vin = c.vin WHERE c.vehicle_id IS NULL AND NOT c.is_gone GROUP BY c.id) q
    WHERE q.car = c.id
""")


def _store_stages(
    session: Session, connection_id: int, stages: Sequence[StageIn], known: Mapping[str, str]
) -> int:  # fmt: skip
    """What became of our leads. A stage that the map does not name changes nothing, and neither does a strange lead."""
    wanted = {
        one.external_id: "gone" if one.is_gone else known.get(one.stage, "") for one in stages
    }  # fmt: skip
    rows = [{"external_id": number, "stage": stage} for number, stage in wanted.items() if stage]
    if not rows:
        return 0
    done = session.execute(_STAGES, {"id": connection_id, "rows": json.dumps(rows)}).all()
    return len(done)


# Where a lead is now stands on it; when it first came to each stage is kept for the funnel.
_STAGES = text("""
    WITH moved AS (
      UPDATE lead l SET stage = r.stage, stage_at = now()
      FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS r(external_id text, stage text), crm_push p
      WHERE p.connection_id = :id AND p.what = 'lead' AND p.external_id = r.external_id AND p.lead_id = l.id
        AND l.stage IS DISTINCT FROM r.stage RETURNING l.id, l.stage),
    kept AS (INSERT INTO lead_stage (lead_id, stage) SELECT id, stage FROM moved ON CONFLICT DO NOTHING)
    SELECT id FROM moved
""")


# --- web-hooks


def take_hook(session: Session, token: str, headers: Mapping[str, str], body: bytes, keys: Keys, now: datetime) -> bool:
    """Verify and write down; the work is a job's. False: the same was taken before. Raises HookRefused, Refused."""
    row = session.execute(
        select(CrmConnection).where(CrmConnection.hook_token == token, CrmConnection.is_enabled)
    ).scalar()
    if row is None:
        raise Refused("crm_gone")
    events = crm.adapter_of(row, keys).read_hook(headers, body, now)
    once = hashlib.sha256(headers.get("X-Timestamp", "").encode() + b"\0" + body).hexdigest()
    values = {"id": row.id, "once": once, "events": json.dumps([asdict(event) for event in events])}
    if session.execute(_TAKE, values).first() is None:
        return False
    defer(session, "take_hooks", connection_id=row.id)
    return True


_TAKE = text("""
    INSERT INTO crm_hook (connection_id, once, events) VALUES (:id, :once, CAST(:events AS jsonb))
    ON CONFLICT ON CONSTRAINT crm_hook_once DO NOTHING RETURNING id
""")


def work_off(session: Session, connection_id: int, keys: Keys, *, go_on: Callable[[], bool]) -> int:
    """The web-hooks of one connection in the order they came. What the CRM cannot tell now is asked again later."""
    done = 0
    while go_on():
        hook = session.execute(
            select(CrmHook).where(CrmHook.connection_id == connection_id, CrmHook.done_at.is_(None))
            .order_by(CrmHook.id).limit(1)
        ).scalar()  # fmt: skip
        if hook is None:
            break
        _work_off_one(session, hook, keys)
        session.commit()
        done += 1
    return done


def _work_off_one(session: Session, hook: CrmHook, keys: Keys) -> None:
    row = session.get_one(CrmConnection, hook.connection_id)
    try:
        with crm.opened(session, row, keys) as adapter:
            events, stages = [Event(**event) for event in hook.events], _stages(row, adapter)
            session.commit()
            found = [_found(adapter, event) for event in events]
    except (CrmTrouble, OutsideError) as trouble:
        if not trouble.permanent:
            raise
        hook.error = str(trouble)[:500]
        found = []
    for one in found:
        store(session, row.id, one, stages)
    hook.done_at = datetime.now(UTC)
    session.flush()


def _found(adapter: Any, event: Event) -> Found:
    if event.kind == "lead" and (event.stage or event.is_gone):
        return Found(stages=[StageIn(event.external_id, event.stage, event.is_gone)])
    found: Found = adapter.look(event)
    return found


def forget_hooks(session: Session, now: datetime) -> int:
    done: Any = session.execute(
        text("DELETE FROM crm_hook WHERE done_at IS NOT NULL AND at < :before"), {"before": now - HOOKS_KEPT}
    )
    return int(done.rowcount)
