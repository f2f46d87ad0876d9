"""Is every entry of the vocabulary whole, and is none mistaken for another?"""

import re
from collections import Counter, defaultdict
from importlib.resources import files
from pathlib import Path
from typing import get_args

import pytest
import yaml

from tundish.table import Kind, Statistic
from tundish.vocabulary import load_catalogue
from tundish.vocabulary.concept import Role
from tundish.vocabulary.units import entries, unit_of
from tundish.vocabulary.words import even_name

CATALOGUE = load_catalogue()
BASE = [concept for concept in CATALOGUE.concepts if concept.setpoint_of is None]
REGISTER = Path(__file__).with_name("register.txt")
"""Every id that was ever given out, one a line. An id stays for ever, or a later entry replaces it."""
OPEN_RANGE = {"mechanical.hardness", "mechanical.surface_hardness", "mechanical.core_hardness", "mechanical.hardness_spread"}
"""Readings on a scale that must be asked: 60 is hard by Rockwell C and soft by Vickers."""
ORDERED = {"mean", "std", "min", "max", "slope", "sum", "amount"}
"""Statistics that need numbers."""


def every(concepts):
    """A test for each concept, named by its id."""
    return pytest.mark.parametrize("concept", concepts, ids=lambda concept: concept.id)


def test_there_are_enough_and_few_are_mere_twins():
    assert len(CATALOGUE.concepts) >= 600
    assert len(BASE) >= 480


def test_each_id_stands_once_and_none_is_lost():
    ids = [concept.id for concept in CATALOGUE.concepts]
    assert [id for id, n in Counter(ids).items() if n > 1] == []
    given = REGISTER.read_text(encoding="utf-8").split()
    replaced = {id for concept in CATALOGUE.concepts for id in concept.replaces}
    assert set(given) - set(ids) - replaced == set(), "an id never changes: let the new entry replace it"
    assert sorted(set(ids) - set(given)) == [], "add the new ids to tests/vocabulary/register.txt"
    assert given == sorted(given)


def test_every_area_is_populated():
    counted = Counter(concept.area for concept in BASE)
    assert set(counted) == set(CATALOGUE.areas)
    assert {area: n for area, n in counted.items() if n < 10} == {}


def test_no_name_means_two_things():
    meant = defaultdict(set)
    for concept in CATALOGUE.concepts:
        for name in concept.names:
            meant[even_name(name)].add(concept.id)
    assert {name: ids for name, ids in meant.items() if len(ids) > 1} == {}


def test_no_two_definitions_are_the_same():
    for language in ("definition_ko", "definition_en"):
        told = defaultdict(set)
        for concept in CATALOGUE.concepts:
            told[getattr(concept, language)].add(concept.id)
        assert {text: ids for text, ids in told.items() if len(ids) > 1} == {}


def test_no_spelling_stands_for_two_words():
    words = yaml.safe_load(files("tundish.vocabulary").joinpath("words.yaml").read_text(encoding="utf-8"))["words"]
    spelt = Counter(even_name(str(spelling)) for written in words.values() for spelling in {even_name(str(s)) for s in written})
    assert [spelling for spelling, n in spelt.items() if n > 1] == []


@every(CATALOGUE.concepts)
def test_both_languages_speak(concept):
    assert concept.name_en.isascii()
    assert re.search("[가-힣]", concept.name_ko) or concept.name_ko.isascii()
    assert concept.name_ko == concept.name_ko.strip() and concept.name_en == concept.name_en.strip()
    assert re.search("[가-힣]", concept.definition_ko) and concept.definition_ko.endswith(("다.", ".", "지."))
    assert re.search("[a-z]", concept.definition_en) and not re.search("[가-힣]", concept.definition_en.replace(concept.id, ""))
    assert even_name(concept.definition_ko) != even_name(concept.name_ko)
    assert even_name(concept.definition_en) != even_name(concept.name_en)
    assert "{" not in "".join((concept.definition_ko, concept.definition_en, *concept.names))


