"""Which columns of a table are the same event written again and again to the right, and how do they become rows?"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import takewhile

import polars as pl

from tundish.errors import Message
from tundish.standardise.places import Place
from tundish.standardise.values.kinds import Read
from tundish.table import ROW, Origin, Repair

_NUMBERED = re.compile(r"^(\D*?)\s*(\d{1,3})(?!\d)(\D*)$")
REPEAT = "repeat"
"""Header of the running number that an unpivoted table gets."""


@dataclass(frozen=True)
class Block:
    """Repeated columns: stem -> number -> column."""

    stems: Mapping[str, Mapping[int, Read]]
    name: str


def repeated_block(reads: Sequence[Read]) -> Block | None:
    """Find events written to the right: two or more numbered stems with the same numbers, one of them times, filled ever less.

    Numbered places (`온도1`, `온도2`) are no events: they hold no time of their own, and are left as columns.
    """
    stems: dict[str, dict[int, Read]] = defaultdict(dict)
    for read in reads:
        found = _NUMBERED.match(read.header.strip())
        if found:
            stems[_stem(found[1], found[3])][int(found[2])] = read
    for stem, repeats in stems.items():
        if len(repeats) < 3 or not _events(repeats):
            continue
        same = {other: columns for other, columns in stems.items() if other == stem or _goes_with(columns, repeats)}
        if len(same) >= 2:
            return Block(same, _name([stem, *(other for other in same if other != stem)]))
    return None


def unpivot(block: Block, reads: Sequence[Read], rows: pl.Series, origin: Origin) -> tuple[list[Read], pl.Series, Repair]:
    """Rows of their own for a block, each with the ids of the row it came from, and a running number."""
    names = [read for read in reads if read.kind == "identity"]
    numbers = sorted(next(iter(block.stems.values())))
    height = len(rows)
    columns: dict[str, list[pl.Series]] = {stem: [repeats[n].values for n in numbers] for stem, repeats in block.stems.items()}
    stacked = {stem: pl.concat(_one_type(parts)) for stem, parts in columns.items()}
    kept = _filled(stacked)
    where = pl.concat([rows] * len(numbers)).filter(kept).alias(ROW)
    index = pl.Series(REPEAT, [float(n) for n in numbers for _ in range(height)]).filter(kept)
    place = Place(Origin(origin.file, origin.sheet), where)
    made = [
        _long(name, Place(name.place.origin, where), pl.concat([name.values] * len(numbers)).filter(kept)) for name in names
    ]
    made.append(Read(REPEAT, place, "number", index, index, (place.origin,)))
    for stem, repeats in block.stems.items():
        made.append(_stacked(stem, repeats, stacked[stem].filter(kept), where))
    message = Message(
        "{columns} columns that repeat {name} to the right became {rows} rows of a table of their own; "
        "{empty} empty ones were left out.",
        columns=sum(len(repeats) for repeats in block.stems.values()),
        name=block.name,
        rows=int(kept.sum()),
        empty=int((~kept).sum()),
    )
    return made, where, Repair("unpivoted", message, Origin(origin.file, origin.sheet), count=int(kept.sum()))


def common_start(*texts: str) -> str:
    """What all texts begin with.

    >>> common_start("출고날짜", "출고량")
    '출고'
    """
    same = takewhile(lambda letters: len(set(letters)) == 1, zip(*texts, strict=False))
    return "".join(letters[0] for letters in same)


def _stem(before: str, after: str) -> str:
    after = re.sub(r"^\s*(?:차|회|번째|번|호)\s*", "", after) if not before.strip() else after
    return f"{before.strip(' _-')} {after.strip(' _-')}".strip()


def _name(stems: Sequence[str]) -> str:
    common = common_start(*stems).strip(" _-")
    return common if len(common) >= 2 else stems[0]


def _events(repeats: Mapping[int, Read]) -> bool:
    filled = [len(repeats[n].values) - repeats[n].values.null_count() for n in sorted(repeats)]
    times = [read.kind == "time" for n, read in repeats.items() if read.values.null_count() < len(read.values)]
    return (
        bool(times)
        and all(times)
        and filled[-1] < filled[0]
        and sum(filled[: len(filled) // 2]) > sum(filled[len(filled) // 2 :])
    )


def _goes_with(columns: Mapping[int, Read], events: Mapping[int, Read]) -> bool:
    """True when these columns say something only where the event took place."""
    if set(columns) != set(events):
        return False
    said, alone = 0, 0
    for number, read in columns.items():
        filled = _filled({"": read.values})
        said += int(filled.sum())
        alone += int((filled & events[number].values.is_null()).sum())
    return alone <= 0.1 * said


def _one_type(parts: list[pl.Series]) -> list[pl.Series]:
    dtype = next((part.dtype for part in parts if part.null_count() < len(part)), parts[0].dtype)
    return [part.cast(dtype, strict=False).alias("") for part in parts]


def _filled(stacked: Mapping[str, pl.Series]) -> pl.Series:
    kept = pl.zeros(len(next(iter(stacked.values()))), dtype=pl.Boolean, eager=True)
    for values in stacked.values():
        kept = kept | (
            values.is_not_null() & (values != 0).fill_null(value=False) if values.dtype.is_numeric() else values.is_not_null()
        )
    return kept


def _long(read: Read, place: Place, values: pl.Series) -> Read:
    return replace(read, place=place, values=values, raw=values, repairs=(), findings=())


def _stacked(stem: str, repeats: Mapping[int, Read], values: pl.Series, where: pl.Series) -> Read:
    reads = [repeats[n] for n in sorted(repeats)]
    first = next((read for read in reads if read.values.null_count() < len(read.values)), reads[0])
    return replace(
        first,
        header=stem,
        place=Place(first.place.origin, where),
        values=values,
        raw=values,
        origins=tuple(origin for read in reads for origin in read.origins),
        repairs=tuple(repair for read in reads for repair in read.repairs),
        findings=tuple(finding for read in reads for finding in read.findings),
    )
