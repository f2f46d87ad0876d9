"""How is a finding drawn? Vega-Lite descriptions, turned into SVG without a browser."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

FONT = "Pretendard, 'Noto Sans KR', 'Noto Sans CJK KR', 'Malgun Gothic', sans-serif"
INK, QUIET, SIGNAL, GOOD, PAPER = "#27313b", "#9aa5b1", "#c2410c", "#1d5f99", "#ffffff"
MOST_POINTS = 400
"""More points than this are thinned before they are drawn: a report is read, not zoomed."""

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
        },
        "legend": {"labelFontSize": 12, "titleFontSize": 12, "orient": "top", "title": None},
        "view": {"stroke": None},
    }
    svg = vl_convert.vegalite_to_svg({"config": config, "padding": 8, **spec})
    return "data:image/svg+xml;base64," + b64encode(svg.encode("utf-8")).decode("ascii")


def effect_curve(rows: Sequence[Row], axes: Axes, keep: tuple[float | None, float | None] | None) -> Spec:
    """Target against one setting with its interval; ``rows`` hold ``x y low high count``; the kept range is shaded."""
    x = {"field": "x", "type": "quantitative", "title": axes.x, "scale": {"zero": False}}
    layers: list[Spec] = []
    if keep is not None:
        layers.append(_kept(keep, rows))
    layers += [
        {
            "mark": {"type": "area", "color": GOOD, "opacity": 0.18},
            "encoding": {"x": x, "y": _y("low", axes.y), "y2": {"field": "high"}},
        },
        {"mark": {"type": "line", "color": GOOD, "strokeWidth": 2.5}, "encoding": {"x": x, "y": _y("y", axes.y)}},
    ]
    density = {
        "height": 36,
        "width": 420,
        "mark": {"type": "bar", "color": QUIET},
        "encoding": {
            "x": {**x, "axis": None},
            "y": {"field": "count", "type": "quantitative", "axis": None},
        },
    }
    return {
        "data": {"values": list(rows)},
        "spacing": 2,
        "resolve": {"scale": {"x": "shared"}},
        "vconcat": [density, {"width": 420, "height": 180, "layer": layers}],
    }


def effect_levels(rows: Sequence[Row], axes: Axes) -> Spec:
    """Target at each level of a category; ``rows`` hold ``x y low high count``."""
    y = {"field": "x", "type": "nominal", "title": axes.x, "sort": None}
    return {
        "data": {"values": list(rows)},
        "width": 420,
        "height": {"step": 26},
        "layer": [
            {"mark": {"type": "bar", "color": GOOD, "opacity": 0.55}, "encoding": {"y": y, "x": _x("y", axes.y)}},
            {"mark": {"type": "rule", "color": INK}, "encoding": {"y": y, "x": _x("low", axes.y), "x2": {"field": "high"}}},
        ],
    }


def good_against_bad(rows: Sequence[Row], axes: Axes, names: tuple[str, str]) -> Spec:
    """How a setting was distributed over good and over bad pieces; ``rows`` hold ``x share kind``."""
    return {
        "data": {"values": list(rows)},
        "width": 420,
        "height": 150,
        "mark": {"type": "line", "interpolate": "step", "strokeWidth": 2},
        "encoding": {
            "x": {"field": "x", "type": "quantitative", "title": axes.x, "scale": {"zero": False}},
            "y": _y("share", axes.y),
            "color": {"field": "kind", "type": "nominal", "scale": {"domain": list(names), "range": [GOOD, SIGNAL]}},
            "strokeDash": {"field": "kind", "type": "nominal", "scale": {"domain": list(names), "range": [[1, 0], [6, 3]]}},
        },
    }


def scatter(rows: Sequence[Row], axes: Axes) -> Spec:
    """Target against a setting, one point a piece; ``rows`` hold ``x y``."""
    return {
        "data": {"values": list(rows)},
        "width": 420,
        "height": 180,
        "mark": {"type": "circle", "color": GOOD, "opacity": 0.45, "size": 18},
        "encoding": {
            "x": {"field": "x", "type": "quantitative", "title": axes.x, "scale": {"zero": False}},
            "y": {"field": "y", "type": "quantitative", "title": axes.y, "scale": {"zero": False}},
        },
    }


def periods(rows: Sequence[Row], axes: Axes, names: tuple[str, str]) -> Spec:
    """Score of the model beside today's practice, period by period; ``rows`` hold ``period score kind``."""
    return {
        "data": {"values": list(rows)},
        "width": 560,
        "height": 190,
        "mark": {"type": "line", "point": {"size": 50}, "strokeWidth": 2},
        "encoding": {
            "x": {"field": "period", "type": "nominal", "title": axes.x, "sort": None, "axis": {"labelAngle": 0}},
            "y": _y("score", axes.y),
            "color": {"field": "kind", "type": "nominal", "scale": {"domain": list(names), "range": [GOOD, QUIET]}},
            "strokeDash": {"field": "kind", "type": "nominal", "scale": {"domain": list(names), "range": [[1, 0], [6, 3]]}},
        },
    }


