"""How well does a column fit a concept? Evidence from name, unit, values and kind, each from 0 to 1, and one score of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from tundish.standardise.matching.calibration import probability
from tundish.standardise.matching.fitting import fitting_unit
from tundish.standardise.matching.index import GENERAL, Index, Variant, index_of, is_sign
from tundish.standardise.matching.look import Look, as_input
from tundish.standardise.matching.plausible import kind_factor, unit_factor, value_factor, values_fit
from tundish.vocabulary.catalogue import Catalogue
from tundish.vocabulary.concept import Concept
from tundish.vocabulary.units import Unit
from tundish.vocabulary.words import Words

MISSING_PART = 0.7
"""Weight of a part that a concept's name has and the column's lacks, against one of a shared part."""
SUPPORTED_PART = 0.25
"""What is left of that weight when table or neighbours say the part (`산세` of a sheet on pickling)."""
LIGHT_PART = 0.35
HOLDER_PART = 0.15
"""`CD`, `NM`: whether a thing is told by its code or its name changes no meaning."""
NEIGHBOURS = 0.2
"""What a fit loses when the neighbours speak of another area."""
RIVAL = 0.04
"""Lead below which another meaning fits nearly as well: of two that fit alike, each has half the probability at most."""
CLEAR = 0.15
"""Lead from which no other meaning is in question."""
LIGHT_MISSING = 0.6
"""A part that says little weighs more when it is the concept that says it: `Class` alone is no steel class."""
BARE_NAME = 0.98
"""Likeness of the same spelling, once places and numbers are taken away."""
LIKE_PARTS = 0.95
"""Likeness of names of the same parts; 1 is for the same spelling."""
ONLY_PLACE = 0.5
"""Likeness at most of a name that shares only its place."""
PLACE_PART = 0.1
OTHER_QUANTITY = 1.6
"""A quantity that the column's name says and the concept does not have."""
AREA_PART = 0.2
"""The table's own area in the name of a column, for a concept of any process."""
CODE_PART = 0.5
"""An unknown short word that is not the last: more likely a code than a meaning."""
MOST_OFFERED = 12
"""Concepts held against each other for one column."""
SPELT = 0.85
"""What spelling alone is worth against parts."""
SPELT_BELOW = 0.6
"""Likeness of parts below which the spelling is looked at, and least likeness of spelling."""
SAME_SIZE = 2000.0
"""How many times larger one unit may be than another that is written for the same thing: mg and g, m and mm."""
SHORT_NAME = 0.45
"""Likeness of one or two Latin letters alone: `V` may be vanadium or a voltage."""
OUTPUT = 0.6
"""Likeness at most of what a controller gives out to the value it controls."""
SURE_SUPPORT = 0.8
"""Support from which table or neighbours say the area beyond doubt."""
UNSAID_QUANTITY = 0.5
"""What is left of that weight for a quantity that neither name nor unit says: `1존` of a table of temperatures."""
REMARK_PART = 0.5
"""What is left of the weight of a word in brackets."""
GENERAL_FOREIGN = 0.15
"""How far a concept of any process is foreign in a table that speaks of one process."""
MATERIAL = frozenset({"heat", "slab", "coil", "plate", "lot", "piece"})
"""Levels of identities that name material."""
HOLDERS = frozenset({"code", "name", "number", "kind"})
_MOMENT = frozenset({"date", "clock"})
_NO_NUMBERS = np.empty(0)


@dataclass(frozen=True, slots=True)
class Evidence:
    """Why a column may mean a concept, and how probable that is."""

    concept: Concept
    name: float
    """Likeness of the names, 0 to 1."""
    unit: float
    values: float
    kind: float
    """What is left after unit, values and kind of values spoke against it, 0 to 1 each."""
    support: float
    """How far the table's name and the neighbours speak of the concept's area, 0 to 1."""
    foreign: float
    """How far they speak of another area more than of the concept's, 0 to 1."""
    unknown: float
    """Share of the column's words that nobody knows, 0 to 1."""
    unit_fits: bool
    """The unit is known and measures the concept's quantity."""
    inside: bool
    """There are values, of the concept's kind, and they lie where its values usually do."""
    lead: float = 0.0
    """Fit less that of the best other concept that is still free; negative for an alternative."""

    @property
    def fit(self) -> float:
        """0 to 1, to order the concepts of a column: the name's likeness, lessened by whatever speaks against it."""
        doubt = (1 - self.name) * (1 - 0.12 * self.support) * (1 - 0.12 * self.unit_fits)
        return (1 - doubt) * self.unit * self.values * self.kind * (1 - NEIGHBOURS * self.foreign)

    @property
    def score(self) -> float:
        """Probability that a reader who knows the plant would say the same."""
        return probability(self.features) * (0.5 + 0.5 * min(max(self.lead / RIVAL, 0.0), 1.0))

    @property
    def features(self) -> tuple[float, ...]:
        """What the probability is made of, in the order of calibration.yaml."""
        against = 1 - self.unit * self.values * self.kind
        return (
            self.name,
            min(max(self.lead / CLEAR, -1.0), 1.0),
            against,
            float(self.unit_fits),
            float(self.inside),
            self.support,
            self.foreign,
            self.unknown,
        )


