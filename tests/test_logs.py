"""Logs: readable or JSON, never with a phone, a secret or a line break of a hostile text."""

from __future__ import annotations

import json
import logging

import pytest

from app import logs


@pytest.fixture
def root():
    """The root logger as it was, afterwards."""
    logger = logging.getLogger()
    handlers, level = logger.handlers[:], logger.level
    yield logger
    logger.handlers[:] = handlers
    logger.setLevel(level)


@pytest.mark.parametrize(
    "written", ["79160001234", "+7 916 000-12-34", "8 (916) 000-12-34", "+7(916)000 12 34", "8-916-000-12-34"]
)
def test_a_phone_keeps_its_code_and_last_digits_only(written):
    masked = logs.mask(f"calls {written} now")
    assert "000" not in masked and masked.startswith("calls ") and masked.endswith("34 now")


def test_numbers_that_are_no_phones_stay():
    assert logs.mask("price 1200000, vin XTA210990Y2765499, took 7.916 s") == (
        "price 1200000, vin XTA210990Y2765499, took 7.916 s"
    )


def test_secrets_of_an_address_are_masked():
    masked = logs.mask("GET /ads?user=me&token=t0ps3cret&limit=50")
    assert "t0ps3cret" not in masked and "limit=50" in masked


def test_a_hostile_text_cannot_forge_a_line_of_the_log():
    assert "\n" not in logs.mask("name\n12:00:00 error forged") and "\r" not in logs.mask("a\rb")


def test_json_lines_hold_the_extra_fields_masked(root, capsys):
    logs.configure(as_json=True)
    logging.getLogger("app.jobs").info("job done", extra={"job": "join_ads", "phone": "79160001234"})
    row = json.loads(capsys.readouterr().err)
    assert row["message"] == "job done" and row["job"] == "join_ads" and row["level"] == "info"
    assert "0001234" not in row["phone"]


def test_an_exception_is_logged_with_its_trace_and_without_the_phone(root, capsys):
    logs.configure(as_json=False)
    try:
        raise ValueError("bad number +7 916 000-12-34")
    except ValueError:
        logging.getLogger("app").exception("broken")
    text = capsys.readouterr().err
    assert "Traceback" in text and "ValueError" in text and "000-12" not in text


def test_chatty_libraries_are_quiet(root):
    logs.configure(as_json=False)
    assert not logging.getLogger("apscheduler.scheduler").isEnabledFor(logging.INFO)
    assert logging.getLogger("app.jobs").isEnabledFor(logging.INFO)
