"""How is a finding drawn? Vega-Lite descriptions, turned into SVG without a browser."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

FONT = "Pretendard, 'Noto Sans KR', 'Noto Sans CJK KR', 'Malgun Gothic', sans-serif"
INK, QUIET, SIGNAL, GOOD, PAPER, KEPT = "#27313b", "#9aa5b1", "#c2410c", "#1d5f99", "#ffffff", "#d9ead9"
MOST_POINTS = 300
"""More points than this are thinned before they are drawn: a report is read, not zoomed."""
NARROW, WIDE = 420, 640
"""Width of a picture that stands beside another, and of one that stands alone, in px."""

Spec = dict[str, Any]
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Axes:
    """Titles of both axes as the reader reads them: the plant's name of the column, with its unit."""

    x: str
    y: str


def picture(spec: Spec) -> str:
    """Draw a description as SVG, packed into a data address.

    As the source of an ``img`` it can neither run a script nor clash with the ids of another picture.
    """
    import vl_convert

    config = {
        "font": FONT,
        "background": PAPER,
        "axis": {
            "labelColor": INK,
            "titleColor": INK,
            "gridColor": "#e4e8ec",
            "domainColor": QUIET,
            "tickColor": QUIET,
            "labelFontSize": 12,
            "titleFontSize": 12,
            "titleFontWeight": "normal",
            "titleLimit": 600,
            "labelOverlap": "greedy",
        },
        "legend": {"labelFontSize": 12, "titleFontSize": 12, "orient": "top", "title": None, "labelLimit": 300},
        "view": {"stroke": None},
    }
    svg = vl_convert.vegalite_to_svg({"config": config, "padding": 8, **spec})
    return "data:image/svg+xml;base64," + b64encode(svg.encode("utf-8")).decode("ascii")


