"""Which addresses our requests may go to: the open Internet, nothing inside the house, whatever a name resolves to."""

from __future__ import annotations

import ipaddress
import socket
from typing import Any
from urllib.parse import urlsplit

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import NewConnectionError

CONNECT_S = 10
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


class Forbidden(OSError):
    """The name leads to an address inside the house."""


def is_public(address: str) -> bool:
    """Whether an address is one of the open Internet: not ours, not the machine's, not a neighbour's."""
    ip: ipaddress.IPv4Address | ipaddress.IPv6Address = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour
        if inner is None and ip in _NAT64:
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(str(inner))
    return ip.is_global and not ip.is_multicast and not ip.is_reserved


def host_of(url: str) -> str:
    """The host of an address we may ask; empty for other schemes, a user name inside, no host."""
    try:
        parts = urlsplit(url.strip())
        host, _ = parts.hostname, parts.port
    except ValueError:
        return ""
    if parts.scheme not in ("http", "https") or not host or "@" in parts.netloc or "\\" in url:
        return ""
    return host


def connect(connection: Any) -> socket.socket:
    """Resolve once, check every answer, connect to the checked address: a name cannot change its mind in between."""
    try:
        found = socket.getaddrinfo(connection._dns_host, connection.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as trouble:
        raise NewConnectionError(connection, f"name not found: {trouble}") from None
    if not all(is_public(str(item[4][0])) for item in found):
        raise Forbidden("private address")
    refused: OSError | None = None
    for family, kind, protocol, _, address in found:
        sock = socket.socket(family, kind, protocol)
        try:
            sock.settimeout(CONNECT_S)
            sock.connect(address)
            return sock
        except OSError as failed:
            sock.close()
            refused = failed
    raise NewConnectionError(connection, f"no connection: {refused}")


class _GuardedHttp(HTTPConnection):
    def _new_conn(self) -> socket.socket:
        return connect(self)


class _GuardedHttps(HTTPSConnection):
    def _new_conn(self) -> socket.socket:
        return connect(self)


class _HttpPool(HTTPConnectionPool):
    ConnectionCls = _GuardedHttp


class _HttpsPool(HTTPSConnectionPool):
    ConnectionCls = _GuardedHttps


class Guarded(HTTPAdapter):
    """Mount it on a requests.Session for http:// and https://."""

    def init_poolmanager(self, *args: Any, **more: Any) -> None:
        super().init_poolmanager(*args, **more)
        self.poolmanager.pool_classes_by_scheme = {"http": _HttpPool, "https": _HttpsPool}


def is_forbidden(trouble: BaseException) -> bool:
    """Whether a library's error has our refusal inside."""
    seen: BaseException | None = trouble
    for _ in range(6):
        if isinstance(seen, Forbidden):
            return True
        inner = getattr(seen, "reason", None) or (seen.args[0] if seen and seen.args else None)
        seen = inner if isinstance(inner, BaseException) else getattr(seen, "__context__", None)
        if seen is None:
            return False
    return False
