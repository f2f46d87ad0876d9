"""How is a profile drawn? A strip a signal over the length of the piece: least to greatest as a band, the mean as a line."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from itertools import pairwise

from tundish.documents.history_form import MarkOut, ProfileOut, SignalOut
from tundish.documents.lanes import short, wide
from tundish.documents.standing_out import flaw
from tundish.documents.words import Say
from tundish.locale import number

WIDTH, HEIGHT = 1000, 74
CELLS = 400
"""Cells of a drawing; more cannot be told apart on a page."""
_GAP = 3
"""Usual distances between two values from which on nothing was recorded."""
_LEFT, _RIGHT, _TOP, _BOTTOM = 74, 14, 4, 6
_AXIS, _NARROW = 56, 26
_ROOM = 220
"""How near to the right end a name stands before its place instead of behind it."""


def hatches() -> str:
    """Patterns that the pictures of a page fill with, so that a print in grey still tells them apart; once a page."""
    return (
        '<svg class="hidden" width="0" height="0" aria-hidden="true" xmlns="http://www.w3.org/2000/svg"><defs>'
        '<pattern id="lost" width="7" height="7" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
        '<path class="lost" d="M0,0 V7"/></pattern>'
        '<pattern id="flaw" width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(-45)">'
        '<path class="flaw" d="M0,0 V5"/></pattern></defs></svg>'
    )


def legend(profile: ProfileOut, _: Say) -> str:
    """What band, line, hatches, triangles and dashes mean; only what occurs."""
    kinds = {mark.kind for mark in profile.marks}
    swatches = [
        ('<path class="band" d="M0,1 H30 V13 H0 Z"/><path class="mean" d="M0,7 H30"/>', _("least to greatest, and mean")),
        ('<rect class="lost" width="30" height="14"/>', _("place not known: no values")) if profile.unmapped else None,
        ('<rect class="defect" x="6" width="18" height="14"/>', _("defect")) if "defect" in kinds else None,
        ('<path class="sample" d="M15,13 l-6,-12 h12 Z"/>', _("sample")) if "sample" in kinds else None,
        ('<path class="weld" d="M15,0 V14"/>', _("weld: material of another piece begins")) if "weld" in kinds else None,
    ]
    return "".join(
        f'<span><svg class="along swatch" viewBox="0 0 30 14" width="30" height="14" aria-hidden="true" '
        f'xmlns="http://www.w3.org/2000/svg">{shape}</svg> {escape(said)}</span> '
        for shape, said in filter(None, swatches)
    )


def strip(signal: SignalOut, profile: ProfileOut) -> str:
    """One signal, with welds and defects of the piece behind it, and hatched where the line's metres are not known."""
    cells = _gathered(signal)
    bottom = HEIGHT - _BOTTOM
    lost = (one for one in profile.unmapped if (one.line, one.turn) == (signal.line, signal.turn))
    return "".join(
        [
            f'<svg class="along" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" role="img" '
            f'aria-label="{escape(signal.column)}" xmlns="http://www.w3.org/2000/svg"><title>{escape(signal.column)}</title>',
            *(f'<path class="grid" d="M{_x(at, profile)},{_TOP} V{bottom}"/>' for at in _metres(profile.length_m)),
            f'<path class="rule" d="M{_LEFT},{_TOP} V{bottom} H{_x(profile.length_m, profile)}"/>',
            *(_hatch(one.from_m, one.to_m, profile) for one in lost),
            *(_behind(mark, profile) for mark in profile.marks),
            *_bodies(cells, profile, signal, _axis(signal)),
            _scale(signal),
            "</svg>",
        ]
    )


def lost(line: str, _: Say) -> str:
    """A line of which no metre is known: an empty strip, hatched."""
    title = _("{line}: place not known", line=line)
    return (
        f'<svg class="along" viewBox="0 0 {WIDTH} {_NARROW}" width="{WIDTH}" height="{_NARROW}" role="img" '
        f'aria-label="{escape(title)}" xmlns="http://www.w3.org/2000/svg"><title>{escape(title)}</title>'
        f'<rect class="lost" x="{_LEFT}" y="2" width="{WIDTH - _LEFT - _RIGHT}" height="{_NARROW - 4}"/></svg>'
    )


