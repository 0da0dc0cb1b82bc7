"""The operator's desk: my ads, the card, its result, the next one."""

from __future__ import annotations

from flask import Flask
from flask_appbuilder import AppBuilder


def register(app: Flask, appbuilder: AppBuilder) -> None:
    """Filled in below."""
