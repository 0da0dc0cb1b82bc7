"""Every hop between us and a telephone, tried for real: AMI, its dialplan, its database, lines, phones, recordings.

A hop is a code with arguments; it becomes a sentence with a next step where it is shown. The later ones need the
earlier: without AMI nothing else of that server is asked.
"""

from __future__ import annotations

import http.client
import os
import re
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.errors import OutsideError
from app.models import Asterisk, PhoneAccount, Trunk
from app.services import servers
from app.telephony.client import Ami, AmiError, LoginRefused, NotConnected
from app.telephony.dialplan import CLICK
from app.telephony.installation import LINES_IN, OLDEST_ASTERISK

BOOTED_WITHIN_S = 15.0
CLOCK_MAY_DIFFER_S = 2.0
SILENT_AFTER = timedelta(seconds=30)
ENOUGH_DISK_MB = 2_000


@dataclass(frozen=True, slots=True)
class Hop:
    passed: bool
    code: str
    args: dict[str, Any] = field(default_factory=dict)


def check(session: Session, server: Asterisk, *, key: str, public_url: str) -> Iterator[Hop]:
    """`key`: the deployment's SECRET_KEY."""
    try:
        with _ami(server, key) as ami:
            yield Hop(True, "ami", {"host": server.ami_host, "port": server.ami_port})
            for hop in (_version, _dialplan, _clock):
                yield hop(ami)
            yield _realtime(session, ami)
            for line in session.scalars(select(Trunk).where(Trunk.asterisk_id == server.id, Trunk.is_enabled)):
                yield _line(ami, line)
            yield _telephones(session, ami, server)
    except _NoAmi as trouble:
        yield Hop(False, trouble.code, {"host": server.ami_host, "port": server.ami_port, "user": server.ami_user})
    except AmiError as error:
        yield Hop(False, "ami_silent", {"what": str(error)[:100]})
    yield _web_socket(server, public_url)
    yield from _recordings(server)
    yield _process(server)


class _NoAmi(Exception):
    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(code)


@contextmanager
def _ami(server: Asterisk, key: str) -> Iterator[Ami]:
    try:
        secret = servers.secret_of(server, key)
    except OutsideError:
        raise _NoAmi("ami_sealed") from None
    ami = Ami(lambda event: None, name="doctor")
    try:
        ami.connect(server.ami_host, server.ami_port)
        ami.login(server.ami_user, secret)
    except LoginRefused:
        raise _NoAmi("ami_login") from None
    except (NotConnected, AmiError):
        ami.close()
        raise _NoAmi("ami_away") from None
    try:
        try:
            ami.wait_booted(BOOTED_WITHIN_S)
        except NotConnected:
            raise _NoAmi("ami_booting") from None
        yield ami
    finally:
        ami.close()


def _asked(ami: Ami, variable: str) -> str:
    return ami.send_action({"Action": "Getvar", "Variable": variable}).get("Value", "")


def _version(ami: Ami) -> Hop:
    told = ami.send_action({"Action": "CoreSettings"}).get("AsteriskVersion", "")
    found = re.search(r"(\d+)\.(\d+)", told)
    version = (int(found[1]), int(found[2])) if found else (0, 0)
    return Hop(version >= OLDEST_ASTERISK, "version", {"version": told[:40] or "?", "oldest": OLDEST_ASTERISK[0]})


def _dialplan(ami: Ami) -> Hop:
    return Hop(_asked(ami, f"DIALPLAN_EXISTS({CLICK},79000000001,1)") == "1", "dialplan")


def _clock(ami: Ami) -> Hop:
    try:
        theirs = float(ami.send_action({"Action": "Ping"}).get("Timestamp", ""))
    except ValueError:
        return Hop(True, "clock", {"seconds": 0})
    seconds = abs(datetime.now(UTC).timestamp() - theirs)
    return Hop(seconds <= CLOCK_MAY_DIFFER_S, "clock", {"seconds": round(seconds, 1)})


def _realtime(session: Session, ami: Ami) -> Hop:
    """A telephone appears in our tables for a moment; Asterisk has to see it."""
    name = f"probe{secrets.token_hex(4)}"
    values = {"id": name}
    with Session(session.get_bind()) as own:  # what the caller has not committed stays his
        try:
            own.execute(text("INSERT INTO ps_endpoints (id, aors, auth) VALUES (:id, :id, :id)"), values)
            own.commit()
            seen = _asked(ami, f"PJSIP_ENDPOINT({name},auth)")
        finally:
            own.rollback()
            own.execute(text("DELETE FROM ps_endpoints WHERE id = :id"), values)
            own.commit()
    return Hop(seen == name, "realtime")


def _line(ami: Ami, line: Trunk) -> Hop:
    """By OPTIONS, which Asterisk sends to a provider now and then."""
    about = {"line": line.name, "endpoint": line.endpoint}
    if _asked(ami, f"PJSIP_ENDPOINT({line.endpoint},context)") != LINES_IN:
        return Hop(False, "line_unknown", about)
    return Hop(_contact(ami, line.endpoint) in ("Reachable", "NonQualified"), "line", about)


def _contact(ami: Ami, name: str) -> str:
    contact = _asked(ami, f"PJSIP_AOR({name},contact)").partition(",")[0]
    return _asked(ami, f"PJSIP_CONTACT({contact},status)") if contact else ""


def _telephones(session: Session, ami: Ami, server: Asterisk) -> Hop:
    extensions = session.scalars(select(PhoneAccount.extension).where(PhoneAccount.asterisk_id == server.id)).all()
    n = sum(bool(_asked(ami, f"PJSIP_AOR({extension},contact)")) for extension in extensions)
    return Hop(True, "telephones", {"n": n, "of": len(extensions)})


def _web_socket(server: Asterisk, public_url: str) -> Hop:
    """As a browser begins: the handshake of a web socket for SIP."""
    url = urlsplit(server.ws_url)
    about = {"url": server.ws_url}
    if url.scheme not in ("ws", "wss") or not url.hostname:
        return Hop(False, "ws_none", about)
    if public_url.startswith("https://") and url.scheme == "ws":
        return Hop(False, "ws_mixed", about)
    kind = http.client.HTTPSConnection if url.scheme == "wss" else http.client.HTTPConnection
    line = kind(url.hostname, url.port, timeout=4)
    headers = {
        "Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "cHJvenZvbi1kb2N0b3ItMQ==", "Sec-WebSocket-Protocol": "sip",
    }  # fmt: skip
    try:
        line.request("GET", url.path or "/ws", headers=headers)
        status = line.getresponse().status
    except (OSError, http.client.HTTPException):
        return Hop(False, "ws_away", about)
    finally:
        line.close()
    return Hop(status == 101, "ws", about | {"status": status})


def _recordings(server: Asterisk) -> Iterator[Hop]:
    folder = Path(server.recordings_dir)
    about = {"folder": server.recordings_dir}
    if not server.recordings_dir or not folder.is_dir():
        yield Hop(False, "recordings_none", about)
        return
    yield Hop(os.access(folder, os.R_OK | os.W_OK | os.X_OK), "recordings", about)
    free_mb = shutil.disk_usage(folder).free // 1_000_000
    yield Hop(free_mb >= ENOUGH_DISK_MB, "disk", about | {"free": free_mb, "wanted": ENOUGH_DISK_MB})


def _process(server: Asterisk) -> Hop:
    seen = server.seen_at
    is_alive = seen is not None and datetime.now(UTC) - seen < SILENT_AFTER
    return Hop(is_alive, "process" if is_alive else "process_away", {"server": server.name})
