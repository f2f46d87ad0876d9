"""Packages of others: judged by the published cases, read as far as they can be, refused where they attack."""

import io
import json
import tarfile
import zipfile
from pathlib import Path

import pytest
from aas_core3 import jsonization, xmlization

from tundish.aas import AasPackage, read_package, verify, write_package
from tundish.aas.as_xml import parse, to_json
from tundish.aas.opc import ORIGIN, SPEC, open_parts
from tundish.errors import BrokenFile, HostileArchive, InputError

SHELL = {
    "modelType": "AssetAdministrationShell",
    "id": "urn:x:shell",
    "idShort": "Shell",
    "assetInformation": {"assetKind": "Instance", "globalAssetId": "urn:x:asset"},
}
PROPERTY = {"modelType": "Property", "idShort": "P", "valueType": "xs:double", "value": "1.5"}


def environment(*elements: dict) -> dict:
    return {"submodels": [{"modelType": "Submodel", "id": "urn:x:sm", "idShort": "Sm", "submodelElements": list(elements)}]}


def put(folder: Path, content: object, name: str = "e.json") -> Path:
    path = folder / name
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return path


def test_every_case_of_the_metamodel_suite_is_judged_right(standards, tmp_path):
    right = {True: 0, False: 0}
    path = tmp_path / "case.json"
    with tarfile.open(standards / "aas-core3.0-python" / "test_data_Json.tar.gz") as packed:
        for member in packed:
            if not member.name.endswith(".json") or "/ContainedInEnvironment/" not in member.name:
                continue
            raw = packed.extractfile(member).read()
            valid = "/Expected/" in member.name
            path.write_bytes(raw)
            try:
                accepted = not read_package(path)[1]
            except InputError:
                accepted = False
            assert accepted == valid, member.name
            assert (not verify(json.loads(raw))) == valid, member.name
            right[valid] += 1
    assert right == {True: 2554, False: 1994}


def test_xml_reads_like_the_reference_library(standards):
    compared = 0
    for path in sorted((standards / "submodel-templates").rglob("*.aasx")):
        parts = open_parts(path)
        for spec in (spec for origin in parts.of_kind(ORIGIN) for spec in parts.of_kind(SPEC, origin) if spec.endswith(".xml")):
            try:
                expected = jsonization.to_jsonable(xmlization.environment_from_str(parts.content[spec].decode()))
            except xmlization.DeserializationException:  # another version of the metamodel
                continue
            assert to_json(parse(spec, parts.content[spec])) == expected, path.name
            compared += 1
    assert compared > 10


def test_a_package_written_again_holds_the_same(standards, tmp_path, passes):
    for path in sorted((standards / "submodel-templates").rglob("*.aasx")):
        package, found = read_package(path)
        write_package(package, tmp_path / "again.aasx")
        again, _ = read_package(tmp_path / "again.aasx")
        assert again.environment == package.environment
        assert {name: part.read_bytes() for name, part in again.files.items()} == {
            name: part.read_bytes() for name, part in package.files.items()
        }
        if not found:
            assert passes(tmp_path / "again.aasx"), path.name


def test_valid_packages_of_the_tool_are_read_and_broken_ones_say_so(standards, tmp_path):
    root = standards / "aas-test-engines" / "fixtures" / "aasx"
    judged = {}
    for folder in sorted((*(root / "valid").iterdir(), *(root / "invalid").iterdir())):
        path = tmp_path / f"{folder.name}.aasx"
        with zipfile.ZipFile(path, "w") as archive:
            for file in sorted(one for one in folder.rglob("*") if one.is_file()):
                archive.write(file, file.relative_to(folder).as_posix())
        try:
            judged[folder.parent.name, folder.name] = [finding.code for finding in read_package(path)[1]]
        except BrokenFile:
            judged[folder.parent.name, folder.name] = ["refused"]
    assert all(found for (kind, _), found in judged.items() if kind == "invalid"), judged
    assert [name for (kind, name), found in judged.items() if kind == "valid" and not found] == [
        "deprecated_rel",
        "json",
        "recursive",
        "relative_paths",
        "xml",
    ]


