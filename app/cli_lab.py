"""The commands of the laboratory: prepare it, say what is there, let a seller of the town call us."""

from __future__ import annotations

import argparse
import sys

import config
from app.domain.phones import read_phone
from app.lab import home, sounds, town, tree
from app.lab.scenario import TOWN


def show(arguments: argparse.Namespace, settings: config.Config) -> int:
    found = home.load(settings.var_dir)
    if found is None:
        print("There is no laboratory here: make lab", file=sys.stderr)
        return 1
    print(f"Asterisk {found.root or '(of the distribution)'}, AMI 127.0.0.1:{found.ami_port}, {found.ws_url}")
    print(f"Recordings: {found.recordings_dir}\nThe two last digits of a number choose what its owner does:")
    for seller in TOWN:
        print(f"  {seller.digits:12} {seller.name.replace('_', ' ')}  {seller.reply}")
    return 0


def prepare(arguments: argparse.Namespace, settings: config.Config) -> int:
    """After the packages are there: ports, secrets, sounds and var/lab/lab.json. Quick the second time."""
    if why := tree.missing():
        print(f"No laboratory: {why}.", file=sys.stderr)
        return 1
    found = tree.find()
    assert found is not None, "missing() has just found it"
    made = home.make(settings.var_dir, found, sounds.prepare(found, tree.cache() / "sounds"))
    version = ".".join(map(str, found.version))
    print(f"The laboratory is ready: Asterisk {version}, {made.folder}. Start it with: make run")
    return 0


def call_in(arguments: argparse.Namespace, settings: config.Config) -> int:
    """A seller rings us; ends when he has hung up, 0 when somebody talked to him."""
    found = home.load(settings.var_dir)
    phone = read_phone(arguments.phone).number
    if found is None or phone is None:
        why = "this is no phone number" if found else "there is no laboratory here: make lab"
        print(f"Nobody can call: {why}", file=sys.stderr)
        return 1
    called = arguments.to or home.NUMBERS[0]
    print(f"+{phone} calls {called} …", flush=True)
    process = town.call_in(
        found.path / "callers", home.free_caller_port(found), found.sip_port, caller=phone, called=called,
        sound=found.sounds["person"], gives_up_ms=arguments.patience * 1000, talk_ms=arguments.talk * 1000,
    )  # fmt: skip
    assert process.process is not None, "has just been started"
    code = process.process.wait()
    print("They have talked." if code == 0 else "Nobody talked to him.")
    return 0 if code == 0 else 1
