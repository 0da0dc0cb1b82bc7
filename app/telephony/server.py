"""The files that make an Asterisk ours: modules, AMI with least rights, web sockets, sound ports, logs."""

from __future__ import annotations

from app.telephony.conf import file, section, yes
from app.telephony.installation import Installation
from app.telephony.modules import modules_of

# What the gateway hears. `system` is there for FullyBooted alone; without it nobody learns that Asterisk is ready.
READ = "system,call,agent,user,cdr"
WRITE = "call,agent,originate,reporting"
EVENTS = (
    "UserEvent", "OriginateResponse", "DialBegin", "DialState", "DialEnd", "Newstate", "Hangup", "Hold", "Unhold",
    "BlindTransfer", "AttendedTransfer", "ChanSpyStart", "ChanSpyStop", "Cdr", "DeviceStateChange", "ContactStatus",
    "MixMonitorStart", "MixMonitorStop", "AgentConnect", "AgentComplete", "QueueCallerAbandon", "QueueMemberPause",
    "QueueMemberStatus", "FullyBooted", "Shutdown",
)  # fmt: skip
RUSSIAN_TONES = {
    "description": "Russia", "ringcadence": "1000,4000", "dial": "425", "busy": "425/350,0/350",
    "ring": "425/1000,0/4000", "congestion": "425/175,0/175",
}  # fmt: skip


def files(one: Installation) -> dict[str, str]:
    empty = {
        name: file() for name in ("pjsip_wizard.conf", "acl.conf", "cli.conf", "pjproject.conf", "queuerules.conf")
    }
    return empty | {
        "asterisk.conf": file(_folders(one), _options(one)),
        "modules.conf": file("[modules]\nautoload = no\n" + "".join(f"load = {name}\n" for name in modules_of(one))),
        "manager.conf": file(_manager(one), _ami_user(one)),
        "http.conf": file(_http(one)),
        "rtp.conf": file(section("general", rtpstart=one.rtp[0], rtpend=one.rtp[1], strictrtp="yes")),
        "logger.conf": file(
            section("general", dateformat="%F %T.%3q"),
            # `security` is what fail2ban reads: who tried a wrong password, and from where.
            "[logfiles]\nmessages => notice,warning,error\nsecurity => security\n",
        ),
        "indications.conf": file(section("general", country="ru"), section("ru", RUSSIAN_TONES)),
        "musiconhold.conf": file(_music(one)),
        "queues.conf": file(_queues()),
        "features.conf": file(section("general"), section("featuremap")),
        "amd.conf": file(section("general")),
        "ccss.conf": file(section("general")),
        "udptl.conf": file(section("general")),
    }


def _folders(one: Installation) -> str:
    if one.folders is None:
        return section("directories")
    root = one.folders.root
    inside = {
        "astetcdir": "etc", "astvarlibdir": "lib", "astdbdir": "lib", "astkeydir": "lib", "astdatadir": "data",
        "astagidir": "agi", "astspooldir": "spool", "astrundir": "run", "astlogdir": "log", "astcachedir": "cache",
    }  # fmt: skip
    return section(
        "directories", {key: f"{root}/{folder}" for key, folder in inside.items()}, astmoddir=one.folders.modules
    )


def _options(one: Installation) -> str:
    return section(
        "options",
        systemname=one.name,
        live_dangerously="no",  # nothing from outside may read files or run programs
        hideconnect="yes",
        nocolor="yes",
        maxfiles=65536,
        defaultlanguage="ru",
    )


def _manager(one: Installation) -> str:
    return section(
        "general",
        enabled="yes",
        webenabled="no",
        bindaddr=one.ami_host,
        port=one.ami_port,
        timestampevents="yes",  # when a thing happened, not when we came to read of it
        displayconnects="no",
        authtimeout=10,
        authlimit=20,
    )


def _ami_user(one: Installation) -> str:
    rights = section(
        one.ami_user,
        secret=one.ami_secret,
        deny="0.0.0.0/0.0.0.0",
        permit=one.ami_permit,
        read=READ,
        write=WRITE,
        writetimeout=5000,
    )
    return rights + "".join(_filter(one, event) for event in EVENTS)


def _filter(one: Installation, event: str) -> str:
    """Named filters cost a comparison, the older ones a regular expression for every event."""
    named = one.version >= (22, 0) or (21, 5) <= one.version < (22, 0) or (20, 10) <= one.version < (21, 0)
    return f"eventfilter(action(include),name({event})) =\n" if named else f"eventfilter = Event: {event}\n"


def _http(one: Installation) -> str:
    with_tls = bool(one.wss_port and one.certificate)
    return section(
        "general",
        enabled="yes",
        bindaddr=one.http_host,
        bindport=one.http_port,
        enablestatic="no",
        enable_status="no",
        sessionlimit=5000,  # one for each open browser phone; Asterisk's own default stops at a hundred
        session_keep_alive=15000,
        tlsenable=yes(with_tls),
        tlsbindaddr=f"0.0.0.0:{one.wss_port}" if with_tls else "",
        tlscertfile=one.certificate if with_tls else "",
        tlsprivatekey=one.private_key if with_tls else "",
    )


def _music(one: Installation) -> str:
    if one.folders is None:
        return section("default", mode="files", directory="moh", sort="random")
    return section("default", mode="playlist", entry=f"{one.folders.root}/silence")


def _queues() -> str:
    """Its members are read from the database at every call; nothing of them is kept here."""
    general = section(
        "general", persistentmembers="no", autofill="yes", monitor_type="MixMonitor", log_membername_as_agent="yes"
    )
    queue = section(
        "prozvon",
        strategy="leastrecent",
        ringinuse="no",
        timeout=15,
        retry=1,
        wrapuptime=0,  # people finish a card in the desk, which then lets them be called
        joinempty="no",  # nobody is on the line: the caller is told so at once
        leavewhenempty="yes",
        membergosub="pz-operator-up",
        musicclass="default",
    )
    return general + "\n" + queue