def axis(profile: ProfileOut, _: Say) -> str:
    """The common axis: metres from the head; welds as bars, samples as triangles, defects as spans with their names."""
    title = _("Metres from the head; welds, samples and defects")
    base = _AXIS - 18
    parts = [
        f'<svg class="along axis" viewBox="0 0 {WIDTH} {_AXIS}" width="{WIDTH}" height="{_AXIS}" role="img" '
        f'aria-label="{escape(title)}" xmlns="http://www.w3.org/2000/svg"><title>{escape(title)}</title>',
        f'<path class="rule" d="M{_LEFT},{base} H{_x(profile.length_m, profile)}"/>',
    ]
    free = 0.0
    for mark in profile.marks:
        parts.append(_mark(mark, profile, base))
        name = "" if mark.kind != "defect" else flaw(mark.notes)
        at = _x(mark.from_m, profile)
        if name and at >= free:
            anchor, at = ("end", _x(mark.to_m, profile)) if at > WIDTH - _ROOM else ("start", at)
            parts.append(f'<text class="name" text-anchor="{anchor}" x="{at}" y="{base - 12}">{escape(short(name, 30))}</text>')
            free = at + 7.0 * wide(short(name, 30)) + 10
    for at in _metres(profile.length_m):
        anchor = "start" if at == 0 else "middle"
        parts.append(f'<text class="metre" text-anchor="{anchor}" x="{_x(at, profile)}" y="{_AXIS - 4}">{number(at)} m</text>')
    return "".join([*parts, "</svg>"])


def _mark(mark: MarkOut, profile: ProfileOut, base: float) -> str:
    at, end = _x(mark.from_m, profile), _x(mark.to_m, profile)
    title = f"<title>{escape(', '.join(f'{note.name} {note.value}' for note in mark.notes))}</title>"
    if mark.kind == "defect":
        wide = max(end - at, 3)
        return f'<rect class="defect" x="{at:.1f}" y="{base - 9}" width="{wide:.1f}" height="9">{title}</rect>'
    if mark.kind == "sample":
        return f'<path class="sample" d="M{(at + end) / 2:.1f},{base} l-6,-12 h12 Z">{title}</path>'
    return f'<path class="weld" d="M{at:.1f},{base - 14} V{base}">{title}</path>'


def _hatch(start: float, end: float, profile: ProfileOut) -> str:
    at, to = _x(start, profile), _x(end, profile)
    return f'<rect class="lost" x="{at:.1f}" y="{_TOP}" width="{max(to - at, 1):.1f}" height="{HEIGHT - _TOP - _BOTTOM}"/>'


def _behind(mark: MarkOut, profile: ProfileOut) -> str:
    at, end = _x(mark.from_m, profile), _x(mark.to_m, profile)
    if mark.kind == "defect":
        high = HEIGHT - _TOP - _BOTTOM
        return f'<rect class="defect" x="{at:.1f}" y="{_TOP}" width="{max(end - at, 3):.1f}" height="{high}"/>'
    if mark.kind == "sample":
        return f'<path class="taken" d="M{(at + end) / 2:.1f},{_TOP} V{HEIGHT - _BOTTOM}"/>'
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


def _ends(signal: SignalOut) -> tuple[float, float] | None:
    lows, highs = [value for value in signal.low if value is not None], [value for value in signal.high if value is not None]
    return (min(lows), max(highs)) if lows and highs else None


def _axis(signal: SignalOut) -> tuple[float, float]:
    low, high = _ends(signal) or (0.0, 1.0)
    margin = 0.06 * ((high - low) or abs(high) or 1.0)
    return low - margin, high + margin


def _scale(signal: SignalOut) -> str:
    """Least and greatest value at their heights, the unit between them."""
    ends = _ends(signal)
    if ends is None:
        return ""
    middle = (_TOP + HEIGHT - _BOTTOM) / 2 + 4
    values = [(end, _y(end, _axis(signal)) + 4) for end in dict.fromkeys(ends)]
    told = [f'<text class="value" x="{_LEFT - 6}" y="{y:.1f}">{number(float(f"{end:.4g}"))}</text>' for end, y in values]
    if signal.unit:
        told.append(f'<text class="value unit" x="{_LEFT - 6}" y="{middle if len(ends) == len(told) else middle + 16}">'
                    f"{escape(signal.unit)}</text>")  # fmt: skip
    return "".join(told)


def _x(at: float, profile: ProfileOut) -> float:
    part = min(max(at / profile.length_m, 0.0), 1.0) if profile.length_m else 0.0
    return round(_LEFT + part * (WIDTH - _LEFT - _RIGHT), 1)


def _y(value: float, ends: tuple[float, float]) -> float:
    return round(HEIGHT - _BOTTOM - (value - ends[0]) / (ends[1] - ends[0]) * (HEIGHT - _TOP - _BOTTOM), 1)


def _metres(length: float) -> list[float]:
    steps = [m * 10**e for e in range(-1, 6) for m in (1, 2, 5)]
    step = next((step for step in steps if length / step <= 8), steps[-1])
    return [step * i for i in range(int(length / step) + 1)]