def test_a_broken_element_goes_and_its_neighbours_stay(tmp_path):
    broken = {"modelType": "Property", "idShort": "Q", "value": "2"}
    odd = {**PROPERTY, "idShort": "R", "description": [{"language": "en", "text": 7}], "colour": "red"}
    package, found = read_package(put(tmp_path, environment(PROPERTY, broken, odd)))
    kept = package.submodels[0]["submodelElements"]
    assert [one["idShort"] for one in kept] == ["P", "R"]
    assert "description" not in kept[1]
    assert "colour" not in kept[1]
    said = " ".join(str(one.message) for one in found)
    assert "submodels[0].submodelElements[1]" in said
    assert "valueType" in said
    assert "submodels[0].submodelElements[2].description[0].text" in said


def test_what_breaks_a_rule_but_can_be_read_is_kept_and_named(tmp_path):
    package, found = read_package(put(tmp_path, environment({**PROPERTY, "value": "warm"})))
    assert package.submodels[0]["submodelElements"][0]["value"] == "warm"
    assert "submodels[0].submodelElements[0]" in str(found[0].message)


def test_names_that_stand_twice_are_told(tmp_path):
    text = json.dumps(environment(PROPERTY)).replace('"idShort": "P"', '"idShort": "A", "idShort": "P"')
    assert "twice" in str(read_package(put(tmp_path, text))[1][0].message)


@pytest.mark.parametrize(
    "text",
    [
        "[]",
        '"a"',
        "{",
        '{"a": NaN}',
        '{"things": []}',
        "[" * 5000 + "]" * 5000,
        '{"submodels":' + '[{"value":' * 400 + "1" + "}]" * 400 + "}",
    ],
)
def test_what_is_no_environment_is_refused(tmp_path, text):
    with pytest.raises(BrokenFile):
        read_package(put(tmp_path, text))


@pytest.mark.parametrize(
    "text",
    [
        '<!DOCTYPE a [<!ENTITY b "c">]><environment xmlns="https://admin-shell.io/aas/3/0">&b;</environment>',
        '<!DOCTYPE a SYSTEM "file:///etc/passwd"><environment/>',
        '<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY l "lol"><!ENTITY m "&l;&l;&l;">]><environment>&m;</environment>',
    ],
)
def test_no_dtd_is_read(tmp_path, text):
    with pytest.raises(BrokenFile, match="DTD"):
        read_package(put(tmp_path, text, "e.xml"))


def test_an_archive_that_leads_outside_is_refused(tmp_path):
    path = tmp_path / "slip.aasx"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("../../evil.json", "{}")
    with pytest.raises(HostileArchive):
        read_package(path)


def test_a_bomb_is_refused(tmp_path):
    path = tmp_path / "bomb.aasx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("aasx/e.json", b" " * 200_000_000)
    with pytest.raises(HostileArchive):
        read_package(path)


@pytest.mark.parametrize("cut", [10, 200, 400])
def test_a_cut_package_is_refused(tmp_path, cut):
    path = tmp_path / "cut.aasx"
    write_package(AasPackage(shells=(SHELL,)), path)
    path.write_bytes(path.read_bytes()[:-cut])
    with pytest.raises(BrokenFile):
        read_package(path)


def test_a_part_that_is_missing_is_told(tmp_path):
    path, mended = tmp_path / "a.aasx", io.BytesIO()
    write_package(AasPackage(shells=(SHELL,)), path)
    with zipfile.ZipFile(path) as whole, zipfile.ZipFile(mended, "w") as less:
        for name in whole.namelist():
            if name != "aasx/environment.json":
                less.writestr(name, whole.read(name))
    path.write_bytes(mended.getvalue())
    package, found = read_package(path)
    assert package.environment == {}
    assert [one.code for one in found] == ["aas_part", "aas_none"]


def test_xml_that_is_deep_enough_to_hurt_is_refused(tmp_path):
    text = "<environment>" + "<a>" * 50_000 + "</a>" * 50_000 + "</environment>"
    with pytest.raises(BrokenFile, match="levels"):
        read_package(put(tmp_path, text, "e.xml"))
