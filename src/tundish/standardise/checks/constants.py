"""Does a column hold one value only?"""

from __future__ import annotations

from collections.abc import Iterator

from tundish.errors import Message
from tundish.standardise.sheet import Odd, Sheet


def check(sheet: Sheet) -> Iterator[Odd]:
    """Columns in which nothing ever changes."""
    for one in sheet.columns:
        filled = one.read.values.drop_nulls()
        if len(filled) >= max(3, 0.5 * len(one.read.values)) and filled.n_unique() == 1 and one.read.kind != "time":
            value = one.column.to_plant(filled[0]) if one.read.kind == "number" else filled[0]
            shown = f"{value:g}" if isinstance(value, float) else str(value)
            message = Message("The column holds one value only ({value}); nothing can be learned from it.", value=shown)
            yield Odd("constant", "info", message, one, count=len(filled))
