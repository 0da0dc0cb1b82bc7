"""A recording over HTTP: pieces, conditions, names, rights and the log."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models import AuditEvent, Call
from tests.factories import NOON, get_user
from tests.services.calls_made import make_asterisk, make_call

BODY = bytes(range(256)) * 8


@pytest.fixture
def call(session: Session, tmp_path: Path) -> Call:
    (tmp_path / "pz-1.wav").write_bytes(BODY)
    mine = get_user(session, "operator")
    server = make_asterisk(session, recordings_dir=str(tmp_path))
    return make_call(session, server, recording="pz-1.wav", operator_id=mine.id)


def get(client: Any, call: Call, **headers: str) -> Any:
    return client.get(
        f"/recordings/{call.id}", buffered=True, headers={name.replace("_", "-"): v for name, v in headers.items()}
    )


def events(session: Session) -> list[tuple[str, int | None]]:
    rows = session.scalars(select(AuditEvent).where(AuditEvent.subject == "call").order_by(AuditEvent.id))
    return [(row.what, row.actor_id) for row in rows]


def test_a_supervisor_hears_the_whole_talk_and_that_is_logged(session: Session, as_supervisor: Any, call: Call) -> None:
    answer = get(as_supervisor, call)
    assert (answer.status_code, answer.data, answer.mimetype) == (200, BODY, "audio/wav")
    assert answer.headers["Accept-Ranges"] == "bytes"
    assert answer.headers["Content-Disposition"].startswith("inline; filename=prozvon-")
    assert "no-store" in answer.headers["Cache-Control"]
    assert events(session) == [("recording_listened", get_user(session, "supervisor").id)]


@pytest.mark.parametrize(
    ("asked", "status", "body", "told"),
    [
        ("bytes=0-99", 206, BODY[:100], "bytes 0-99/2048"),
        ("bytes=2000-", 206, BODY[2000:], "bytes 2000-2047/2048"),
        ("bytes=-48", 206, BODY[-48:], "bytes 2000-2047/2048"),
        ("bytes=0-9999", 206, BODY, "bytes 0-2047/2048"),
        ("bytes=2048-", 416, None, "bytes */2048"),
        ("bytes=9-2,x", 416, None, "bytes */2048"),
    ],
)
def test_a_player_gets_the_piece_it_asks_for(
    as_supervisor: Any, call: Call, asked: str, status: int, body: bytes | None, told: str
) -> None:
    answer = get(as_supervisor, call, Range=asked)
    assert (answer.status_code, answer.headers["Content-Range"]) == (status, told)
    assert body is None or (answer.data == body and answer.content_length == len(body))


def test_a_piece_of_a_file_that_has_changed_comes_whole(as_supervisor: Any, call: Call) -> None:
    tag = get(as_supervisor, call).headers["ETag"]
    assert get(as_supervisor, call, Range="bytes=0-9", If_Range=tag).status_code == 206
    changed = get(as_supervisor, call, Range="bytes=0-9", If_Range='"other"')
    assert (changed.status_code, changed.data) == (200, BODY)
    assert get(as_supervisor, call, If_None_Match=tag).status_code == 304


def test_the_pieces_of_one_listening_are_logged_once(session: Session, as_supervisor: Any, call: Call) -> None:
    for asked in ("bytes=0-9", "bytes=10-19", "bytes=1000-"):
        assert get(as_supervisor, call, Range=asked).status_code == 206
    as_supervisor.head(f"/recordings/{call.id}", buffered=True)
    assert [what for what, _ in events(session)] == ["recording_listened"]


def test_a_download_is_a_file_with_a_name_and_is_logged_as_one(
    session: Session, as_supervisor: Any, call: Call
) -> None:
    answer = as_supervisor.get(f"/recordings/{call.id}/file", buffered=True)
    assert answer.headers["Content-Disposition"] == f"attachment; filename=prozvon-{call.id}-{NOON:%Y%m%d-%H%M}.wav"
    assert [what for what, _ in events(session)] == ["recording_downloaded"]


def test_an_operator_hears_his_own_talk_only_and_takes_none_away(log_in: Any, call: Call) -> None:
    mine, other = log_in("operator"), log_in("operator2")
    assert get(mine, call).status_code == 200
    assert get(other, call).status_code == 404
    assert mine.get(f"/recordings/{call.id}/file", buffered=True).status_code in (302, 403)


def test_a_stranger_is_asked_to_log_in(client: Any, call: Call) -> None:
    assert get(client, call).status_code == 302


def test_no_path_leads_out_of_the_folder(session: Session, as_supervisor: Any, call: Call, tmp_path: Path) -> None:
    (tmp_path.parent / "secret.wav").write_bytes(b"secret")
    for path in (
        "/recordings/../secret.wav",
        "/recordings/..%2fsecret.wav",
        f"/recordings/{call.id}/..",
        "/recordings/x",
    ):
        assert as_supervisor.get(path).status_code == 404
    for name in ("../secret.wav", "..", ""):
        call.recording = name
        session.flush()
        assert get(as_supervisor, call).status_code == 404
    assert as_supervisor.get(f"/recordings/{2**63}").status_code == 404


def test_a_recording_that_has_served_its_time_is_gone(session: Session, as_supervisor: Any, call: Call) -> None:
    call.recording_gone_at = NOON
    session.flush()
    assert get(as_supervisor, call).status_code == 410
    assert events(session) == []
