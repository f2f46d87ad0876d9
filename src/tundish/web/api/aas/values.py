"""What is left of an element when only its value is asked for? (AAS part 2, 3.0.3, value-only serialisation)"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

from tundish.aas import Json
from tundish.web.api.aas.asked import Extent, Level
from tundish.web.api.aas.shelf import children

WITHOUT_VALUE = frozenset({"Capability", "Operation"})
"""Model types that have no value."""
_WHOLE = frozenset(
    f"xs:{name}"
    for name in (
        "integer",
        "int",
        "long",
        "short",
        "byte",
        "nonNegativeInteger",
        "positiveInteger",
        "nonPositiveInteger",
        "negativeInteger",
        "unsignedLong",
        "unsignedInt",
        "unsignedShort",
        "unsignedByte",
    )
)
_REAL = frozenset({"xs:decimal", "xs:double", "xs:float"})
_WHOLE_TEXT = re.compile(r"[+-]?[0-9]{1,300}")
_REAL_TEXT = re.compile(r"[+-]?([0-9]{1,300}(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,3})?")


def has_value(element: Json) -> bool:
    """Whether the standard knows a value of this kind of element."""
    return element.get("modelType") not in WITHOUT_VALUE


def value_of(element: Json, level: Level, extent: Extent) -> object:
    """The value of an element; with ``core``, containers below it are left empty.

    >>> value_of({"modelType": "Range", "valueType": "xs:double", "min": "1.5"}, Level.DEEP, Extent.WITHOUT_BLOB_VALUE)
    {'min': 1.5, 'max': None}
    """
    return _of(element, 1 if level is Level.CORE else -1, extent)


def values_of(submodel: Json, level: Level, extent: Extent) -> Json:
    """The values of a submodel by idShort."""
    return _named(children(submodel), 0 if level is Level.CORE else -1, extent)


def named_value(element: Json, level: Level, extent: Extent) -> Json:
    """One element of a list of values, by its idShort: the name says whose value it is."""
    return {element.get("idShort", ""): _of(element, 0 if level is Level.CORE else -1, extent)}


def _of(element: Json, depth: int, extent: Extent) -> object:
    """``depth``: levels of children still to be shown; -1 for all."""
    kind = element.get("modelType", "")
    if kind in SIMPLE:
        return SIMPLE[kind](element)
    below = () if depth == 0 else children(element)
    if kind == "SubmodelElementCollection":
        return _named(below, depth - 1, extent)
    if kind == "SubmodelElementList":
        return [_of(child, depth - 1, extent) for child in below if has_value(child)]
    if kind == "Entity":
        return _entity(element, below, depth, extent)
    if kind == "AnnotatedRelationshipElement":
        annotations = [_named([child], depth - 1, extent) for child in below]
        return {**_relationship(element), "annotations": annotations}
    return _blob(element, extent) if kind == "Blob" else None


def _named(elements: Sequence[Json], depth: int, extent: Extent) -> Json:
    return {element.get("idShort", ""): _of(element, depth, extent) for element in elements if has_value(element)}


def _entity(element: Json, below: Sequence[Json], depth: int, extent: Extent) -> Json:
    own: Json = {name: element[name] for name in ("entityType", "globalAssetId", "specificAssetIds") if name in element}
    return {"statements": _named(below, depth - 1, extent), **own}


def _blob(element: Json, extent: Extent) -> Json:
    content = {"value": element.get("value")} if extent is Extent.WITH_BLOB_VALUE else {}
    return {"contentType": element.get("contentType"), **content}


def _property(element: Json) -> object:
    return typed(element.get("value"), element.get("valueType"))


def _range(element: Json) -> Json:
    kind = element.get("valueType")
    return {"min": typed(element.get("min"), kind), "max": typed(element.get("max"), kind)}


def _languages(element: Json) -> list[Json]:
    return [{text["language"]: text["text"]} for text in element.get("value", ())]


def _file(element: Json) -> Json:
    return {"contentType": element.get("contentType"), "value": element.get("value")}


def _reference(element: Json) -> object:
    return element.get("value")


def _relationship(element: Json) -> Json:
    return {"first": element.get("first"), "second": element.get("second")}


def _event(element: Json) -> Json:
    return {"observed": element.get("observed")}


SIMPLE: Mapping[str, Callable[[Json], object]] = {
    "Property": _property,
    "Range": _range,
    "MultiLanguageProperty": _languages,
    "File": _file,
    "ReferenceElement": _reference,
    "RelationshipElement": _relationship,
    "BasicEventElement": _event,
}
"""Model types without elements inside."""


def typed(text: object, value_type: object) -> object:
    """A value as JSON has it: numbers and truth values as such, everything JSON has no word for (INF, dates) as text.

    >>> typed("12", "xs:int"), typed("1.50", "xs:double"), typed("true", "xs:boolean"), typed("INF", "xs:double")
    (12, 1.5, True, 'INF')
    >>> typed("12", "xs:string"), typed(None, "xs:int"), typed("abc", "xs:int")
    ('12', None, 'abc')
    """
    if not isinstance(text, str):
        return text
    if value_type == "xs:boolean":
        return {"true": True, "1": True, "false": False, "0": False}.get(text, text)
    if value_type in _WHOLE and _WHOLE_TEXT.fullmatch(text):
        return int(text)
    if value_type in _REAL and _REAL_TEXT.fullmatch(text):
        number = float(text)
        return number if abs(number) != float("inf") else text
    return text
