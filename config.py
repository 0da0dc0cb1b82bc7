"""Every deployment setting: typed, with its default and the reason for it. Nonsense is refused at start, by name."""

from __future__ import annotations

import hmac
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parent
BULK_TIMEOUT_MS = 600_000  # a job or a command may join a hundred thousand ads in one statement, a page may not
WEAK_SECRETS = {"secret", "changeme", "change-me", "dev", "test", "password", "your-secret-key"}


class ConfigError(Exception):
    """A deployment setting is missing or makes no sense; the text names it and shows an example."""


def envstr(env: Mapping[str, str], name: str, default: str) -> str:
    return env.get(name, "").strip() or default


def envint(env: Mapping[str, str], name: str, default: int, *, low: int, high: int) -> int:
    raw = env.get(name, "").strip()
    if not raw:
        return default
    try:
        value = int(raw)
    except ValueError:
        raise ConfigError(f"{name}={raw!r} is not a whole number; example: {name}={default}") from None
    if not low <= value <= high:
        raise ConfigError(f"{name}={value} is outside {low}…{high}; example: {name}={default}")
    return value


def envbool(env: Mapping[str, str], name: str, default: bool) -> bool:
    raw = env.get(name, "").strip().lower()
    if not raw:
        return default
    if raw in ("1", "true", "yes", "on"):
        return True
    if raw in ("0", "false", "no", "off"):
        return False
    raise ConfigError(f"{name}={raw!r} is neither yes nor no; example: {name}=1")


def envlist(env: Mapping[str, str], name: str) -> list[str]:
    return [part.strip() for part in env.get(name, "").split(",") if part.strip()]


def envsecret(env: Mapping[str, str], name: str) -> str:
    """A secret has no default in production: 32 characters at least, none of the well-known ones."""
    value = env.get(name, "").strip()
    if len(value) < 32 or value.lower() in WEAK_SECRETS or len(set(value)) < 8:
        raise ConfigError(
            f"{name} must be a random text of 32 or more characters; make one with: "
            'python3 -c "import secrets; print(secrets.token_urlsafe(48))"'
        )
    return value


@dataclass(frozen=True)
class Config:
    production: bool  # DATABASE_URL is set: no demo, no default accounts, every check is strict
    database_url: str  # empty: the embedded PostgreSQL in var/
    var_dir: Path  # database, secrets and files of this machine
    secret_key: str
    host: str
    port: int
    web_workers: int
    web_threads: int
    worker_concurrency: int
    public_url: str  # how people reach us; used in invitation links and for TRUSTED_HOSTS
    trusted_hosts: list[str]
    proxy_hops: int  # how many proxies set X-Forwarded-*; 0 trusts none
    secure_cookies: bool
    timezone: str  # the company's zone: days of caps and reports
    tile_url: str  # map tiles, e.g. our own tile server; empty: the map works without tiles
    allow_private_sources: bool  # sources on private addresses (the demo classified is one)
    allow_private_crm: bool  # a CRM on a private address: a portal of one's own in the house, the demo CRM
    allow_private_sms: bool  # an SMS gateway on a private address: an SMSC of one's own, the demo gateway
    statement_timeout_ms: int
    log_json: bool
    phone_key: str  # turns numbers of the stop list into marks that outlive an erasure; must never change
    smtp_url: str  # the mail server; empty: no letters, links are shown to be handed over by people
    mail_from: str  # the sender of letters
    ice_urls: list[str]  # STUN and TURN servers of browser phones; none are needed inside one network
    turn_secret: str  # shared with the TURN server, which makes a day's password of it


