"""Submodels held against the templates as they were published."""

import copy

import pytest

from tundish.aas import describe, read_package
from tundish.aas.conform import conformance, coverage, published
from tundish.aas.template import fill, templates


@pytest.fixture
def originals(standards):
    found = {}
    for path in (standards / "submodel-templates").rglob("*.json"):
        for submodel in read_package(path)[0].submodels:
            template = published(submodel)
            found.setdefault(template.meaning[0], template)
    return found


def flat(slots, path=""):
    for slot in slots:
        listed = {key: value for key, value in (slot.listed or {}).items() if key in ("of", "of_type")}
        yield f"{path}/{slot.name}", (slot.kind, slot.count, slot.meaning[:1], slot.value_type, listed)
        yield from flat(slot.inside, f"{path}/{slot.name}")


@pytest.mark.parametrize("number", sorted(templates()))
def test_our_declaration_says_what_the_published_template_says(originals, number):
    template = templates()[number]
    assert dict(flat(template.inside)) == dict(flat(originals[template.meaning[0]].inside))


@pytest.mark.parametrize("number", sorted(set(templates()) - {"02011"}))
def test_an_empty_submodel_has_every_demanded_place(originals, number):
    template = templates()[number]
    made = fill(number, "urn:x", {})
    assert conformance(made, originals[template.meaning[0]]) == []


def test_what_a_plant_exports_keeps_the_published_templates(originals, certificates, read):
    found = read(certificates)
    package = describe(found.tables.tables, found.catalogue, plant="x")
    covered = {one.identity: one for one in coverage(package)}
    assert len(covered) == len(package.submodels)
    for submodel in package.submodels:
        template = originals[covered[submodel["id"]].template.meaning[0]]
        assert conformance(submodel, template) == [], submodel["idShort"]
        assert covered[submodel["id"]].faults == ()


def test_each_kind_of_breach_is_found(originals):
    sound = fill("02006", "urn:x", {"ManufacturerProductDesignation": {"en": "A"}})
    template = originals["https://admin-shell.io/idta/nameplate/3/0/Nameplate"]
    breaches = {
        "found none": lambda elements: elements.pop(0),
        "found 2": lambda elements: elements.append({**elements[0], "idShort": "URIOfTheProduct2"}),
        "value type": lambda elements: elements[0].update(valueType="xs:string"),
        "semantic id": lambda elements: elements[0].update(semanticId=elements[1]["semanticId"]),
        "Expected Property": lambda elements: elements[0].update(modelType="File"),
    }
    for said, breach in breaches.items():
        broken = copy.deepcopy(sound)
        breach(broken["submodelElements"])
        assert any(said in fault.reason for fault in conformance(broken, template)), said


def test_what_is_open_is_named():
    from tundish.aas import AasPackage

    made = fill("02006", "urn:x", {"ManufacturerProductDesignation": {"en": "A"}, "URIOfTheProduct": "urn:y"})
    one = coverage(AasPackage(submodels=(made,)))[0]
    assert (one.needed, one.filled) == (5, 2)
    assert one.open == ("ManufacturerName", "AddressInformation", "OrderCodeOfManufacturer")
