"""Which numbers go into the pictures of causes and window? In the plant's names and units."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt

from tundish.documents import charts, names, words
from tundish.documents.charts import MOST_POINTS, Axes, Row
from tundish.documents.dossier import Dossier
from tundish.documents.words import Say
from tundish.documents.written import is_share, limit_out, window_value
from tundish.learn.answer import Cause, Floats
from tundish.table import Column

BINS = 24
LEAST = 24
"""Fewer known values than this are not drawn."""
FEW_VALUES = 8
"""A setting with no more values than this is drawn value by value."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """A picture with its title; the title is also what a screen reader says."""

    image: str
    title: str
    notes: tuple[str, ...] = ()
    wide: bool = False


def cause_charts(cause: Cause, dossier: Dossier, _: Say) -> list[Drawn]:
    """The effect curve of a cause, and how it lay over good and bad pieces (or against the target)."""
    drawn = [_effect(cause, dossier, _), _spread(cause, dossier, _)]
    return [picture for picture in drawn if picture is not None]


def benefit(dossier: Dossier, _: Say) -> Drawn | None:
    """Target today, as the window promised it, and as later pieces inside kept it."""
    window, proved = dossier.answer.window, dossier.evidence.window
    if window is None or proved is None:
        return None
    said, inside = partial(window_value, dossier=dossier), proved.inside
    rows: list[Row] = [
        {"name": _("Earlier, all pieces"), "y": said(window.today), "kind": "today"},
        {"name": _("Promised inside the window"), "y": said(window.promised), "kind": "promised"},
        {"name": _("Later, all pieces"), "y": said(proved.all), "kind": "today"},
        {"name": _("Later, inside the window"), "y": said(inside.value), "kind": "kept"},
    ]
    rows[-1] |= {"low": said(inside.low), "high": said(inside.high)}
    unit = "%" if is_share(dossier) else dossier.target.unit_read
    for row in rows:
        row |= {"text": words.figure(row["y"], unit), "end": max(row["y"], row.get("high", row["y"]))}
    axis = bad_share(dossier, _) if is_share(dossier) else names.axis(dossier.target, _)
    title = _("{target} with and without the window; the thin line is the 95 % interval", target=axis)
    return Drawn(charts.picture(charts.before_after(rows, Axes(axis, ""))), title, wide=True)


def bad_share(dossier: Dossier, _: Say) -> str:
    """Axis title of a share of bad pieces."""
    return _("{target}: share of bad pieces (%)", target=names.plant_names(dossier.target))


def numbers(column: Column, dossier: Dossier) -> Floats:
    """Values of a feature in the plant's unit, in order of time; NaN where not known."""
    import polars as pl

    values = dossier.pieces.table.frame[column.name].cast(pl.Float64, strict=False).fill_null(float("nan")).to_numpy()
    return np.asarray((values - column.offset) / column.factor, dtype=float)


def _effect(cause: Cause, dossier: Dossier, _: Say) -> Drawn | None:
    curve, column = cause.curve, cause.column
    if curve is None or not curve.setting:
        return None
    target = bad_share(dossier, _) if dossier.question.binary else names.axis(dossier.target, _)
    axes = Axes(names.axis(column, _), target)
    said = (_said(part, dossier) for part in (curve.target, curve.low, curve.high))
    rows = [
        {"x": x if isinstance(x, str) else column.to_plant(x), "y": y, "low": low, "high": high, "count": count}
        for x, y, low, high, count in zip(curve.setting, *said, curve.count, strict=True)
        if count
    ]
    title = _("{target} against {setting}, other inputs held", target=target, setting=names.plant_names(column))
    if not rows:
        return None
    if isinstance(rows[0]["x"], str):
        for row in rows:
            row["x"] = f"{row['x']} ({row['count']:,})"
        return Drawn(charts.picture(charts.effect_levels(rows, axes)), title, (_("In brackets: pieces at this level."),))
    keep = _kept(cause, dossier)
    notes = [_("Bars above: pieces at each setting. Band: 90 % interval.")]
    if keep is not None:
        notes.append(_("Green: range to keep."))
    return Drawn(charts.picture(charts.effect_curve(rows, axes, keep, zero=dossier.question.binary)), title, tuple(notes))


