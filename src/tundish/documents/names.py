"""What is a column called where a person reads it? The plant's own names, what was made of them, and the unit."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import replace

from tundish.table import Column
from tundish.trace.forebears.carried import UPSTREAM
from tundish.vocabulary import load_catalogue
from tundish.vocabulary.words import even_blanks

Say = Callable[..., str]
_STEPS = re.compile(r"^(?:(mean|std|min|max) )?t-(\d+)(?:\.\.t-1)?$")


def plant_names(column: Column) -> str:
    """All names of a column in the plant's files: two exports, two names."""
    return " / ".join(column.headers) or column.name


def meaning(concept: str | None, lang: str) -> str | None:
    """Name of a concept in the reader's language; None when a column's meaning is not known."""
    catalogue = load_catalogue()
    if concept is None or concept not in catalogue:
        return None
    known = catalogue.concept(concept)
    return known.name_ko if lang == "ko" else known.name_en


def said_already(name: str | None, within: Iterable[str]) -> bool:
    """Does one of the plant's own names hold this name already, blanks and case apart?

    >>> said_already("라인 속도", ["라인속도(m/min)"]), said_already("압연 온도", ["rolling_temp"])
    (True, False)
    """
    return name is None or any(even_blanks(name) in even_blanks(other) for other in within)


def axis(column: Column, _: Say) -> str:
    """Title of an axis or a column of a sheet: the plant's names, what was made of them, the unit if no name holds it."""
    title = plant_names(column)
    made = made_of(column, _)
    title = f"{title}, {made}" if made else title
    return title if said_already(column.unit_read, column.headers) else f"{title} ({column.unit_read})"


def made_of(column: Column, _: Say) -> str:
    """What was made of the plant's values, over which part of the piece's stay; nothing for the value itself.

    >>> made_of(Column("t", "number", (), statistic="mean", window="stay"), lambda text, **values: text.format(**values))
    'mean over the stay'
    """
    if column.window == "calendar":
        return _calendar(column, _)
    if (column.window or "").startswith(UPSTREAM):
        return _upstream(column, _)
    if column.statistic == "value":
        return ""
    if column.statistic == "lag":
        return _past(column.window or "", _)
    statistic = statistics(_).get(column.statistic, column.statistic)
    if (column.window or "").startswith("zone:"):
        return _("{statistic} while in the zone of {zone}", statistic=statistic, zone=(column.window or "")[5:])
    over = {
        "stay": _("{statistic} over the stay", statistic=statistic),
        "metres": _("{statistic} over its own metres", statistic=statistic),
        "until_moment": _("{statistic} until the decision", statistic=statistic),
        "since_reading": _("{statistic} since the reading before", statistic=statistic),
        "heating": _("{statistic} while heating up", statistic=statistic),
        "holding": _("{statistic} while holding", statistic=statistic),
        "cooling": _("{statistic} while cooling down", statistic=statistic),
    }
    return over.get(column.window or "", statistic)


def statistics(_: Say) -> dict[str, str]:
    """What each statistic is called."""
    return {
        "mean": _("mean"),
        "std": _("scatter (standard deviation)"),
        "min": _("lowest"),
        "max": _("highest"),
        "first": _("first value"),
        "last": _("last value"),
        "slope": _("change per hour"),
        "sum": _("sum"),
        "count": _("number of entries"),
        "amount": _("amount over time"),
        "duration": _("duration in seconds"),
        "mode": _("commonest value"),
        "lag": _("past value"),
    }


def _upstream(column: Column, _: Say) -> str:
    """On which earlier line; without a line, that it is of the material."""
    line, _bar, window = (column.window or "").removeprefix(UPSTREAM).partition("|")
    made = made_of(replace(column, window=window or None), _)
    if line:
        return _("{made}, on {line}", made=made, line=line) if made else _("on {line}", line=line)
    return _("{made}, of what it was made of", made=made) if made else _("of what it was made of")


def _calendar(column: Column, _: Say) -> str:
    tag = column.name.rsplit("|", 1)[-1]
    return _("day of the week") if tag == "weekday" else _("time of day")


def _past(window: str, _: Say) -> str:
    found = _STEPS.match(window)
    if found is None:
        return window
    statistic, steps = found.groups()
    if statistic is None:
        return _("{steps} intervals before", steps=int(steps))
    return _("{statistic} of the {steps} intervals before", statistic=statistics(_)[statistic], steps=int(steps))
