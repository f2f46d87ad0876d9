"""How is a finding drawn? The column over its rows as a small SVG, what is odd in it marked, what is plausible shaded."""

from __future__ import annotations

from html import escape

import numpy as np

from tundish.locale import number
from tundish.table import Picture

WIDTH, HEIGHT = 520, 118
_LEFT, _RIGHT, _TOP, _BOTTOM = 58, 8, 8, 20


def strip(picture: Picture) -> str:
    """An SVG without script or outside part; colours come from the page's classes, so that it prints and turns dark."""
    low, high = _axis(picture)
    parts = [
        f'<svg class="strip" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" xmlns="http://www.w3.org/2000/svg">',
        _band(picture, low, high),
        *(_span(start, stop) for start, stop in picture.spans),
        *_body(picture, low, high),
        *(_mark(at, value, low, high) for at, value in picture.marks),
        *_labels(picture, low, high),
        "</svg>",
    ]
    return "".join(parts)


def _axis(picture: Picture) -> tuple[float, float]:
    """What the picture shows: nearly all values, and the band where it is near; what lies farther sits at the edge."""
    lows = np.array([value for value in picture.lows if value is not None] or [0.0])
    highs = np.array([value for value in picture.highs if value is not None] or [1.0])
    low, high = float(np.quantile(lows, 0.02)), float(np.quantile(highs, 0.98))
    span = high - low or abs(high) or 1.0
    ends = [end for end in picture.band if end is not None] + [value for _, value in picture.marks]
    near = [end for end in ends if low - 1.5 * span <= end <= high + 1.5 * span]
    low, high = min([low, *near]), max([high, *near])
    margin = 0.08 * ((high - low) or abs(high) or 1.0)
    return low - margin, high + margin


def _x(share: float) -> float:
    return round(_LEFT + share * (WIDTH - _LEFT - _RIGHT), 1)


def _y(value: float, low: float, high: float) -> float:
    share = (min(max(value, low), high) - low) / (high - low)
    return round(HEIGHT - _BOTTOM - share * (HEIGHT - _TOP - _BOTTOM), 1)


def _band(picture: Picture, low: float, high: float) -> str:
    if picture.band == (None, None):
        return ""
    bottom = _y(low if picture.band[0] is None else picture.band[0], low, high)
    top = _y(high if picture.band[1] is None else picture.band[1], low, high)
    return f'<rect class="band" x="{_x(0)}" y="{top}" width="{_x(1) - _x(0):.1f}" height="{max(bottom - top, 0.5):.1f}"/>'


def _span(start: float, stop: float) -> str:
    width = max(_x(stop) - _x(start), 2.0)
    return f'<rect class="odd span" x="{_x(start)}" y="{_TOP}" width="{width:.1f}" height="{HEIGHT - _TOP - _BOTTOM}"/>'


def _body(picture: Picture, low: float, high: float) -> list[str]:
    """One line from the least to the greatest value of each place; a path for each stretch without gaps."""
    lines: list[str] = []
    points: list[str] = []
    last = max(1, len(picture.lows) - 1)
    for i, (least, most) in enumerate(zip(picture.lows, picture.highs, strict=True)):
        if least is None or most is None:
            lines, points = _ended(lines, points), []
            continue
        x = _x(i / last)
        points.append(f"{x},{_y(least, low, high)} {x},{_y(most, low, high)}")
    return _ended(lines, points)


def _ended(lines: list[str], points: list[str]) -> list[str]:
    return [*lines, f'<polyline class="line" points="{" ".join(points)}"/>'] if points else lines


def _mark(at: float, value: float, low: float, high: float) -> str:
    """A ring, or an arrow at the edge for what lies outside of the picture."""
    x, y = _x(at), _y(value, low, high)
    if value > high:
        return f'<path class="odd" d="M{x - 4:.1f},{y + 7} L{x + 4:.1f},{y + 7} L{x},{y} Z"/>'
    if value < low:
        return f'<path class="odd" d="M{x - 4:.1f},{y - 7} L{x + 4:.1f},{y - 7} L{x},{y} Z"/>'
    return f'<circle class="odd ring" cx="{x}" cy="{y}" r="4"/>'


def _labels(picture: Picture, low: float, high: float) -> list[str]:
    unit = f" {escape(picture.unit)}" if picture.unit else ""
    first, last = picture.rows
    return [
        _text(_LEFT - 4, _TOP + 9, "end", f"{high:.4g}"),
        _text(_LEFT - 4, HEIGHT - _BOTTOM, "end", f"{low:.4g}{unit}"),
        _text(_LEFT, HEIGHT - 5, "start", number(first)),
        _text(WIDTH - _RIGHT, HEIGHT - 5, "end", number(last)),
    ]


def _text(x: float, y: float, anchor: str, text: str) -> str:
    return f'<text x="{x}" y="{y}" text-anchor="{anchor}">{text}</text>'
