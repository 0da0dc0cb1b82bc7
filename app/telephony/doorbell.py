"""Orders are rung in by PostgreSQL: one connection that LISTENs and holds the lock of being the only one."""

from __future__ import annotations

import logging
import select

import psycopg2
from psycopg2 import sql

log = logging.getLogger(__name__)

ONE_FOR_EACH = 724_500  # first half of the lock's name; the second is the server's id
CHECK_WITHIN_MS = 4_000
# Whoever holds the lock says something every few seconds: silent for so long, he is frozen or cut off.
STALE_AFTER_S = 25.0

_TAKE = "SELECT pg_try_advisory_lock(%s, %s)"
_END_STALE = """
    SELECT pg_terminate_backend(a.pid) FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
    WHERE l.locktype = 'advisory' AND l.granted AND l.classid = %s AND l.objid = %s AND l.objsubid = 2
      AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
      AND a.state = 'idle' AND a.state_change < now() - make_interval(secs => %s)"""


class Doorbell:
    """Every method raises psycopg2.Error when the database is gone; then make a new one."""

    def __init__(self, url: str, asterisk_id: int) -> None:
        self._id = asterisk_id
        self._connection = psycopg2.connect(
            url, connect_timeout=4, application_name=f"prozvon telephony {asterisk_id}",
            keepalives_idle=5, keepalives_interval=2, keepalives_count=3,
            options=f"-c statement_timeout={CHECK_WITHIN_MS}",
        )  # fmt: skip
        self._connection.autocommit = True

    def close(self) -> None:
        self._connection.close()

    def fileno(self) -> int:
        return int(self._connection.fileno())

    def take(self) -> bool:
        """Am I the only one for this Asterisk? Once true it stays so as long as the connection lives."""
        with self._connection.cursor() as cursor:
            cursor.execute(_TAKE, (ONE_FOR_EACH, self._id))
            row = cursor.fetchone()
            if not (row and row[0]):
                cursor.execute(_END_STALE, (ONE_FOR_EACH, self._id, STALE_AFTER_S))
                if cursor.rowcount:
                    log.warning("the process that served this Asterisk is frozen: its connection was ended")
                return False
            cursor.execute(sql.SQL("LISTEN {}").format(sql.Identifier(f"telephony_{self._id}")))
        return True

    def rang(self) -> bool:
        """Has it rung since the last look? Never waits."""
        if select.select([self], [], [], 0)[0]:
            self._connection.poll()
        rung = bool(self._connection.notifies)
        self._connection.notifies.clear()
        return rung

    def check(self) -> None:
        """A word through the connection, so that a dead one is noticed and others know that this one lives."""
        with self._connection.cursor() as cursor:
            cursor.execute("SELECT 1")
