"""Is the process in control, and does it keep its limits? Control charts and capability in the plant's names and units."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from tundish.documents import charts, names
from tundish.documents.charts import Axes, Row
from tundish.documents.dossier import Dossier
from tundish.documents.drawings import LEAST, Drawn, bad_share, numbers
from tundish.documents.words import Say, amount, percent
from tundish.learn.answer import Floats
from tundish.prove import Interval
from tundish.prove.capability import Capability, ControlLimits, capability, control_limits, share_limits
from tundish.table import Column
from tundish.trace.pieces import MOMENT

MOST_CHARTS = 4
SHOWN = 200
"""Newest pieces on an individuals chart: what a person can still tell apart."""
LEAST_LIMITS = 15
"""Points that control limits are made of, at least."""
WANDERS, WANDERS_FAR = 0.05, 0.2
"""Share of pieces outside the limits from which a chart says so, and from which it shows days instead of pieces."""
LEAST_OF_A_DAY = 10
GROUPS = 30


def control_charts(dossier: Dossier, _: Say) -> list[Drawn]:
    """Defects day by day for a class, else the target piece by piece; then the claimed numeric settings."""
    first = _shares(dossier, _) if dossier.question.binary else _target(dossier, _)
    columns = dict.fromkeys(cause.column for cause in dossier.answer.causes if cause.column.kind == "number")
    settings = (_individuals(column, dossier, (None, None), _) for column in columns if column.name != dossier.target.name)
    drawn = [picture for picture in (first, *list(settings)) if picture is not None]
    return drawn[:MOST_CHARTS]


def capability_rows(dossier: Dossier, _: Say) -> tuple[list[dict[str, str]], str]:
    """Cp, Cpk, Pp, Ppk of a numeric target with 95 % intervals, and a sentence; no rows where no limits are known."""
    if dossier.question.binary:
        return [], _("Cp and Cpk are for numbers with specification limits; {target} is a class.", target=_target_name(dossier))
    low, high = specification(dossier)
    if low is None and high is None:
        return [], _(
            "No specification limits of {target} are known, so Cp and Cpk are not given. "
            "Write them under [limits] in plant.toml.",
            target=_target_name(dossier),
        )
    values = numbers(dossier.target, dossier)
    try:
        found = capability(values[np.isfinite(values)], low, high)
    except ValueError:
        return [], _("{target} never changes: Cp and Cpk cannot be given.", target=_target_name(dossier))
    unit = dossier.target.unit_read
    limits = f"{amount(low, unit)} ~ {amount(high, unit)}"
    outside = percent(100 * found.outside)
    return list(_indices(found, _)), _(
        "Specification {limits}: {outside} of {pieces} pieces outside.", limits=limits, outside=outside, pieces=found.pieces
    )


def specification(dossier: Dossier) -> tuple[float | None, float | None]:
    """Specification limits of a numeric target in the plant's unit; None on a side without limit."""
    low, high = getattr(dossier.question, "limits", (None, None))
    convert = dossier.target.to_plant
    return None if low is None else convert(low), None if high is None else convert(high)


def _indices(found: Capability, _: Say) -> Iterator[dict[str, str]]:
    meanings = {
        "Cp": (_("what the spread from piece to piece allows"), found.cp),
        "Cpk": (_("the same, with the level where it stands"), found.cpk),
        "Pp": (_("what the whole spread allows"), found.pp),
        "Ppk": (_("the same, with the level where it stands"), found.ppk),
    }
    for name, (meaning, value) in meanings.items():
        if value is not None:
            yield {"name": name, "meaning": meaning, "value": f"{value.value:.2f}", "interval": _between(value)}


def _between(interval: Interval) -> str:
    return f"{interval.low:.2f} ~ {interval.high:.2f}"


def _target(dossier: Dossier, _: Say) -> Drawn | None:
    return _individuals(dossier.target, dossier, specification(dossier), _)


def _individuals(column: Column, dossier: Dossier, spec: tuple[float | None, float | None], _: Say) -> Drawn | None:
    """The newest pieces one by one, or days where the level wanders; limits from the earlier pieces (learned on)."""
    values = numbers(column, dossier)
    series = _Series(values, _earlier(dossier), daily=False)
    limits = series.limits()
    if limits is None:
        return None
    if series.outside(limits).mean() > WANDERS_FAR:
        days = _by_day(values, dossier)
        means = None if days is None else days.limits()
        if days is not None and means is not None:
            series, limits = days, means
    out = series.outside(limits)
    shown = out.size - max(0, out.size - SHOWN)
    known = series.values[np.isfinite(series.values)]
    rows = [{"n": at + 1, "y": float(known[at]), "out": bool(out[at])} for at in range(out.size - shown, out.size)]
    lines: list[Row] = [{"y": limits.mean, "kind": "mean"}, *({"y": y, "kind": "limit"} for y in (limits.low, limits.high))]
    lines += [{"y": side, "kind": "specification"} for side in spec if side is not None and not series.daily]
    x = _("day") if series.daily else _("piece, in order of time")
    values_said = {"setting": names.axis(column, _), "out": int(out[-shown:].sum()), "shown": shown}
    title = (
        _("Control chart of {setting}, means of days: {out} of the newest {shown} days outside the limits", **values_said)
        if series.daily
        else _("Control chart of {setting}: {out} of the newest {shown} pieces outside the limits", **values_said)
    )
    drawn = charts.control_chart(rows, lines, Axes(x, names.axis(column, _)))
    return Drawn(charts.picture(drawn), title, tuple(_notes(column, limits, out, len(lines) > 3, _)), wide=True)


