"""The one entry: without an argument everything on this machine, else one command; `run:web_app()` for gunicorn."""

from __future__ import annotations

import sys
from typing import Any


def web_app() -> Any:
    """The web application, made when a server asks for it; makes no query."""
    import config
    from app import create_app, logs

    settings = config.load()
    logs.configure(as_json=settings.log_json)
    return create_app(settings)


def main() -> int:
    from app.cli import main as command_line

    return command_line(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
