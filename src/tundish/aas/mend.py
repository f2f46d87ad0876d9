"""What of a broken environment can still be read? The smallest broken thing goes, and is named."""

from __future__ import annotations

import re
from collections.abc import Mapping

from tundish.aas.package import Json
from tundish.aas.verify import Fault, joined, shape_error

KINDS: Mapping[str, str] = {
    "assetAdministrationShells": "AssetAdministrationShell",
    "submodels": "Submodel",
    "conceptDescriptions": "ConceptDescription",
}
"""Lists of an environment, and the class of what stands in them."""
_INSIDE = {"SubmodelElementCollection": "value", "SubmodelElementList": "value", "Entity": "statements"}
_ALSO_INSIDE = {"Submodel": "submodelElements", "AnnotatedRelationshipElement": "annotations"}
_UNEXPECTED = re.compile(r"Unexpected property: (\S+)")


def mended(environment: Mapping[str, object]) -> tuple[Json, list[Fault]]:
    """What can be read as AAS 3.0, and a fault for each thing that was left out."""
    faults: list[Fault] = []
    kept: Json = {}
    for name, elements in environment.items():
        if name not in KINDS or not isinstance(elements, list):
            expected = "Expected a list" if name in KINDS else f"Expected {', '.join(KINDS)}"
            faults.append(Fault(name, f"{expected}, found {type(elements).__name__}; left out"))
            continue
        read = (_mended(element, KINDS[name], f"{name}[{at}]", faults) for at, element in enumerate(elements))
        kept[name] = [element for element in read if element is not None]
        if not elements:
            faults.append(Fault(name, "Expected at least one element, or no such list at all"))
    return {name: elements for name, elements in kept.items() if elements}, faults


def _mended(element: object, kind: str, path: str, faults: list[Fault]) -> Json | None:
    """The element as it is, or less of it, or None where nothing of it can be read."""
    if isinstance(element, dict) and shape_error(element, kind) is None:
        return element
    if not isinstance(element, dict):
        faults.append(Fault(path, f"Expected an object, found {type(element).__name__}; left out"))
        return None
    mending = dict(element)
    _mend_inside(mending, path, faults)
    while (fault := shape_error(mending, kind)) is not None:
        broken = _culprit(fault, mending)
        left_out = "this attribute was left out" if broken else "the element was left out"
        faults.append(Fault(joined(path, fault.path), f"{fault.reason}; {left_out}"))
        if broken is None:
            return None
        del mending[broken]
    return mending


def _mend_inside(element: Json, path: str, faults: list[Fault]) -> None:
    """Mend what stands inside an element, each on its own."""
    model_type = element.get("modelType")
    name = (_INSIDE | _ALSO_INSIDE).get(model_type) if isinstance(model_type, str) else None
    inside = element.get(name) if name else None
    if name is None or not isinstance(inside, list):
        return
    read = (_mended(one, "SubmodelElement", f"{path}.{name}[{at}]", faults) for at, one in enumerate(inside))
    element[name] = [one for one in read if one is not None]
    if not element[name]:
        del element[name]


def _culprit(fault: Fault, element: Json) -> str | None:
    """Attribute of the element that has to go; None when it is the element itself."""
    unexpected = _UNEXPECTED.search(fault.reason)
    name = unexpected.group(1) if unexpected and not fault.path else re.split(r"[.\[]", fault.path, maxsplit=1)[0]
    return name if name in element else None
