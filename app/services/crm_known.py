"""What the CRM knows of a card: its seller as a client, the car, and what became of the lead. One statement."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from app import settings


@dataclass(frozen=True, slots=True)
class Known:
    clients: list[dict[str, Any]] = field(default_factory=list)
    cars: list[dict[str, Any]] = field(default_factory=list)
    leads: list[dict[str, Any]] = field(default_factory=list)


def of_card(session: Session, card_id: int, phones: Sequence[str]) -> Known:
    row = session.execute(_KNOWN, {"card": card_id, "phones": list(phones)}).one()
    return Known(row.clients or [], row.cars or [], row.leads or [])


# A substitute number proves no identity: it may have been somebody else's last week.
_KNOWN = text("""
    WITH mine AS (SELECT c.vehicle_id, v.vin FROM card c JOIN vehicle v ON v.id = c.vehicle_id WHERE c.id = :card),
    numbers AS (SELECT unnest(CAST(:phones AS text[])) AS phone EXCEPT
                SELECT unnest(a.phones) FROM ad a JOIN mine ON mine.vehicle_id = a.vehicle_id WHERE a.phone_protected),
    people AS (SELECT DISTINCT k.id, k.name, k.url, k.connection_id, k.external_id FROM numbers n
               JOIN crm_client_phone p ON p.phone = n.phone JOIN crm_client k ON k.id = p.client_id AND NOT k.is_gone),
    cars AS (SELECT id, true AS is_same FROM crm_vehicle WHERE vehicle_id = (SELECT vehicle_id FROM mine)
             UNION SELECT id, true FROM crm_vehicle WHERE vin = (SELECT vin FROM mine)
             UNION SELECT v.id, false FROM people k JOIN crm_vehicle v
               ON v.connection_id = k.connection_id AND v.client_external_id = k.external_id),
    few AS (SELECT v.id, v.make, v.model, v.year, v.url, bool_or(c.is_same) AS is_same FROM cars c
            JOIN crm_vehicle v ON v.id = c.id WHERE NOT v.is_gone GROUP BY v.id ORDER BY 6 DESC, v.id DESC LIMIT 5)
    SELECT
      (SELECT jsonb_agg(jsonb_build_object('name', name, 'url', url, 'number', external_id) ORDER BY id)
         FROM (SELECT * FROM people ORDER BY id LIMIT 5) q) AS clients,
      (SELECT jsonb_agg(to_jsonb(few) ORDER BY few.is_same DESC, few.id DESC) FROM few) AS cars,
      (SELECT jsonb_agg(jsonb_build_object('id', l.id, 'state', l.state, 'stage', l.stage, 'url', (
          SELECT url FROM crm_push p WHERE p.lead_id = l.id AND p.what = 'lead' AND p.url <> '' LIMIT 1)) ORDER BY l.id)
         FROM lead l WHERE l.card_id = :card) AS leads
""")


# --- whose cards are dealt


@dataclass(frozen=True, slots=True)
class Wish:
    """What the company wants of cards whose seller the CRM knows: nothing, keep them back, or shift them. The filters
    add their own wishes."""

    vehicle_ids: frozenset[int] = frozenset()
    is_out: bool = False
    points: int = 0

    @classmethod
    def of(cls, session: Session, vehicle_ids: Sequence[int], *, filters_ask: bool = False) -> Wish:
        is_out = bool(settings.get(session, "crm_clients_excluded"))
        points = int(settings.get(session, "crm_clients_priority"))
        if not (is_out or points or filters_ask):  # nobody asks: no query
            return cls()
        return cls(vehicles_of_clients(session, vehicle_ids), is_out, points)

    def keeps_out(self, vehicle_id: int) -> bool:
        return self.is_out and vehicle_id in self.vehicle_ids

    def bonus(self, vehicle_id: int, of_filter: int) -> int:
        return self.points + of_filter if vehicle_id in self.vehicle_ids else 0


def vehicles_of_clients(session: Session, vehicle_ids: Sequence[int]) -> frozenset[int]:
    """Which of these cars a client of the CRM sells."""
    return frozenset(session.execute(_OF_CLIENTS, {"ids": list(vehicle_ids)}).scalars())


_OF_CLIENTS = text("""
    SELECT DISTINCT v.id FROM vehicle v JOIN seller_phone s ON s.seller_id = v.seller_id AND NOT s.is_substitute
    JOIN crm_client_phone p ON p.phone = s.phone WHERE v.id = ANY(:ids)
""")
# The same of a vehicle `v` in a larger query; the list of sellers is read once for the whole query.
KIND_OF_SELLER = """
    (CASE WHEN v.seller_id IN (SELECT s.seller_id FROM crm_client_phone p JOIN seller_phone s
     ON s.phone = p.phone AND NOT s.is_substitute) THEN 'client' ELSE 'stranger' END)
"""


def match_anew(session: Session, client_ids: Sequence[int]) -> None:
    """Cards in the pool whose seller has just become a client."""
    session.execute(_ANEW, {"ids": list(client_ids)})


_ANEW = text("""
    UPDATE card c SET match_revision = 0 FROM crm_client_phone p
    JOIN seller_phone s ON s.phone = p.phone AND NOT s.is_substitute JOIN vehicle v ON v.seller_id = s.seller_id
    WHERE p.client_id = ANY(:ids) AND c.vehicle_id = v.id AND c.stage = 0 AND c.match_revision <> 0
""")
