"""Measures the product against its goals: python -m bench [--check] [--quick] [names...]; `make bench` runs all.

Both sides of every ratio run in turns in one process and on the same data. The table is printed, var/bench.json keeps
it. With --check a figure outside its bound ends the command with 1; a side that cannot run is skipped and said so.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
import time
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path

from bench.harness import Plan, Row, running_server, show

ROOT = Path(__file__).resolve().parents[1]
BENCHES = {  # name: (module, what it measures)
    "recognition": ("real_ads", "towns, makes and models of real adverts; same car"),
    "matching": ("matching", "P5 P6 P8 P9: adverts against filters"),
    "ingest": ("ingest", "P1 P2 P3: adverts into the tables"),
    "claims": ("claims", "P10 P11: taking and dealing cards"),
    "campaigns": ("campaigns", "whom a campaign calls next, among a million"),
    "pacing": ("pacing", "talk minutes and abandoned calls against VICIdial's rule and an oracle"),
    "desk": ("desk", "P12 P13: the operator's queries among millions of adverts"),
    "pages": ("pages", "P20: what a page costs the web server"),
    "sight": ("first_sight", "how soon the desk is seen through 1 Mbit/s, and its weight"),
    "reports": ("reports", "P14 P15: reports among millions of calls"),
    "exports": ("exports", "long lists as Excel books: CPU beside csv, memory whatever their length"),
    "board": ("board", "the live board with a hundred operators"),
    "idle": ("idle", "what desks cost while nobody calls"),
    "telephony": ("telephony", "AMI events read, against a bare socket"),
    "talks": ("talks", "real calls: click to ringing, an idle process, fifty recorded talks"),
    "crm": ("crm", "leads in a storm of kills and lost answers; a sync of 50k clients"),
    "sms": ("sms", "SMS in a storm of kills and lost answers"),
    "memory": ("memory", "an import of 100k adverts; everything, idle"),
}


def main(argv: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="name", help="; ".join(f"{k}: {v[1]}" for k, v in BENCHES.items()))
    parser.add_argument("--check", action="store_true", help="end with 1 when a figure is outside its bound")
    parser.add_argument("--quick", action="store_true", help="less data, for a first look")
    arguments = parser.parse_args(argv)
    if strange := [name for name in arguments.names if name not in BENCHES]:
        parser.error(f"unknown: {', '.join(strange)}; known: {', '.join(BENCHES)}")
    rows: list[Row] = []
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # the scratch server and its folder go in any case
    with running_server() as server:
        plan = Plan(server, quick=arguments.quick)
        for name in arguments.names or BENCHES:
            started = time.monotonic()
            module, words = BENCHES[name]
            print(f"\n--- {name}: {words}", flush=True)
            measure: Callable[[Plan], list[Row]] = import_module(f"bench.{module}").bench
            for row in measure(plan):
                rows.append(row)
                print(show(row), flush=True)
            print(f"{'':13}{time.monotonic() - started:.0f} s")
    _keep(rows, quick=arguments.quick)
    outside = [row for row in rows if row.ok is False]
    left_out = [row for row in rows if row.ok is None]
    print(f"\n{len(rows)} figures: {len(outside)} out of bound, {len(left_out)} skipped")
    return int(arguments.check and bool(outside))


def _keep(rows: Sequence[Row], *, quick: bool) -> None:
    path = ROOT / "var" / "bench.json"
    path.parent.mkdir(exist_ok=True)
    told = {"quick": quick, "rows": [row._asdict() for row in rows]}
    path.write_text(json.dumps(told, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
