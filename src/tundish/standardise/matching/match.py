"""Which concept does each column of a table mean, and how sure is that?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from tundish.standardise.matching.calibration import threshold
from tundish.standardise.matching.evidence import HOLDERS, SHORT_NAME, Evidence, weigh
from tundish.standardise.matching.fitting import fitting_unit
from tundish.standardise.matching.index import GENERAL
from tundish.standardise.matching.look import ColumnSketch, Look, look_at
from tundish.standardise.matching.names import take_apart
from tundish.standardise.matching.reasons import why, why_not
from tundish.table import Match, Statistic
from tundish.vocabulary.catalogue import Catalogue
from tundish.vocabulary.units import Unit


@dataclass(frozen=True, slots=True)
class Matched:
    """A column's meaning: the match as reported, and what the table needs of it."""

    match: Match
    position: str | None = None
    """Which of several; also ``min``/``max`` where a table holds several statistics. Name = concept + ``@position``."""
    unit: Unit | None = None
    """The unit as read, when it is known and fits the concept; None: unknown or none needed, ask."""
    unit_text: str | None = None
    """The unit as it was written, understood or not."""
    statistic: Statistic = "value"


_WORTH = 0.4
"""Least fit at which a meaning is worth holding against others."""
_VOTES = 0.75
"""Fit from which a column speaks for its neighbours."""
_FEW_VOTES = 1.5
"""Columns that must speak for an area before it counts."""
_USUAL_UNIT = 0.0001
"""Breaks a tie of two columns for one meaning: ℃ before ℉."""
_TAKEN = 0.3
"""How much a meaning lags that another column holds."""
_TOGETHER: Mapping[str, tuple[str, ...]] = {
    "galvanising": ("annealing",),
    "annealing": ("galvanising", "cold_rolling"),
    "rolling": ("reheating",),
    "reheating": ("rolling",),
    "casting": ("ladle", "melting"),
    "ladle": ("melting", "casting"),
    "melting": ("ladle", "casting"),
    "electroplating": ("pickling", "galvanising"),
}
"""Areas that stand in one line or one shop, so that what speaks for one speaks for the other."""
_TOGETHER_SHARE = 0.8
_COMPANY = 3
"""Columns of an area from which one or two letters are read as its own (`V` beside `Si` and `Mn`)."""
_SECOND_BEST = 0.08
"""A column may take its second meaning when the first is taken, if it fits at most this much less."""


def match(columns: Sequence[ColumnSketch], catalogue: Catalogue, *, table_name: str) -> tuple[Matched, ...]:
    """Give each column of a table its concept, or none when no meaning is sure. One ``Matched`` a column, in order.

    A meaning is given once per table and position, when its probability reaches the threshold of calibration.yaml. Without
    a unit the concept may be sure and the unit still unknown: then ``unit`` is None, and the plant's usual unit must be
    asked, never taken.
    """
    looks = look_at(columns, catalogue)
    evidence, positions = judge(looks, catalogue, table_name)
    return tuple(
        _matched(column, look, found, position)
        for column, look, found, position in zip(columns, looks, evidence, positions, strict=True)
    )


def judge(looks: Sequence[Look], catalogue: Catalogue, table_name: str) -> tuple[list[list[Evidence]], list[str | None]]:
    """Evidence of each column, the meaning that the whole table leaves to it first, and which of several it is."""
    first = [weigh(look, catalogue, {}) for look in looks]
    support = _support(first, catalogue, table_name)
    evidence = [weigh(look, catalogue, support) for look in looks]
    positions = _positions(looks, evidence, catalogue)
    given = _assign(looks, evidence, positions)
    held = {(e.concept.id, p) for e, p in zip(given, positions, strict=True) if e}
    return [
        lined_up(found, chosen, {id for id, place in held if place == position})
        for found, chosen, position in zip(evidence, given, positions, strict=True)
    ], positions


def lined_up(found: Sequence[Evidence], chosen: Evidence | None, held: set[str]) -> list[Evidence]:
    """The chosen meaning first, then the others; each with its lead over the best other that no column holds.

    Without a chosen one all of them lag behind what is held: another column has the meaning already.
    """
    order = [*([chosen] if chosen else []), *(e for e in found if e is not chosen)]
    fits = {id(e): e.fit for e in order}
    free = sorted((fits[id(e)] for e in order if e is chosen or e.concept.id not in held), reverse=True)
    top = max(fits.values(), default=0.0)
    lined = []
    for e in order:
        fit, taken = fits[id(e)], e is not chosen and e.concept.id in held
        rival = next((other for n, other in enumerate(free) if taken or n != free.index(fit)), 0.0)
        lead = fit - rival
        if chosen is not None and e is not chosen:
            lead = min(lead, fit - fits[id(chosen)])
        elif taken:
            lead = min(lead, fit - top - _TAKEN)
        lined.append(replace(e, lead=lead))
    return lined


