"""Is each element said in each form as the standard says it? Truth: the package made by hand, and the standard's examples."""

import base64
import io
import json
import zipfile

import pytest
from every_kind import CONCEPT, PICTURE, PICTURE_ADDRESS, PNG, SHELL, SUBMODEL, every_kind, submodel

from tundish.aas import AasPackage, Part, verify


def at(id):
    return base64.urlsafe_b64encode(id.encode()).decode().rstrip("=")


def encoded(value):
    return at(json.dumps(value))


ELEMENTS = f"/submodels/{at(SUBMODEL)}/submodel-elements"
TO_BATH = {
    "type": "ModelReference",
    "keys": [{"type": "Submodel", "value": SUBMODEL}, {"type": "Property", "value": "BathTemperature"}],
}
VALUES = {
    "BathTemperature": 78.5,
    "Title": [{"ko": "산세"}, {"en": "Pickling"}],
    "Window": {"min": 70, "max": 85},
    "Picture": {"contentType": "image/png", "value": PICTURE_ADDRESS},
    "Page": {"contentType": "text/html", "value": "/aasx/files/page.html"},
    "Lost": {"contentType": "text/csv", "value": "/etc/passwd"},
    "Note": {"contentType": "text/plain"},
    "Watched": TO_BATH,
    "Feeds": {"first": TO_BATH, "second": TO_BATH},
    "Drives": {"first": TO_BATH, "second": TO_BATH, "annotations": [{"Share": 0.4}]},
    "Changed": {"observed": TO_BATH},
    "Coil": {"statements": {"Width": 1.219}, "entityType": "SelfManagedEntity", "globalAssetId": "urn:example:coil:1"},
    "Bath": {
        "Acid": 0.12,
        "Inside": {"Deep": {"contentType": "text/plain"}, "Iron": 0.03},
        "Zones": [{"Speed": 0}, {"Speed": 1}, {"Speed": 2}],
    },
    "Series": [1.5, "INF", 2.0],
    "Table": [[{"min": 1.0, "max": 2.0}]],
}


def test_the_package_is_sound():
    assert verify(every_kind().environment) == []


def test_values_of_every_kind(client):
    assert client.get(f"/submodels/{at(SUBMODEL)}/$value").json() == VALUES
    listed = client.get(f"{ELEMENTS}/$value").json()["result"]
    assert listed == [{name: value} for name, value in VALUES.items()]
    for name, value in VALUES.items():
        one = client.get(f"{ELEMENTS}/{name}/$value").json()
        assert one == ({name: value} if name == "BathTemperature" else value)


def test_values_with_level_and_extent(client):
    core = client.get(f"/submodels/{at(SUBMODEL)}/$value?level=core").json()
    assert (core["Bath"], core["Series"], core["Coil"]["statements"], core["Window"]) == ({}, [], {}, VALUES["Window"])
    assert client.get(f"{ELEMENTS}/Bath/$value?level=core").json() == {"Acid": 0.12, "Inside": {}, "Zones": []}
    blob = client.get(f"{ELEMENTS}/Note/$value?extent=withBlobValue").json()
    assert base64.b64decode(blob["value"]).decode() == "테스트"


def test_blobs_stay_out_unless_wanted(client):
    without, with_blobs = (
        client.get(f"/submodels/{at(SUBMODEL)}", params={"extent": said}).text for said in ("withoutBlobValue", "withBlobValue")
    )
    assert with_blobs.count("7YWM7Iqk7Yq4") == 2 and "7YWM7Iqk7Yq4" not in without
    assert json.loads(with_blobs) == every_kind().submodels[0]
    assert "7YWM7Iqk7Yq4" not in client.get(f"/submodels/{at(SUBMODEL)}").text


