"""What is written is whole, lean and the same every time."""

import io
import json

from tundish.aas import AasPackage, Part, read_package, write_json, write_package


def submodel(count):
    properties = [{"modelType": "Property", "idShort": f"P{n}", "valueType": "xs:int", "value": str(n)} for n in range(count)]
    return {"modelType": "Submodel", "id": f"urn:x:{count}", "idShort": "Sm", "submodelElements": properties}


def test_long_submodels_are_written_in_pieces_that_join(tmp_path):
    for count in (1, 2000, 2001, 5000):
        package = AasPackage(submodels=(submodel(count), submodel(3)))
        file = io.BytesIO()
        write_json(package, file)
        assert json.loads(file.getvalue()) == package.environment


def test_files_and_thumbnail_come_back(tmp_path, passes):
    shell = {
        "modelType": "AssetAdministrationShell",
        "id": "urn:x",
        "assetInformation": {"assetKind": "Instance", "globalAssetId": "urn:y"},
    }
    (tmp_path / "big.parquet").write_bytes(b"PAR1" * 1000)
    files = {
        "/aasx/files/a.parquet": Part(tmp_path / "big.parquet", "application/vnd.apache.parquet"),
        "/aasx/files/t&p.png": Part(b"png", "image/png"),
    }
    package = AasPackage(shells=(shell,), files=files, thumbnails={"urn:x": "/aasx/files/t&p.png"})
    write_package(package, tmp_path / "a.aasx")
    write_package(package, tmp_path / "b.aasx")
    assert (tmp_path / "a.aasx").read_bytes() == (tmp_path / "b.aasx").read_bytes()
    assert passes(tmp_path / "a.aasx")
    again, found = read_package(tmp_path / "a.aasx")
    assert not found
    assert {name: (part.read_bytes(), part.content_type) for name, part in again.files.items()} == {
        name: (part.read_bytes(), part.content_type) for name, part in files.items()
    }
    assert again.thumbnails == package.thumbnails


def test_an_empty_package_is_one(tmp_path, passes):
    write_package(AasPackage(), tmp_path / "e.aasx")
    assert read_package(tmp_path / "e.aasx")[0].environment == {}