def weigh(look: Look, catalogue: Catalogue, support: Mapping[str, float]) -> list[Evidence]:
    """Evidence for every concept whose name shares something with the column's, best first."""
    index = index_of(catalogue)
    names: dict[str, tuple[Concept, float]] = {}
    exact = index.exact.get(look.name.whole)
    if exact is not None:
        names[exact.id] = (exact, _exact_likeness(look, exact, support))
    elif (bare := index.exact.get(look.name.bare)) is not None:
        sign = is_sign(look.name.bare)
        names[bare.id] = (bare, _exact_likeness(look, bare, support) if sign else BARE_NAME)
    if not _is_short(look) or (exact is None and look.unit is not None):
        for concept, like in _by_parts(_as_named(look, index), catalogue, tuple(sorted(support.items()))).values():
            if like > names.get(concept.id, (None, 0.0))[1]:
                names[concept.id] = (concept, like)
    wanted = look.name.aspect == "setpoint"
    found = []
    for concept, like in names.values():
        meant = index.setpoints.get(concept.id) if wanted and concept.aspect != "setpoint" and concept != exact else concept
        if meant is not None:
            found.append(_evidence(look, meant, like, support, catalogue))
    fits = {id(e): e.fit for e in found}
    return sorted((e for e in found if fits[id(e)] > 0.2), key=lambda e: (-fits[id(e)], e.concept.id))[:MOST_OFFERED]


def _as_named(look: Look, index: Index) -> Look:
    """The look without what likeness of names does not ask for, so that columns of one name are weighed once."""
    positions = tuple(position for position in look.name.positions if position in index.positions)
    codes = tuple(code for code in look.name.codes if code in index.codes)
    name = replace(look.name, whole="", bare="", codes=codes, positions=positions)
    return replace(look, name=name, numbers=_NO_NUMBERS, texts=(), distinct=0, few=False)


@lru_cache(maxsize=4096)
def _by_parts(look: Look, catalogue: Catalogue, areas: tuple[tuple[str, float], ...]) -> dict[str, tuple[Concept, float]]:
    """Likeness of the names alone, for every concept that shares a part; by spelling where parts tell little."""
    index, support = index_of(catalogue), dict(areas)
    names: dict[str, tuple[Concept, float]] = {}
    likely = look.name.parts | look.implied
    for part in likely - catalogue.words.light or likely:
        for variant in index.by_part.get(part, ()):
            like = _likeness(look, variant, catalogue, support)
            if like > names.get(variant.concept.id, (None, 0.3))[1]:
                names[variant.concept.id] = (variant.concept, like)
    if max((like for _, like in names.values()), default=0.0) < SPELT_BELOW:
        names |= _spelt_alike(look, index, {id: like for id, (_, like) in names.items()})
    return names


def _spelt_alike(look: Look, index: Index, known: Mapping[str, float]) -> dict[str, tuple[Concept, float]]:
    """Concepts whose names are spelt like the column's, for words that words.yaml has no part for."""
    words = [token for token, parts in look.name.tokens if not look.context.issuperset(parts)]
    like = SPELT * index.targets.rank(" ".join(words))
    found: dict[str, tuple[Concept, float]] = {}
    for name in np.flatnonzero(like >= SPELT * SPELT_BELOW):
        concept, score = index.called[name], float(like[name])
        if score > max(known.get(concept.id, 0.0), found.get(concept.id, (None, 0.0))[1]):
            found[concept.id] = (concept, score)
    return found


def _exact_likeness(look: Look, concept: Concept, support: Mapping[str, float]) -> float:
    """1, but less for one or two letters that nothing else speaks for."""
    told = fitting_unit(look.unit, concept) is not None or support.get(f"short:{concept.area}", 0.0) >= 1.0
    told = told or (concept.area not in GENERAL and support.get(concept.area, 0.0) >= SURE_SUPPORT)
    return SHORT_NAME if is_sign(look.name.bare or look.name.whole) and not told else 1.0


def _is_short(look: Look) -> bool:
    return is_sign(look.name.whole)


