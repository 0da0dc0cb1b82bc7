"""The picture of a contest."""

from __future__ import annotations

from xml.etree import ElementTree

from app.simulator.contest import Score
from app.simulator.picture import draw

SVG = "{http://www.w3.org/2000/svg}"


def _score(rival: str, operators: int, rate: float) -> Score:
    return Score(rival, operators, rate, 40.0, 0.02, 8.0, 9.0, 0.1, 0.0, 100, 30, 29)


def test_it_has_two_panels_for_each_answer_rate_and_names_every_rival() -> None:
    scores = [_score(name, n, rate) for name in ("a<b", "oracle") for n in (10, 20) for rate in (0.2, 0.6)]
    tree = ElementTree.fromstring(draw(scores, 0.03))
    assert len(tree.findall(f"{SVG}polyline")) == 2 * 2 * 2
    words = [node.text for node in tree.findall(f"{SVG}text")]
    assert {"a<b", "oracle", "20 % of calls answered", "60 % of calls answered"} <= set(words)


def test_nothing_to_draw_is_still_a_picture() -> None:
    assert ElementTree.fromstring(draw([], 0.0)).tag == f"{SVG}svg"
