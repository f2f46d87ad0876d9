"""Is every entry of the vocabulary whole, and is none mistaken for another?"""

from collections import Counter
from importlib.resources import files
from typing import get_args

import pytest
import yaml

from tundish.table import Kind, Statistic
from tundish.vocabulary import load_catalogue
from tundish.vocabulary.concept import Role
from tundish.vocabulary.units import entries, unit_of
from tundish.vocabulary.words import even_name

CATALOGUE = load_catalogue()
BY_ID = pytest.mark.parametrize("concept", CATALOGUE.concepts, ids=lambda concept: concept.id)


def test_there_are_enough_and_each_id_stands_once():
    assert len(CATALOGUE.concepts) >= 170
    assert [id for id, n in Counter(c.id for c in CATALOGUE.concepts).items() if n > 1] == []


def test_no_name_means_two_things():
    meant = {}
    for concept in CATALOGUE.concepts:
        for name in concept.names:
            meant.setdefault(even_name(name), set()).add(concept.id)
    assert {name: ids for name, ids in meant.items() if len(ids) > 1} == {}


def test_no_spelling_stands_for_two_words():
    words = yaml.safe_load(files("tundish.vocabulary").joinpath("words.yaml").read_text(encoding="utf-8"))["words"]
    spelt = Counter(even_name(str(spelling)) for written in words.values() for spelling in {even_name(str(s)) for s in written})
    assert [spelling for spelling, n in spelt.items() if n > 1] == []


@BY_ID
def test_both_languages_speak(concept):
    assert concept.name_en.isascii() or "CO" in concept.name_en
    assert any("가" <= sign <= "힣" for sign in concept.name_ko) or concept.name_ko.isascii()
    assert concept.definition_ko and concept.definition_en


@BY_ID
def test_closed_words_are_used(concept):
    assert concept.kind in get_args(Kind)
    assert concept.role in get_args(Role)
    assert set(concept.aggregate) <= set(get_args(Statistic))
    assert (concept.kind == "identity") == (concept.level is not None)
    assert not set(concept.good) & set(concept.bad)


@BY_ID
def test_the_range_is_in_the_unit(concept):
    if concept.plant_unit is None:
        assert concept.unit is None
    else:
        assert unit_of(concept.plant_unit).si == concept.unit
        assert concept.kind == "number"
    if concept.low is not None and concept.high is not None:
        assert concept.low < concept.high
    if concept.quantity == "temperature":
        assert concept.low is None or concept.low > 0, "kelvin"


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
