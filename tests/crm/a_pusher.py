"""A worker that only hands leads over, to be killed at any moment: python -m tests.crm.a_pusher (the environment says
which database)."""

from __future__ import annotations

import sys
import time

import config
from app import create_app, extensions
from app.extensions import db
from app.services import crm, crm_push
from app.services.crm_push import Pace
from app.wording_crm import comment_text

PACE = Pace(lease_s=2.0, first_s=0.2, longest_s=1.0)


def main() -> int:
    from app.crm import Rate
    from app.crm._http import Door
    from tests.crm.connections import KEYS

    app = create_app(config.unhurried(config.load()))
    for kind in extensions.outside.crm.values():
        kind.rate = Rate(1000, 1000)  # what is measured is what dies, not how long a portal makes us wait
    extensions.outside.crm_door = lambda **more: Door(timeout_s=1.0, **more)
    crm.LONGEST_TURN_S = 1.0
    with app.app_context():
        while True:
            counts = crm_push.drain(db.session(), KEYS, comment_text, go_on=lambda: True, pace=PACE)
            if not any(counts.values()):
                time.sleep(0.05)


if __name__ == "__main__":
    sys.exit(main())
