"""Finds the English that people would see in a page: what stands in its body and what its controls are called."""

from __future__ import annotations

import re
from collections.abc import Iterable

from bs4 import BeautifulSoup

# Names that are written so in Russian too: of things, formats, keys; addresses of any kind.
NAMES = """
Prozvon Excel API CSV XLSX XML JSON VIN CRM SMS URL ID IP HTTP HTTPS HTML YML UTF PDF
amoCRM MTS Exolve SMPP Aero PROZVON Auto ru Avito Drom Ads ads-api Youla rest-app LD
AT MT CVT AMT ABS ESP LED GPS xenon zip gz gzip xml json html csv xlsx net org schema JSON-LD MaxPoster
AMI SIP pjsip conf Opus ffmpeg opusenc Linkedid
Alt Ctrl Enter Esc Shift Tab Home End PgUp PgDn
English stop
"""
# Places where words are the data of somebody: what a field holds, log-ins, codes of a program shown as such.
DATA = "script, style, code, kbd, pre, template, svg, [data-foreign], [lang=en], .leaflet-container"
SHOWN = (
    "title",
    "aria-label",
    "placeholder",
    "alt",
    "data-confirm",
    "data-confirm-verb",
    "data-lost",
    "data-failed",
    "label",
)

_WORD = re.compile(r"[A-Za-z][A-Za-z'’-]*")
# Addresses, keys with digits in them, endings of file names.
_NO_WORD = re.compile(r"\S*(?:@|://|www\.|\.test\b|\.ru\b|\.com\b|/)\S*|[\w*-]*[\d*][\w*-]*|(?<!\w)\.\w+")


def english_words(html: str, names: Iterable[str] = ()) -> list[str]:
    """The words, each once, in the order of the page. `names` are further proper names: of cars, people, log-ins."""
    soup = BeautifulSoup(html, "lxml")
    body = soup.body or soup
    for tag in body.select(DATA):
        tag.decompose()
    texts = list(body.stripped_strings) + ([soup.title.text] if soup.title else [])
    for tag in body.find_all(True):
        texts += [str(tag[name]) for name in SHOWN if tag.get(name)]
        if tag.name == "input" and tag.get("type") in ("submit", "button"):
            texts.append(str(tag.get("value", "")))
    allowed = set(NAMES.split()) | set(names)
    return list(dict.fromkeys(f"«{word}» in «{text[:60]}»" for text in texts for word in _foreign(text, allowed)))


def _foreign(text: str, allowed: set[str]) -> list[str]:
    words = (found.rstrip("-") for found in _WORD.findall(_NO_WORD.sub(" ", text)))
    return [word for word in words if len(word) > 1 and word not in allowed]
