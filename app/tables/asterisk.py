"""What Asterisk itself reads and writes in our database: the phones it lets in, and its own records of calls.

The names of tables and columns are Asterisk's. Its role may read ps_*, and read and append cdr and cel; nothing else.
"""

from __future__ import annotations

from datetime import datetime

from flask_appbuilder import Model
from sqlalchemy import BigInteger, CheckConstraint, DateTime, Index, Integer, String, Text, func
from sqlalchemy import text as raw
from sqlalchemy.orm import Mapped, mapped_column

from app.tables.columns import time_column

# Only what the dialplan knows as a name of a phone; Asterisk itself would take anything.
SAFE_NAME = "id ~ '^[a-z0-9]{1,16}$'"


def option(default: str | None = None) -> Mapped[str | None]:
    """An option as Asterisk spells it. Empty leaves it to Asterisk's own default."""
    return mapped_column(Text, server_default=default)


def telling() -> Mapped[str | None]:
    return mapped_column(Text)


class PsEndpoint(Model):
    """A phone. What is the same for all stands in the defaults, so that whoever adds one says only what differs."""

    __tablename__ = "ps_endpoints"
    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    aors: Mapped[str | None] = telling()
    auth: Mapped[str | None] = telling()
    context: Mapped[str | None] = option("pz-phones")
    disallow: Mapped[str | None] = option("all")
    allow: Mapped[str | None] = option("alaw,ulaw")  # what the lines speak: nothing is translated
    webrtc: Mapped[str | None] = option("no")
    callerid: Mapped[str | None] = telling()
    language: Mapped[str | None] = option("ru")
    device_state_busy_at: Mapped[int | None] = mapped_column(Integer, server_default="1")
    direct_media: Mapped[str | None] = option("no")  # or there would be nothing to record
    rtp_symmetric: Mapped[str | None] = option("yes")  # phones behind a home router
    force_rport: Mapped[str | None] = option("yes")
    rewrite_contact: Mapped[str | None] = option("yes")
    send_connected_line: Mapped[str | None] = option("no")
    allow_subscribe: Mapped[str | None] = option("no")
    allow_transfer: Mapped[str | None] = option("no")  # a phone's own REFER could choose any destination
    timers: Mapped[str | None] = option("no")
    dtmf_mode: Mapped[str | None] = option("auto_info")
    # A browser that died says no word of it; without this the seller would sit in a talk with nobody.
    rtp_timeout: Mapped[int | None] = mapped_column(Integer, server_default="45")
    rtp_timeout_hold: Mapped[int | None] = mapped_column(Integer, server_default="600")
    __table_args__ = (
        CheckConstraint(SAFE_NAME, name="ps_endpoints_safe"),
        CheckConstraint("context = 'pz-phones'", name="ps_endpoints_context"),
        CheckConstraint("auth = id", name="ps_endpoints_has_auth"),  # without one anybody could be this phone
    )


class PsAor(Model):
    """Where a phone is reached, and for how long a registration holds."""

    __tablename__ = "ps_aors"
    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    max_contacts: Mapped[int | None] = mapped_column(Integer, server_default="1")
    remove_existing: Mapped[str | None] = option("yes")
    contact: Mapped[str | None] = telling()
    default_expiration: Mapped[int | None] = mapped_column(Integer, server_default="60")
    minimum_expiration: Mapped[int | None] = mapped_column(Integer, server_default="30")
    maximum_expiration: Mapped[int | None] = mapped_column(Integer, server_default="120")
    # Without being asked now and then a phone of these tables stays «unavailable» to Asterisk, though it registers.
    qualify_frequency: Mapped[int | None] = mapped_column(Integer, server_default="30")
    __table_args__ = (CheckConstraint(SAFE_NAME, name="ps_aors_safe"),)


class PsAuth(Model):
    """A phone's password as SIP's digest of it."""

    __tablename__ = "ps_auths"
    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    auth_type: Mapped[str | None] = option("md5")
    username: Mapped[str | None] = telling()
    realm: Mapped[str | None] = telling()
    md5_cred: Mapped[str | None] = telling()
    password: Mapped[str | None] = telling()  # of test phones; the product writes digests only
    __table_args__ = (CheckConstraint(SAFE_NAME, name="ps_auths_safe"),)


class Cdr(Model):
    """Asterisk's record of a call. `pz_*` are written by our dialplan; billsec counts from the operator's answer."""

    __tablename__ = "cdr"
    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    # Asterisk writes UTC without saying so; its role's sessions are in UTC as well.
    start: Mapped[datetime | None] = time_column()
    answer: Mapped[datetime | None] = time_column()
    end: Mapped[datetime | None] = time_column()
    clid: Mapped[str | None] = telling()
    src: Mapped[str | None] = telling()
    dst: Mapped[str | None] = telling()
    dcontext: Mapped[str | None] = telling()
    channel: Mapped[str | None] = telling()
    dstchannel: Mapped[str | None] = telling()
    lastapp: Mapped[str | None] = telling()
    lastdata: Mapped[str | None] = telling()
    duration: Mapped[int | None] = mapped_column(Integer)
    billsec: Mapped[int | None] = mapped_column(Integer)
    disposition: Mapped[str | None] = telling()
    uniqueid: Mapped[str | None] = telling()
    linkedid: Mapped[str | None] = telling()
    sequence: Mapped[int | None] = mapped_column(Integer)
    pz_id: Mapped[str | None] = telling()
    pz_kind: Mapped[str | None] = telling()  # in, out
    pz_called: Mapped[str | None] = telling()  # an incoming call: the number of ours
    pz_status: Mapped[str | None] = telling()  # Dial's own word of how it ended
    pz_cause: Mapped[str | None] = telling()  # Q.850
    pz_tech: Mapped[str | None] = telling()  # the SIP answer's number
    pz_talk_ms: Mapped[int | None] = mapped_column(Integer)  # counted from the seller's answer
    pz_rec: Mapped[str | None] = telling()
    stored_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now(), nullable=False)
    __table_args__ = (
        Index("cdr_linkedid", "linkedid"),
        Index("cdr_stored", "stored_at"),
        Index("cdr_incoming", "stored_at", postgresql_where=raw("pz_kind = 'in'")),
    )


class Cel(Model):
    """What happened to each channel, in order: what is left of a call when Asterisk is killed before its record."""

    __tablename__ = "cel"
    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    eventtype: Mapped[str | None] = telling()
    eventtime: Mapped[datetime | None] = time_column()
    cid_name: Mapped[str | None] = telling()
    cid_num: Mapped[str | None] = telling()
    exten: Mapped[str | None] = telling()
    context: Mapped[str | None] = telling()
    channame: Mapped[str | None] = telling()
    appname: Mapped[str | None] = telling()
    appdata: Mapped[str | None] = telling()
    uniqueid: Mapped[str | None] = telling()
    linkedid: Mapped[str | None] = telling()
    peer: Mapped[str | None] = telling()
    extra: Mapped[str | None] = telling()
    userdeftype: Mapped[str | None] = telling()
    userfield: Mapped[str | None] = telling()
    __table_args__ = (Index("cel_linkedid", "linkedid"), Index("cel_at", "eventtime"))


__all__ = ["Cdr", "Cel", "PsAor", "PsAuth", "PsEndpoint"]