def test_core_shows_one_level(client):
    inside = {one["idShort"]: one for one in client.get(f"/submodels/{at(SUBMODEL)}?level=core").json()["submodelElements"]}
    assert "value" not in inside["Bath"] and "statements" not in inside["Coil"] and "annotations" not in inside["Drives"]
    assert inside["BathTemperature"]["value"] == "78.5"
    bath = client.get(f"{ELEMENTS}/Bath?level=core").json()
    assert [one["idShort"] for one in bath["value"]] == ["Acid", "Inside", "Zones"]
    assert bath["value"][0]["value"] == "0.12" and "value" not in bath["value"][1]


def test_metadata_are_elements_without_values(client):
    for one in client.get(f"{ELEMENTS}/$metadata").json()["result"]:
        assert not {"value", "min", "max", "statements", "annotations"} & set(one)
        alone = {"modelType": "Submodel", "id": "urn:x", "submodelElements": [one]}
        assert verify({"submodels": [alone]}) == []
    assert "submodelElements" not in client.get(f"/submodels/{at(SUBMODEL)}/$metadata").json()


def test_paths(client):
    bath = ["Bath", "Bath.Acid", "Bath.Inside", "Bath.Inside.Deep", "Bath.Inside.Iron", "Bath.Zones"]
    bath += [f"Bath.Zones[{n}]{more}" for n in range(3) for more in ("", ".Speed")]
    assert client.get(f"{ELEMENTS}/Bath/$path").json() == bath
    assert client.get(f"{ELEMENTS}/Bath/$path?level=core").json() == ["Bath", "Bath.Acid", "Bath.Inside", "Bath.Zones"]
    every = client.get(f"/submodels/{at(SUBMODEL)}/$path").json()
    assert set(bath) < set(every) and "Table[0][0]" in every and "Drives.Share" in every and "Coil.Width" in every
    assert client.get(f"/submodels/{at(SUBMODEL)}/$path?level=core").json() == [
        one["idShort"] for one in every_kind().submodels[0]["submodelElements"]
    ]
    for path in every:
        assert client.get(f"{ELEMENTS}/{path}").status_code == 200, path


def test_references_lead_back(client):
    keys = client.get(f"{ELEMENTS}/Bath.Zones[1].Speed/$reference").json()["keys"]
    assert [(key["type"], key["value"]) for key in keys] == [
        ("Submodel", SUBMODEL),
        ("SubmodelElementCollection", "Bath"),
        ("SubmodelElementList", "Zones"),
        ("SubmodelElementCollection", "1"),
        ("Property", "Speed"),
    ]
    assert client.get(f"/shells/{at(SHELL)}/$reference").json()["keys"][0] == {
        "type": "AssetAdministrationShell",
        "value": SHELL,
    }


@pytest.mark.parametrize("path", ["/shells", "/submodels/$path", f"{ELEMENTS}", f"{ELEMENTS}/$value", "/concept-descriptions"])
def test_pages_hold_everything_once(client, path):
    whole, found, cursor = client.get(path).json()["result"], [], {}
    while True:
        page = client.get(path, params={"limit": 3, **cursor}).json()
        assert len(page["result"]) <= 3
        found += page["result"]
        if "cursor" not in page["paging_metadata"]:
            break
        cursor = {"cursor": page["paging_metadata"]["cursor"]}
    assert found == whole


def test_filters(client):
    def names(path, **asked):
        return [one["idShort"] for one in client.get(path, params=asked).json()["result"]]

    assert names("/shells", idShort="Other") == ["Other"] and names("/shells", idShort="없음") == []
    serial = encoded({"name": "serial", "value": "PicklingLine"})
    whole = encoded({"name": "globalAssetId", "value": f"{SHELL}/asset"})
    assert names("/shells", assetIds=[serial, whole]) == ["PicklingLine"]
    assert names("/shells", assetIds=[serial, encoded({"name": "serial", "value": "Other"})]) == []
    meaning = {"type": "ExternalReference", "keys": [{"type": "GlobalReference", "value": "urn:example:meaning:Second"}]}
    assert names("/submodels", semanticId=encoded(meaning)) == ["Second"]
    assert client.get(f"/concept-descriptions/{at(CONCEPT)}").json()["id"] == CONCEPT


