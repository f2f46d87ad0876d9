"""Names and texts that any AAS tool takes, whatever stands in a plant's sheet."""

import re

from aas_core3 import verification
from hypothesis import given
from hypothesis import strategies as st

from tundish.aas.elements import collection, element, literal
from tundish.aas.names import LONGEST_ID_SHORT, clean, id_short, slug

ANY = st.text(st.characters(), max_size=300)


@given(ANY)
def test_any_text_becomes_an_id_short(text):
    name = id_short(text)
    assert re.fullmatch(r"[a-zA-Z][a-zA-Z0-9_]*", name)
    assert len(name) <= LONGEST_ID_SHORT


@given(st.lists(ANY, max_size=30))
def test_names_of_a_collection_differ_whatever_their_case(texts):
    made = collection("C", [element("Property", id_short(text), valueType="xs:string") for text in texts])
    names = [one["idShort"].casefold() for one in made.get("value", ())]
    assert len(names) == len(set(names)) == len(texts)


@given(ANY)
def test_a_cleaned_text_may_stand_in_xml(text):
    assert verification.matches_xml_serializable_string(clean(text))
    assert len(clean(text, 64)) <= 64


@given(ANY)
def test_a_slug_is_plain(text):
    assert re.fullmatch(r"([A-Za-z0-9._~-]|%[0-9A-F]{2})+", slug(text))
    assert len(slug(text)) <= 400


def test_long_names_stay_apart():
    assert slug("가" * 500) != slug("가" * 501)
    assert slug("a" * 500).startswith("aaa")


@given(st.floats())
def test_a_number_is_written_as_xsd_has_it_or_not_at_all(value):
    text = literal(value, "xs:double")
    assert text is None or verification.matches_xs_double(text)
    exact = literal(value, "xs:decimal")
    assert exact is None or verification.matches_xs_decimal(exact)


def test_korean_is_romanised():
    assert id_short("압연온도") == "Apyeonondo"
    assert id_short("서울") == "Seoul"