@every(CATALOGUE.concepts)
def test_closed_words_are_used(concept):
    assert re.fullmatch(r"[a-z][a-z_]*\.[a-z][a-z0-9_]*", concept.id)
    assert concept.kind in get_args(Kind)
    assert concept.role in get_args(Role)
    assert (concept.kind == "identity") == (concept.level is not None)
    assert not set(concept.good) & set(concept.bad)
    assert not concept.equipment or concept.kind == "category"


@every(CATALOGUE.concepts)
def test_it_can_be_told_of_a_piece(concept):
    assert set(concept.aggregate) <= set(get_args(Statistic))
    if concept.kind == "number":
        assert concept.aggregate
        assert "mode" not in concept.aggregate
    else:
        assert not set(concept.aggregate) & ORDERED
    if concept.quantity in ("temperature", "ratio", "pressure", "speed", "length"):
        assert not {"sum", "amount"} & set(concept.aggregate), "a sum of these says nothing"


@every(CATALOGUE.concepts)
def test_the_range_is_in_the_unit(concept):
    if concept.plant_unit is None:
        assert concept.unit is None and concept.quantity is None
    else:
        assert unit_of(concept.plant_unit).si == concept.unit
        assert concept.kind == "number"
    assert (concept.kind == "number" and concept.id not in OPEN_RANGE) == (concept.low is not None and concept.high is not None)
    if concept.low is not None:
        assert concept.low < concept.high
    if concept.quantity == "temperature":
        assert concept.low > 0, "kelvin"


def test_words_measure_quantities_that_exist():
    quantities = {concept.quantity for concept in CATALOGUE.concepts} | {unit.quantity for unit, _ in entries()}
    assert {quantity for measured in CATALOGUE.words.measures.values() for quantity in measured} <= quantities
    parts = {part for parts in CATALOGUE.words.spellings.values() for part in parts}
    assert CATALOGUE.words.light | CATALOGUE.words.fillers | CATALOGUE.words.places <= parts
    assert {word for area in CATALOGUE.areas.values() for word in area.words} <= parts


def test_a_setpoint_knows_what_it_sets():
    twins = [concept for concept in CATALOGUE.concepts if concept.setpoint_of]
    assert twins
    assert all(CATALOGUE.concept(twin.setpoint_of).unit == twin.unit for twin in twins)


def test_a_concept_that_is_not_there_is_refused():
    with pytest.raises(KeyError):
        CATALOGUE.concept("pickling.colour")
    assert "pickling.colour" not in CATALOGUE


def test_ranges_are_converted_from_the_plants_unit():
    bath = CATALOGUE.concept("pickling.bath_temperature")
    assert (bath.low, bath.high) == pytest.approx((283.15, 383.15))
    assert CATALOGUE.concept("rolling.force").high == pytest.approx(15000 * 9806.65)
    assert CATALOGUE.concept("chemistry.carbon").unit == "%"


def test_a_family_is_a_table_of_members_and_entries():
    crack = CATALOGUE.concept("defect.edge_crack")
    assert (crack.name_ko, crack.name_en) == ("에지크랙", "edge crack")
    assert {"에지크랙 여부", "엣지크랙 여부", "EDGE_CRACK"} <= set(crack.synonyms)
    assert CATALOGUE.concept("defect.edge_crack_count").name_ko == "에지크랙 개수"
    assert {f"equipment.{machine}_{what}" for machine in ("pump", "fan") for what in ("vibration", "current")} <= {
        concept.id for concept in CATALOGUE.concepts
    }


def test_crews_are_mere_context_and_machines_are_not():
    context = {concept.id for concept in CATALOGUE.concepts if concept.is_context}
    assert {"production.crew", "production.shift", "production.operator", "product.customer", "production.weekday"} <= context
    assert not context & {
        "reheating.furnace_number",
        "production.equipment",
        "casting.strand",
        "product.grade",
        "ladle.ladle_number",
    }
