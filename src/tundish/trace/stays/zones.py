"""Where in the furnace or on the line was a piece, and which signal counts only then?"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise, zip_longest

import numpy as np

from tundish.table import Column
from tundish.trace.stamps import NEVER, SECOND, Stamps
from tundish.trace.stays.segments import Floats

_FURNACE = re.compile(r"가열로|열처리로|소둔로|균열로|reheat\w*|heat[\s_]*treat\w*|heat[\s_]*no", re.IGNORECASE)
"""What names the whole furnace, not a part of it."""
_KINDS = {
    "preheat": re.compile(r"예열|pre[\s_-]*heat", re.IGNORECASE),
    "heat": re.compile(r"가열|승온|heat", re.IGNORECASE),
    "soak": re.compile(r"균열|soak", re.IGNORECASE),
    "cool": re.compile(r"냉각|서냉|cool", re.IGNORECASE),
}
_PART = r"(?:zone|bath|tank|존|조|대)"
_NUMBERED = re.compile(rf"{_PART}[\s_#-]*(\d{{1,2}})(?!\d)|(\d{{1,2}})[\s_#-]*번?\s*{_PART}", re.IGNORECASE)
_LEAVES = re.compile(r"출측|출구|배출|추출|종료|완료|_out|\bout\b|exit|leav|end|discharg", re.IGNORECASE)
_ORDERED = 0.98
_SUM = 0.1
"""Part of a stay by which times spent in its zones may miss it."""


@dataclass(frozen=True, eq=False)
class Zone:
    """A part of the way: what its name says, and when each piece was in it (microseconds)."""

    key: str
    header: str
    """The plant's own name of the column that tells of it."""
    starts: Stamps
    ends: Stamps


def zone_of(*names: str) -> str | None:
    """Which zone these names speak of; None when of none or of several.

    >>> zone_of("가열로 예열대 온도"), zone_of("ZONE3_TEMP"), zone_of("2존 온도"), zone_of("가열로 온도")
    ('preheat', '3', '2', None)
    """
    found = set()
    for name in names:
        part = _FURNACE.sub(" ", name)
        numbered = _NUMBERED.search(part)
        if numbered:
            found.add(str(int(numbered[1] or numbered[2])))
        else:
            found |= {next(iter([k for k, hint in _KINDS.items() if hint.search(part)]), "")} - {""}
    return found.pop() if len(found) == 1 else None


def find_zones(
    starts: Stamps, ends: Stamps, columns: Sequence[tuple[Column, Stamps]], lasted: Sequence[tuple[Column, Floats]]
) -> tuple[Zone, ...]:
    """Zones told by times of entry or exit (microseconds), else by how long a piece was in each (s), one value a piece.

    At least two zones, in the order in which pieces go through them; empty when times are out of order or do not fit the stay.
    """
    zones = _by_times(starts, ends, columns) or _by_durations(starts, ends, lasted)
    return tuple(_left(zone, after) for zone, after in zip_longest(zones, zones[1:]))


def _left(zone: Zone, after: Zone | None) -> Zone:
    """A row stamped as the piece enters the next zone belongs to that one only."""
    if after is None:
        return zone
    known = (zone.ends != NEVER) & (after.starts != NEVER)
    return replace(zone, ends=np.where(known, np.minimum(zone.ends, after.starts - 1), zone.ends))


def _by_times(starts: Stamps, ends: Stamps, columns: Sequence[tuple[Column, Stamps]]) -> tuple[Zone, ...]:
    named = [(key, column, times) for column, times in columns if (key := zone_of(*column.headers)) is not None]
    entries = [one for one in named if not _LEAVES.search(one[1].header)]
    exits = {key: times for key, column, times in named if _LEAVES.search(column.header)}
    keys = [key for key, _, _ in entries]
    if len(keys) != len(set(keys)):
        return ()
    if len(entries) < 2 and len(exits) >= 2:
        return _by_exits(starts, [one for one in named if _LEAVES.search(one[1].header)])
    if len(entries) < 2:
        return ()
    entries.sort(key=lambda one: _typical(one[2], starts))
    following = [times for _, _, times in entries[1:]] + [ends]
    zones = [
        Zone(key, column.header, times, exits.get(key, after))
        for (key, column, times), after in zip(entries, following, strict=True)
    ]
    return tuple(zones) if all(_in_order(zone.starts, zone.ends) for zone in zones) else ()


def _by_exits(starts: Stamps, named: Sequence[tuple[str, Column, Stamps]]) -> tuple[Zone, ...]:
    ordered = sorted(named, key=lambda one: _typical(one[2], starts))
    before = [starts, *(times for _, _, times in ordered[:-1])]
    zones = [Zone(key, column.header, begin, times) for (key, column, times), begin in zip(ordered, before, strict=True)]
    distinct = len({zone.key for zone in zones}) == len(zones)
    return tuple(zones) if distinct and all(_in_order(zone.starts, zone.ends) for zone in zones) else ()


def _by_durations(starts: Stamps, ends: Stamps, lasted: Sequence[tuple[Column, Floats]]) -> tuple[Zone, ...]:
    """In the order of the columns; their sum must be the stay."""
    named = [(key, column, seconds) for column, seconds in lasted if (key := zone_of(*column.headers)) is not None]
    if len(named) < 2 or len({key for key, _, _ in named}) < len(named):
        return ()
    total = np.sum([seconds for _, _, seconds in named], axis=0)
    known = (starts != NEVER) & (ends != NEVER) & ~np.isnan(total)
    whole = np.where(known, ends - np.where(known, starts, 0), 0) / SECOND
    if not known.any() or (np.abs(total - whole)[known] <= _SUM * whole[known]).mean() < 0.8:
        return ()
    edges = [starts]
    for _, _, seconds in named:
        step = np.where(known, np.nan_to_num(seconds) * SECOND, 0).astype(np.int64)
        edges.append(np.where(known, edges[-1] + step, NEVER))
    return tuple(Zone(key, column.header, a, b) for (key, column, _), (a, b) in zip(named, pairwise(edges), strict=True))


def _typical(times: Stamps, starts: Stamps) -> float:
    both = (times != NEVER) & (starts != NEVER)
    return float(np.median((times - starts)[both])) if both.any() else np.inf


def _in_order(starts: Stamps, ends: Stamps) -> bool:
    both = (starts != NEVER) & (ends != NEVER)
    return bool(both.any() and (ends[both] >= starts[both]).mean() >= _ORDERED)


def zones_by_signal(columns: Sequence[Column], zones: Sequence[Zone]) -> Mapping[str, Zone]:
    """Column name -> the zone it belongs to, by what both names say."""
    by_key = {zone.key: zone for zone in zones}
    told = {column.name: zone_of(*column.headers) for column in columns}
    return {name: by_key[key] for name, key in told.items() if key in by_key}
