"""Does a person find a concept by what is typed?"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tundish.vocabulary import load_catalogue
from tundish.vocabulary.search import find, initials

CONCEPTS = load_catalogue().concepts


@pytest.mark.parametrize(
    ("typed", "id"),
    [
        ("ㅅㅅㅇㄷ", "pickling.bath_temperature"),
        ("산세온도", "pickling.bath_temperature"),
        ("산세 온도", "pickling.bath_temperature"),
        ("fdt", "rolling.finishing_temperature"),
        ("pickling.bath_iron", "pickling.bath_iron"),
        ("ㅇㅈㄱㄷ", "mechanical.tensile_strength"),
        ("Coating Weight", "galvanising.coating_mass"),
        ("굴뚝 질소산화물", "emissions.stack_nox"),
        ("에지크랙", "defect.edge_crack"),
    ],
)
def test_the_wanted_concept_comes_first(typed, id):
    assert find(CONCEPTS, typed)[0].id == id


def test_definitions_are_searched_after_names():
    found = [concept.id for concept in find(CONCEPTS, "Charpy")]
    assert found[0] == "mechanical.impact_energy"


def test_nothing_finds_nothing():
    assert find(CONCEPTS, "") == find(CONCEPTS, " - ") == find(CONCEPTS, "qqqq") == []


@given(st.text(max_size=20))
def test_any_text_may_be_typed(text):
    find(CONCEPTS[:50], text)
    assert len(initials(text)) == len(text)
