"""One leader among all workers: who holds the advisory lock on a connection of its own. Only the leader has a clock."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

import psycopg2
from psycopg2.extensions import connection as Connection

log = logging.getLogger(__name__)

LEADER_LOCK = 724_400
TRY_EVERY_S = 3.0  # how soon a free lock finds a new leader
PING_EVERY_S = 2.0  # how soon a leader notices that it is none any more
STALE_AFTER_S = 8.0  # a leader that has not pinged for so long is frozen or cut off, whatever its connection says

_TAKE = "SELECT pg_try_advisory_lock(%s)"
# A frozen leader keeps its connection, and with it the lock: end that connection, and it learns so on waking up.
# The end is waited for (at most 1.5 s): a lock asked for sooner is still held, and would be asked for a turn later.
_END_STALE = """
    SELECT pg_terminate_backend(a.pid, 1500) FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
    WHERE l.locktype = 'advisory' AND l.granted AND l.classid = 0 AND l.objid = %s AND l.objsubid = 1
      AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
      AND a.state = 'idle' AND a.state_change < now() - make_interval(secs => %s)"""


class Leader(threading.Thread):
    """Seeks to lead until stopped. `on_win(connection)` and `on_lose()` are called from this thread.

    The clock defers through the very connection that holds the lock: who has lost the one cannot do the other.
    """

    def __init__(self, url: str, on_win: Callable[[Connection], None], on_lose: Callable[[], None]) -> None:
        super().__init__(name="leader", daemon=True)
        self._url, self._on_win, self._on_lose = url, on_win, on_lose
        self._stopped = threading.Event()
        self.leads = False

    def stop(self) -> None:
        self._stopped.set()
        if self.is_alive():
            self.join(timeout=10)

    def run(self) -> None:
        while not self._stopped.is_set():
            try:
                self._seek()
            except psycopg2.Error as error:
                log.warning("no leadership: the database does not answer", extra={"kind": type(error).__name__})
            self._stopped.wait(TRY_EVERY_S)

    def _seek(self) -> None:
        connection = psycopg2.connect(self._url, connect_timeout=5, application_name="prozvon leader")
        connection.autocommit = True
        try:
            while not self._take(connection):
                if self._stopped.wait(TRY_EVERY_S):
                    return
            self._lead(connection)
        finally:
            connection.close()

    def _take(self, connection: Connection) -> bool:
        with connection.cursor() as cursor:
            cursor.execute(_TAKE, (LEADER_LOCK,))
            row = cursor.fetchone()
            if row and row[0]:
                return True
            cursor.execute(_END_STALE, (LEADER_LOCK, STALE_AFTER_S))
            if not cursor.rowcount:
                return False
            log.warning("the leader does not answer: its connection was ended")
            cursor.execute(_TAKE, (LEADER_LOCK,))
            row = cursor.fetchone()
            return bool(row and row[0])

    def _lead(self, connection: Connection) -> None:
        log.info("this worker leads")
        self.leads = True
        try:
            self._on_win(connection)
            while not self._stopped.wait(PING_EVERY_S):
                with connection.cursor() as cursor:
                    cursor.execute("SELECT 1")
        finally:
            self.leads = False
            self._on_lose()
            log.info("this worker leads no more")
