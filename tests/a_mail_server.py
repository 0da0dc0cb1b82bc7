"""A mail server on loopback: keeps what it is sent, and refuses what a test tells it to refuse."""

from __future__ import annotations

import base64
import socketserver
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from ipaddress import ip_address
from pathlib import Path
from typing import Any

USER, PASSWORD = "prozvon", "p@ss word"


class AMailServer(socketserver.ThreadingTCPServer):
    allow_reuse_address = daemon_threads = True

    def __init__(self, host: str, tls: ssl.SSLContext | None, tls_first: bool) -> None:
        super().__init__((host, 0), _Talk)
        self.host, self.port = host, self.server_address[1]
        self.tls, self.tls_first = tls, tls_first
        self.letters: list[EmailMessage] = []
        self.said: list[str] = []  # every command, with «TLS » before those that came under cover
        self.answers: dict[str, str] = {}  # verb -> what to answer instead of «yes»

    def get_request(self) -> Any:
        connection, address = super().get_request()
        if self.tls_first and self.tls is not None:
            connection = self.tls.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)
        return connection, address

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients that hang up are what some tests are about."""


class _Talk(socketserver.StreamRequestHandler):
    server: AMailServer

    def handle(self) -> None:
        self.is_covered = self.server.tls_first
        self._say("220 here")
        while line := self.rfile.readline():
            verb, _, rest = line.decode().strip().partition(" ")
            verb = verb.upper()
            self.server.said.append(("TLS " if self.is_covered else "") + verb)
            if not self._answer(verb, rest):
                return

    def finish(self) -> None:
        super().finish()
        self.request.close()  # after STARTTLS it is no longer the one that the server has opened

    def _answer(self, verb: str, rest: str) -> bool:
        if verb in self.server.answers:
            self._say(self.server.answers[verb])
        elif verb == "EHLO":
            offers = ["here", "AUTH PLAIN"] + (["STARTTLS"] if self.server.tls and not self.is_covered else [])
            for n, offer in enumerate(offers):
                self._say(f"250{' ' if n == len(offers) - 1 else '-'}{offer}")
        elif verb == "STARTTLS" and self.server.tls is not None:
            self._say("220 go on")
            self.request = self.server.tls.wrap_socket(self.request, server_side=True)
            self.setup()
            self.is_covered = True
        elif verb == "AUTH":
            good = base64.b64decode(rest.partition(" ")[2]).decode() == f"\0{USER}\0{PASSWORD}"
            self._say("235 welcome" if good else "535 who are you")
        elif verb == "DATA":
            self._say("354 go on")
            lines = []
            while (line := self.rfile.readline()) not in (b".\r\n", b""):
                lines.append(line[1:] if line.startswith(b"..") else line)
            self.server.letters.append(message_from_bytes(b"".join(lines), policy=policy.default))  # type: ignore[arg-type]
            self._say("250 taken")
        elif verb == "QUIT":
            self._say("221 bye")
            return False
        else:
            self._say("250 yes")
        return True

    def _say(self, text: str) -> None:
        self.wfile.write(text.encode() + b"\r\n")


@contextmanager
def mail_server(
    host: str = "127.0.0.1", folder: Path | None = None, *, tls_first: bool = False
) -> Iterator[AMailServer]:
    """With a folder the server has a certificate of its own making there: certificate.pem."""
    server = AMailServer(host, _make_tls(host, folder) if folder else None, tls_first)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _make_tls(host: str, folder: Path) -> ssl.SSLContext:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "a mail server of the tests")])
    certificate = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address(host))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    (folder / "certificate.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "key.pem").write_bytes(secret)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "certificate.pem", folder / "key.pem")
    return context
