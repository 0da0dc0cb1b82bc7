"""Telephony servers: the AMI secret of one, sealed at rest."""

from __future__ import annotations

from app.models import Asterisk
from app.services.secrets_box import seal, unseal


def set_secret(server: Asterisk, secret: str, key: str) -> None:
    """`key` is the deployment's SECRET_KEY."""
    server.ami_secret = seal({"secret": secret}, key).encode() if secret else None


def secret_of(server: Asterisk, key: str) -> str:
    """Empty: none was entered. OutsideError: SECRET_KEY has changed since."""
    return str(unseal((server.ami_secret or b"").decode(), key).get("secret", ""))
