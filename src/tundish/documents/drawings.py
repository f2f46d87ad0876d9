"""Which numbers go into which picture? Data of the report's charts, in the plant's names and units."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from tundish.documents import charts
from tundish.documents.answer import is_share, limit_out, score_of, window_value
from tundish.documents.charts import MOST_POINTS, Axes, Row
from tundish.documents.dossier import Dossier
from tundish.documents.words import Say
from tundish.learn.answer import Cause, Floats
from tundish.table import Column

BINS = 24
MOST_CONTROL = 4


@dataclass(frozen=True, slots=True)
class Drawn:
    """A picture with its title; the title is also what a screen reader says."""

    image: str
    title: str
    note: str = ""


def named(column: Column) -> str:
    """The plant's name of a column with its unit, as an axis title."""
    made = "" if column.statistic == "value" else f" {column.statistic}"
    return f"{column.headers[0]}{made}" + (f" ({column.unit_read})" if column.unit_read else "")


def cause_charts(cause: Cause, dossier: Dossier, _: Say) -> list[Drawn]:
    """The effect curve of a cause, and how it lay over good and bad pieces (or against the target)."""
    drawn = [_effect(cause, dossier, _), _spread(cause, dossier, _)]
    return [picture for picture in drawn if picture is not None]


def benefit(dossier: Dossier, _: Say) -> Drawn | None:
    """Target today, as the window promised it, and as later pieces inside kept it."""
    window, proved = dossier.answer.window, dossier.evidence.window
    if window is None or proved is None:
        return None

    said = partial(window_value, dossier=dossier)
    inside = proved.inside
    rows: list[Row] = [
        {"name": _("Earlier, all pieces"), "y": said(window.today), "kind": "today"},
        {"name": _("Promised inside the window"), "y": said(window.promised), "kind": "promised"},
        {"name": _("Later, all pieces"), "y": said(proved.all), "kind": "today"},
        {
            "name": _("Later, inside the window"),
            "y": said(inside.value),
            "low": said(inside.low),
            "high": said(inside.high),
            "kind": "kept",
        },
    ]
    axis = _bad_share(dossier, _) if is_share(dossier) else named(dossier.target)
    return Drawn(
        charts.picture(charts.before_after(rows, Axes(axis, ""))), _("{target} with and without the window", target=axis)
    )


def evidence_charts(dossier: Dossier, _: Say) -> list[Drawn]:
    """The split on a time line, and the score of each later period beside today's practice."""
    drawn = [_timeline(dossier, _), _periods(dossier, _)]
    return [picture for picture in drawn if picture is not None]


def control_charts(dossier: Dossier, _: Say) -> list[Drawn]:
    """Individuals charts of a numeric target and of the claimed settings."""
    columns = [] if dossier.question.binary else [dossier.target]
    columns += [cause.column for cause in dossier.answer.causes if cause.column.kind == "number"]
    drawn = [_control(column, dossier, _) for column in columns[:MOST_CONTROL]]
    return [picture for picture in drawn if picture is not None]


def _effect(cause: Cause, dossier: Dossier, _: Say) -> Drawn | None:
    curve, column = cause.curve, cause.column
    if curve is None or not curve.setting:
        return None
    target = _target_axis(dossier, _)
    title = _("{target} against {setting}, other inputs held", target=target, setting=column.headers[0])
    rows = [
        {"x": x if isinstance(x, str) else column.to_plant(x), "y": y, "low": low, "high": high, "count": count}
        for x, y, low, high, count in zip(
            curve.setting, *(_said(part, dossier) for part in (curve.target, curve.low, curve.high)), curve.count, strict=True
        )
    ]
    axes = Axes(named(column), target)
    if isinstance(curve.setting[0], str):
        return Drawn(charts.picture(charts.effect_levels(rows, axes)), title)
    return Drawn(charts.picture(charts.effect_curve(rows, axes, _kept(cause, dossier))), title)


def _kept(cause: Cause, dossier: Dossier) -> tuple[float | None, float | None] | None:
    window = dossier.answer.window
    for limit in window.limits if window else ():
        if limit.column.source == cause.column.source and not limit.levels:
            line = limit_out(limit)
            low, high = (None if isinstance(side, str) else side for side in (line.low, line.high))
            return low, high
    return None


