"""Secrets of sources (tokens, passwords) at rest: encrypted with a key derived from SECRET_KEY."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any

from cryptography.fernet import Fernet, InvalidToken

from app.errors import OutsideError


def _fernet(secret_key: str) -> Fernet:
    return Fernet(base64.urlsafe_b64encode(hashlib.sha256(b"prozvon sources" + secret_key.encode()).digest()))


def seal(values: dict[str, Any], secret_key: str) -> str:
    return _fernet(secret_key).encrypt(json.dumps(values).encode()).decode() if values else ""


def unseal(sealed: str, secret_key: str) -> dict[str, Any]:
    """Raises OutsideError (permanent) when SECRET_KEY has changed since: the secrets have to be entered again."""
    if not sealed:
        return {}
    try:
        return dict(json.loads(_fernet(secret_key).decrypt(sealed.encode())))
    except InvalidToken:
        words = "the stored secrets cannot be read: SECRET_KEY has changed"
        raise OutsideError(words, permanent=True, code="key") from None
