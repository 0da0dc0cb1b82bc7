"""A .zip with one file in it, as mail programs and exports send them: which file, and whether it may be opened."""

from __future__ import annotations

import zipfile
from typing import IO, BinaryIO

from app.sources import Health, SourceTrouble

START = b"PK\x03\x04"
_WORKBOOK = "[Content_Types].xml"  # an .xlsx is an archive too, and is read as what it is
_WORDS = {
    "many": "the archive holds several files: one is expected",
    "empty": "the archive holds no file",
    "locked": "the archive is locked by a password",
    "bomb": "the archive unpacks to far too much",
    "broken": "the archive is damaged",
}


class ArchiveTrouble(SourceTrouble):
    """The archive cannot be read as one file; `fault` says why, as a code."""

    def __init__(self, fault: str) -> None:
        self.fault = fault
        super().__init__(Health.LAYOUT_CHANGED, _WORDS[fault])


def member(raw: BinaryIO, *, most: int) -> IO[bytes] | None:
    """A stream of the one file inside; None when this is no archive of files. `most`: bytes it may unpack to."""
    try:
        archive = zipfile.ZipFile(raw)
    except (zipfile.BadZipFile, OSError, ValueError):
        return None
    if _WORKBOOK in archive.namelist():
        return None
    files = [one for one in archive.infolist() if not _is_by_the_way(one)]
    if len(files) != 1:
        raise ArchiveTrouble("many" if files else "empty")
    if files[0].flag_bits & 1:
        raise ArchiveTrouble("locked")
    if files[0].file_size > most:
        raise ArchiveTrouble("bomb")
    try:
        return archive.open(files[0])
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, EOFError):
        raise ArchiveTrouble("broken") from None


def _is_by_the_way(one: zipfile.ZipInfo) -> bool:
    """Folders, and what a Mac adds by itself."""
    return one.is_dir() or one.filename.startswith("__MACOSX/") or one.filename.rpartition("/")[2].startswith(".")
