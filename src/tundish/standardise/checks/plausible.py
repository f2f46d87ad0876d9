"""Does a value lie where its quantity can lie?"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from tundish.errors import Message
from tundish.standardise.meaning import Meant
from tundish.standardise.sheet import SURE_SHARE, Floats, Mask, Odd, Sheet
from tundish.standardise.values.gaps import MEASURED_QUANTITIES

_BY_FAR = 1.0
"""Widths of the plausible range beyond its end from which a value is set aside."""
_POSITIVE = frozenset(("mass", "length", "mass_fraction", "volume_fraction", "area_mass", "energy"))
"""Quantities that are never below zero where the plausible range is not; a little below is the zero of an instrument."""
_NOISE = 0.02


def check(sheet: Sheet) -> Iterator[Odd]:
    """Values outside of the plausible range of their concept; impossible ones apart from merely odd ones."""
    for one, values in sheet.numbers:
        usual = usual_range(one)
        if usual is None:
            continue
        low, high = usual
        with np.errstate(invalid="ignore"):
            outside = (values < low) | (values > high)
            if zero_when_still(one, log=sheet.log):
                outside &= values != 0
            if not outside.any():
                continue
            known = int(np.isfinite(values).sum())
            impossible = outside & _impossible(one, values, low, high)
        doubtful, misjudged = too_many(int(outside.sum()), int(impossible.sum()), known)
        if doubtful:
            yield _doubtful(one, outside, low, high)
            continue
        if misjudged:
            impossible = np.zeros_like(outside)
        if impossible.any():
            yield _set_aside(one, impossible, low, high)
        if (outside & ~impossible).any():
            yield _kept(one, outside & ~impossible, low, high)


def never_beyond(one: Meant, values: Floats) -> tuple[float, float] | None:
    """From where to where values of a column can be true, in the plant's unit; None where no range is known.

    What :func:`check` sets aside lies beyond, unless there is too much of it. ``values`` are a sample: what is a little below
    zero is judged by it.
    """
    usual = usual_range(one)
    known = values[np.isfinite(values)]
    if usual is None or one.concept is None or not known.size:
        return None
    low, high = usual
    quantity, least, most = one.concept.quantity, [-np.inf], [np.inf]
    if quantity == "temperature":
        least.append(one.column.to_plant(0.0))
    if quantity in _POSITIVE and low >= 0:
        least.append(-_NOISE * float(np.quantile(np.abs(known), 0.9)))
    if quantity == "mass_fraction":
        most.append(100.0 / one.column.factor)
    if np.isfinite(low) and np.isfinite(high):
        least.append(low - _BY_FAR * (high - low))
        most.append(high + _BY_FAR * (high - low))
    # What the check sets aside lies outside of the plausible range as well.
    return min(max(least), low), max(min(most), high)


def usual_range(one: Meant) -> tuple[float, float] | None:
    """The plausible range of a column's concept in the plant's unit; None where none is known."""
    if one.concept is None or one.column.unit is None or one.column.unit != one.concept.unit:
        return None
    return _range(one)


def zero_when_still(one: Meant, *, log: bool) -> bool:
    """Whether a 0 outside of the plausible range only says that the line stood."""
    concept = one.concept
    return log and concept is not None and concept.zero_is_missing and concept.quantity not in MEASURED_QUANTITIES


def too_many(outside: int, beyond: int, known: int) -> tuple[bool, bool]:
    """Whether so many of ``known`` values lie outside of the range that it says nothing of them; and so many beyond all that
    can be true that they are kept."""
    return outside > 0.5 * known, beyond > max(3, SURE_SHARE * known)


def _range(one: Meant) -> tuple[float, float]:
    concept = one.concept
    low = -np.inf if concept is None or concept.low is None else one.column.to_plant(concept.low)
    high = np.inf if concept is None or concept.high is None else one.column.to_plant(concept.high)
    return min(low, high), max(low, high)


def _impossible(one: Meant, values: Floats, low: float, high: float) -> Mask:
    """Against physics, or outside by more than the width of the whole range."""
    quantity = one.concept.quantity if one.concept else None
    none = np.zeros(len(values), dtype=np.bool_)
    if quantity == "temperature":
        none |= values < one.column.to_plant(0.0)
    if quantity in _POSITIVE and low >= 0:
        none |= values < -_NOISE * np.nanquantile(np.abs(values), 0.9)
    if quantity == "mass_fraction":
        none |= values * one.column.factor > 100.0
    if np.isfinite(low) and np.isfinite(high):
        none |= (values > high + _BY_FAR * (high - low)) | (values < low - _BY_FAR * (high - low))
    return none


def _said(one: Meant, low: float, high: float) -> dict[str, str]:
    return {
        "low": f"{low:g}" if np.isfinite(low) else "-",
        "high": f"{high:g}" if np.isfinite(high) else "-",
        "unit": one.column.unit_read or "",
    }


def _expected(one: Meant, low: float, high: float) -> str:
    return "{low} ~ {high} {unit}".format(**_said(one, low, high)).rstrip()


def _band(low: float, high: float) -> tuple[float | None, float | None]:
    return (low if np.isfinite(low) else None, high if np.isfinite(high) else None)


def _doubtful(one: Meant, outside: Mask, low: float, high: float) -> Odd:
    message = Message(
        "Most values lie outside of what is plausible ({low} to {high} {unit}): the unit or the meaning may be wrong. "
        "Correct it under [units] or [mapping] in plant.toml.",
        **_said(one, low, high),
    )
    hint = Message("Write the true unit under [units], or the true concept under [mapping], in plant.toml.")
    return Odd(
        "unit_doubtful",
        "warning",
        message,
        one,
        outside,
        hint,
        expected=_expected(one, low, high),
        claims=False,
        drawn=True,
        band=_band(low, high),
    )


def _set_aside(one: Meant, where: Mask, low: float, high: float) -> Odd:
    message = Message(
        "Values that cannot be true, far outside of what is plausible ({low} to {high} {unit}). The cells are left empty.",
        **_said(one, low, high),
    )
    hint = Message("Look at the original record and write the true value into the quarantine file.")
    return Odd(
        "impossible",
        "warning",
        message,
        one,
        where,
        hint,
        expected=_expected(one, low, high),
        impossible=True,
        drawn=True,
        band=_band(low, high),
    )


def _kept(one: Meant, where: Mask, low: float, high: float) -> Odd:
    message = Message(
        "Values lie outside of what is plausible ({low} to {high} {unit}); they are kept.", **_said(one, low, high)
    )
    hint = Message("Check the instrument, and the unit and meaning of the column.")
    return Odd(
        "implausible",
        "info",
        message,
        one,
        where,
        hint,
        expected=_expected(one, low, high),
        drawn=True,
        band=_band(low, high),
    )