def test_pictures_and_files(client):
    picture = client.get(f"/shells/{at(SHELL)}/asset-information/thumbnail")
    assert picture.content == PNG and picture.headers["content-type"] == "image/png"
    assert picture.headers["content-disposition"].startswith("inline")
    page = client.get(f"{ELEMENTS}/Page/attachment")
    assert page.headers["content-disposition"].startswith("attachment") and "sandbox" in page.headers["content-security-policy"]


@pytest.mark.parametrize(
    "content_type", ["image/svg+xml", "text/html", "application/pdf", "x\r\nSet-Cookie: a=b", "", "한글/형식"]
)
def test_what_could_run_is_saved_not_shown(client_of, content_type):
    package = every_kind()
    client = client_of(
        AasPackage(package.shells, package.submodels, (), {PICTURE: Part(b"<svg/>", content_type)}, {SHELL: PICTURE})
    )
    answer = client.get(f"/shells/{at(SHELL)}/asset-information/thumbnail")
    assert answer.status_code == 200
    shown = answer.headers["content-type"] in {"image/png"}
    assert answer.headers["content-disposition"].startswith("inline" if shown else "attachment")
    assert "set-cookie" not in answer.headers and "sandbox" in answer.headers["content-security-policy"]


def test_a_file_that_lies_on_the_disk(client_of, tmp_path):
    package, path = every_kind(), tmp_path / "series.parquet"
    path.write_bytes(b"PAR1" * 1000)
    client = client_of(
        AasPackage(package.shells, package.submodels, (), {PICTURE: Part(path, "application/vnd.apache.parquet")})
    )
    assert client.get(f"{ELEMENTS}/Picture/attachment").content == path.read_bytes()
    path.unlink()
    assert client.get(f"{ELEMENTS}/Picture/attachment").status_code == 404


def test_all_of_it_in_one_file(client):
    whole = client.get("/serialization").json()
    assert verify(whole) == [] and len(whole["conceptDescriptions"]) == 2
    assert "conceptDescriptions" not in client.get("/serialization?includeConceptDescriptions=false").json()
    one = client.get("/serialization", params={"submodelIds": at(SUBMODEL)}).json()
    assert [len(one[name]) for name in ("submodels", "conceptDescriptions")] == [
        1,
        1,
    ] and "assetAdministrationShells" not in one
    xml = client.get("/serialization", headers={"Accept": "application/xml"})
    assert xml.headers["content-type"].startswith("application/xml") and "<environment" in xml.text
    aasx = client.get(
        f"/shells/{at(SHELL)}/serialization", headers={"Accept": "application/asset-administration-shell-package+xml"}
    )
    names = zipfile.ZipFile(io.BytesIO(aasx.content)).namelist()
    assert PICTURE.lstrip("/") in names and "aasx/environment.json" in names


def test_unsound_values_are_handed_on_as_they_stand(client_of):
    odd = [
        {"modelType": "Property", "idShort": name, "valueType": kind, **value}
        for name, kind, value in (
            ("Empty", "xs:double", {}),
            ("Words", "xs:double", {"value": "약 3"}),
            ("Underscored", "xs:int", {"value": "1_000"}),
            ("Arabic", "xs:int", {"value": "١٢"}),
            ("Huge", "xs:double", {"value": "1e999"}),
            ("Long", "xs:integer", {"value": "9" * 400}),
            ("Truth", "xs:boolean", {"value": "yes"}),
        )
    ]
    client = client_of(AasPackage((), (submodel("urn:odd", "Odd", odd),)))
    values = client.get(f"/submodels/{at('urn:odd')}/$value").json()
    assert values == {"Empty": None, **{one["idShort"]: one["value"] for one in odd[1:]}}
