"""Which numbers have no unit, or one that is not known here?"""

from __future__ import annotations

from collections.abc import Iterator

from tundish.errors import Message
from tundish.standardise.forms.wide import REPEAT
from tundish.standardise.sheet import Odd, Sheet


def check(sheet: Sheet) -> Iterator[Odd]:
    """Units that are unknown, one by one; columns without any, together."""
    bare = []
    hint = Message("Write the unit under [units] in plant.toml.")
    for one, _ in sheet.numbers:
        if one.column.unit is not None:
            continue
        if one.match.unit_read:
            message = Message(
                "The unit {unit} is not known here; the values are kept as read. Write the unit under [units] in plant.toml.",
                unit=one.match.unit_read,
            )
            yield Odd("unit_unknown", "info", message, one, None, hint)
        elif one.read.header != REPEAT and (one.concept is None or one.concept.quantity is not None):
            bare.append(one.read.header)
    if bare:
        message = Message(
            "{count} columns of numbers have no unit; their values are kept as read: {columns}. "
            "Units can be written under [units] in plant.toml.",
            count=len(bare),
            columns=", ".join(bare),
        )
        yield Odd("unit_unknown", "info", message, None, None, hint, count=len(bare))