def _spread(cause: Cause, dossier: Dossier, _: Say) -> Drawn | None:
    column = cause.column
    if column.kind != "number":
        return None
    values, target = _numbers(column, dossier), dossier.question.outcome(dossier.pieces)
    known = np.isfinite(values) & np.isfinite(target)
    if known.sum() < BINS:
        return None
    values, target = values[known], target[known]
    if not dossier.question.binary:
        axes = Axes(named(column), named(dossier.target))
        rows = [{"x": x, "y": dossier.target.to_plant(y)} for x, y in zip(*_thin(values, target), strict=True)]
        return Drawn(
            charts.picture(charts.scatter(rows, axes)),
            _("{target} and {setting}, piece by piece", target=axes.y, setting=column.headers[0]),
        )
    names = (_("good"), _("bad"))
    edges = np.linspace(float(np.quantile(values, 0.005)), float(np.quantile(values, 0.995)), BINS + 1)
    rows = []
    for name, part in zip(names, (values[target < 0.5], values[target >= 0.5]), strict=True):
        counts, _edges = np.histogram(part, edges)
        total = max(int(counts.sum()), 1)
        rows += [
            {"x": float(edge), "share": 100 * int(count) / total, "kind": name}
            for edge, count in zip(edges[:-1], counts, strict=True)
        ]
    drawn = charts.good_against_bad(rows, Axes(named(column), _("share of pieces (%)")), names)
    return Drawn(charts.picture(drawn), _("{setting} of good and of bad pieces", setting=column.headers[0]))


def _timeline(dossier: Dossier, _: Say) -> Drawn | None:
    from tundish.trace.pieces import MOMENT

    rows: list[Row] = []
    for name, part in ((_("learned on"), dossier.split.earlier), (_("proved on"), dossier.split.later)):
        stamps = part.table.frame[MOMENT].drop_nulls()
        if stamps.is_empty():
            return None
        zone = ZoneInfo(dossier.time_zone)
        first, last = (stamp.astimezone(zone).strftime("%Y-%m-%dT%H:%M:%S") for stamp in (stamps.min(), stamps.max()))  # type: ignore[union-attr]
        rows.append({"name": f"{name}: {part.table.frame.height:,}", "start": first, "end": last})
    return Drawn(charts.picture(charts.timeline(rows)), _("Which pieces were learned on, and which proved the answer"))


def _periods(dossier: Dossier, _: Say) -> Drawn | None:
    periods = dossier.evidence.periods
    if len(periods) < 2:
        return None
    names = (_("model"), _("today's practice"))
    zone = ZoneInfo(dossier.time_zone)
    rows: list[Row] = []
    for number, period in enumerate(periods, 1):
        label = f"{number}" if period.start is None else f"{number}. {period.start.astimezone(zone):%Y-%m-%d}"
        rows += [
            {"period": label, "score": score_of(score, dossier), "kind": name}
            for name, score in zip(names, (period.model, period.today), strict=True)
        ]
    axes = Axes(_("later pieces, period by period"), metric_name(dossier, _))
    return Drawn(charts.picture(charts.periods(rows, axes, names)), _("Evidence over time: the model beside today's practice"))


def metric_name(dossier: Dossier, _: Say) -> str:
    """The reported score in words, with its unit."""
    unit = dossier.target.unit_read
    tail = f" ({unit})" if unit else ""
    return {
        "error_rate": _("Share judged wrong (%)"),
        "mae": _("Mean absolute error") + tail,
        "rmse": _("Root mean square error") + tail,
    }[dossier.question.metric]


def _control(column: Column, dossier: Dossier, _: Say) -> Drawn | None:
    values = _numbers(column, dossier)
    values = values[np.isfinite(values)]
    if values.size < BINS:
        return None
    from tundish.prove.capability import control_limits

    limits = control_limits(values[: dossier.split.earlier.table.frame.height])
    out = (values < limits.low) | (values > limits.high)
    order = np.arange(values.size)
    shown = np.union1d(order[:: max(1, values.size // MOST_POINTS)], order[out][: MOST_POINTS // 2])
    rows = [{"n": int(n) + 1, "y": float(values[n]), "out": bool(out[n])} for n in shown]
    lines = [{"y": limits.mean, "name": _("mean")}, {"y": limits.low, "name": "LCL"}, {"y": limits.high, "name": "UCL"}]
    drawn = charts.control_chart(rows, lines, Axes(_("piece, in order of time"), named(column)))
    title = _(
        "Control chart of {setting}: {out} of {pieces} pieces outside the limits",
        setting=column.headers[0],
        out=int(out.sum()),
        pieces=values.size,
    )
    return Drawn(charts.picture(drawn), title)


def _numbers(column: Column, dossier: Dossier) -> Floats:
    import polars as pl

    values = dossier.pieces.table.frame[column.name].cast(pl.Float64, strict=False).fill_null(float("nan")).to_numpy()
    return np.asarray((values - column.offset) / column.factor, dtype=float)


def _thin(*parts: npt.NDArray[np.float64]) -> tuple[list[float], ...]:
    step = max(1, parts[0].size // MOST_POINTS)
    return tuple([float(value) for value in part[::step]] for part in parts)


def _said(values: Sequence[float], dossier: Dossier) -> list[float]:
    return [100 * value if dossier.question.binary else dossier.target.to_plant(value) for value in values]


def _target_axis(dossier: Dossier, _: Say) -> str:
    return _bad_share(dossier, _) if dossier.question.binary else named(dossier.target)


def _bad_share(dossier: Dossier, _: Say) -> str:
    return _("{target}: share of bad pieces (%)", target=dossier.target.headers[0])
