from __future__ import annotations

import gzip
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from app import addresses
from app.addresses import is_public
from app.sources import Health, SourceTrouble
from app.sources._http import Http, retry_after


def trouble_of(url: str, **more: object) -> SourceTrouble:
    with Http(**more) as http, pytest.raises(SourceTrouble) as caught:  # type: ignore[arg-type]
        http.get(url, params={"token": "s3cret-token"})
    return caught.value


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "224.0.0.1",
        "::1",
        "fe80::1%eth0",
        "fc00::1",
        "::ffff:127.0.0.1",
        "64:ff9b::7f00:1",
        "2002:7f00:1::",
        "255.255.255.255",
        "240.0.0.1",
    ],
)
def test_addresses_inside_the_house_are_not_public(address: str) -> None:
    assert not is_public(address)


def test_addresses_of_the_internet_are_public() -> None:
    assert is_public("93.184.216.34")
    assert is_public("2606:2800:220:1::1")


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:9/feed.xml",
        "http://0x7f.1/",
        "http://127.1/",
        "http://[::1]/",
        "http://169.254.169.254/latest/",
        "http://localhost/",
        "file:///etc/passwd",
        "gopher://a.example/",
        "http://user@a.example/",
        "ftp://a.example/x",
        "http://",
        "//a.example/",
        "http://a.example:99999/",
        "http://[bad/",
        "http://2130706433/",
    ],
)
def test_a_private_or_strange_address_is_refused_before_connecting(url: str) -> None:
    trouble = trouble_of(url)
    assert trouble.health is Health.AUTH and trouble.permanent


def test_a_name_that_also_leads_inside_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    found = [(2, 1, 6, "", ("93.184.216.34", 80)), (2, 1, 6, "", ("10.0.0.1", 80))]
    monkeypatch.setattr(addresses.socket, "getaddrinfo", lambda *_, **__: found)
    assert "private" in str(trouble_of("http://rebound.example/"))


def test_a_redirect_to_a_private_address_is_refused(site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(addresses, "is_public", lambda address: address == "127.0.0.1")
    site.answer = lambda asked: (302, {"Location": site.url.replace("127.0.0.1", "127.0.0.2") + "/in"}, b"")
    assert "private" in str(trouble_of(site.url + "/out", redirects=3))
    assert [asked.path for asked in site.asked] == ["/out"]


def test_a_moved_feed_is_followed_a_few_times_and_an_api_never(site) -> None:
    site.answer = lambda asked: (302, {"Location": "/new"}, b"") if asked.path == "/old" else (200, {}, b"here")
    with Http(allow_private=True, redirects=3) as http:
        assert http.get(site.url + "/old").content == b"here"
    assert trouble_of(site.url + "/old", allow_private=True).health is Health.BLOCKED
    site.answer = lambda asked: (302, {"Location": "/old"}, b"")
    assert trouble_of(site.url + "/old", allow_private=True, redirects=3).health is Health.BLOCKED


@pytest.mark.parametrize(
    ("status", "body", "health"),
    [
        (401, b"", Health.AUTH),
        (402, b"", Health.QUOTA),
        (403, b"", Health.BLOCKED),
        (429, b"", Health.BLOCKED),
        (439, b"", Health.BLOCKED),
        (404, b"", Health.NETWORK),
        (500, b"", Health.NETWORK),
        (503, b"<p>captcha</p>", Health.BLOCKED),
        (304, b"", Health.NOT_MODIFIED),
        (200, b"", Health.NETWORK),
    ],
)
def test_every_bad_answer_is_one_of_the_known_states(site, status: int, body: bytes, health: Health) -> None:
    site.answer = lambda asked: (status, {}, body)
    assert trouble_of(site.url, allow_private=True).health is health


def test_secrets_never_show_in_messages_or_kept_pages(site) -> None:
    site.answer = lambda asked: (500, {}, b"bad token s3cret-token")
    trouble = trouble_of(site.url, allow_private=True, secrets=("s3cret-token",))
    assert "s3cret" not in str(trouble) and b"s3cret" not in trouble.page
    assert "s3cret" not in str(trouble_of("http://127.0.0.1:1/", allow_private=True))


def test_retry_after_is_seconds_or_a_date(site) -> None:
    site.answer = lambda asked: (429, {"Retry-After": "120"}, b"")
    assert trouble_of(site.url, allow_private=True).retry_after_s == 120
    later = format_datetime(datetime.now(UTC) + timedelta(minutes=5), usegmt=True)
    assert 200 < (retry_after(later) or 0) <= 300
    assert retry_after("soon") is None
    assert retry_after("9" * 12) == 7 * 86_400


def test_a_reply_that_is_too_large_is_refused_packed_or_not(site) -> None:
    bomb = gzip.compress(b"\0" * (5 << 20))
    site.answer = lambda asked: (200, {"Content-Encoding": "gzip"}, bomb)
    assert trouble_of(site.url, allow_private=True, most=1 << 20).health is Health.LAYOUT_CHANGED
    site.answer = lambda asked: (200, {}, b"x" * (2 << 20))
    assert trouble_of(site.url, allow_private=True, most=1 << 20).health is Health.LAYOUT_CHANGED


def test_a_damaged_packing_and_a_dead_port_are_network_troubles(site) -> None:
    site.answer = lambda asked: (200, {"Content-Encoding": "gzip"}, b"not gzip at all")
    assert trouble_of(site.url, allow_private=True).health is Health.NETWORK
    assert trouble_of("http://127.0.0.1:1/", allow_private=True).health is Health.NETWORK
