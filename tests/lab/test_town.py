"""Sounds of the town: G.711 A-law as everybody else writes it."""

from __future__ import annotations

import pytest

from app.lab import town


@pytest.mark.parametrize(
    ("sample", "byte"),
    [(0, 0xD5), (-1, 0x55), (8, 0xD5), (255, 0xDA), (256, 0xC5), (1000, 0xFA), (32767, 0xAA), (-32768, 0x2A)],
)
def test_samples_become_the_bytes_of_the_standard(sample, byte):
    assert town.to_alaw(sample) == byte


def test_a_tone_is_made_once(tmp_path):
    first = town.tone(tmp_path, 440)
    made = (tmp_path / "tone-440.alaw").stat().st_mtime_ns
    assert town.tone(tmp_path, 440) == first and (tmp_path / "tone-440.alaw").stat().st_mtime_ns == made
    assert (tmp_path / "tone-440.alaw").stat().st_size == 16_000