def _support(first: list[list[Evidence]], catalogue: Catalogue, table_name: str) -> dict[str, float]:
    """How far table name and sure neighbours speak of each area, 0 to 1."""
    votes: Counter[str] = Counter()
    for found in first:
        areas = {e.concept.area for e in found if e.fit >= max(_VOTES, found[0].fit - _SECOND_BEST)}
        votes.update({area: 1 / len(areas) for area in areas})
    special = {area: count for area, count in votes.items() if area not in GENERAL}
    most = max(3.0, *special.values()) if special else 0.0
    support = {area: count / most for area, count in special.items() if count >= _FEW_VOTES}
    for one, share in list(support.items()):
        for neighbour in _TOGETHER.get(one, ()):
            support[neighbour] = max(support.get(neighbour, 0.0), _TOGETHER_SHARE * share)
    support |= {f"short:{area}": 1.0 for area, count in votes.items() if count >= _COMPANY}
    named = take_apart(table_name.rpartition(".")[0] or table_name, catalogue.words).parts
    for area in catalogue.areas.values():
        if area.id not in GENERAL and (area.id in named or named.issuperset(area.id.split("_"))):
            support[area.id] = 1.0
    short = [f"short:{e.concept.area}" for found in first for e in found[:1] if e.name == SHORT_NAME]
    support |= {area: 1.0 for area in set(short) if short.count(area) >= 3}
    return support


def _positions(looks: Sequence[Look], evidence: list[list[Evidence]], catalogue: Catalogue) -> list[str | None]:
    """Which of several each column is; codes, averages and places count where they are needed to tell columns apart."""
    heads = [found[0].concept.id if found and found[0].fit >= _WORTH else "" for found in evidence]
    sections = [_sections(look, head, catalogue) for look, head in zip(looks, heads, strict=True)]
    plain = ["-".join((*look.name.positions, *said)) for look, said in zip(looks, sections, strict=True)]
    crowd: dict[tuple[str, str], list[Look]] = {}
    for look, head, position in zip(looks, heads, plain, strict=True):
        crowd.setdefault((head, position), []).append(look)
    full = []
    for look, head, position in zip(looks, heads, plain, strict=True):
        parts = [position] if position else []
        if head and len(crowd[head, position]) > 1:
            parts += [*_place(look, crowd[head, position]), *look.name.codes]
            parts += [look.name.statistic] if look.name.statistic else []
        elif look.name.statistic in ("min", "max", "std"):
            parts.append(look.name.statistic)
        full.append("-".join(parts) or None)
    return full


def _sections(look: Look, head: str, catalogue: Catalogue) -> list[str]:
    """Where on the line, for what a line has at its entry and its exit."""
    if not head or not catalogue.concept(head).at_sections:
        return []
    return [part for part in look.name.run if part in catalogue.words.sections]


def _place(look: Look, crowd: Sequence[Look]) -> list[str]:
    """What leads the tags of columns of one meaning, when it leads each of them differently: roughing, finishing."""
    leads = [tuple(part for part in one.name.run if part in (one.context - one.everywhere) | HOLDERS) for one in crowd]
    own = tuple(part for part in look.name.run if part in (look.context - look.everywhere) | HOLDERS)
    return list(own) if len(set(leads)) == len(leads) else []


def _assign(looks: Sequence[Look], evidence: list[list[Evidence]], positions: list[str | None]) -> list[Evidence | None]:
    """Give meanings so that each stands once per position and the fits add up to the most."""
    from scipy.optimize import linear_sum_assignment

    offers = [[e for e in found if e.fit >= max(_WORTH, found[0].fit - _SECOND_BEST)] for found in evidence]
    slots = {
        key: n
        for n, key in enumerate(dict.fromkeys((e.concept.id, p) for o, p in zip(offers, positions, strict=True) for e in o))
    }
    if not slots:
        return [None] * len(evidence)
    units = [look.unit.label if look.unit else None for look in looks]
    asking = [row for row, offer in enumerate(offers) if offer]
    gains = np.zeros((len(asking), len(slots) + len(asking)))
    gains[:, len(slots) :] = _WORTH / 2
    for n, row in enumerate(asking):
        for e in offers[row]:
            gains[n, slots[e.concept.id, positions[row]]] = e.fit + _USUAL_UNIT * (units[row] == e.concept.plant_unit)
    places, taken = linear_sum_assignment(gains, maximize=True)
    chosen: list[Evidence | None] = [None] * len(evidence)
    for row, slot in zip([asking[place] for place in places], taken, strict=True):
        chosen[row] = next((e for e in offers[row] if slots[e.concept.id, positions[row]] == slot), None)
    return chosen


def _matched(column: ColumnSketch, look: Look, found: list[Evidence], position: str | None) -> Matched:
    best = found[0] if found else None
    chosen = best if best and best.score >= threshold() else None
    unit = fitting_unit(look.unit, chosen.concept) if chosen else look.unit
    report = Match(
        origin=column.origin,
        concept=chosen.concept.id if chosen else None,
        score=round(best.score, 3) if best else 0.0,
        unit_read=look.unit_text,
        unit=unit.label if unit else None,
        alternatives=tuple((e.concept.id, round(e.score, 3)) for e in found if e is not chosen)[:3],
        reason=why(column.header, look, chosen, unit) if chosen else why_not(column.header, look, found),
    )
    return Matched(report, position, unit, look.unit_text, _STATISTICS.get(look.name.statistic or "", "value"))


_STATISTICS: Mapping[str, Statistic] = {"mean": "mean", "min": "min", "max": "max", "std": "std"}
