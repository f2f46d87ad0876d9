"""What is the window worth, in won?"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import polars as pl

from tundish.errors import Message
from tundish.prove.evidence import Interval, Saving, WindowEvidence
from tundish.table import Column
from tundish.trace.pieces import MOMENT, Pieces

DAYS_A_YEAR = 365.25


def saving(window: WindowEvidence, later: Pieces, earlier: Pieces, target: Column, cost: float) -> Saving | None:
    """Won saved when every piece is run inside the window instead of as today; None when no year can be told from the data.

    ``cost`` is won per bad piece when the window speaks of shares, else won per plant unit of the target and piece. The
    year is as full as the span of the later pieces, or of all pieces when that is less than a day.
    """
    per_piece = cost * (1.0 if window.share else abs(target.to_plant_span(1.0)))
    for spoken in ((later,), (earlier, later)):
        pieces, days = sum(part.table.frame.height for part in spoken), span_days(spoken)
        if days is not None and days >= 1:
            break
    else:
        return None
    yearly = pieces / days * DAYS_A_YEAR
    assumptions = Message(
        "Every piece is run inside the window; the material stays as mixed as in the {later} later pieces "
        "({inside} of them were "
        "inside); one bad piece, or one unit of the target, costs {cost} won; a year is as full as the "
        "{days} days that the data "
        "span ({yearly} pieces a year).",
        later=later.table.frame.height,
        inside=window.pieces_inside,
        cost=cost,
        days=round(days, 1),
        yearly=round(yearly),
    )
    return Saving(_times(window.gain, per_piece * yearly), _times(window.gain, per_piece * 1000), assumptions)


def span_days(parts: Sequence[Pieces]) -> float | None:
    """Days from the first to the last piece; None when no time is known."""
    moments = pl.concat([part.table.frame.get_column(MOMENT).cast(pl.Datetime("us", "UTC")) for part in parts]).drop_nulls()
    return (moments[-1] - moments[0]) / timedelta(days=1) if moments.len() else None


def _times(interval: Interval, factor: float) -> Interval:
    low, high = sorted((interval.low * factor, interval.high * factor))
    return Interval(interval.value * factor, low, high)
