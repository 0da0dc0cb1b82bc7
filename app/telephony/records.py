"""Where Asterisk keeps what happened: our database, and a CSV file for the days when the database is away.

A call that nobody answered leaves two records under its linkedid: the first was closed when the seller's leg ended and
has its disposition, the second has our own `pz_*` words. Whoever reads takes the one with `pz_status`.
"""

from __future__ import annotations

from app.telephony.conf import file, section
from app.telephony.installation import Base, Installation

REALTIME = {"endpoint": "ps_endpoints", "aor": "ps_aors", "auth": "ps_auths"}
MEMBERS = "queue_members"  # a view: who may be rung while the product itself is silent
MEMBERS = "queue_members"  # a view: who is on the line now, for incoming calls while the product is silent
# The columns of the CSV, in order. Times are seconds since 1970 with a fraction, empty when it did not happen.
CSV_COLUMNS = (
    "linkedid", "uniqueid", "channel", "dstchannel", "src", "dst", "dcontext", "start", "answer", "end", "duration",
    "billsec", "disposition", "pz_id", "pz_kind", "pz_called", "pz_status", "pz_cause", "pz_tech", "pz_talk_ms",
    "pz_rec", "sequence",
)  # fmt: skip
_MOMENTS = ("start", "answer", "end")


def files(one: Installation) -> dict[str, str]:
    base = one.base
    return {
        "cdr.conf": file(
            section("general", enable="yes", unanswered="yes", congestion="yes", channeldefaultenabled="yes")
        ),
        "cdr_pgsql.conf": file(section("global", _link(base), table="cdr", encoding="UTF8", timezone="UTC")),
        "cel_pgsql.conf": file(section("global", _link(base), table="cel", show_user_defined="no", usegmtime="yes")),
        "cdr_custom.conf": file(f"[mappings]\nprozvon.csv => {csv_line()}\n"),
        "cdr_manager.conf": file(
            section("general", enabled="yes"),
            "[mappings]\npz_id => PzId\npz_status => PzStatus\npz_talk_ms => PzTalkMs\npz_rec => PzRec\n",
        ),
        "cel.conf": file(
            section(
                "general",
                enable="yes",
                apps="dial,queue",
                events="CHAN_START,CHAN_END,ANSWER,HANGUP,APP_START,BRIDGE_ENTER,BRIDGE_EXIT,BLINDTRANSFER,"
                "ATTENDEDTRANSFER,LINKEDID_END",
            ),
            section("manager", enabled="no"),
        ),
        "res_pgsql.conf": file(
            section(
                "general",
                dbhost=base.host,
                dbport=base.port,
                dbname=base.name,
                dbuser=base.user,
                dbpass=base.password,
                requirements="warn",
            )
        ),
        "extconfig.conf": file(
            "[settings]\n" + "".join(f"{t} => pgsql,{base.name}\n" for t in (*REALTIME.values(), MEMBERS))
        ),
        "sorcery.conf": file(_sorcery()),
    }


def _link(base: Base) -> dict[str, str | int]:
    return {
        "hostname": base.host, "port": base.port, "dbname": base.name, "user": base.user, "password": base.password,
    }  # fmt: skip


def csv_line() -> str:
    return ",".join(f"${{CSV_QUOTE(${{CDR({name}{',u' if name in _MOMENTS else ''})}})}}" for name in CSV_COLUMNS)


def _sorcery() -> str:
    """Lines stand in the file and live without the database; phones come from its tables."""
    lines = "".join(
        f"{kind} = config,pjsip.conf,criteria=type={kind}\n{kind} = realtime,{table}\n"
        for kind, table in REALTIME.items()
    )
    return f"[res_pjsip]\n{lines}"


def role(base: Base) -> list[str]:
    """SQL for the role that Asterisk logs in with: it reads phones, appends records and can do nothing else."""
    tables = ", ".join((*REALTIME.values(), MEMBERS))
    user, password = f'"{base.user}"', base.password.replace("'", "''")
    return [
        f"DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{base.user}') "
        f"THEN CREATE ROLE {user}; END IF; END $$",
        f"ALTER ROLE {user} LOGIN PASSWORD '{password}'",
        f"ALTER ROLE {user} SET timezone = 'UTC'",
        f"GRANT USAGE ON SCHEMA public TO {user}",
        f"GRANT SELECT ON {tables} TO {user}",
        f"GRANT SELECT, INSERT ON cdr, cel TO {user}",
        f"GRANT USAGE ON SEQUENCE cdr_id_seq, cel_id_seq TO {user}",
    ]