def effect_curve(rows: Sequence[Row], axes: Axes, keep: tuple[float | None, float | None] | None, *, zero: bool = True) -> Spec:
    """Target against one setting with its interval; ``rows`` hold ``x y low high count``; the kept range is shaded.

    The axis ends where the data end: nothing is said of settings that the plant has not run.
    """
    x = _setting([row["x"] for row in rows], axes.x)
    y = _y if zero else _level
    layers: list[Spec] = []
    shade = None if keep is None else _kept(keep, rows)
    if shade is not None:
        layers.append(shade)
    layers += [
        {
            "mark": {"type": "area", "color": GOOD, "opacity": 0.18},
            "encoding": {"x": x, "y": y("low", axes.y), "y2": {"field": "high"}},
        },
        {
            "mark": {"type": "line", "color": GOOD, "strokeWidth": 2.5, "point": len(rows) <= 8},
            "encoding": {"x": x, "y": y("y", axes.y)},
        },
    ]
    density = {
        "height": 36,
        "width": NARROW,
        "mark": {"type": "bar", "color": QUIET, "size": max(2, min(14, 300 // max(len(rows), 1)))},
        "encoding": {
            "x": {**x, "axis": None},
            "y": {"field": "count", "type": "quantitative", "axis": None},
        },
    }
    return {
        "data": {"values": list(rows)},
        "spacing": 2,
        "resolve": {"scale": {"x": "shared"}},
        "vconcat": [density, {"width": NARROW, "height": 180, "layer": layers}],
    }


def effect_levels(rows: Sequence[Row], axes: Axes) -> Spec:
    """Target at each level of a category; ``rows`` hold ``x y low high``, ``x`` saying the level and how many pieces had it."""
    y = {"field": "x", "type": "nominal", "title": axes.x, "sort": None, "axis": {"labelLimit": 220, "titleLimit": 200}}
    return {
        "data": {"values": list(rows)},
        "width": NARROW,
        "height": {"step": 30},
        "layer": [
            {"mark": {"type": "bar", "color": GOOD, "opacity": 0.5, "height": 16}, "encoding": {"y": y, "x": _y("y", axes.y)}},
            {
                "mark": {"type": "rule", "color": INK, "strokeWidth": 1.5},
                "encoding": {"y": y, "x": _y("low", axes.y), "x2": {"field": "high"}},
            },
        ],
    }


def good_against_bad(rows: Sequence[Row], axes: Axes, names: tuple[str, str], *, few: bool) -> Spec:
    """How a setting was distributed over good and over bad pieces; ``rows`` hold ``x share kind``; few: each value."""
    colour = {"field": "kind", "type": "nominal", "scale": {"domain": list(names), "range": [GOOD, SIGNAL]}}
    if few:
        return {
            "data": {"values": list(rows)},
            "width": NARROW,
            "height": 218,
            "mark": {"type": "bar"},
            "encoding": {
                "x": {"field": "x", "type": "ordinal", "title": axes.x, "axis": {"labelAngle": 0}},
                "xOffset": {"field": "kind", "sort": list(names)},
                "y": _y("share", axes.y),
                "color": colour,
            },
        }
    return {
        "data": {"values": list(rows)},
        "width": NARROW,
        "height": 218,
        "mark": {"type": "line", "interpolate": "step-after", "strokeWidth": 2},
        "encoding": {
            "x": _setting([row["x"] for row in rows], axes.x),
            "y": _y("share", axes.y),
            "color": colour,
            "strokeDash": {"field": "kind", "type": "nominal", "scale": {"domain": list(names), "range": [[1, 0], [6, 3]]}},
        },
    }


def scatter(rows: Sequence[Row], axes: Axes) -> Spec:
    """Target against a setting, one point a piece; ``rows`` hold ``x y``."""
    return {
        "data": {"values": list(rows)},
        "width": NARROW,
        "height": 218,
        "mark": {"type": "circle", "color": GOOD, "opacity": 0.45, "size": 16},
        "encoding": {"x": _setting([row["x"] for row in rows], axes.x), "y": _level("y", axes.y)},
    }


def over_time(rows: Sequence[Row], axes: Axes, names: Sequence[str], *, zero: bool = True) -> Spec:
    """Figures period by period; ``rows`` hold ``period value kind``, a period's second line stands after ``|``."""
    dashes: list[list[int]] = [[1, 0], [6, 3], [2, 2]]
    kinds = list(names)
    return {
        "data": {"values": list(rows)},
        "width": WIDE,
        "height": 190,
        "mark": {"type": "line", "point": {"size": 50}, "strokeWidth": 2},
        "encoding": {
            "x": {
                "field": "period",
                "type": "nominal",
                "title": axes.x,
                "sort": None,
                "axis": {"labelAngle": 0, "labelExpr": "split(datum.label, '|')", "labelOverlap": False},
            },
            "y": {"field": "value", "type": "quantitative", "title": axes.y, "scale": {"zero": zero}},
            "color": {
                "field": "kind",
                "type": "nominal",
                "scale": {"domain": kinds, "range": [GOOD, QUIET, SIGNAL][: len(kinds)]},
            },
            "strokeDash": {"field": "kind", "type": "nominal", "scale": {"domain": kinds, "range": dashes[: len(kinds)]}},
        },
    }


def forecast(rows: Sequence[Row], axes: Axes, names: tuple[str, str], *, dated: bool) -> Spec:
    """What was measured and what was forecast; ``rows`` hold ``x y kind``, x a number in order of time or a local time."""
    x: Spec = {"field": "x", "type": "temporal" if dated else "quantitative", "title": axes.x}
    x |= {"axis": {"format": "%m-%d %H:%M", "tickCount": 6}} if dated else {"scale": {"nice": False, "zero": False}}
    return {
        "title": _heading(axes.y),
        "data": {"values": list(rows)},
        "width": WIDE,
        "height": 200,
        "mark": {"type": "line", "strokeWidth": 1.5},
        "encoding": {
            "x": x,
            "y": _level("y", ""),
            "color": {"field": "kind", "type": "nominal", "scale": {"domain": list(names), "range": [INK, SIGNAL]}},
            "strokeDash": {"field": "kind", "type": "nominal", "scale": {"domain": list(names), "range": [[1, 0], [5, 3]]}},
        },
    }


def control_chart(rows: Sequence[Row], lines: Sequence[Row], axes: Axes) -> Spec:
    """Control chart: ``rows`` hold ``n y low high out``, ``lines`` hold ``y kind`` (mean, limit, specification).

    Limits that change from point to point (``low``, ``high``) are drawn as steps, others as lines through all points.
    """
    x: Row = {"field": "n", "type": "quantitative", "title": axes.x, "scale": {"nice": False, "zero": False, "padding": 8}}
    x["axis"] = {"tickCount": 8, "tickMinStep": 1}
    kind, kinds = {"field": "kind", "type": "nominal", "legend": None}, ["mean", "limit", "specification"]
    layers: list[Spec] = [
        {
            "data": {"values": list(lines)},
            "mark": {"type": "rule", "strokeWidth": 1.3},
            "encoding": {
                "y": _level("y", ""),
                "color": {**kind, "scale": {"domain": kinds, "range": [GOOD, INK, SIGNAL]}},
                "strokeDash": {**kind, "scale": {"domain": kinds, "range": [[1, 0], [5, 3], [2, 2]]}},
            },
        },
        {
            "data": {"values": list(rows)},
            "mark": {"type": "line", "color": QUIET, "strokeWidth": 1},
            "encoding": {"x": x, "y": _level("y", "")},
        },
        {
            "data": {"values": [row for row in rows if row["out"]]},
            "mark": {"type": "point", "shape": "diamond", "filled": True, "color": SIGNAL, "size": 50},
            "encoding": {"x": x, "y": _level("y", "")},
        },
    ]
    for side in ("low", "high"):
        if any(side in row for row in rows):
            steps = {"type": "line", "color": INK, "strokeDash": [5, 3], "strokeWidth": 1.3, "interpolate": "step"}
            layers.append({"data": {"values": list(rows)}, "mark": steps, "encoding": {"x": x, "y": _level(side, "")}})
    return {"title": _heading(axes.y), "width": WIDE, "height": 180, "layer": layers}


def before_after(rows: Sequence[Row], axes: Axes) -> Spec:
    """Target today, as promised and as kept; ``rows`` hold ``name y text low high kind`` (low and high may be missing)."""
    y = {"field": "name", "type": "nominal", "title": None, "sort": None, "axis": {"labelLimit": 260, "labelFontSize": 13}}
    scale = {"domain": ["today", "promised", "kept"], "range": [QUIET, "#8fb3d1", GOOD]}
    return {
        "data": {"values": list(rows)},
        "width": WIDE - 60,
        "height": {"step": 32},
        "layer": [
            {
                "mark": {"type": "bar", "height": 18},
                "encoding": {
                    "y": y,
                    "x": _y("y", axes.x),
                    "color": {"field": "kind", "type": "nominal", "legend": None, "scale": scale},
                },
            },
            {
                "mark": {"type": "rule", "color": INK, "strokeWidth": 1.5},
                "encoding": {"y": y, "x": _y("low", axes.x), "x2": {"field": "high"}},
            },
            {
                "mark": {"type": "text", "align": "left", "dx": 8, "fontSize": 13, "fontWeight": "bold", "color": INK},
                "encoding": {"y": y, "x": _y("end", axes.x), "text": {"field": "text"}},
            },
        ],
    }


def timeline(rows: Sequence[Row]) -> Spec:
    """Which pieces were learned on and which proved the answer; ``rows`` hold ``start end name``, local times."""
    return {
        "data": {"values": list(rows)},
        "width": WIDE - 60,
        "height": {"step": 28},
        "mark": {"type": "bar", "height": 14},
        "encoding": {
            "x": {
                "field": "start",
                "type": "temporal",
                "title": None,
                "axis": {"format": "%Y-%m-%d", "tickCount": 5, "labelBound": True},
            },
            "x2": {"field": "end"},
            "y": {"field": "name", "type": "nominal", "title": None, "sort": None, "axis": {"labelLimit": 260}},
            "color": {"field": "name", "type": "nominal", "legend": None, "sort": None, "scale": {"range": [QUIET, GOOD]}},
        },
    }


def _kept(keep: tuple[float | None, float | None], rows: Sequence[Row]) -> Spec | None:
    first, last = min(row["x"] for row in rows), max(row["x"] for row in rows)
    low, high = (first if keep[0] is None else max(keep[0], first)), (last if keep[1] is None else min(keep[1], last))
    if low >= high:
        return None
    return {
        "data": {"values": [{"low": low, "high": high}]},
        "mark": {"type": "rect", "color": KEPT, "opacity": 0.8},
        "encoding": {"x": {"field": "low", "type": "quantitative"}, "x2": {"field": "high"}},
    }


def _setting(values: Sequence[float], title: str) -> Row:
    """A setting's axis, from the least to the greatest value and not beyond; whole numbers stay whole."""
    low, high = min(values), max(values)
    axis: Row = {"tickCount": 6}
    if all(float(value).is_integer() for value in values) and high - low <= 20:
        axis |= {"tickMinStep": 1, "format": "d"}
    scale: Row = {"zero": False, "nice": False, "padding": 8}
    return {"field": "x", "type": "quantitative", "title": title, "scale": scale, "axis": axis}


def _heading(text: str) -> Row:
    """The name of the vertical axis above the picture, where a long one has room."""
    return {"text": text, "anchor": "start", "fontSize": 12, "fontWeight": "normal", "color": INK}


def _y(field: str, title: str) -> Row:
    return {"field": field, "type": "quantitative", "title": title or None}


def _level(field: str, title: str) -> Row:
    """An axis that need not begin at zero."""
    return {"field": field, "type": "quantitative", "title": title or None, "scale": {"zero": False}}
