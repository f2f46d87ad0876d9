"""How is a genealogy drawn? A lane a step of the material's way, edges as wide as their share, dashed where doubtful."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape

from tundish.documents.history_form import HistoryOut, KinOut, TieOut
from tundish.documents.words import Say, share
from tundish.trace.history.overview import DOUBTFUL

MOST = 12
"""Pieces of a lane that are drawn, those with the largest shares; the others are one box."""
_LANE, _BOX, _HIGH, _STEP, _TOP = 190, 132, 34, 46, 46
_ROW, _ROWS = 14, 4
"""Height of a line that a piece passed under its own number, written below its box, and how many are."""
_REST = -1
"""Stands for the pieces of a lane that are not drawn."""


@dataclass(frozen=True, slots=True)
class _Node:
    kin: KinOut | None
    count: int
    x: float
    y: float
    weight: float


def genealogy(out: HistoryOut, level: Mapping[str, str], _: Say) -> str:
    """An SVG without script or outside part; ``level`` says a level in the reader's language."""
    kin = {one.number: one for one in out.pieces}
    lanes = _lanes(out)
    passed, turns = _passed(out), _turns(lanes, kin)
    step = _STEP + _ROW * min(max(map(len, passed.values()), default=0), _ROWS)
    nodes = _placed(lanes, kin, _weights(out), step)
    tallest = max(sum(1 for key in nodes if key[0] == lane) for lane in lanes)
    width, height = _LANE * len(lanes), _TOP + step * tallest + 10
    places = {one: (lane, one if (lane, one) in nodes else _REST) for lane, own in lanes.items() for one in own}
    title = _("Genealogy of {piece}: {up} edges up, {down} edges down", piece=out.piece.id, up=len(out.up), down=len(out.down))
    parts = [
        f'<svg class="lanes" viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img" '
        f'aria-label="{escape(title)}" xmlns="http://www.w3.org/2000/svg"><title>{escape(title)}</title>',
        *(
            _heading(i, lane, [kin[number] for number in own], level, height=height, turn=turns.get(lane, ""))
            for i, (lane, own) in enumerate(lanes.items())
        ),
        *_edges(out, nodes, places),
        *(_box(node, out, level, passed, _) for node in nodes.values()),
        "</svg>",
    ]
    return "".join(parts)


def _lanes(out: HistoryOut) -> dict[int, list[int]]:
    """Lane -> pieces; the asked one stands in lane 0, what it was made of before, what was made of it behind."""
    lane = {out.piece.number: 0}
    for tie in out.up:
        lane[tie.parent] = min(lane.get(tie.parent, 0), -tie.depth)
    for tie in out.down:
        lane[tie.child] = max(lane.get(tie.child, 0), tie.depth)
    found: dict[int, list[int]] = {}
    for number, place in lane.items():
        found.setdefault(place, []).append(number)
    return {place: found[place] for place in sorted(found)}


def _passed(out: HistoryOut) -> dict[int, list[str]]:
    """Lines that a piece went through without a new number, and how often: temper mills, furnaces, rework."""
    lines: dict[int, dict[str, int]] = {}
    for stay in out.timeline:
        if stay.goes == "through":
            own = lines.setdefault(stay.piece, {})
            own[stay.line] = own.get(stay.line, 0) + 1
    return {piece: [line if count == 1 else f"{count}× {line}" for line, count in own.items()] for piece, own in lines.items()}


def _turns(lanes: Mapping[int, list[int]], kin: Mapping[int, KinOut]) -> dict[int, str]:
    """Lanes that stand for a line that an earlier lane stands for as well: the material came back under a new number."""
    seen: dict[str, int] = {}
    found: dict[int, str] = {}
    for lane, own in lanes.items():
        lines = dict.fromkeys(one for number in own if (one := kin[number].line))
        for line in lines:
            seen[line] = seen.get(line, 0) + 1
        most = max((seen[line] for line in lines), default=1)
        if most > 1:
            found[lane] = f" ({most})"
    return found


def _weights(out: HistoryOut) -> dict[int, float]:
    """Share of each piece in the asked one; what is not known counts little, but is drawn."""
    weights: dict[int, float] = {out.piece.number: 1.0}
    for far, ties in (("parent", out.up), ("child", out.down)):
        for tie in ties:
            number = getattr(tie, far)
            weights[number] = weights.get(number, 0.0) + (tie.share or 0.0)
    return weights