def _likeness(look: Look, variant: Variant, catalogue: Catalogue, areas: Mapping[str, float]) -> float:
    """Shared weight of parts over shared plus what either side has alone (Tversky 1977, unequal weights)."""
    words, own, support = catalogue.words, variant.own, areas.get(variant.area, 0.0)
    said = as_input(look.name.parts, words) if variant.concept.goes_in else look.name.parts
    marks = (look.name.aspect, look.name.statistic)
    if not variant.positions <= set(look.name.positions) or not variant.codes <= set(look.name.codes):
        return 0.0
    if not variant.marks.issubset(marks):
        return 0.0
    if variant.unit is not None and not _of_size(look.unit, variant):
        return 0.0
    shared = (said | look.implied - look.placed) & variant.parts
    extra = sum(_extra(part, look, variant, catalogue, areas) for part in said - variant.parts)
    missing = 0.0
    unmeasured = look.unit is None and not any(part in words.measures for part in said)
    for part in variant.parts - shared:
        eased = SUPPORTED_PART + (1 - SUPPORTED_PART) * (1 - support) if part in own else 1.0
        eased = SUPPORTED_PART if part in look.placed else eased
        if unmeasured and look.kind == "number" and part in words.measures:
            eased *= UNSAID_QUANTITY
        missing += MISSING_PART * eased * (LIGHT_MISSING if part in words.light else 1.0)
    common = sum(_weight(part, words) for part in shared)
    ends = words.places & set(look.name.positions) - variant.positions
    unsaid = sum(1 for mark in marks if mark and mark not in variant.marks) + len(ends)
    whole = OUTPUT if look.name.aspect in ("output", "control_value") and look.name.aspect not in variant.marks else LIKE_PARTS
    if shared <= look.context and said - look.context:
        whole *= ONLY_PLACE
    return (whole - 0.02 * unsaid) * common / (common + extra + missing) if common else 0.0


def _of_size(unit: Unit | None, variant: Variant) -> bool:
    """Whether a column is in such a unit as the name holds: kWh is no tonne of oil."""
    fits, said = fitting_unit(unit, variant.concept), variant.unit
    return fits is not None and said is not None and 1 / SAME_SIZE < fits.factor / said.factor < SAME_SIZE


def _extra(part: str, look: Look, variant: Variant, catalogue: Catalogue, areas: Mapping[str, float]) -> float:
    """Weight of a part that only the column's name has; where in the works, and the area's own words, hardly count."""
    moment = part in _MOMENT and variant.concept.kind == "time"
    if part in variant.own or moment or (variant.concept.at_sections and part in catalogue.words.sections):
        return PLACE_PART
    if variant.concept.level in MATERIAL and (told := _in_or_out(part, variant.concept, catalogue.words)) is not None:
        return told
    if variant.area in GENERAL and areas.get(part, 0.0) >= SURE_SUPPORT:
        return AREA_PART
    if part in look.context:
        return _context_part(part, look, variant, catalogue)
    if len(part) == 1 and part.isascii() and part != look.name.run[-1]:
        return PLACE_PART
    return (REMARK_PART if part in look.name.aside else 1.0) * _own_part(part, look, variant, catalogue.words)


def _in_or_out(part: str, concept: Concept, words: Words) -> float | None:
    """Weight of a word that says whether a piece was put in or came out; None for another word."""
    if part in words.outputs:
        return OTHER_QUANTITY if concept.goes_in else PLACE_PART
    return OTHER_QUANTITY if part in words.inputs and not concept.goes_in else None


def _own_part(part: str, look: Look, variant: Variant, words: Words) -> float:
    if part.isascii() and part not in words.measures and part not in words.spellings:
        return CODE_PART if len(part) <= (2 if part == look.name.run[-1] else 4) else 1.0
    if part in words.measures and variant.concept.quantity not in words.measures[part]:
        return OTHER_QUANTITY
    return HOLDER_PART if part in HOLDERS else _weight(part, words)


def _context_part(part: str, look: Look, variant: Variant, catalogue: Catalogue) -> float:
    foreign = part in catalogue.areas and variant.area not in GENERAL
    told = part in catalogue.words.spellings and part not in look.everywhere
    return LIGHT_PART if foreign or told else PLACE_PART


def _weight(part: str, words: Words) -> float:
    return LIGHT_PART if part in words.light else 1.0


def _evidence(look: Look, concept: Concept, like: float, areas: Mapping[str, float], catalogue: Catalogue) -> Evidence:
    support = areas.get(concept.area, 0.0)
    loudest = max((area for area in areas if ":" not in area), key=lambda area: areas[area], default=concept.area)
    most = areas.get(loudest, 0.0)
    # what records keep to find a place again is written on every line alike
    general = GENERAL_FOREIGN * most if most >= SURE_SUPPORT and not concept.book_keeping else 0.0
    own = index_of(catalogue).own[concept.area]
    fits = fitting_unit(look.unit, concept)
    return Evidence(
        concept=concept,
        name=like,
        unit=unit_factor(look, concept, fits),
        values=value_factor(look, concept, fits),
        kind=kind_factor(look, concept),
        support=support,
        foreign=general if concept.anywhere or concept.area in GENERAL else 0.0 if own & look.name.parts else most - support,
        unknown=look.unknown,
        unit_fits=fits is not None,
        inside=values_fit(look, concept, fits),
    )
