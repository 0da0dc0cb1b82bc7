"""What a hostile, hasty or unlucky person types; every field of every form and address is given all of it."""

from __future__ import annotations

NUMBERS = ("abc", "-5", "0", str(2**31), str(2**63), str(10**20), "1e309", "NaN", "١٢٣", "1.5", " 7 ")
TEXTS = (
    "", " ", "x", "x" * 10_000, "a\0b", "\u202eкино\u200f", "🚗👩‍👩‍👧", "e\u0301\u0323" * 50, "İıſẞ", "\ufeffслово",
    "line\r\nX-Evil: 1\n", "<script>alert(1)</script>", "\"'><img src=x onerror=alert(1)>", "{{ 7*7 }}${7*7}",
    "=1+1|cmd", "' OR 1=1; --", "%s%n%(x)s{0}", "\ud800",
)  # fmt: skip
PHONES = ("8 (900) 000-00-01", "9000000001", "7900000000", "+7 900 000-00-01 доб. 12", "+1 202 555 0100")
PATHS = ("../../etc/passwd", "..\\..\\x", "/etc/passwd", "%2e%2e%2f", "CON", 'a\n"b')
URLS = ("http://169.254.169.254/", "http://[::1]/", "http://0x7f.1/", "file:///etc/passwd", "gopher://x",
        "https://user@host.example/", "javascript:alert(1)", "//evil.example")  # fmt: skip
TIMES = ("2026-11-23T23:59:60", "2027-02-29T10:00", "1999-01-01T00:00", "2099-01-01T00:00", "0000-00-00", "T", "25:61")

EVERYTHING = (*NUMBERS, *TEXTS, *PHONES, *PATHS, *URLS, *TIMES)


def sendable(sample: str) -> str:
    """As a browser would send it: half of a letter becomes a question mark on the wire."""
    return sample.encode("utf-8", "replace").decode()
