"""A reference model in the plant's folder: its names map columns, its identifiers are handed on."""

import json

from tundish.aas import AasPackage, describe, write_package
from tundish.aas.elements import element, reference

IEC = "https://admin-shell.io/DataSpecificationTemplates/DataSpecificationIec61360/3/0"


def described(id, name, ko, en, unit=None):
    content = {
        "modelType": "DataSpecificationIec61360",
        "preferredName": [{"language": "en", "text": en}, {"language": "ko", "text": ko}],
        "dataType": "REAL_MEASURE" if unit else "REAL_COUNT",
        "definition": [{"language": "en", "text": en}],
        **({"unit": unit} if unit else {}),
    }
    specification = {"dataSpecification": reference(IEC), "dataSpecificationContent": content}
    return {"modelType": "ConceptDescription", "id": id, "idShort": name, "embeddedDataSpecifications": [specification]}


def prop(name, meaning):
    return element("Property", name, meaning=(meaning,), valueType="xs:double")


def model(*elements, descriptions=()):
    shell = {
        "modelType": "AssetAdministrationShell",
        "id": "urn:kr:aas",
        "assetInformation": {"assetKind": "Type", "globalAssetId": "urn:kr:asset"},
    }
    submodel = element("Submodel", "OperationalData", id="urn:kr:sm", submodelElements=list(elements))
    return AasPackage((shell,), (submodel,), tuple(descriptions))


def plant(folder, headers, package, values=lambda n: n % 9 + 80.5):
    folder.mkdir()
    write_package(package, folder / "참조모델.aasx")
    rows = "\n".join(",".join([f"L{n:04d}", *(f"{values(n) + at:.2f}" for at in range(len(headers)))]) for n in range(120))
    (folder / "d.csv").write_text(f"LOT NO,{','.join(headers)}\n{rows}", encoding="utf-8")
    return folder


def concepts(found):
    return {match.origin.column: match.concept for table in found.tables.tables for match in table.matches}


def test_its_names_map_columns_and_its_ids_go_out(tmp_path, read):
    package = model(
        prop("XTMP_07", "urn:kr:cd:1"),
        prop("KWANG_IDX", "urn:kr:cd:2"),
        prop("QQ_ZONE", "urn:tundish:concept:pickling.dryer_temperature"),
        descriptions=(
            described("urn:kr:cd:1", "XTMP_07", "산세조 온도", "pickling bath temperature", "℃"),
            described("urn:kr:cd:2", "KWANG_IDX", "광휘 지수", "brilliance index"),
        ),
    )
    found = read(plant(tmp_path / "p", ["XTMP_07", "광휘 지수", "QQ_ZONE(℃)"], package, lambda n: n % 9 + 80.5))
    assert concepts(found) == {
        "LOT NO": "identity.lot",
        "XTMP_07": "pickling.bath_temperature",
        "광휘 지수": "aasx.KWANG_IDX",
        "QQ_ZONE(℃)": "pickling.dryer_temperature",
    }
    text = json.dumps(describe(found.tables.tables, found.catalogue, plant="p").environment)
    assert "urn:kr:cd:1" in text
    assert "urn:kr:cd:2" in text
    told = [finding for finding in found.findings if finding.code == "reference_model"]
    assert len(told) == 1
    assert "aasx.KWANG_IDX" in str(told[0].message)
    assert not [finding for finding in found.findings if finding.code == "unknown_suffix"]


def test_a_unit_that_does_not_fit_keeps_a_name_from_a_concept(tmp_path, read):
    package = model(
        prop("ZZ_ONE", "urn:kr:cd:1"),
        descriptions=(described("urn:kr:cd:1", "ZZ_ONE", "산세조 온도", "bath temperature", "MPa"),),
    )
    found = read(plant(tmp_path / "p", ["ZZ_ONE"], package))
    assert concepts(found)["ZZ_ONE"] != "pickling.bath_temperature"


def test_papers_of_the_association_are_no_tags(tmp_path, read, standards):
    from tundish.aas import read_package

    template = next((standards / "submodel-templates").rglob("*Digital Nameplate.json"))
    found = read(plant(tmp_path / "p", ["온도(℃)"], read_package(template)[0]))
    assert not any(concept.id.startswith("aasx.") for concept in found.catalogue.concepts)


def test_a_broken_model_is_a_finding_and_stops_nothing(tmp_path, read):
    folder = plant(tmp_path / "p", ["산세조 온도(℃)"], model(prop("A1", "urn:kr:cd:1")))
    (folder / "참조모델.aasx").write_bytes(b"PK\x03\x04 broken")
    found = read(folder)
    assert [finding.code for finding in found.findings if "참조모델" in finding.origin.file] == ["reference_refused"]
    assert concepts(found)["산세조 온도(℃)"] == "pickling.bath_temperature"
