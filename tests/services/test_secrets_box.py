"""Secrets at rest are unreadable without SECRET_KEY, and say so when it has changed."""

from __future__ import annotations

import pytest

from app.errors import OutsideError
from app.services.secrets_box import seal, unseal

VALUES = {"token": "т0ken", "password": "p"}


def test_what_is_sealed_is_read_again_and_shows_nothing():
    sealed = seal(VALUES, "key")
    assert unseal(sealed, "key") == VALUES
    assert "т0ken" not in sealed and "token" not in sealed


def test_sealing_twice_tells_nobody_that_it_was_the_same():
    assert seal(VALUES, "key") != seal(VALUES, "key")


def test_nothing_stays_nothing():
    assert seal({}, "key") == "" and unseal("", "key") == {}


@pytest.mark.parametrize("sealed", [seal(VALUES, "another"), "not sealed at all", "gAAAA"])
def test_what_cannot_be_read_is_a_permanent_failure(sealed):
    with pytest.raises(OutsideError) as failed:
        unseal(sealed, "key")
    assert failed.value.permanent
