"""Deployment settings: typed, with defaults, and nonsense is refused by name before anything starts."""

from __future__ import annotations

import pytest

import config

SECRET = "n7Gq2pXv9LkT4wZs8RbYc3MdHf6JaE1u"
PRODUCTION = {"DATABASE_URL": "postgresql://prozvon@db/prozvon", "SECRET_KEY": SECRET}


def load(tmp_path, **environment: str) -> config.Config:
    return config.load({"PROZVON_VAR": str(tmp_path)} | environment)


def test_without_any_setting_it_is_a_demonstration_on_loopback(tmp_path):
    settings = load(tmp_path)
    assert not settings.production
    assert (settings.host, settings.port) == ("127.0.0.1", 8080)
    assert settings.public_url == "http://127.0.0.1:8080"
    assert not settings.secure_cookies and settings.allow_private_sources


def test_a_named_database_makes_it_production_with_strict_defaults(tmp_path):
    settings = load(tmp_path, **PRODUCTION, PROZVON_PUBLIC_URL="https://calls.example.ru/")
    assert settings.production and settings.secure_cookies and settings.log_json
    assert not settings.allow_private_sources
    assert settings.public_url == "https://calls.example.ru"
    assert "calls.example.ru" in settings.trusted_hosts


@pytest.mark.parametrize("secret", ["", "short", "secret" * 2, "a" * 64, "changeme"])
def test_production_refuses_to_start_with_a_weak_secret(tmp_path, secret):
    with pytest.raises(config.ConfigError, match="SECRET_KEY must be a random text"):
        load(tmp_path, **(PRODUCTION | {"SECRET_KEY": secret}))


def test_a_demonstration_makes_its_secret_once_and_keeps_it_private(tmp_path):
    first, second = load(tmp_path), load(tmp_path)
    assert first.secret_key == second.secret_key and len(first.secret_key) >= 32
    assert (tmp_path / "secret_key").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PROZVON_PORT", "eighty"),
        ("PROZVON_PORT", "70000"),
        ("PROZVON_WEB_WORKERS", "0"),
        ("PROZVON_SECURE_COOKIES", "maybe"),
        ("PROZVON_TIMEZONE", "Moscow"),
        ("PROZVON_PUBLIC_URL", "calls.example.ru"),
        ("DATABASE_URL", "mysql://localhost/prozvon"),
    ],
)
def test_nonsense_is_refused_by_name_with_an_example(tmp_path, name, value):
    with pytest.raises(config.ConfigError, match=name) as refused:
        load(tmp_path, **{name: value})
    assert "example" in str(refused.value)


def test_the_embedded_database_marks_itself_for_child_processes(tmp_path):
    assert not load(tmp_path, DATABASE_URL="postgresql:///prozvon", PROZVON_EMBEDDED="1").production


def test_no_secret_has_a_default():
    assert not any(word in config.envsecret.__doc__.lower() for word in ("default:",))
    with pytest.raises(config.ConfigError):
        config.envsecret({}, "SECRET_KEY")


def test_workers_and_commands_have_ten_minutes_for_a_statement_and_pages_fifteen_seconds(tmp_path):
    settings = load(tmp_path, PROZVON_WORKER_CONCURRENCY="10")
    assert settings.statement_timeout_ms == 15_000
    assert config.unhurried(settings).statement_timeout_ms == 600_000
    assert config.unhurried(settings).web_threads >= 30  # a job holds three connections at times


def test_a_mail_server_is_named_with_its_sender(tmp_path):
    settings = load(
        tmp_path, PROZVON_SMTP_URL="smtps://user:p%40ss@mail.example.ru:465", PROZVON_MAIL_FROM="calls@example.ru"
    )
    assert settings.smtp_url.startswith("smtps://") and settings.mail_from == "calls@example.ru"
    assert load(tmp_path).smtp_url == "" == load(tmp_path).mail_from


@pytest.mark.parametrize(
    "url",
    [
        "http://mail.example.ru",
        "mail.example.ru:25",
        "smtp://",
        "smtp://user:hidden-word@mail:port",
        "smtp://user@mail.example.ru",
    ],
)
def test_what_is_no_mail_server_is_refused_without_telling_the_password(tmp_path, url):
    with pytest.raises(config.ConfigError, match="PROZVON_SMTP_URL") as refused:
        load(tmp_path, PROZVON_SMTP_URL=url, PROZVON_MAIL_FROM="calls@example.ru")
    assert "hidden-word" not in str(refused.value)


@pytest.mark.parametrize("sender", ["", "calls", "Calls <calls@example.ru>", "calls@localhost", "звонки@example.ru"])
def test_letters_need_one_plain_sender(tmp_path, sender):
    with pytest.raises(config.ConfigError, match="PROZVON_MAIL_FROM"):
        load(tmp_path, PROZVON_SMTP_URL="smtp://mail.example.ru", PROZVON_MAIL_FROM=sender)


def test_marks_of_phones_have_a_key_of_their_own_or_one_made_from_the_secret(tmp_path):
    made, same = load(tmp_path, SECRET_KEY=SECRET), load(tmp_path, SECRET_KEY=SECRET)
    assert made.phone_key == same.phone_key and SECRET not in made.phone_key
    own = load(tmp_path, SECRET_KEY=SECRET, PROZVON_PHONE_KEY=SECRET[::-1])
    assert own.phone_key == SECRET[::-1]
    with pytest.raises(config.ConfigError, match="PROZVON_PHONE_KEY"):
        load(tmp_path, SECRET_KEY=SECRET, PROZVON_PHONE_KEY="short")
