"""The demonstration's telephony: the laboratory as a server with a line to the town, and a telephone for everybody."""

from __future__ import annotations

from sqlalchemy import select, update
from sqlalchemy.orm import Session

import config
from app import database
from app.demo.people import PEOPLE
from app.lab import home
from app.models import Asterisk, CallerNumber, DialPrefix, PhoneAccount, Setting, Trunk
from app.services import servers

NAME = "Лаборатория"
PREFIXES = (("98", "Городской выход"), ("99", "Мобильный выход"))


def install(session: Session, settings: config.Config, user_ids: dict[str, int]) -> bool:
    """Again at each start: ports may have moved. Without a laboratory its server is switched off, calls are by hand."""
    found = home.load(settings.var_dir)
    server = session.execute(select(Asterisk).where(Asterisk.name == NAME)).scalar_one_or_none()
    if found is None:
        if server is not None:
            server.is_enabled = False
        return False
    found = home.with_free_ports(found)
    home.write(found, database.resolve(settings))
    if server is None:
        server = Asterisk(name=NAME, ami_host="127.0.0.1", ami_user=found.ami_user)
        session.add(server)
        _call_at_any_hour(session)
    _describe(server, found, settings)
    session.flush()
    line = _line(session, server)
    _numbers(session, line)
    _telephones(session, server, user_ids)
    return True


def _call_at_any_hour(session: Session) -> None:
    """Nobody in the town sleeps, and who looks at a demonstration in the evening wants to call as well."""
    for name, hour in (("call_hours_from", 0), ("call_hours_to", 24)):
        if session.get(Setting, name) is None:
            session.add(Setting(name=name, value=hour))


def _describe(server: Asterisk, found: home.Home, settings: config.Config) -> None:
    server.is_enabled = True
    server.ami_port, server.ami_user = found.ami_port, found.ami_user
    servers.set_secret(server, found.ami_secret, settings.secret_key)
    server.ws_url, server.sip_host = found.ws_url, f"127.0.0.1:{found.sip_port}"
    server.recordings_dir, server.cdr_csv = found.recordings_dir, found.cdr_csv


def _line(session: Session, server: Asterisk) -> Trunk:
    query = select(Trunk).where(Trunk.asterisk_id == server.id, Trunk.endpoint == home.LINE)
    line = session.execute(query).scalar_one_or_none()
    if line is None:
        line = Trunk(asterisk_id=server.id, name="Линия в город", endpoint=home.LINE, max_channels=30, ring_s=25)
        session.add(line)
        session.flush()
    # A line that failed yesterday, when its town was not running, is fit for work today.
    session.execute(update(Trunk).where(Trunk.id == line.id).values(failed_n=0, stopped_at=None, stopped_why=""))
    return line


def _numbers(session: Session, line: Trunk) -> None:
    if session.execute(select(DialPrefix.id).where(DialPrefix.trunk_id == line.id)).first() is None:
        session.add_all(DialPrefix(trunk_id=line.id, digits=digits, name=name) for digits, name in PREFIXES)
    known = set(session.execute(select(CallerNumber.phone)).scalars())
    session.add_all(CallerNumber(trunk_id=line.id, phone=phone) for phone in home.NUMBERS if phone not in known)
    session.flush()


def _telephones(session: Session, server: Asterisk, user_ids: dict[str, int]) -> None:
    have = set(session.execute(select(PhoneAccount.user_id)).scalars())
    people = [user_ids[person["login"]] for person in PEOPLE if person["login"] in user_ids]
    session.add_all(
        PhoneAccount(user_id=user_id, asterisk_id=server.id, extension=f"op{user_id}", kind="browser")
        for user_id in people
        if user_id not in have
    )
    session.flush()
