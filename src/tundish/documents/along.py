"""How is a profile drawn? A strip a signal over the length of the piece: least to greatest as a band, the mean as a line."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from itertools import pairwise

from tundish.documents.history_form import MarkOut, ProfileOut, SignalOut
from tundish.documents.words import Say
from tundish.locale import number

WIDTH, HEIGHT = 1000, 74
CELLS = 400
"""Cells of a drawing; more cannot be told apart on a page."""
_GAP = 3
"""Usual distances between two values from which on nothing was recorded."""
_LEFT, _RIGHT, _TOP, _BOTTOM = 74, 14, 4, 6
_AXIS = 40


def strip(signal: SignalOut, profile: ProfileOut) -> str:
    """One signal, with welds and defects of the piece behind it."""
    low, high = _axis(signal)
    cells = _gathered(signal)
    x0, x1 = _x(0.0, profile), _x(profile.length_m, profile)
    return "".join(
        [
            f'<svg class="along" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" role="img" '
            f'aria-label="{escape(signal.column)}" xmlns="http://www.w3.org/2000/svg"><title>{escape(signal.column)}</title>',
            f'<path class="rule" d="M{x0},{HEIGHT - _BOTTOM} H{x1}"/>',
            *(_behind(mark, profile) for mark in profile.marks if mark.kind != "sample"),
            *_bodies(cells, profile, signal, (low, high)),
            f'<text class="value" x="{_LEFT - 6}" y="{_TOP + 11}">{number(float(f"{high:.4g}"))}</text>',
            f'<text class="value" x="{_LEFT - 6}" y="{HEIGHT - _BOTTOM}">{number(float(f"{low:.4g}"))}</text>',
            "</svg>",
        ]
    )


def axis(profile: ProfileOut, _: Say) -> str:
    """The common axis: metres from the head; welds as bars, samples as triangles, defects as spans."""
    title = _("Metres from the head; welds, samples and defects")
    base = _AXIS - 18
    parts = [
        f'<svg class="along axis" viewBox="0 0 {WIDTH} {_AXIS}" width="{WIDTH}" height="{_AXIS}" role="img" '
        f'aria-label="{escape(title)}" xmlns="http://www.w3.org/2000/svg"><title>{escape(title)}</title>',
        f'<path class="rule" d="M{_x(0.0, profile)},{base} H{_x(profile.length_m, profile)}"/>',
    ]
    for mark in profile.marks:
        at, end, said = (
            _x(mark.from_m, profile),
            _x(mark.to_m, profile),
            escape(", ".join(f"{note.name} {note.value}" for note in mark.notes)),
        )
        match mark.kind:
            case "sample":
                middle = (at + end) / 2
                shape = f'<path class="sample" d="M{middle:.1f},{base} l-6,-12 h12 Z">'
            case "defect":
                shape = f'<rect class="defect" x="{at:.1f}" y="{base - 8}" width="{max(end - at, 3):.1f}" height="8">'
            case _:
                shape = f'<path class="weld" d="M{at:.1f},{base - 14} V{base}">'
        parts.append(f"{shape}<title>{said}</title></{'rect' if mark.kind == 'defect' else 'path'}>")
    for at in _metres(profile.length_m):
        anchor = "start" if at == 0 else "middle"
        parts.append(f'<text class="metre" text-anchor="{anchor}" x="{_x(at, profile)}" y="{_AXIS - 4}">{number(at)} m</text>')
    return "".join([*parts, "</svg>"])


def _behind(mark: MarkOut, profile: ProfileOut) -> str:
    at, end = _x(mark.from_m, profile), _x(mark.to_m, profile)
    if mark.kind == "defect":
        high = HEIGHT - _TOP - _BOTTOM
        return f'<rect class="defect faint" x="{at:.1f}" y="{_TOP}" width="{max(end - at, 2):.1f}" height="{high}"/>'
    return f'<path class="weld" d="M{at:.1f},{_TOP} V{HEIGHT - _BOTTOM}"/>'


def _bodies(
    cells: Sequence[tuple[float, float, float] | None], profile: ProfileOut, signal: SignalOut, ends: tuple[float, float]
) -> list[str]:
    """A band and a line for each stretch without a gap."""
    width = profile.cell_m * len(signal.mean) / max(len(cells), 1)
    parts: list[str] = []
    for run in _runs(cells):
        drawn = [
            (_x(min((place + 0.5) * width, profile.length_m), profile), *(_y(value, ends) for value in cell))
            for place, cell in run
        ]
        if len(drawn) == 1:  # a stroke as wide as its cell, for a line needs two ends
            x, low, mean, high = drawn[0]
            drawn = [(x - 2, low, mean, high), (x + 2, low, mean, high)]
        over = " ".join(f"{x:.1f},{top}" for x, _low, _mean, top in drawn)
        under = " ".join(f"{x:.1f},{bottom}" for x, bottom, _mean, _high in reversed(drawn))
        middle = " ".join(f"{x:.1f},{inner}" for x, _low, inner, _high in drawn)
        parts.append(f'<polygon class="band" points="{over} {under}"/><polyline class="mean" points="{middle}"/>')
    return parts


def _runs(cells: Sequence[tuple[float, float, float] | None]) -> list[list[tuple[int, tuple[float, float, float]]]]:
    """Stretches without a gap in the record: a fast line that is logged once a second fills every few cells only."""
    known = [(place, cell) for place, cell in enumerate(cells) if cell is not None]
    steps = sorted(later[0] - earlier[0] for earlier, later in pairwise(known))
    reach = _GAP * steps[len(steps) // 2] if steps else 0
    runs: list[list[tuple[int, tuple[float, float, float]]]] = []
    for place, cell in known:
        if not runs or place - runs[-1][-1][0] > reach:
            runs.append([])
        runs[-1].append((place, cell))
    return runs


def _gathered(signal: SignalOut) -> list[tuple[float, float, float] | None]:
    """Least, mean and greatest of neighbouring cells, at most :data:`CELLS` of them."""
    size = max(1, -(-len(signal.mean) // CELLS))
    found: list[tuple[float, float, float] | None] = []
    for start in range(0, len(signal.mean), size):
        parts = (signal.low, signal.mean, signal.high)
        low, mean, high = ([value for value in part[start : start + size] if value is not None] for part in parts)
        found.append((min(low), sum(mean) / len(mean), max(high)) if low and mean and high else None)
    return found


def _axis(signal: SignalOut) -> tuple[float, float]:
    lows, highs = [value for value in signal.low if value is not None], [value for value in signal.high if value is not None]
    low, high = (min(lows), max(highs)) if lows and highs else (0.0, 1.0)
    margin = 0.06 * ((high - low) or abs(high) or 1.0)
    return low - margin, high + margin


def _x(at: float, profile: ProfileOut) -> float:
    part = min(max(at / profile.length_m, 0.0), 1.0) if profile.length_m else 0.0
    return round(_LEFT + part * (WIDTH - _LEFT - _RIGHT), 1)


def _y(value: float, ends: tuple[float, float]) -> float:
    return round(HEIGHT - _BOTTOM - (value - ends[0]) / (ends[1] - ends[0]) * (HEIGHT - _TOP - _BOTTOM), 1)


def _metres(length: float) -> list[float]:
    steps = [m * 10**e for e in range(-1, 6) for m in (1, 2, 5)]
    step = next((step for step in steps if length / step <= 8), steps[-1])
    return [step * i for i in range(int(length / step) + 1)]
