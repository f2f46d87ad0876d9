"""Does what the vocabulary says about other standards stand in what they published?"""

import csv
import json

import pytest
import yaml

from tundish.vocabulary import load_catalogue
from tundish.vocabulary.qudt import qudt_kind, qudt_unit
from tundish.vocabulary.units import entries

CATALOGUE = load_catalogue()
SLOTS = {"idta", "eclass", "cdd", "en10168", "material_identity"}


def told(slot):
    """Identifiers of one slot with the concepts that claim them."""
    return {concept.same_as[slot]: concept.id for concept in CATALOGUE.concepts if slot in concept.same_as}


def test_only_known_slots_are_filled():
    assert {slot for concept in CATALOGUE.concepts for slot in concept.same_as} <= SLOTS
    assert CATALOGUE.concept("pickling.bath_temperature").iri == "urn:tundish:concept:pickling.bath_temperature"


@pytest.mark.parametrize("slot", sorted(SLOTS))
def test_two_concepts_never_claim_the_same_entry(slot):
    claims = [concept.same_as[slot] for concept in CATALOGUE.concepts if slot in concept.same_as]
    assert len(claims) == len(set(claims))


def test_idta_and_eclass_identifiers_stand_in_the_templates(standards):
    found = set()
    for page in (standards / "submodel-templates").rglob("*.json"):
        found |= set(_values(json.loads(page.read_text(encoding="utf-8"))))
    for slot in ("idta", "eclass", "cdd"):
        assert {id: concept for id, concept in told(slot).items() if id not in found} == {}
    assert len(told("idta")) >= 30


def test_en10168_fields_have_a_label(standards):
    page = standards / "material-identity-schemas" / "schemas" / "EN10168" / "v0.5.0" / "translations.json"
    found = set(_keys(json.loads(page.read_text(encoding="utf-8"))))
    assert {field: concept for field, concept in told("en10168").items() if field not in found} == {}
    assert len(told("en10168")) >= 20


def test_material_identity_entries_are_published(standards):
    pages = (standards / "material-identity-dictionary" / "published").glob("*.yaml")
    found = {yaml.safe_load(page.read_text(encoding="utf-8"))["id"] for page in pages}
    assert set(told("material_identity")) <= found
    assert told("material_identity")


def test_qudt_units_convert_as_ours_do(standards):
    with (standards / "qudt-public-repo" / "qudt_units.csv").open(encoding="utf-8") as page:
        published = {row["qudt"]: row for row in csv.DictReader(page)}
    checked = 0
    for unit, _ in entries():
        ours, base = qudt_unit(unit.ucum, unit.quantity), qudt_unit(unit.si, unit.quantity)
        if ours is None or base is None or unit.scale:
            continue
        factor = float(published[ours]["multiplier"]) / float(published[base]["multiplier"])
        assert factor == pytest.approx(unit.factor, rel=1e-6), (unit.label, ours)
        assert published[ours]["dimension"] == published[base]["dimension"], (unit.label, ours)
        kinds = published[ours]["quantity_kinds"].split("|")
        if ours in ("V-A", "V-A_Reactive", "V-A_Reactive-HR"):
            assert qudt_kind(unit.quantity) in kinds
        checked += 1
    assert checked >= 120


def test_numbers_have_their_kind_and_unit_in_qudt():
    lacking = {c.quantity for c in CATALOGUE.concepts if c.quantity is not None and c.qudt_kind is None}
    assert lacking <= {  # scales and amounts QUDT does not know
        "baume", "flatness", "gloss", "hardness_brinell", "hardness_rockwell_b", "hardness_rockwell_c", "hardness_vickers",
        "heating_value", "iron_loss", "level", "money",
    }  # fmt: skip
    bath = CATALOGUE.concept("pickling.bath_temperature")
    assert bath.qudt_kind_iri == "http://qudt.org/vocab/quantitykind/Temperature"
    assert bath.qudt_unit_iri == "http://qudt.org/vocab/unit/K"


def _values(node):
    if isinstance(node, dict):
        for value in node.values():
            yield from _values(value)
    elif isinstance(node, list):
        for value in node:
            yield from _values(value)
    elif isinstance(node, str):
        yield node


def _keys(node):
    if isinstance(node, dict):
        for key, value in node.items():
            yield key
            yield from _keys(value)
