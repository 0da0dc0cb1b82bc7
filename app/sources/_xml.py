"""Records out of XML, one by one: tag names in any case, no DTD, entities or network; cut files are read to the cut."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Collection, Iterator
from typing import Any

from lxml import etree

from app.domain.ads import AdData, Rejected
from app.sources import Health, SourceTrouble
from app.sources._bytes import Saved, encoding_of, head_of, open_saved
from app.sources._identity import ROW_KEPT, keyed
from app.sources._text import Absurd
from app.sources._trouble import is_html, no_record

CHUNK = 1 << 16
_CONTROLS = bytes(set(range(32)) - {9, 10, 13})


def name_of(element: Any) -> str:
    tag = element.tag
    return tag.rpartition("}")[2].lower() if isinstance(tag, str) else ""


class Fields(dict[str, str]):
    """The children of a record by lower-case name, the first that says something; `element` for what is deeper."""

    element: Any

    def __init__(self, element: Any) -> None:
        super().__init__()
        self.element = element
        for child in element:
            name, said = name_of(child), (child.text or "").strip()
            if name and (said or name not in self) and not self.get(name):
                self[name] = said

    def first(self, *names: str) -> str:
        return next((self[name] for name in names if self.get(name)), "")

    def all(self, *names: str, attribute: str = "") -> list[str]:
        """Texts (or an attribute) of every element of these names, at any depth."""
        found = (item for item in self.element.iter() if name_of(item) in names)
        texts = (_attribute(item, attribute) if attribute else item.text for item in found)
        return [text.strip() for text in texts if text and text.strip()]


def _attribute(element: Any, name: str) -> str:
    return next((value for key, value in element.attrib.items() if key.lower() == name), "")


def elements(saved: Saved, is_record: Callable[[str], bool], roots: Collection[str] = ()) -> Iterator[Any]:
    """Every record element; it is emptied when the next one is asked for, so a feed of any size fits in memory.

    Raises SourceTrouble: EMPTY (0 bytes), LAYOUT_CHANGED (no XML of these `roots`), BLOCKED, PARTIAL (cut).
    """
    head = head_of(saved)
    encoding = _checked_head(head)
    # `recover` forgives a bare & or a stray tag; whether the file is whole is seen by its root being closed.
    parser = etree.XMLPullParser(
        events=("start", "end"), recover=True, resolve_entities=False, no_network=True, load_dtd=False,
        huge_tree=False, remove_comments=True, remove_pis=True, encoding=encoding,
    )  # fmt: skip
    root, closed, inside = None, False, None
    for kind, element in _events(saved, parser, encoding):
        if root is None:
            root = element
            _check_root(root, roots, head)
        if kind == "start":
            if inside is None and is_record(name_of(element)):
                inside = element
        elif element is inside:
            yield element
            inside = None
            _forget(element)
        elif element is root:
            closed = True
    if root is None:
        raise no_record(head.decode("utf-8", "replace"), head, "XML")
    if not closed:
        raise SourceTrouble(Health.PARTIAL, "the XML is cut in the middle")


def _checked_head(head: bytes) -> str | None:
    if not head.strip():
        raise SourceTrouble(Health.EMPTY, "nothing came: 0 bytes")
    encoding = encoding_of(head)
    start = head.decode(encoding, "replace")
    if is_html(start):
        raise no_record(start, head, "XML but a web page")
    if "<!ENTITY" in start.upper():
        raise SourceTrouble(Health.LAYOUT_CHANGED, "the XML declares entities: refused", page=head)
    declared = "encoding=" in start[:200].partition("?>")[0]
    if encoding == "utf-8-sig" or encoding.startswith("utf-16"):
        return None
    # A file that says UTF-8 and is cp1251 is read as what it is.
    wrong = encoding != "utf-8" and "utf-8" in start[:200].lower()
    return encoding if wrong or not declared else None


def _check_root(root: Any, roots: Collection[str], head: bytes) -> None:
    tree = root.getroottree().docinfo
    if tree.internalDTD is not None and any(True for _ in tree.internalDTD.iterentities()):
        raise SourceTrouble(Health.LAYOUT_CHANGED, "the XML declares entities: refused", page=head)
    if roots and name_of(root) not in roots:
        raise no_record(head.decode("utf-8", "replace"), head, "/".join(sorted(roots)))


def _events(saved: Saved, parser: Any, encoding: str | None) -> Iterator[tuple[str, Any]]:
    cut: SourceTrouble | None = None
    wide = head_of(saved, 4)[:2] in (b"\xff\xfe", b"\xfe\xff") or (encoding or "").startswith("utf-16")
    with open_saved(saved) as stream:
        while cut is None:
            try:
                chunk = stream.read(CHUNK)
            except SourceTrouble as trouble:
                cut = trouble
                break
            if not chunk:
                break
            try:
                parser.feed(chunk if wide else chunk.translate(None, _CONTROLS))
            except etree.XMLSyntaxError as trouble:
                cut = SourceTrouble(Health.PARTIAL, f"the XML is broken: {str(trouble)[:200]}")
            yield from parser.read_events()
    if cut is not None:
        raise cut
    with contextlib.suppress(etree.XMLSyntaxError):
        parser.close()
    # A bare & makes the parser hold back all that follows until the end. What it closes itself in a cut file is no
    # whole record, so there nothing more is taken.
    if not any(entry.type_name == "ERR_TAG_NOT_FINISHED" for entry in parser.feed_error_log):
        yield from parser.read_events()


def _forget(element: Any) -> None:
    element.clear()
    parent = element.getparent()
    while parent is not None and len(parent) > 1 and parent[0] is not element:
        del parent[0]


def read_xml(
    saved: Saved, record: str, roots: Collection[str], build: Callable[[Fields], AdData | Rejected]
) -> Iterator[AdData | Rejected]:
    """Adverts of a feed. A broken record is reported with its place, the rest go on."""
    for element in elements(saved, lambda name: name == record, roots):
        yield _one(element, build)


def _one(element: Any, build: Callable[[Fields], AdData | Rejected]) -> AdData | Rejected:
    def row() -> str:
        return str(etree.tostring(element, encoding="unicode", with_tail=False))[:ROW_KEPT]

    if len(element) == 0:
        return Rejected("empty", row(), element.sourceline)
    try:
        ad = build(Fields(element))
    except Absurd as absurd:
        return Rejected(absurd.reason, row(), element.sourceline, str(absurd))
    if isinstance(ad, Rejected):
        return Rejected(ad.reason, row(), element.sourceline, ad.detail)
    return keyed(ad, row, element.sourceline)
