"""A package that holds every kind of element, made by hand; what it says is known to the tests."""

from tundish.aas import AasPackage, Json, Part

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c6360f8cf500f0003860180"
) + bytes.fromhex("5a347d6b0000000049454e44ae426082")
SHELL, SUBMODEL = "urn:example:line/산세 1호?a=b#c", "https://example.com/submodels/산세/모든 것"
PICTURE = "/aasx/files/사진 1.png"
PICTURE_ADDRESS = "/aasx/files/%EC%82%AC%EC%A7%84%201.png"
CONCEPT = "urn:example:concept:bath_temperature"


def global_reference(value: str) -> Json:
    return {"type": "ExternalReference", "keys": [{"type": "GlobalReference", "value": value}]}


def model_reference(*keys: tuple[str, str]) -> Json:
    return {"type": "ModelReference", "keys": [{"type": kind, "value": value} for kind, value in keys]}


def element(kind: str, id_short: str, **more: object) -> Json:
    return {"modelType": kind, "idShort": id_short, "displayName": [{"language": "ko", "text": "이름"}], **more}


def item(kind: str, **more: object) -> Json:
    return {"modelType": kind, **more}


def number(id_short: str, value: str, value_type: str = "xs:double") -> Json:
    return element("Property", id_short, valueType=value_type, value=value, semanticId=global_reference(CONCEPT))


def elements() -> list[Json]:
    to_bath = model_reference(("Submodel", SUBMODEL), ("Property", "BathTemperature"))
    png = {"contentType": "image/png", "value": PICTURE_ADDRESS}
    blob = {"contentType": "text/plain", "value": "7YWM7Iqk7Yq4"}
    return [
        number("BathTemperature", "78.5"),
        element(
            "MultiLanguageProperty", "Title", value=[{"language": "ko", "text": "산세"}, {"language": "en", "text": "Pickling"}]
        ),
        element("Range", "Window", valueType="xs:int", min="70", max="85"),
        element("File", "Picture", **png),
        element("File", "Page", contentType="text/html", value="/aasx/files/page.html"),
        element("File", "Lost", contentType="text/csv", value="/etc/passwd"),
        element("Blob", "Note", **blob),
        element("ReferenceElement", "Watched", value=to_bath),
        element("RelationshipElement", "Feeds", first=to_bath, second=to_bath),
        element("AnnotatedRelationshipElement", "Drives", first=to_bath, second=to_bath, annotations=[number("Share", "0.4")]),
        element("Capability", "Pickles"),
        element("Operation", "Dose", inputVariables=[{"value": number("Amount", "3", "xs:int")}]),
        element("BasicEventElement", "Changed", observed=to_bath, direction="output", state="on"),
        element(
            "Entity",
            "Coil",
            entityType="SelfManagedEntity",
            globalAssetId="urn:example:coil:1",
            statements=[number("Width", "1.219")],
        ),
        element(
            "SubmodelElementCollection",
            "Bath",
            value=[
                number("Acid", "0.12"),
                element("SubmodelElementCollection", "Inside", value=[element("Blob", "Deep", **blob), number("Iron", "0.03")]),
                element(
                    "SubmodelElementList",
                    "Zones",
                    typeValueListElement="SubmodelElementCollection",
                    value=[item("SubmodelElementCollection", value=[number("Speed", str(n), "xs:int")]) for n in range(3)],
                ),
            ],
        ),
        element(
            "SubmodelElementList",
            "Series",
            typeValueListElement="Property",
            valueTypeListElement="xs:double",
            value=[item("Property", valueType="xs:double", value=text) for text in ("1.5", "INF", "2")],
        ),
        element(
            "SubmodelElementList",
            "Table",
            typeValueListElement="SubmodelElementList",
            value=[
                item(
                    "SubmodelElementList",
                    typeValueListElement="Range",
                    valueTypeListElement="xs:double",
                    value=[item("Range", valueType="xs:double", min="1", max="2")],
                )
            ],
        ),
    ]


def submodel(id: str, id_short: str, inside: list[Json]) -> Json:
    return {
        "modelType": "Submodel",
        "id": id,
        "idShort": id_short,
        "semanticId": global_reference(f"urn:example:meaning:{id_short}"),
        "submodelElements": inside,
    }


def shell(id: str, id_short: str, submodels: list[str]) -> Json:
    return {
        "modelType": "AssetAdministrationShell",
        "id": id,
        "idShort": id_short,
        "assetInformation": {
            "assetKind": "Instance",
            "globalAssetId": f"{id}/asset",
            "specificAssetIds": [{"name": "serial", "value": id_short}],
            "defaultThumbnail": {"path": PICTURE_ADDRESS, "contentType": "image/png"},
        },
        "submodels": [model_reference(("Submodel", id)) for id in submodels],
    }


def concept(id: str) -> Json:
    return {"modelType": "ConceptDescription", "id": id, "idShort": "BathTemperature", "isCaseOf": [global_reference("urn:x")]}


def every_kind() -> AasPackage:
    """Two shells; the first with every kind of element in its first submodel."""
    second = "https://example.com/submodels/2"
    files = {
        PICTURE: Part(PNG, "image/png"),
        "/aasx/files/page.html": Part(b"<script>alert(1)</script>", "text/html"),
    }
    return AasPackage(
        (shell(SHELL, "PicklingLine", [SUBMODEL, second]), shell("urn:example:line/2", "Other", [second])),
        (submodel(SUBMODEL, "Everything", elements()), submodel(second, "Second", [number("Speed", "120", "xs:int")])),
        (concept(CONCEPT), concept("urn:example:concept:other")),
        files,
        {SHELL: PICTURE},
    )
