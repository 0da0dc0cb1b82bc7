"""The picture of a contest as SVG, drawn by hand: talk minutes above, abandoned calls below, one panel a share."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from app.simulator.contest import Score

COLOURS = ("#0b6bcb", "#9aa5b1", "#66788a", "#d9480f", "#f59f00", "#2b8a3e", "#111827", "#ae3ec9", "#0ca678", "#e64980")
WIDTH, HEIGHT, LEFT, TOP, GAP, FOOT = 300, 190, 46, 44, 34, 46


def draw(scores: Sequence[Score], ceiling: float) -> str:
    rates = sorted({one.answer_rate for one in scores})
    rivals = list(dict.fromkeys(one.rival for one in scores))
    wide = LEFT + len(rates) * (WIDTH + GAP)
    legend = 16 * ((len(rivals) + 3) // 4)
    high = TOP + 2 * (HEIGHT + FOOT) + legend
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide} {high}" width="{wide}" height="{high}" '
        'font-family="system-ui, sans-serif" font-size="11">',
        f'<rect width="{wide}" height="{high}" fill="#fff"/>',
        _text(
            LEFT, 16, "Talk minutes of an operator's hour (above) and abandoned calls, % (below)", size=13, bold=True
        ),
    ]
    most = 10 * (int(max((one.minutes_per_hour for one in scores), default=10)) // 10 + 1)
    worst = max(2 * 100 * ceiling, *(100 * one.abandoned_share for one in scores), 1.0)
    for column, rate in enumerate(rates):
        x = LEFT + column * (WIDTH + GAP)
        here = [one for one in scores if one.answer_rate == rate]
        parts.append(_text(x, TOP - 8, f"{100 * rate:.0f} % of calls answered", bold=True))
        parts += _panel(x, TOP, here, rivals, most, [one.minutes_per_hour for one in here])
        below = TOP + HEIGHT + FOOT
        parts += _panel(x, below, here, rivals, min(worst, 15.0), [100 * one.abandoned_share for one in here])
        line = below + HEIGHT * (1 - 100 * ceiling / min(worst, 15.0))
        parts.append(_line(x, line, x + WIDTH, line, "#c92a2a", dash="4 3"))
    for number, rival in enumerate(rivals):
        x, y = LEFT + 200 * (number % 4), high - legend + 16 * (number // 4)
        parts.append(f'<rect x="{x}" y="{y - 8}" width="14" height="4" fill="{_colour(number)}"/>')
        parts.append(_text(x + 20, y, rival))
    return "\n".join([*parts, "</svg>", ""])


def _panel(
    x: float, y: float, scores: Sequence[Score], rivals: Sequence[str], most: float, values: Sequence[float]
) -> list[str]:
    parts = []
    for part in range(5):
        level = y + HEIGHT * part / 4
        parts.append(_line(x, level, x + WIDTH, level, "#e5e7eb"))
        parts.append(_text(x - 6, level + 4, f"{most * (4 - part) / 4:.4g}", end=True))
    sizes = sorted({one.operators for one in scores})
    at = {size: x + WIDTH * (n + 0.5) / len(sizes) for n, size in enumerate(sizes)}
    parts += [_text(place, y + HEIGHT + 14, str(size), middle=True) for size, place in at.items()]
    parts.append(_text(x + WIDTH / 2, y + HEIGHT + 28, "operators", middle=True))
    for number, rival in enumerate(rivals):
        dots = [
            (at[one.operators], y + HEIGHT * (1 - min(value / most, 1.0)))
            for one, value in zip(scores, values, strict=True)
            if one.rival == rival
        ]
        dots.sort()
        colour = _colour(number)
        points = " ".join(f"{a:.1f},{b:.1f}" for a, b in dots)
        heavy = 2.6 if number == 0 else 1.6
        parts.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="{heavy}"/>')
        parts += [f'<circle cx="{a:.1f}" cy="{b:.1f}" r="2.6" fill="{colour}"/>' for a, b in dots]
    return parts


def _colour(number: int) -> str:
    return COLOURS[number % len(COLOURS)]


def _line(x1: float, y1: float, x2: float, y2: float, colour: str, *, dash: str = "") -> str:
    dashes = f' stroke-dasharray="{dash}"' if dash else ""
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{colour}"{dashes}/>'


def _text(
    x: float, y: float, words: str, *, size: int = 11, bold: bool = False, end: bool = False, middle: bool = False
) -> str:
    anchor = ' text-anchor="end"' if end else ' text-anchor="middle"' if middle else ""
    weight = ' font-weight="600"' if bold else ""
    return f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" fill="#374151"{anchor}{weight}>{escape(words)}</text>'
