"""Shells of a plant: valid for the association's tool, true to the data, and silent where the data are."""

import json

import polars as pl
import pytest

from tundish import works
from tundish.aas import describe, read_package, verify, write_json, write_package, write_series
from tundish.aas.template import inside, meant
from tundish.flow import standard
from tundish.settings import Settings

HOSTILE = [
    "=cmd|' /C calc'!A0",
    "<script>alert(1)</script>",
    "온도\x01\x0b",
    "",
    "  ",
    "a" * 400,
    "온도",
    "온도 ",
    "ONDO",
    "ondo",
    "1번",
    "😀",
    "가" * 700,
]
REAL = {
    "posco_plate_scale": Settings(),
    "ladle_furnace": Settings(),
    "sidenor_ladle": Settings(skip=("tt.csv",)),
    "steel_energy_uci": Settings(),
    "kamp_surface_treatment": Settings(),
    "rolling_stand": Settings(),
}


def every(element):
    yield element
    for one in inside(element):
        yield from every(one)


def find(package, identity):
    return next(one for one in package.submodels if one["id"] == identity)


def by_name(submodel, name):
    return [one for one in every(submodel) if one.get("idShort") == name]


def exported(found, plant, folder):
    package = describe(found.tables.tables, found.catalogue, plant=plant)
    write_package(package, folder / "p.aasx")
    with (folder / "p.json").open("wb") as file:
        write_json(package, file)
    return package


@pytest.mark.parametrize("name", REAL)
def test_exports_of_real_plants_pass(shared, tmp_path, passes, name):
    found = standard(shared / name, REAL[name], lambda *_: None)
    package = exported(found, name, tmp_path)
    assert verify(package.environment) == []
    assert passes(tmp_path / "p.aasx")
    assert passes(tmp_path / "p.json")


def test_the_export_of_a_generated_plant_passes_and_tells_its_line(tmp_path, passes, read):
    made = works.make("pickling", seed=3, out=tmp_path / "pk")
    found = read(made.folder)
    package = exported(found, "pk", tmp_path)
    assert verify(package.environment) == []
    assert passes(tmp_path / "p.aasx")
    assert [one["id"] for one in package.shells][:2] == ["urn:tundish:plant:pk", "urn:tundish:plant:pk:line:pickling"]
    assert {one["assetInformation"]["assetKind"] for one in package.shells[2:]} == {"Type"}
    for submodel in package.submodels:
        assert not any("InternalSegment" in (meant(one) or "") for one in every(submodel))
    for file in write_series(found.tables.tables, found.catalogue, tmp_path, plant="pk"):
        assert file.stat().st_size
        linked = [one["value"] for sm in package.submodels for one in every(sm) if one.get("idShort") == "Endpoint"]
        assert file.relative_to(tmp_path).as_posix() in linked


def test_the_same_tables_give_the_same_bytes(certificates, tmp_path, read):
    for name in ("a", "b"):
        found = read(certificates)
        write_package(describe(found.tables.tables, found.catalogue, plant="x"), tmp_path / f"{name}.aasx")
    assert (tmp_path / "a.aasx").read_bytes() == (tmp_path / "b.aasx").read_bytes()


def test_the_inspection_document_tells_the_last_piece(certificates, tmp_path, passes, read):
    package = exported(read(certificates), certificates.name, tmp_path)
    assert passes(tmp_path / "p.aasx")
    assert verify(package.environment) == []
    document = find(package, "urn:tundish:plant:2%EA%B3%B5%EC%9E%A5%20A:product:SPHC:inspection")
    values = {one["idShort"]: one.get("value") for one in every(document) if one.get("modelType") == "Property"}
    assert values["BatchNumber"] == "C0059"
    assert values["MassFraction_C"] == "0.051"
    assert values["YieldOrProofStrengthMean"] == "331"
    assert values["Thickness"] == "2.2"
    assert values["Length"] == "559000"
    assert values["ActualMass"] == "9059"
    assert values["StatementOfCompliance"] is None
    assert values["MassFraction_Mn"] == "0.34"
    assert "홍길동" not in json.dumps(package.environment, ensure_ascii=False)