@dataclass(frozen=True, eq=False)
class _Series:
    """Values in order of time, and how many of them come before the split."""

    values: Floats
    earlier: int
    daily: bool

    def limits(self) -> ControlLimits | None:
        first = self.values[: self.earlier]
        known = first[np.isfinite(first)]
        if known.size < LEAST_LIMITS:
            return None
        limits = control_limits(known)
        return limits if limits.sigma else None

    def outside(self, limits: ControlLimits) -> npt.NDArray[np.bool_]:
        known = self.values[np.isfinite(self.values)]
        return np.asarray((known < limits.low) | (known > limits.high))


def _earlier(dossier: Dossier) -> int:
    """Rows of all pieces, those without a known target too, that come before the split."""
    moments, border = dossier.pieces.table.frame[MOMENT], dossier.split.at
    if border is None or moments.null_count():
        return dossier.split.earlier.table.frame.height
    return int((moments < border).sum())


def _by_day(values: Floats, dossier: Dossier) -> _Series | None:
    """Mean of each local day; None when not every piece has a time."""
    moments = dossier.pieces.table.frame[MOMENT]
    if moments.null_count():
        return None
    days = moments.dt.convert_time_zone(dossier.time_zone).dt.date().alias("day")
    seen = pl.DataFrame({"day": days, "value": pl.Series(values).fill_nan(None)}).drop_nulls()
    means = seen.group_by("day").agg(pl.col("value").mean()).sort("day")
    first = days[: _earlier(dossier)].max()
    return _Series(means["value"].to_numpy(), int((means["day"] < first).sum()), daily=True)


def _notes(column: Column, limits: ControlLimits, out: npt.NDArray[np.bool_], specified: bool, _: Say) -> Iterator[str]:
    unit = column.unit_read
    mean, low, high = (amount(float(f"{value:.4g}"), unit) for value in (limits.mean, limits.low, limits.high))
    yield _(
        "Mean {mean}, control limits {low} ~ {high}; of all {pieces} points {out} lie outside.",
        mean=mean,
        low=low,
        high=high,
        pieces=out.size,
        out=int(out.sum()),
    )
    if out.mean() > WANDERS:
        yield _("The level wanders far more than it differs from one piece to the next: it is being moved, or drifts.")
    if specified:
        yield _("Dotted: specification limits.")


def _shares(dossier: Dossier, _: Say) -> Drawn | None:
    """Share of bad pieces day by day (or by equal groups of pieces), with the limits of a p chart."""
    bad = dossier.question.outcome(dossier.pieces)
    seen = np.isfinite(bad)
    if seen.sum() < LEAST or not 0 < bad[seen].mean() < 1:
        return None
    groups, daily = _groups(dossier, seen)
    counts = np.bincount(groups)
    kept = np.flatnonzero(counts)
    sums = np.bincount(groups, weights=bad[seen])
    first = _earlier(dossier)
    known_earlier = bad[:first][np.isfinite(bad[:first])]
    centre = float(known_earlier.mean()) if known_earlier.size else float(bad[seen].mean())
    rows: list[Row] = []
    for place, group in enumerate(kept, 1):
        low, high = share_limits(centre, int(counts[group]))
        share = float(sums[group] / counts[group])
        rows.append({"n": place, "y": 100 * share, "low": 100 * low, "high": 100 * high, "out": not low <= share <= high})
    x = _("day") if daily else _("groups of consecutive pieces")
    drawn = charts.control_chart(rows, [{"y": 100 * centre, "kind": "mean"}], Axes(x, bad_share(dossier, _)))
    out = sum(row["out"] for row in rows)
    title = (
        _("Defects day by day (p chart): {out} of {groups} days outside the limits", out=out, groups=len(rows))
        if daily
        else _("Defects group by group (p chart): {out} of {groups} groups outside the limits", out=out, groups=len(rows))
    )
    note = _("Mean of the earlier pieces {mean}; limits by the number of pieces in each point.", mean=percent(100 * centre))
    return Drawn(charts.picture(drawn), title, (note,), wide=True)


def _groups(dossier: Dossier, seen: npt.NDArray[np.bool_]) -> tuple[npt.NDArray[np.int64], bool]:
    """A group number for each known piece: its local day, or one of some thirty equal groups when days do not serve."""
    moments = dossier.pieces.table.frame[MOMENT].filter(pl.Series(seen))
    count = int(seen.sum())
    if not moments.null_count():
        days = moments.dt.convert_time_zone(dossier.time_zone).dt.date()
        number_of_days = days.n_unique()
        if 5 <= number_of_days <= 120 and count / number_of_days >= LEAST_OF_A_DAY:
            return np.asarray(days.rank("dense").to_numpy(), dtype=np.int64) - 1, True
    size = max(LEAST_OF_A_DAY, count // GROUPS)
    return np.arange(count) // size, False


def _target_name(dossier: Dossier) -> str:
    return names.plant_names(dossier.target)
