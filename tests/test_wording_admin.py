"""No code of the rules is shown to a supervisor as it stands in the source."""

from __future__ import annotations

import re
from pathlib import Path

import app
from app.domain.ads import REJECT_REASONS
from app.jobs import JOBS
from app.sources import Health
from app.wording import WORDS

ROOT = Path(app.__file__).parent


def test_every_way_of_a_run_every_rejection_and_every_job_has_a_word():
    codes = [f"health:{health}" for health in Health] + [f"reject:{reason}" for reason in REJECT_REASONS]
    codes += [f"job:{job.name}" for job in JOBS]
    assert not [code for code in codes if code not in WORDS]


def test_every_event_of_the_audit_log_has_a_word():
    """The names are written where the events are noted; views name theirs after the row."""
    for path in (ROOT / "services").glob("*.py"):
        for what in re.findall(r'note_event\(\s*session,\s*"([a-z_]+)"', path.read_text("utf-8")):
            assert f"event:{what}" in WORDS, f"{path.name}: {what}"


def test_every_sign_of_one_car_or_two_has_a_word():
    text = (ROOT / "domain" / "car_signs.py").read_text("utf-8")
    signs = set(re.findall(r'"([a-z]+(?:_[a-z]+)*_(?:equal|differs|gap|shared))"', text))
    assert len(signs) > 10 and not [sign for sign in signs if f"sign:{sign}" not in WORDS]


def test_everything_that_the_audit_log_speaks_of_has_a_word():
    subjects = {
        found for path in ROOT.rglob("*.py") for found in re.findall(r'subject="([a-z_]+)"', path.read_text("utf-8"))
    }
    assert len(subjects) > 30 and not sorted(one for one in subjects if f"subject:{one}" not in WORDS)
