"""`telephony config`: write what a telephony server needs, from the facts of it."""

from __future__ import annotations

import argparse
import os
import secrets
import sys
from pathlib import Path

import config
from app.telephony import facts
from app.telephony.installation import Installation, files
from app.telephony.records import role

LOGROTATE = """\
/var/log/asterisk/messages /var/log/asterisk/security {
    weekly
    rotate 8
    missingok
    notifempty
    compress
    delaycompress
    sharedscripts
    postrotate
        /usr/sbin/asterisk -rx 'logger reload' >/dev/null 2>&1 || true
    endscript
}
/var/log/asterisk/cdr-custom/prozvon.csv {
    monthly
    rotate 12
    missingok
    notifempty
    compress
    delaycompress
}
"""


def write(arguments: argparse.Namespace, settings: config.Config) -> int:
    """Twice: the first time installation.toml is laid out to be filled in, then everything is made of it."""
    out: Path = arguments.out
    out.mkdir(parents=True, exist_ok=True)
    told: Path = arguments.facts or out / "installation.toml"
    if not told.exists():
        values = {
            "name": "pbx1",
            "ami_secret": secrets.token_urlsafe(24),
            "database_password": secrets.token_urlsafe(24),
        }
        _save(told, facts.EXAMPLE.format(**values))
        print(f"{told} is there with new passwords. Fill in your lines, then run the same command again.")
        return 0
    try:
        one = facts.read(told.read_text("utf-8"))
    except facts.FactsError as trouble:
        print(f"{told}: {trouble}", file=sys.stderr)
        return 1
    for name, text in files(one).items():
        _save(out / "etc" / name, text)
    _save(out / "role.sql", "".join(f"{statement};\n" for statement in role(one.base)))
    _save(out / "logrotate", LOGROTATE)
    _tell(out, one)
    return 0


def _save(path: Path, text: str) -> None:
    """For its owner alone from the first byte on."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text)


def _tell(out: Path, one: Installation) -> None:
    print(f"Written into {out}:")
    print("  etc/       -> /etc/asterisk/ (owner asterisk, mode 0600), then: systemctl restart asterisk")
    print("  role.sql   -> psql of the product's database, after: python run.py migrate")
    print("  logrotate  -> /etc/logrotate.d/prozvon-asterisk")
    print("Enter in the administration, «Серверы»:")
    print(f"  AMI {one.ami_host}:{one.ami_port}, user {one.ami_user}, the secret of [ami]")
    print("  recordings /var/spool/asterisk/monitor, records /var/log/asterisk/cdr-custom/prozvon.csv")
    for line in one.lines:
        print(f"  «Линии»: endpoint {line.endpoint}")
    print("Then: python run.py doctor")
