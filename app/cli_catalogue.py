"""The command about the books: a catalogue file of a site or of an open collection joins them."""

from __future__ import annotations

import argparse
from typing import Any

from flask import Flask
from sqlalchemy.orm import Session

from app.cli_ads import now, within
from app.errors import Refused
from app.seeds.importers import read_catalogue_file
from app.services import catalogue_import


@within
def import_file(arguments: argparse.Namespace, session: Session, flask: Flask) -> Any:
    try:
        content = arguments.file.read_bytes()
    except OSError as error:
        raise Refused("file_unreadable", name=str(arguments.file), why=error.strerror or "") from None
    return catalogue_import.import_catalogue(
        session, read_catalogue_file(content, arguments.format), now(), file_name=arguments.file.name,
        dry_run=arguments.dry_run,
    )  # fmt: skip