def load(env: Mapping[str, str] | None = None) -> Config:
    """Read the environment once. Raises ConfigError."""
    env = os.environ if env is None else env
    database_url = envstr(env, "DATABASE_URL", "")
    if database_url and not database_url.startswith(("postgresql://", "postgres://", "postgresql+psycopg2://")):
        raise ConfigError("DATABASE_URL must name a PostgreSQL; example: postgresql://prozvon:secret@localhost/prozvon")
    # The embedded database marks itself, so that child processes know that this is a demo machine.
    production = bool(database_url) and not envbool(env, "PROZVON_EMBEDDED", False)
    var_dir = Path(envstr(env, "PROZVON_VAR", str(ROOT / "var"))).resolve()
    host = envstr(env, "PROZVON_HOST", "127.0.0.1")
    port = envint(env, "PROZVON_PORT", 8080, low=1, high=65535)
    public_url = envstr(env, "PROZVON_PUBLIC_URL", f"http://{host}:{port}").rstrip("/")
    if not public_url.startswith(("http://", "https://")):
        raise ConfigError("PROZVON_PUBLIC_URL must begin with http:// or https://; example: https://calls.example.ru")
    hosts = envlist(env, "PROZVON_TRUSTED_HOSTS") or sorted(
        {public_url.split("://", 1)[1].split("/")[0].rsplit(":", 1)[0], "127.0.0.1", "localhost"}
    )
    secret_key = envsecret(env, "SECRET_KEY") if production else _own_secret(env, var_dir)
    return Config(
        production=production,
        database_url=database_url,
        var_dir=var_dir,
        secret_key=secret_key,
        phone_key=_phone_key(env, secret_key),
        host=host,
        port=port,
        web_workers=envint(env, "PROZVON_WEB_WORKERS", 2, low=1, high=64),
        web_threads=envint(env, "PROZVON_WEB_THREADS", 8, low=1, high=64),
        worker_concurrency=envint(env, "PROZVON_WORKER_CONCURRENCY", 4, low=1, high=64),
        public_url=public_url,
        trusted_hosts=hosts,
        proxy_hops=envint(env, "PROZVON_PROXY_HOPS", 0, low=0, high=5),
        secure_cookies=envbool(env, "PROZVON_SECURE_COOKIES", public_url.startswith("https://")),
        timezone=_zone(envstr(env, "PROZVON_TIMEZONE", "Europe/Moscow")),
        tile_url=envstr(env, "PROZVON_TILE_URL", ""),
        allow_private_sources=envbool(env, "PROZVON_ALLOW_PRIVATE_SOURCES", not production),
        allow_private_crm=envbool(env, "PROZVON_ALLOW_PRIVATE_CRM", not production),
        allow_private_sms=envbool(env, "PROZVON_ALLOW_PRIVATE_SMS", not production),
        statement_timeout_ms=envint(env, "PROZVON_STATEMENT_TIMEOUT_MS", 15_000, low=100, high=600_000),
        log_json=envbool(env, "PROZVON_LOG_JSON", production),
        smtp_url=_smtp_url(env),
        mail_from=_mail_from(env),
        ice_urls=_ice_urls(env),
        turn_secret=envsecret(env, "PROZVON_TURN_SECRET") if env.get("PROZVON_TURN_SECRET", "").strip() else "",
    )


def _ice_urls(env: Mapping[str, str]) -> list[str]:
    urls = envlist(env, "PROZVON_ICE_URLS")
    if any(not url.startswith(("stun:", "stuns:", "turn:", "turns:")) for url in urls):
        raise ConfigError(
            "PROZVON_ICE_URLS must list STUN and TURN servers; example: stun:calls.example.ru:3478,"
            "turn:calls.example.ru:3478?transport=tcp"
        )
    if any(url.startswith("turn") for url in urls) and not env.get("PROZVON_TURN_SECRET", "").strip():
        raise ConfigError("PROZVON_ICE_URLS names a TURN server, so PROZVON_TURN_SECRET must be its secret")
    return urls


def _phone_key(env: Mapping[str, str], secret_key: str) -> str:
    """Of its own when it is given, so that SECRET_KEY may change later; else made from SECRET_KEY."""
    if env.get("PROZVON_PHONE_KEY", "").strip():
        return envsecret(env, "PROZVON_PHONE_KEY")
    return hmac.new(secret_key.encode(), b"prozvon phones", "sha256").hexdigest()


def _smtp_url(env: Mapping[str, str]) -> str:
    """The text of the complaint leaves the value out: it holds a password."""
    url = envstr(env, "PROZVON_SMTP_URL", "")
    example = "example: smtp://user:password@mail.example.ru:587 or smtps://user:password@mail.example.ru:465"
    try:
        parts = urlsplit(url)
        good = not url or (parts.scheme in ("smtp", "smtps") and bool(parts.hostname) and parts.port != 0)
    except ValueError:  # a port that is no number
        good = False
    if not good:
        raise ConfigError(f"PROZVON_SMTP_URL is no address of a mail server; {example}")
    if url and bool(parts.username) != bool(parts.password):
        raise ConfigError(f"PROZVON_SMTP_URL names a user without a password, or the other way round; {example}")
    return url


def _mail_from(env: Mapping[str, str]) -> str:
    sender = envstr(env, "PROZVON_MAIL_FROM", "")
    user, _, domain = sender.rpartition("@")
    good = bool(user) and "." in domain and sender.isascii() and not any(sign in sender for sign in ' <>,;"\r\n')
    if (sender or envstr(env, "PROZVON_SMTP_URL", "")) and not good:
        raise ConfigError("PROZVON_MAIL_FROM must be one plain address; example: prozvon@example.ru")
    return sender


def unhurried(settings: Config) -> Config:
    """The same settings for workers and commands: nobody waits at a screen, and a job holds up to three connections."""
    return replace(
        settings,
        statement_timeout_ms=max(settings.statement_timeout_ms, BULK_TIMEOUT_MS),
        web_threads=max(settings.web_threads, 3 * settings.worker_concurrency),
    )


def _own_secret(env: Mapping[str, str], var_dir: Path) -> str:
    """Development and demo: a random secret made once and kept in var/, so that log-ins outlive a restart."""
    if env.get("SECRET_KEY", "").strip():
        return envsecret(env, "SECRET_KEY")
    path = var_dir / "secret_key"
    var_dir.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:  # another process of the same start was quicker
            return path.read_text()
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(48))
    return path.read_text()


def _zone(name: str) -> str:
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        raise ConfigError(f"PROZVON_TIMEZONE={name!r} is no time zone; example: Europe/Moscow") from None
    return name