def _kept(cause: Cause, dossier: Dossier) -> tuple[float | None, float | None] | None:
    """The range to keep, when the line of the window speaks of the very feature that is drawn."""
    window = dossier.answer.window
    for limit in window.limits if window else ():
        if limit.column.name == cause.column.name and not limit.levels:
            line = limit_out(limit)
            low, high = (None if isinstance(side, str) else side for side in (line.low, line.high))
            return low, high
    return None


def _spread(cause: Cause, dossier: Dossier, _: Say) -> Drawn | None:
    column = cause.column
    if column.kind != "number":
        return None
    outcome = dossier.question.outcome(dossier.pieces)
    bad = dossier.question.badness(outcome)
    values = numbers(column, dossier)
    if bad is not None and np.isin(bad[np.isfinite(bad)], (0.0, 1.0)).all():
        return _good_and_bad(column, values, bad, _)
    seen = np.isfinite(values) & np.isfinite(outcome)
    if seen.sum() < LEAST:
        return None
    axes = Axes(names.axis(column, _), names.axis(dossier.target, _))
    rows = [{"x": x, "y": dossier.target.to_plant(y)} for x, y in zip(*_thin(values[seen], outcome[seen]), strict=True)]
    title = _("{target} and {setting}, piece by piece", target=axes.y, setting=names.plant_names(column))
    return Drawn(charts.picture(charts.scatter(rows, axes)), title)


def _good_and_bad(column: Column, values: Floats, bad: Floats, _: Say) -> Drawn | None:
    """Shares of good and of bad pieces over the settings: a bar a value when there are few, else steps of equal width."""
    seen = np.isfinite(values) & np.isfinite(bad)
    values, worse = values[seen], bad[seen] >= 0.5
    if values.size < LEAST or not worse.any() or worse.all():
        return None
    labels = (_("good"), _("bad"))
    distinct = np.unique(values)
    few = distinct.size <= FEW_VALUES
    low, high = np.quantile(values, (0.005, 0.995)) if not few else (0.0, 0.0)
    if not few and low >= high:
        low, high = float(values.min()), float(values.max())
    edges = np.append(distinct, np.inf) if few else np.linspace(float(low), float(high), BINS + 1)
    rows: list[Row] = []
    for label, part in zip(labels, (values[~worse], values[worse]), strict=True):
        counts = np.histogram(part, edges)[0]
        total = max(int(counts.sum()), 1)
        rows += [
            {"x": float(edge), "share": 100 * int(count) / total, "kind": label}
            for edge, count in zip(edges[:-1], counts, strict=True)
        ]
        if not few:  # the last step needs an end
            rows.append({"x": float(edges[-1]), "share": 100 * int(counts[-1]) / total, "kind": label})
    drawn = charts.good_against_bad(rows, Axes(names.axis(column, _), _("share of pieces (%)")), labels, few=few)
    title = _("{setting} of good and of bad pieces", setting=names.plant_names(column))
    counted = _("{good} good, {bad} bad pieces; each kind adds up to 100 %.", good=int((~worse).sum()), bad=int(worse.sum()))
    return Drawn(charts.picture(drawn), title, (counted,))


def _thin(*parts: npt.NDArray[np.float64]) -> tuple[list[float], ...]:
    step = max(1, parts[0].size // (2 * MOST_POINTS))
    return tuple([float(value) for value in part[::step]] for part in parts)


def _said(values: Sequence[float], dossier: Dossier) -> list[float]:
    return [100 * value if dossier.question.binary else dossier.target.to_plant(value) for value in values]
