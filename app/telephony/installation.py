"""One Asterisk as we want it: the facts of an installation, and every configuration file made from them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

OLDEST_ASTERISK = (20, 0)  # the oldest that is still looked after by its authors and has all that we use
ENDPOINT = re.compile(r"[a-z][a-z0-9_-]{0,31}")
PHONES, LINES_IN = "pz-phones", "pz-in"  # contexts: where a phone's call begins, where the network's does


@dataclass(frozen=True, slots=True)
class Line:
    """A trunk as Asterisk has to know it: a provider who knows our address, or one we register with."""

    endpoint: str
    host: str
    port: int = 5060
    username: str = ""
    password: str = field(default="", repr=False)
    registers: bool = False
    from_domain: str = ""
    match: tuple[str, ...] = ()  # addresses the provider calls from, when they differ from `host`
    codecs: str = "alaw,ulaw"
    caller_id_header: str = "from"  # from, pai or rpid: where this provider looks for our number
    qualify_s: int = 30

    def __post_init__(self) -> None:
        if not ENDPOINT.fullmatch(self.endpoint):
            raise ValueError(f"line {self.endpoint!r}: a name is small latin letters, digits, - and _")
        if self.caller_id_header not in ("from", "pai", "rpid"):
            raise ValueError(f"line {self.endpoint}: caller_id_header is from, pai or rpid")
        if self.registers and not (self.username and self.password):
            raise ValueError(f"line {self.endpoint}: registering needs username and password")


@dataclass(frozen=True, slots=True)
class Folders:
    """Where an Asterisk of our own lives. A distribution's own knows its folders itself."""

    root: str
    modules: str

    @property
    def monitor(self) -> str:
        return f"{self.root}/spool/monitor"

    @property
    def csv(self) -> str:
        return f"{self.root}/log/cdr-custom/prozvon.csv"


@dataclass(frozen=True, slots=True)
class Base:
    """The product's database as Asterisk's own role reaches it; host may be the folder of a unix socket."""

    host: str
    port: int
    name: str
    user: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Installation:
    name: str  # of this server in channel ids, so that those of two servers never meet: small letters and digits
    base: Base
    ami_user: str
    ami_secret: str = field(repr=False)
    lines: tuple[Line, ...] = ()
    version: tuple[int, int] = (22, 0)
    folders: Folders | None = None
    ami_host: str = "127.0.0.1"
    ami_port: int = 5038
    ami_permit: tuple[str, ...] = ("127.0.0.1/255.255.255.255",)
    http_host: str = "127.0.0.1"
    http_port: int = 8088
    wss_port: int = 0  # 0: the web server in front does TLS
    certificate: str = ""
    private_key: str = ""
    sip_host: str = "0.0.0.0"  # noqa: S104  phones and providers come from outside; see the firewall's chapter
    sip_port: int = 5060
    public_address: str = ""  # of this server as seen from outside, when it stands behind NAT
    local_nets: tuple[str, ...] = ()
    rtp: tuple[int, int] = (10_000, 20_000)
    ring_s: int = 40
    order_wait_s: int = 5  # how long an incoming call rings before anybody has said where to
    notice_sound: str = "prozvon/notice"  # played to the seller before he is recorded, when the settings say so

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[a-z0-9]{1,12}", self.name):
            raise ValueError(f"name {self.name!r}: one to twelve small latin letters and digits")
        if self.version < OLDEST_ASTERISK:
            raise ValueError("Asterisk 20 or newer is needed")
        if len({line.endpoint for line in self.lines}) < len(self.lines):
            raise ValueError("two lines have the same name")
        if not re.fullmatch(r"[a-z0-9/_-]{1,200}", self.notice_sound):
            raise ValueError("notice_sound: a path of small letters, digits, - and _ without its ending")


def files(one: Installation) -> dict[str, str]:
    """File name -> text, everything below /etc/asterisk."""
    from app.telephony import dialplan, pjsip, records, server

    return {
        **server.files(one),
        **records.files(one),
        "pjsip.conf": pjsip.text(one),
        "extensions.conf": dialplan.text(one),
    }
