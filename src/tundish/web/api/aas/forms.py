"""In which form is an element wanted? Whole, without blobs, its core, its metadata, its paths."""

from __future__ import annotations

from collections.abc import Mapping

from tundish.aas import Json
from tundish.web.api.aas.asked import Extent, Level
from tundish.web.api.aas.shelf import CHILDREN, Tree, children, named

VALUE: Mapping[str, frozenset[str]] = {
    "Submodel": frozenset({"submodelElements"}),
    "SubmodelElementCollection": frozenset({"value"}),
    "SubmodelElementList": frozenset({"value"}),
    "Entity": frozenset({"statements"}),
    "Property": frozenset({"value", "valueId"}),
    "MultiLanguageProperty": frozenset({"value", "valueId"}),
    "Range": frozenset({"min", "max"}),
    "ReferenceElement": frozenset({"value"}),
    "AnnotatedRelationshipElement": frozenset({"annotations"}),
    "Blob": frozenset({"value"}),
    "File": frozenset({"value"}),
}
"""Attributes that metadata leave out (AAS part 2, 3.0.3, metadata objects), but for those without which the element
would be none: first and second, observed, contentType and the asset of an entity stay."""
WITHOUT_METADATA = frozenset({"Capability", "Operation"})
"""Model types for which a request of metadata is refused: they are nothing else."""
WITH_PATHS = frozenset({"SubmodelElementCollection", "SubmodelElementList", "Entity"})
"""Model types whose paths may be asked for."""


def formed(element: Json, tree: Tree, level: Level, extent: Extent) -> Json:
    """A submodel, or an element asked for by its path, with its children; with ``core`` their own are left out."""
    return _formed(element, tree, 1 if level is Level.CORE else -1, extent)


def formed_in_list(element: Json, tree: Tree, level: Level, extent: Extent) -> Json:
    """An element of a submodel's list; with ``core`` its children are left out."""
    return _formed(element, tree, 0 if level is Level.CORE else -1, extent)


def metadata(element: Json) -> Json:
    """An element without its value."""
    left_out = VALUE.get(element.get("modelType", ""), frozenset())
    return {name: value for name, value in element.items() if name not in left_out}


def paths(tree: Tree, level: Level) -> list[str]:
    """The paths of a submodel's elements: all, or those of the first level."""
    return [path for path, _ in named(tree.submodel, "")] if level is Level.CORE else list(tree.elements)


def paths_below(tree: Tree, path: str, level: Level) -> list[str]:
    """The path of an element and those below it: of all, or of its direct children."""
    if level is Level.CORE:
        return [path, *(child for child, _ in named(tree.elements[path], path))]
    return [path, *(other for other in tree.elements if other.startswith((f"{path}.", f"{path}[")))]


def reference(*keys: Json) -> Json:
    """A model reference."""
    return {"type": "ModelReference", "keys": list(keys)}


def _formed(element: Json, tree: Tree, depth: int, extent: Extent) -> Json:
    if depth < 0 and (extent is Extent.WITH_BLOB_VALUE or not tree.holds_blobs):
        return element
    return _cut(element, depth, blobs=extent is Extent.WITH_BLOB_VALUE)


def _cut(element: Json, depth: int, *, blobs: bool) -> Json:
    """``depth``: levels of children still to be shown; below 0: all."""
    kind = element.get("modelType", "")
    if kind == "Blob" and not blobs:
        return {name: value for name, value in element.items() if name != "value"}
    inside = CHILDREN.get(kind)
    if inside is None or inside not in element:
        return element
    if depth == 0:
        return {name: value for name, value in element.items() if name != inside}
    return {**element, inside: [_cut(child, depth - 1, blobs=blobs) for child in children(element)]}
