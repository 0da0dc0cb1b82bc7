"""A worker that reads one CRM, alone in its process so that its memory can be told: prints seconds and megabytes."""

from __future__ import annotations

import resource
import sys
import time

import config
from app import create_app, extensions
from app.crm import Rate
from app.crm._http import Door
from app.extensions import db
from app.services import crm_sync
from tests.crm.connections import KEYS


def main(connection_id: int, per_second: float) -> int:
    app = create_app(config.unhurried(config.load()))
    for kind in extensions.outside.crm.values():
        kind.rate = Rate(per_second, 1)
    extensions.outside.crm_door = Door
    with app.app_context():
        began = time.monotonic()
        counts = crm_sync.sync(db.session(), connection_id, KEYS, go_on=lambda: True)
        seconds = time.monotonic() - began
    print(f"{counts['clients']} {seconds:.2f} {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f}")
    return 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), float(sys.argv[2])))