def _placed(
    lanes: Mapping[int, list[int]], kin: Mapping[int, KinOut], weights: Mapping[int, float], step: int
) -> dict[tuple[int, int], _Node]:
    nodes: dict[tuple[int, int], _Node] = {}
    for i, (lane, own) in enumerate(lanes.items()):
        chosen = set(sorted(own, key=lambda number: -weights.get(number, 0.0))[: MOST if len(own) <= MOST else MOST - 1])
        drawn = [number for number in own if number in chosen]
        x = i * _LANE + (_LANE - _BOX) / 2
        for place, number in enumerate(drawn):
            nodes[lane, number] = _Node(kin[number], 1, x, _TOP + place * step, weights.get(number, 0.0))
        if len(own) > len(drawn):
            rest = [weights.get(number, 0.0) for number in own if number not in chosen]
            nodes[lane, _REST] = _Node(None, len(rest), x, _TOP + len(drawn) * step, sum(rest))
    return nodes


def _heading(i: int, lane: int, own: Sequence[KinOut], level: Mapping[str, str], *, height: int, turn: str) -> str:
    """The line that made these pieces, and what they are; a band behind every second lane."""
    lines = ", ".join(dict.fromkeys(kin.line for kin in own if kin.line)) + turn
    levels = ", ".join(dict.fromkeys(level[kin.level] for kin in own))
    asked = " asked" if lane == 0 else ""
    band = f'<rect class="band{asked}" x="{i * _LANE}" y="0" width="{_LANE}" height="{height}"/>'
    middle = i * _LANE + _LANE / 2
    return (
        f"{band if lane == 0 or i % 2 else ''}"
        f'<text class="line" x="{middle}" y="17">{escape(short(lines, 22))}</text>'
        f'<text class="level" x="{middle}" y="33">{escape(short(levels, 24))}</text>'
    )


def _edges(out: HistoryOut, nodes: Mapping[tuple[int, int], _Node], places: Mapping[int, tuple[int, int]]) -> Iterable[str]:
    """One curve a pair of boxes; several edges into the box of the rest are one."""
    joined: dict[tuple[tuple[int, int], tuple[int, int]], list[TieOut]] = {}
    for tie in (*out.up, *out.down):
        joined.setdefault((places[tie.parent], places[tie.child]), []).append(tie)
    for (parent, child), ties in joined.items():
        one, other = nodes[parent], nodes[child]
        width = 1 + 9 * min(1.0, sum(tie.share or 0.0 for tie in ties))
        doubtful = any(tie.probability < DOUBTFUL for tie in ties)
        x1, y1, x2, y2 = one.x + _BOX, one.y + _HIGH / 2, other.x, other.y + _HIGH / 2
        middle = (x1 + x2) / 2
        said = f"{_id(one)} → {_id(other)}: {share(sum(tie.share or 0.0 for tie in ties))}"
        curve = f"M{x1:.0f},{y1:.0f} C{middle:.0f},{y1:.0f} {middle:.0f},{y2:.0f} {x2:.0f},{y2:.0f}"
        kind = "edge doubt" if doubtful else "edge"
        yield f'<path class="{kind}" stroke-width="{width:.1f}" d="{curve}"><title>{escape(said)}</title></path>'


def _box(node: _Node, out: HistoryOut, level: Mapping[str, str], passed: Mapping[int, list[str]], _: Say) -> str:
    kin = node.kin
    if kin is None:
        label, below, kind = _("and {more} more", more=node.count), share(node.weight), "rest"
    else:
        asked = kin.number == out.piece.number
        label, below = short(kin.id, 18), "" if asked else share(node.weight)
        kind = "asked" if asked else "open" if kin.number in out.open_ends else ""
    title = label if kin is None else f"{level[kin.level]} {kin.id}"
    middle = node.x + _BOX / 2
    lines = [] if kin is None else passed.get(kin.number, [])
    rows = lines if len(lines) <= _ROWS else [*lines[: _ROWS - 1], "…"]
    return (
        f'<g class="piece {kind}"><title>{escape(title)}</title>'
        f'<rect x="{node.x:.0f}" y="{node.y:.0f}" width="{_BOX}" height="{_HIGH}" rx="3"/>'
        f'<text x="{middle:.0f}" y="{node.y + (15 if below else 21):.0f}">{escape(label)}</text>'
        f'<text class="share" x="{middle:.0f}" y="{node.y + 29:.0f}">{escape(below)}</text>'
        + "".join(
            f'<text class="through" x="{middle:.0f}" y="{node.y + _HIGH + 14 * (i + 1):.0f}">↻ {escape(short(line, 24))}</text>'
            for i, line in enumerate(rows)
        )
        + "</g>"
    )


def _id(node: _Node) -> str:
    return "…" if node.kin is None else node.kin.id


def short(text: str, most: int) -> str:
    """A text that fits; Hangul is twice as wide as a letter."""
    room = 0
    for i, letter in enumerate(text):
        room += wide(letter)
        if room > most:
            return text[: max(i - 1, 1)] + "…"
    return text


def wide(text: str) -> int:
    """How many letters a text is wide; Hangul counts two."""
    return sum(2 if letter >= "ᄀ" else 1 for letter in text)