def test_a_product_leads_back_to_its_heat(certificates, read):
    found = read(certificates)
    package = describe(found.tables.tables, found.catalogue, plant="x")
    tree = find(package, "urn:tundish:plant:x:product:SPHC:structure")
    path = []
    node = by_name(tree, "EntryNode")[0]
    while node:
        path.append(node["idShort"])
        node = next((one for one in inside(node) if one["modelType"] == "Entity"), None)
    assert path == ["EntryNode", "Coil_number", "Heat_number"]


def test_a_unit_that_nobody_confirmed_is_not_claimed(tmp_path, read):
    folder = tmp_path / "p"
    folder.mkdir()
    rows = "\n".join(f"L{n:03d},{75 + n % 9},{70 + n % 5}" for n in range(80))
    (folder / "산세 실적.csv").write_text(f"LOT NO,산세조 온도,산세조 온도 설정(℃)\n{rows}", encoding="utf-8")
    found = read(folder)
    package = describe(found.tables.tables, found.catalogue, plant="p")
    described = {one["id"]: one for one in package.concept_descriptions}
    told = {m.concept: m.unit for t in found.tables.tables for m in t.matches}
    assert told["pickling.bath_temperature"] is None
    own = next(one for id, one in described.items() if ":column:" in id)
    assert own["isCaseOf"][0]["keys"][0]["value"] == "urn:tundish:concept:pickling.bath_temperature"
    content = own["embeddedDataSpecifications"][0]["dataSpecificationContent"]
    assert "unit" not in content
    setpoint = described["urn:tundish:concept:pickling.bath_temperature_setpoint"]
    assert setpoint["embeddedDataSpecifications"][0]["dataSpecificationContent"]["unit"] == "Cel"
    languages = {
        one["language"] for one in setpoint["embeddedDataSpecifications"][0]["dataSpecificationContent"]["preferredName"]
    }
    assert languages == {"ko", "en"}


def test_a_footprint_is_told_only_where_emissions_and_mass_stand_together(tmp_path, read):
    folder = tmp_path / "p"
    folder.mkdir()
    rows = "\n".join(f"2025-03-01 {n // 6:02d}:{n % 6}0,{0.5 + n % 2 * 0.5},{1000 + n % 2 * 1000}" for n in range(100))
    (folder / "에너지.csv").write_text(f"기록시각,CO2 배출량(tCO2),생산량(kg)\n{rows}", encoding="utf-8")
    found = read(folder)
    footprint = find(describe(found.tables.tables, found.catalogue, plant="p"), "urn:tundish:plant:p:carbon")
    values = {one["idShort"]: one.get("value") for one in every(footprint) if "idShort" in one}
    assert values["PcfCO2eq"] == "0.5"
    assert values["ReferenceImpactUnitForCalculation"] == "kg"
    assert values["PublicationDate"] is None


def test_hostile_headers_and_values_make_a_valid_package(tmp_path, passes, read):
    folder = tmp_path / "p"
    folder.mkdir()
    frame = pl.DataFrame(
        {f"{name}": [name] * 30 for name in dict.fromkeys(HOSTILE)} | {"기록시각": [f"2025-01-{n + 1:02d}" for n in range(30)]}
    )
    frame = frame.with_columns(pl.Series("강종", (HOSTILE * 3)[:30]), pl.Series("두께(mm)", [float(n) for n in range(30)]))
    frame.write_parquet(folder / "h.parquet")
    package = exported(read(folder), "<\x00공장>/../", tmp_path)
    assert verify(package.environment) == []
    assert passes(tmp_path / "p.aasx")
    assert read_package(tmp_path / "p.aasx")[0].environment == package.environment
