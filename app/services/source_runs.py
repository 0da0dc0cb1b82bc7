"""How a run of a source is written down: its row, what was rejected, the health, and when it is asked again."""

from __future__ import annotations

import dataclasses
import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.errors import OutsideError, Refused
from app.models import RejectedRow, Source, SourceRun
from app.services.ingest import Tally, storable
from app.sources import Health, SourceTrouble, Window
from app.sources import Source as Adapter

BACK_OFF = (timedelta(minutes=1), timedelta(hours=6))
NIGHT = timedelta(hours=24)
FINE = (Health.OK, Health.EMPTY, Health.PARTIAL, Health.NOT_MODIFIED)
SHORTEST_SECRET = 4  # anything shorter would black out ordinary words


@dataclass(frozen=True, slots=True)
class Outcome:
    """A run as the command line prints it."""

    run_id: int
    health: str
    read: int
    new: int
    changed: int
    price_changed: int
    unchanged: int
    rejected: int
    rejected_reasons: dict[str, int]
    vehicles_new: int
    seconds: float
    missed: str = ""
    error: str = ""

    def as_json(self) -> dict[str, Any]:
        return dataclasses.asdict(self)


def health_of(total: Tally, trouble: OutsideError | None, *, missed: bool = False) -> Health:
    """How the run ended. What a source says of itself comes first; a file that was cut still gave its good rows."""
    if isinstance(trouble, SourceTrouble):
        return trouble.health
    if trouble is not None:
        return Health.NETWORK
    if total.read == 0:
        return Health.EMPTY
    if total.rejected == total.read:
        return Health.LAYOUT_CHANGED
    return Health.PARTIAL if total.rejected * 2 > total.read or missed else Health.OK


def finish(
    session: Session,
    run: SourceRun,
    total: Tally,
    health: Health,
    now: datetime,
    *,
    missed: str = "",
    error: str = "",
    page: bytes = b"",
) -> None:
    """Write the run down. The page is kept when its layout is not the one we know."""
    session.add(run)
    for name in ("read", "new", "changed", "price_changed", "unchanged", "rejected"):
        setattr(run, name, getattr(total, name))
    run.rejected_reasons = dict(total.rejected_reasons)
    run.health, run.finished_at, run.missed = health.value, now, storable(missed)[:2000]
    run.error = storable(error)[:2000]
    if health is Health.LAYOUT_CHANGED and page:
        run.page = page[:200_000]
    session.flush()
    for rejected in total.rejected_rows:
        session.add(
            RejectedRow(
                run_id=run.id,
                line=rejected.line,
                reason=rejected.reason[:32],
                detail=storable(rejected.detail)[:500],
                row=storable(rejected.row)[:20_000],
            )
        )


def end_dead(session: Session, source_id: int, now: datetime) -> None:
    """A pull that was killed has written no end. Only whoever holds the source's lock knows that it is dead."""
    session.execute(
        text("""
        UPDATE source_run SET finished_at = :now, error = 'killed' WHERE source_id = :id AND kind = 'pull'
        AND finished_at IS NULL
        """),
        {"id": source_id, "now": now},
    )


def mark(
    row: Source, health: Health, now: datetime, *, window: Window, trouble: OutsideError | None = None, error: str = ""
) -> None:
    """The source as the administrator sees it, and when it is asked again."""
    row.health, row.health_text = health.value, storable(error)[:1000]
    if health in FINE:
        row.errors_in_row, row.last_ok_at = 0, now
        row.next_pull_at = now + timedelta(minutes=row.every_minutes)
        if trouble is None or health in (Health.EMPTY, Health.NOT_MODIFIED):
            row.covered_until = window.until  # what a cut answer did not tell is asked for again
        return
    row.errors_in_row += 1
    row.next_pull_at = now + back_off(health, row.errors_in_row, getattr(trouble, "retry_after_s", None))


def put_off(session: Session, row: Source, trouble: Refused | OutsideError, now: datetime) -> None:
    """The source cannot even be asked: an option is missing, its secrets cannot be read. A person has to look."""
    row.health, row.health_text = Health.AUTH.value, storable(str(trouble))[:1000]
    row.errors_in_row += 1
    row.next_pull_at = now + back_off(Health.AUTH, row.errors_in_row, None)
    session.flush()


def back_off(health: Health, errors: int, retry_after_s: int | None, rng: random.Random | None = None) -> timedelta:
    """How long to leave the site alone: what it asks for, else longer with every failure, with jitter."""
    asked = timedelta(seconds=min(max(retry_after_s or 0, 0), 86_400))
    if health in (Health.QUOTA, Health.DEMO, Health.AUTH, Health.LAYOUT_CHANGED):
        # Knocking again does not change a tariff, a key or a layout; a person does.
        return max(NIGHT if health is Health.QUOTA else timedelta(hours=1), asked)
    least, most = BACK_OFF
    wait = min(least * 2 ** min(errors - 1, 12), most)
    wait *= 0.8 + 0.4 * (rng or random.Random()).random()  # noqa: S311  jitter
    return max(wait, asked)


def secrets_of(adapter: Adapter) -> tuple[str, ...]:
    """What must stand in no log and no run."""
    values = (str(getattr(adapter, item.name)) for item in dataclasses.fields(adapter) if item.metadata.get("secret"))
    return tuple(value for value in values if len(value) >= SHORTEST_SECRET)


def without(secrets: tuple[str, ...], words: str) -> str:
    for secret in secrets:
        words = words.replace(secret, "***").replace(quote(secret, safe=""), "***")
    return words
