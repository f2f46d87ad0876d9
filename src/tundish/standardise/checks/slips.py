"""Is a decimal point in the wrong place, or does a column hold values in two units?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from tundish.errors import Message
from tundish.standardise.meaning import Meant
from tundish.standardise.sheet import SURE_SHARE, Floats, Mask, Odd, Sheet

_FEWEST = 30
_BIN = np.log(1.06)
_GAP = 7
"""Empty bins of 6 % that part two groups of values: a factor of 1.5."""
_POWERS = (10.0, 100.0, 1000.0, 0.1, 0.01, 0.001)
_ODD, _FAR = 2.0, 5.0
"""Spans of all other values that lie between them and a slipped one: to be told, and to be set aside. A quantity that comes
near 0 by itself has small values that are some true ones over ten; there the span is wider than the gap."""
_WIDTH = 0.5
"""Greatest ratio of all other values, in factors of the slip: in a wider column any great value is a true one times ten."""
_MIXED_FROM = 0.005
"""Least share of rows that a second unit holds; rarer ones are single slips."""
_RUN = 2
_LEVELS = 5
"""Least different values of a second unit; a code or a detection limit has one."""
_SCATTER = 3.0
"""Greatest ratio of the scatter (10th to 90th percentile) of the two, once in one unit."""
_UNITS: dict[str, tuple[float, ...]] = {
    "length": (1000.0, 25.4, 10.0, 100.0),
    "mass": (1000.0, 0.45359237),
    "pressure": (9.80665, 98.0665, 6.894757, 1000.0, 10.0, 100.0),
    "force": (9.80665, 1000.0),
    "speed": (60.0, 1000.0),
    "energy": (9.80665, 1000.0, 3.6),
    "time": (60.0, 3600.0),
}
"""Factors between units that plants write for one quantity: m/mm, inch/mm; t/kg, lb/kg; kgf/MPa, kgf/kPa, ksi/MPa, bar; m/s and
m/min; J and kgf m. Exact by definition (SI Brochure, 9th edition; NIST SP 811, appendix B); psi to three decimals of it."""


@dataclass(frozen=True)
class _Groups:
    """Values of a column in groups that lie far apart: limits of the greatest group, and the rest."""

    one: Meant
    values: Floats
    rows: int
    """Rows that hold a value."""
    low: float
    high: float
    others: tuple[Mask, ...]


def check(sheet: Sheet) -> Iterator[Odd]:
    """Groups of values that are the others times a power of ten, or the others in another unit."""
    for one, values in sheet.numbers:
        groups = _groups(one, values)
        if groups is None or groups.high <= groups.low:
            continue
        for where in groups.others:
            odd = _mixed(sheet, groups, where) or _slipped(groups, where)
            if odd is not None:
                yield odd


def _groups(one: Meant, values: Floats) -> _Groups | None:
    positive = values > 0
    count = int(positive.sum())
    if count < _FEWEST or count < 0.9 * int((np.isfinite(values) & (values != 0)).sum()):
        return None
    logs = np.full(len(values), np.nan)
    np.log(values, out=logs, where=positive)
    bins = np.floor(np.where(positive, logs, np.nanmin(logs)) / _BIN).astype(np.int64)
    bins -= bins.min()
    filled = np.flatnonzero(np.bincount(bins[positive]))
    breaks = np.flatnonzero(np.diff(filled) > _GAP)
    if not 0 < len(breaks) <= 4:
        return None
    upper = filled[breaks + 1]
    group = np.where(positive, np.searchsorted(upper, bins, side="right"), -1)
    sizes = np.bincount(group[positive], minlength=len(upper) + 1)
    main = int(sizes.argmax())
    inside = values[group == main]
    if sizes[main] < 0.5 * count or len(np.unique(inside[: 10 * _FEWEST])) < 5:
        return None
    others = tuple(group == i for i in range(len(sizes)) if i != main and sizes[i])
    return _Groups(one, values, int(np.isfinite(values).sum()), float(inside.min()), float(inside.max()), others)


def _slipped(groups: _Groups, where: Mask) -> Odd | None:
    one, values = groups.one, groups.values
    found = values[where]
    if len(found) > max(3, SURE_SHARE * groups.rows) or _longest(where) > _RUN or _integer_levels(one, values):
        return None
    below = float(found.max()) < groups.low
    if below and bool((values == 0).any()):
        return None
    gap = groups.low - float(found.max()) if below else float(found.min()) - groups.high
    spans = gap / (groups.high - groups.low)
    power = next((power for power in _POWERS if _fits(found / power, groups)), None)
    if power is None or spans < _ODD or groups.high / groups.low > _WIDTH * min(max(power, 1 / power), 40.0):
        return None
    wanted = np.full(len(values), np.nan)
    wanted[where] = found / power
    message = Message(
        "The decimal point has slipped: the values are {factor} times what all others are ({span}).",
        factor=f"{power:g}",
        span=f"{groups.low:.5g} ~ {groups.high:.5g} {one.column.unit_read or ''}".rstrip(),
    )
    if spans >= _FAR:
        hint = Message("Look at the original record and write the true value into the quarantine file.")
    else:
        hint = Message(
            "Look at the original record. The value is used as it stands; if it is wrong, correct it and export again."
        )
    return Odd(
        "decimal_slip",
        "warning",
        message,
        one,
        where,
        hint,
        wanted=wanted,
        impossible=spans >= _FAR,
        drawn=True,
        band=(groups.low, groups.high),
    )


def _fits(true: Floats, groups: _Groups) -> bool:
    slack = 0.1 * (groups.high - groups.low)
    return bool(np.all((true >= groups.low - slack) & (true <= groups.high + slack)))


def _mixed(sheet: Sheet, groups: _Groups, where: Mask) -> Odd | None:
    one, rows = groups.one, groups.rows
    found = groups.values[where]
    if len(found) < max(5, _MIXED_FROM * rows) or (sheet.log and _runs(where) > 3):
        return None
    quantity = one.concept.quantity if one.concept else None
    said = _in_other_unit(found, groups, quantity) if len(np.unique(found[:1000])) >= _LEVELS else None
    if said is None:
        return None
    message = Message(
        "The column holds values in two units: {count} of {rows} fit the others ({low} to {high} {unit}) only when {how}.",
        count=len(found),
        rows=rows,
        low=f"{groups.low:.5g}",
        high=f"{groups.high:.5g}",
        unit=one.column.unit_read or "",
        how=said,
    )
    hint = Message("Export the column in one unit, or in two columns with a unit each.")
    return Odd("mixed_units", "warning", message, one, where, hint, drawn=True, band=(groups.low, groups.high))


def _in_other_unit(found: Floats, groups: _Groups, quantity: str | None) -> str | None:
    """How the values become those of the main group: ``÷ 1000``, ``℉ → ℃``; None when no unit explains them."""
    if quantity == "temperature":
        ways = {"℉ → ℃": (found - 32) / 1.8, "℃ → ℉": found * 1.8 + 32, "K → ℃": found - 273.15, "℃ → K": found + 273.15}
    else:
        ways = {}
        for factor in _UNITS.get(quantity or "", (1000.0,)):
            ways |= {f"÷ {factor:g}": found / factor, f"x {factor:g}": found * factor}
    if groups.high / groups.low >= 20:
        return None
    main = groups.values[(groups.values >= groups.low) & (groups.values <= groups.high)]
    for way, true in ways.items():
        inside = (true >= groups.low * 0.95) & (true <= groups.high * 1.05)
        if inside.mean() >= 0.98 and _alike(true, main):
            return way
    return None


def _alike(true: Floats, main: Floats) -> bool:
    """Values of one quantity in another unit scatter as the others do; a detection limit or a second grade does not."""
    low, high = np.quantile(main, (0.1, 0.9))
    first, median, last = np.quantile(true, (0.1, 0.5, 0.9))
    spread = (last - first) / max(high - low, 1e-300)
    return bool(low <= median <= high and 1 / _SCATTER <= spread <= _SCATTER)


def _runs(where: Mask) -> int:
    return int((np.diff(np.r_[False, where].astype(np.int8)) == 1).sum())


def _longest(where: Mask) -> int:
    edges = np.flatnonzero(np.diff(np.r_[False, where, False].astype(np.int8)))
    return int((edges[1::2] - edges[::2]).max(initial=0))


def _integer_levels(one: Meant, values: Floats) -> bool:
    """Counts and codes have no decimal point that could slip."""
    quantity = one.concept.quantity if one.concept else None
    few = values[np.isfinite(values)][:2000]
    return quantity in ("count", None) and bool((few == np.round(few)).all())
