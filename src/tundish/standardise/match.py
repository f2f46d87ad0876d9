"""Which concept does each column of a table mean, and how sure is that?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from tundish.errors import Message
from tundish.standardise.evidence import SHORT_NAME, Evidence, fitting_unit, weigh
from tundish.standardise.look import ColumnSketch, Look, look_at
from tundish.standardise.names import take_apart
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


ENOUGH = 0.76
"""Least score at which a column is given a concept; chosen on tests/standardise/headers.yaml: rather silent than wrong."""
_AMBIGUOUS = 0.015
"""Scores nearer than this cannot be told apart."""
_USUAL_UNIT = 0.0001
"""Breaks a tie of two columns for one meaning: ℃ before ℉."""
_SECOND_BEST = 0.08
"""A column may take its second meaning when the first is taken, if it scores at most this much less."""
_GENERAL = frozenset({"identity", "production", "product", "inspection", "line", "energy"})
"""Areas that stand in tables of any process, and so say nothing about the table."""


def match(columns: Sequence[ColumnSketch], catalogue: Catalogue, *, table_name: str) -> tuple[Matched, ...]:
    """Give each column of a table its concept, or none when no meaning is sure. One ``Matched`` a column, in order.

    A meaning is given once per table and position. Without a unit the concept may be sure and the unit still unknown:
    then ``unit`` is None, and the plant's usual unit must be asked, never taken.
    """
    looks = look_at(columns, catalogue)
    first = [weigh(look, catalogue, {}) for look in looks]
    support = _support(first, catalogue, table_name)
    evidence = [weigh(look, catalogue, support) for look in looks]
    positions = _positions(looks, evidence)
    given = _assign(looks, evidence, positions)
    return tuple(
        _matched(column, look, found, chosen, position)
        for column, look, found, chosen, position in zip(columns, looks, evidence, given, positions, strict=True)
    )


def _support(first: list[list[Evidence]], catalogue: Catalogue, table_name: str) -> dict[str, float]:
    """How far table name and sure neighbours speak of each area, 0 to 1."""
    sure = [found[0].concept.area for found in first if found and found[0].score >= 0.9]
    special = [area for area in sure if area not in _GENERAL]
    support = {area: 0.8 for area in set(special) if special.count(area) >= 2 and special.count(area) >= len(special) / 2}
    named = take_apart(table_name.rpartition(".")[0] or table_name, catalogue.words).parts
    for area in catalogue.areas.values():
        if area.id not in _GENERAL and area.id in named:
            support[area.id] = 1.0
    short = [f"short:{e.concept.area}" for found in first for e in found[:1] if e.name == SHORT_NAME]
    support |= {area: 1.0 for area in set(short) if short.count(area) >= 3}
    return support


def _positions(looks: list[Look], evidence: list[list[Evidence]]) -> list[str | None]:
    """Which of several each column is; codes, averages and extremes count where they are needed to tell columns apart."""
    plain = ["-".join(look.name.positions) for look in looks]
    heads = [found[0].concept.id if found and found[0].score >= ENOUGH else "" for found in evidence]
    crowd = Counter(zip(heads, plain, strict=True))
    full = []
    for look, head, position in zip(looks, heads, plain, strict=True):
        parts = [position] if position else []
        if head and crowd[head, position] > 1:
            parts += [*look.name.codes, *([look.name.statistic] if look.name.statistic else [])]
        elif look.name.statistic in ("min", "max", "std"):
            parts.append(look.name.statistic)
        full.append("-".join(parts) or None)
    return full


def _assign(looks: list[Look], evidence: list[list[Evidence]], positions: list[str | None]) -> list[Evidence | None]:
    """Give meanings so that each stands once per position and the scores add up to the most."""
    from scipy.optimize import linear_sum_assignment

    offers = [[e for e in found if e.score >= max(ENOUGH, found[0].score - _SECOND_BEST)] for found in evidence]
    slots = {
        key: n
        for n, key in enumerate(dict.fromkeys((e.concept.id, p) for o, p in zip(offers, positions, strict=True) for e in o))
    }
    if not slots:
        return [None] * len(evidence)
    units = [look.unit.label if look.unit else None for look in looks]
    asking = [row for row, offer in enumerate(offers) if offer]
    gains = np.zeros((len(asking), len(slots) + len(asking)))
    gains[:, len(slots) :] = ENOUGH / 2
    for n, row in enumerate(asking):
        for e in offers[row]:
            gains[n, slots[e.concept.id, positions[row]]] = e.score + _USUAL_UNIT * (units[row] == e.concept.plant_unit)
    places, taken = linear_sum_assignment(gains, maximize=True)
    chosen: list[Evidence | None] = [None] * len(evidence)
    for row, slot in zip([asking[place] for place in places], taken, strict=True):
        chosen[row] = next((e for e in offers[row] if slots[e.concept.id, positions[row]] == slot), None)
    held = {(e.concept.id, p) for e, p in zip(chosen, positions, strict=True) if e}
    return [
        e if e and not _rivals(e, found, p, held) else None for e, found, p in zip(chosen, evidence, positions, strict=True)
    ]


def _rivals(chosen: Evidence, found: list[Evidence], position: str | None, held: set[tuple[str, str | None]]) -> bool:
    """Is there another meaning, not taken by another column, that scores as much?"""
    return any(
        e.concept.id != chosen.concept.id and e.score > chosen.score - _AMBIGUOUS and (e.concept.id, position) not in held
        for e in found
    )


def _matched(column: ColumnSketch, look: Look, found: list[Evidence], chosen: Evidence | None, position: str | None) -> Matched:
    unit = fitting_unit(look.unit, chosen.concept) if chosen else look.unit
    report = Match(
        origin=column.origin,
        concept=chosen.concept.id if chosen else None,
        score=round(chosen.score if chosen else found[0].score if found else 0.0, 3),
        unit_read=look.unit_text,
        unit=unit.label if unit else None,
        alternatives=tuple((e.concept.id, round(e.score, 3)) for e in found if e is not chosen)[:3],
        reason=_why(column, look, chosen, unit) if chosen else _why_not(column, look, found),
    )
    return Matched(report, position, unit, look.unit_text, _STATISTICS.get(look.name.statistic or "", "value"))


_STATISTICS: Mapping[str, Statistic] = {"mean": "mean", "min": "min", "max": "max", "std": "std"}


def _why(column: ColumnSketch, look: Look, chosen: Evidence, unit: Unit | None) -> Message:
    header, concept = column.header, chosen.concept.id
    if unit is not None:
        return Message(
            "{header}: the name means {concept}, and the unit {unit} fits.", header=header, concept=concept, unit=unit.label
        )
    if look.unit_text is not None:
        return Message(
            "{header}: the name means {concept}; the unit {unit} is unknown or does not fit. "
            "Write it under [units] in plant.toml.",
            header=header,
            concept=concept,
            unit=look.unit_text,
        )
    if chosen.concept.unit is None:
        return Message("{header}: the name means {concept}, and the values fit.", header=header, concept=concept)
    return Message(
        "{header}: the name means {concept}; no unit is written. Usual is {unit}: confirm it under [units] in plant.toml.",
        header=header,
        concept=concept,
        unit=chosen.concept.plant_unit or chosen.concept.unit,
    )


def _why_not(column: ColumnSketch, look: Look, found: list[Evidence]) -> Message:
    header = column.header
    if not found or found[0].name < 0.5:
        return Message("{header}: the name says too little. Write its meaning under [mapping] in plant.toml.", header=header)
    best = found[0]
    if best.score >= ENOUGH and len(found) > 1:
        return Message(
            "{header}: {first} or {second}, or already taken by another column. "
            "Write the one you mean under [mapping] in plant.toml.",
            header=header,
            first=best.concept.id,
            second=found[1].concept.id,
        )
    if best.score >= ENOUGH:
        return Message(
            "{header}: another column is {concept} already. Say which one counts under [mapping] in plant.toml.",
            header=header,
            concept=best.concept.id,
        )
    if best.kind < 0.9:
        return Message(
            "{header}: the name is near {concept}, but the values are of kind {kind}. "
            "Write its meaning under [mapping] in plant.toml.",
            header=header,
            concept=best.concept.id,
            kind=look.kind,
        )
    return Message(
        "{header}: near {concept}, but not sure. Write its meaning under [mapping] in plant.toml.",
        header=header,
        concept=best.concept.id,
    )