def control_chart(rows: Sequence[Row], lines: Sequence[Row], axes: Axes) -> Spec:
    """Individuals control chart: ``rows`` hold ``n y out`` (in order of time), ``lines`` hold ``y name`` (limits)."""
    x = {"field": "n", "type": "quantitative", "title": axes.x, "scale": {"nice": False, "zero": False}}
    y = {"field": "y", "type": "quantitative", "title": axes.y, "scale": {"zero": False}}
    return {
        "width": 560,
        "height": 170,
        "layer": [
            {
                "data": {"values": list(rows)},
                "mark": {"type": "line", "color": QUIET, "strokeWidth": 1},
                "encoding": {"x": x, "y": y},
            },
            {
                "data": {"values": [row for row in rows if row["out"]]},
                "mark": {"type": "point", "shape": "diamond", "filled": True, "color": SIGNAL, "size": 45},
                "encoding": {"x": x, "y": y},
            },
            {
                "data": {"values": list(lines)},
                "mark": {"type": "rule", "color": INK, "strokeDash": [5, 3]},
                "encoding": {"y": y},
            },
            {
                "data": {"values": list(lines)},
                "mark": {"type": "text", "align": "left", "dx": 4, "color": INK},
                "encoding": {"y": y, "x": {"value": 560}, "text": {"field": "name"}},
            },
        ],
    }


def before_after(rows: Sequence[Row], axes: Axes) -> Spec:
    """Target today, as promised and as kept; ``rows`` hold ``name y low high kind`` (low and high may be null)."""
    y = {"field": "name", "type": "nominal", "title": None, "sort": None, "axis": {"labelLimit": 260}}
    return {
        "data": {"values": list(rows)},
        "width": 420,
        "height": {"step": 34},
        "layer": [
            {
                "mark": {"type": "bar", "height": 18},
                "encoding": {
                    "y": y,
                    "x": _x("y", axes.x),
                    "color": {
                        "field": "kind",
                        "type": "nominal",
                        "legend": None,
                        "scale": {"domain": ["today", "promised", "kept"], "range": [QUIET, "#8fb3d1", GOOD]},
                    },
                },
            },
            {"mark": {"type": "rule", "color": INK}, "encoding": {"y": y, "x": _x("low", axes.x), "x2": {"field": "high"}}},
        ],
    }


def timeline(rows: Sequence[Row]) -> Spec:
    """Which pieces were learned on and which proved the answer; ``rows`` hold ``start end name``."""
    return {
        "data": {"values": list(rows)},
        "width": 560,
        "height": {"step": 30},
        "mark": {"type": "bar", "height": 14},
        "encoding": {
            "x": {"field": "start", "type": "temporal", "title": None, "axis": {"format": "%Y-%m-%d", "tickCount": 6}},
            "x2": {"field": "end"},
            "y": {"field": "name", "type": "nominal", "title": None, "sort": None, "axis": {"labelLimit": 260}},
            "color": {"field": "name", "type": "nominal", "legend": None, "sort": None, "scale": {"range": [QUIET, GOOD]}},
        },
    }


def _kept(keep: tuple[float | None, float | None], rows: Sequence[Row]) -> Spec:
    first, last = min(row["x"] for row in rows), max(row["x"] for row in rows)
    low, high = (first if keep[0] is None else keep[0]), (last if keep[1] is None else keep[1])
    return {
        "data": {"values": [{"low": low, "high": high}]},
        "mark": {"type": "rect", "color": "#d9ead9", "opacity": 0.7},
        "encoding": {"x": {"field": "low", "type": "quantitative"}, "x2": {"field": "high"}},
    }


def _y(field: str, title: str) -> Row:
    return {"field": field, "type": "quantitative", "title": title}


def _x(field: str, title: str) -> Row:
    return {"field": field, "type": "quantitative", "title": title}
