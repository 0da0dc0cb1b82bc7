"""Fewer bytes on a slow line: static files and pages leave gzipped; static ones with a hash are kept for ever."""

from __future__ import annotations

import gzip
import struct
import zlib
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from flask import Flask, Response, current_app, request
from werkzeug.datastructures import Accept
from werkzeug.http import parse_accept_header
from werkzeug.security import safe_join

_TYPES = ("text/", "application/javascript", "application/json", "image/svg+xml")
_SMALL = 800  # below this the gzip header eats the gain
_SEEN = 40_000  # what is larger is a report or a list of everything: too much memory for what is rarely asked twice
_GZIP_HEAD = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x04\xff"  # deflate, no name, no time, packed fast


def install(app: Flask) -> None:
    plain: Any = app.view_functions["static"]

    def static(filename: str) -> Any:
        packed = _packed_file(filename) if _accepts_gzip() else None
        response = packed or current_app.make_response(plain(filename=filename))
        if "v" in request.args:
            response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        response.vary.add("Accept-Encoding")
        return response

    app.view_functions["static"] = static
    app.after_request(_pack_page)


def _accepts_gzip() -> bool:
    return _names_gzip(request.environ.get("HTTP_ACCEPT_ENCODING", ""))


@lru_cache(maxsize=100)
def _names_gzip(accepted: str) -> bool:
    """There are few browsers and each always says the same."""
    return parse_accept_header(accepted, Accept)["gzip"] > 0


def _packed_file(filename: str) -> Response | None:
    path = safe_join(str(current_app.static_folder), filename)
    if path is None or not Path(path).is_file():
        return None
    mimetype = _mimetype(path)
    if not mimetype.startswith(_TYPES):
        return None
    body, tag = _packed(path, Path(path).stat().st_mtime)
    response = Response(body, mimetype=mimetype, headers={"Content-Encoding": "gzip"})
    response.set_etag(tag)
    return response.make_conditional(request)  # type: ignore[return-value]


def _mimetype(path: str) -> str:
    known = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml", ".json": "application/json"}
    return known.get(Path(path).suffix, "application/octet-stream")


@lru_cache(maxsize=64)
def _packed(path: str, changed: float) -> tuple[bytes, str]:
    """Packed once per process and version of the file, so no stale .gz can lie about."""
    body = gzip.compress(Path(path).read_bytes(), 9, mtime=0)
    return body, f"{int(changed):x}-{len(body):x}-gz"


def _pack_page(response: Response) -> Response:
    """Pages and fragments. Streams, files and what is packed already are left alone."""
    if (
        "Content-Encoding" in response.headers
        or response.is_streamed
        or response.direct_passthrough
        or response.status_code in (204, 304)
        or not (response.mimetype or "").startswith(_TYPES)
        or not _accepts_gzip()
    ):
        return response
    body = response.get_data()
    response.vary.add("Accept-Encoding")
    if len(body) >= _SMALL:
        response.set_data(_packed_page(body) if len(body) < _SEEN else gzip.compress(body, 1))
        response.headers["Content-Encoding"] = "gzip"
    return response


@lru_cache(maxsize=300)
def _packed_page(body: bytes) -> bytes:
    """Half the work of level 5 for a tenth more bytes, and none for what has not changed since it was asked last."""
    return gzip.compress(body, 1, mtime=0)


def framed(pieces: Sequence[str]) -> Response:
    """A page of pieces, of which those at even places are the same from one answer to the next and packed once.

    Deflated pieces that end with a full flush begin afresh, so they may stand one after another in one gzip stream.
    """
    if not _accepts_gzip():
        return Response("".join(pieces))
    packed, check, size = [_GZIP_HEAD], 0, 0
    for place, piece in enumerate(pieces):
        if place % 2:
            raw, body = _deflated(piece.encode()) if len(piece) < _SMALL else _seen_piece(piece)
        else:
            raw, body = _kept_piece(piece)
        packed.append(body)
        check, size = zlib.crc32(raw, check), size + len(raw)
    packed.append(b"\x03\x00" + struct.pack("<II", check, size & 0xFFFFFFFF))  # an empty last block ends the stream
    response = Response(b"".join(packed), mimetype="text/html")
    response.headers["Content-Encoding"] = "gzip"
    response.vary.add("Accept-Encoding")
    return response


@lru_cache(maxsize=2000)
def _kept_piece(text: str) -> tuple[bytes, bytes]:
    return _deflated(text.encode(), level=6)


@lru_cache(maxsize=300)
def _seen_piece(text: str) -> tuple[bytes, bytes]:
    """A list is asked for more often than it changes: who goes back to it gets the same bytes."""
    return _deflated(text.encode())


def _deflated(raw: bytes, level: int = 1) -> tuple[bytes, bytes]:
    if len(raw) < _SMALL:  # as it is, in a block of its own: making a packer would cost more
        return raw, struct.pack("<BHH", 0, len(raw), len(raw) ^ 0xFFFF) + raw
    packer = zlib.compressobj(level, zlib.DEFLATED, -zlib.MAX_WBITS)
    return raw, packer.compress(raw) + packer.flush(zlib.Z_FULL_FLUSH)
