"""The words of recordings, incoming calls and listening in: code -> sentence or word."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l

SENTENCES: dict[str, Any] = {
    "disk_full": _l("The disk of the recordings is nearly full."),
    "recordings_dir_missing": _l("The folder of the recordings cannot be reached."),
}

WORDS: dict[str, Any] = {
    "event:recording_listened": _l("talk listened to"), "event:recording_downloaded": _l("recording downloaded"),
    "event:recording_stopped": _l("recording stopped"), "event:recording_resumed": _l("recording goes on"),
    "subject:call": _l("call"), "subject:asterisk": _l("telephony server"), "trouble": _l("Trouble"),
    "card_id": _l("No. of the card"), "job:watch_recordings": _l("Measures recordings and watches their disk"),
    "assigned:incoming": _l("given to who talks with the seller"),
    "ended:incoming": _l("the seller rang and talks with a colleague"),
    "job:compress_recordings": _l("Packs recordings"), "job:purge_recordings": _l("Deletes old recordings"),
}  # fmt: skip
