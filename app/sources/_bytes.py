"""Saved bytes, in memory or in a file, packed or not: opened as a stream with a cap, and their encoding found."""

from __future__ import annotations

import codecs
import gzip
import io
import zipfile
import zlib
from pathlib import Path
from typing import Any, BinaryIO

from app.sources import Health, SourceTrouble, _archive

Saved = bytes | Path
GZIP = b"\x1f\x8b"
HEAD = 1 << 20  # what is looked at before reading: enough to meet Russian letters after long English headers
UNPACKED_MOST = 4 << 30
RATIO_MOST = 100
RATIO_FREE = 64 << 20  # small files may repeat themselves as they like


def gunzipped(content: bytes) -> bytes:
    """The bytes themselves, or what was packed into them; a cut archive gives what stands before its cut."""
    if content[:2] != GZIP and content[:4] != _archive.START:
        return content
    with open_saved(content) as stream:
        if not isinstance(stream, _Unpacking):
            return content
        pieces = []
        try:
            while piece := stream.read(1 << 20):
                pieces.append(piece)
        except SourceTrouble as trouble:
            if trouble.health is not Health.PARTIAL:
                raise
        return b"".join(pieces)


def read_all(saved: Saved) -> bytes:
    return gunzipped(saved if isinstance(saved, bytes) else saved.read_bytes())


def head_of(saved: Saved, size: int = HEAD) -> bytes:
    """The unpacked start."""
    with open_saved(saved) as stream:
        try:
            return stream.read(size)
        except SourceTrouble as trouble:
            if trouble.health is Health.PARTIAL:
                return b""
            raise


def open_saved(saved: Saved) -> BinaryIO:
    """A stream of the unpacked bytes, from the beginning."""
    raw: BinaryIO = io.BytesIO(saved) if isinstance(saved, bytes) else saved.open("rb")
    packed = len(saved) if isinstance(saved, bytes) else saved.stat().st_size
    most = min(max(packed * RATIO_MOST, RATIO_FREE), UNPACKED_MOST)
    try:
        inner = _unpacked(raw, most)
    except SourceTrouble:
        raw.close()
        raise
    if inner is None:
        raw.seek(0)
        return raw
    return _Unpacking(raw, inner, most)  # type: ignore[return-value]


def _unpacked(raw: BinaryIO, most: int) -> Any:
    start = raw.read(4)
    raw.seek(0)
    if start[:2] == GZIP:
        return gzip.GzipFile(fileobj=raw)
    return _archive.member(raw, most=most) if start == _archive.START else None


def seekable(saved: Saved, most: int) -> BinaryIO:
    """The unpacked bytes where one may jump to and fro, as a workbook asks for: a packed one is taken into memory."""
    stream = open_saved(saved)
    if not isinstance(stream, _Unpacking):
        return stream
    with stream:
        content = stream.read(most + 1)
    if len(content) > most:
        raise SourceTrouble(Health.LAYOUT_CHANGED, "the packed workbook is too large")
    return io.BytesIO(content)


class _Unpacking(io.BufferedIOBase):
    """Unpacking that stops at a bomb, and says «cut» only after everything before the cut has been given."""

    def __init__(self, raw: BinaryIO, file: Any, most: int) -> None:
        self._raw, self._file, self._left = raw, file, most

    def readable(self) -> bool:
        return True

    def read1(self, size: int | None = -1) -> bytes:
        try:
            piece = self._file.read1(size if size and size > 0 else 1 << 18)
        except (EOFError, OSError, zlib.error, zipfile.BadZipFile) as cut:
            raise SourceTrouble(Health.PARTIAL, f"the packed file is damaged or cut: {cut}") from None
        self._left -= len(piece)
        if self._left < 0:
            raise SourceTrouble(Health.LAYOUT_CHANGED, "the packed file unpacks to far too much")
        return piece

    def read(self, size: int | None = -1) -> bytes:
        pieces: list[bytes] = []
        left = size if size is not None and size >= 0 else UNPACKED_MOST
        while left > 0:
            try:
                piece = self.read1(min(left, 1 << 18))
            except SourceTrouble as trouble:
                # The next call meets the same trouble again; this one still has something to give.
                if trouble.health is Health.PARTIAL and pieces:
                    break
                raise
            if not piece:
                break
            pieces.append(piece)
            left -= len(piece)
        return b"".join(pieces)

    def close(self) -> None:
        if not self.closed:
            self._file.close()
            self._raw.close()
        super().close()


_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_FREQUENT = frozenset("оеаинтсрвлкмдпуя")


def encoding_of(head: bytes) -> str:
    """UTF-8 with or without BOM, UTF-16, else the 8-bit code page in which the text looks most like Russian."""
    for bom, name in _BOMS:
        if head.startswith(bom):
            return name
    for name, high in (("utf-16-be", head[:4000:2]), ("utf-16-le", head[1:4000:2])):
        # The upper half of a letter is 0 in English and 4 in Russian; no 8-bit text is made of these bytes.
        if high and (high.count(0) + high.count(4)) * 10 > len(high) * 7:
            return name
    if _mostly_utf8(head):
        return "utf-8"
    return max(("cp1251", "koi8-r", "cp866"), key=lambda name: _russian(head, name))


def _mostly_utf8(head: bytes) -> bool:
    """A stray broken byte does not make another encoding of a whole file."""
    wrong = head.decode("utf-8", "ignore")
    lost = len(head) - len(wrong.encode("utf-8"))
    high = sum(byte > 127 for byte in head[:100_000])
    return lost <= 4 or lost * 20 < high


def _russian(head: bytes, encoding: str) -> int:
    text = head[:100_000].decode(encoding, "replace")
    return sum(letter in _FREQUENT for letter in text) - 3 * text.count("\ufffd")


def _as_cp1251(error: UnicodeError) -> tuple[str, int]:
    """Files glued together from two programs: what is not UTF-8 is the other program's cp1251."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return error.object[error.start : error.end].decode("cp1251", "replace"), error.end


codecs.register_error("or_cp1251", _as_cp1251)


def decoded(content: bytes) -> str:
    """The whole as text, unpacked, whatever its encoding."""
    plain = gunzipped(content)
    encoding = encoding_of(plain[:HEAD])
    return plain.decode(encoding, "or_cp1251" if encoding.startswith("utf-8") else "replace").lstrip("\ufeff")
