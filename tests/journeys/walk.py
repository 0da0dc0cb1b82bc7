"""The walk over every page in a real browser: what bars those who see or click with difficulty, what does not fit."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from tests.databases import PASSWORD
from tests.journeys.everywhere import Page

ROOT = Path(__file__).resolve().parents[2]
AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
WIDTHS = ((1920, 1080), (1366, 768), (390, 844))

_ASK = """async ([rules, only]) => {
  const run = only.length ? {type: 'rule', values: only} : {type: 'tag', values: rules};
  const told = await axe.run(document, {runOnly: run, resultTypes: ['violations']});
  const where = node => node.target.join(' ') + ' ' + (node.any[0]?.message || '');
  return told.violations.filter(one => ['serious', 'critical'].includes(one.impact))
    .map(one => one.id + ': ' + one.nodes.slice(0, 3).map(where).join(' | '));
}"""
_TOO_WIDE = """() => {
  const root = document.documentElement, over = root.scrollWidth - root.clientWidth;
  const main = document.querySelector('.shell-main');
  if (over <= 0 && main && main.clientWidth < root.clientWidth - 300) return `only ${main.clientWidth} px are used`;
  if (over <= 0) return '';
  const wide = [...document.querySelectorAll('body *')].filter(one => getComputedStyle(one).position !== 'fixed'
    && one.getBoundingClientRect().right > root.clientWidth + 1);
  return `${over} px too wide: ` + wide.slice(0, 3).map(one => one.tagName + '.' + one.className).join(', ');
}"""


# Forms and cards of books that look like their neighbours; generations stand for makes and models.
TWINS = re.compile(r"/(make|carmodel)view/(add|edit|show)")


class Walker:
    """Goes from page to page as each role. What it finds is kept, so that several tests share one walk."""

    def __init__(self, browser: Any, url: str) -> None:
        self.browser, self.url = browser, url
        self.barriers: list[str] = []
        self.misfits: list[str] = []
        self.visited = 0

    def walk(self, pages: Iterable[Page]) -> None:
        by_role: dict[str, list[str]] = {}
        for page in pages:
            if not TWINS.match(page.address):
                by_role.setdefault(page.role, []).append(page.address)
        for role, addresses in by_role.items():
            for tab in self._tab(role):
                for address in addresses:
                    self._look(tab, role, address)

    def _tab(self, role: str) -> Iterator[Any]:
        context = self.browser.new_context(base_url=self.url, locale="ru-RU", reduced_motion="reduce")
        tab = context.new_page()
        if role:
            log_in(tab, role)
        yield tab
        context.close()

    def _look(self, tab: Any, role: str, address: str) -> None:
        tab.set_viewport_size({"width": 1366, "height": 768})
        if tab.request.get(address).status == 204:
            return  # nothing has changed: no page is shown
        answer = tab.goto(address, wait_until="domcontentloaded")
        if "html" not in (answer.headers.get("content-type") or "") or not tab.query_selector(".shell, .gate"):
            return  # a fragment: it is looked at inside its page
        tab.wait_for_load_state("load")
        self.visited += 1
        where = f"{role or 'stranger'} {address}"
        self.misfits += [f"{where} at {width}: {told}" for width, told in _misfits(tab)]
        tab.set_viewport_size({"width": 1366, "height": 768})
        tab.evaluate(AXE.read_text("utf-8"))  # through the debugger: the page's own rules for scripts stay in force
        for theme, only in (("light", []), ("dark", ["color-contrast"])):
            tab.evaluate("theme => document.documentElement.setAttribute('data-bs-theme', theme)", theme)
            self.barriers += [f"{where}, {theme}: {told}" for told in tab.evaluate(_ASK, [RULES, only])]


def _misfits(tab: Any) -> Iterator[tuple[int, str]]:
    for width, height in WIDTHS:
        tab.set_viewport_size({"width": width, "height": height})
        if told := tab.evaluate(_TOO_WIDE):
            yield width, told


def log_in(tab: Any, name: str, password: str = PASSWORD) -> None:
    tab.goto("/login/")
    tab.fill("input[name=username]", name)
    tab.fill("input[name=password]", password)
    tab.press("input[name=password]", "Enter")
    tab.wait_for_url(lambda url: "/login" not in url)
