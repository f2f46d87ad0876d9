"""Does the page of the vocabulary hold everything, reach for nothing outside, and take no concept's text for markup?"""

import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from tundish.documents.vocabulary import page, publish, span
from tundish.vocabulary import load_catalogue
from tundish.vocabulary.catalogue import Catalogue

CATALOGUE = load_catalogue()


class Text(HTMLParser):
    """What a browser shows, and the addresses a page reaches for."""

    def __init__(self):
        super().__init__()
        self.shown, self.addresses, self.tags = [], [], []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.addresses += [value for name, value in attrs if name in ("src", "href", "action")]

    def handle_data(self, data):
        self.shown.append(data)


def read(html):
    parser = Text()
    parser.feed(html)
    return parser


@pytest.mark.parametrize("lang", ["ko", "en"])
def test_everything_stands_on_the_page(lang):
    text = "\n".join(read(page(CATALOGUE, lang)).shown)
    for concept in CATALOGUE.concepts:
        assert concept.id in text
        assert all(name in text for name in concept.names if concept.setpoint_of is None)
        if concept.setpoint_of is None:
            assert concept.definition_ko in text and concept.definition_en in text
            assert all(identifier in text for identifier in concept.same_as.values())


def test_it_needs_no_network(tmp_path):
    publish(CATALOGUE, tmp_path / "vocabulary.html", "ko")
    html = (tmp_path / "vocabulary.html").read_text(encoding="utf-8")
    assert read(html).addresses == []
    assert "default-src 'none'" in html
    assert not re.search(r"@import|url\(|fetch\(|XMLHttpRequest", html)


def test_what_a_reference_model_brings_is_text_and_no_markup():
    odd = replace(
        CATALOGUE.concepts[0], id="odd.one", name_ko='<img src=x onerror="alert(1)">', definition_en="</script><b>x</b>"
    )
    html = page(Catalogue((odd,), CATALOGUE.areas, CATALOGUE.words), "en")
    seen = read(html)
    assert "img" not in seen.tags and seen.tags.count("script") == 1
    assert '<img src=x onerror="alert(1)">' in "".join(seen.shown)


@pytest.mark.parametrize(
    ("id", "shown"),
    [
        ("pickling.bath_temperature", "10 ~ 110 ℃"),
        ("casting.superheat", "-20 ~ 120 Δ℃"),
        ("heat_treatment.subzero_temperature", "-200 ~ 0 ℃"),
        ("chemistry.carbon", "0 ~ 5%"),
        ("mechanical.tensile_strength", "100 ~ 4,500 MPa"),
        ("mechanical.hardness", None),
    ],
)
def test_ranges_are_said_in_the_plants_unit(id, shown):
    assert span(CATALOGUE.concept(id)) == shown
