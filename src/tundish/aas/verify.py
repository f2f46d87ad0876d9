"""Does an AAS environment keep the metamodel, and where does it not? Judged by aas-core3.0."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from tundish.errors import Message

if TYPE_CHECKING:
    from types import ModuleType

    from aas_core3.jsonization import DeserializationException

DEEPEST = 150
"""Levels of JSON inside each other; deeper is no model but an attack on who reads it. Our own exports have 20."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What breaks the metamodel, and where: a JSON path such as ``submodels[0].submodelElements[3].value``."""

    path: str
    reason: str

    @property
    def message(self) -> Message:
        """The fault as a sentence; ``reason`` is what the checker says, in English."""
        return Message("{path}: {reason}", path=self.path or "$", reason=self.reason)


def verify(environment: object) -> list[Fault]:
    """Every fault of an environment as JSON (AAS part 1 and 3a, metamodel 3.0), in order; none when it may be handed out.

    Shape comes before meaning: an element that cannot be read as what it says it is, is one fault, and its neighbours are
    still looked at.
    """
    if not isinstance(environment, dict):
        return [Fault("", f"Expected an object, found {type(environment).__name__}")]
    if depth(environment) > DEEPEST:
        return [Fault("", f"More than {DEEPEST} levels inside each other")]
    jsonization, _ = _core()
    try:
        whole = jsonization.environment_from_jsonable(environment)
    except jsonization.DeserializationException as error:
        return list(_one_by_one(environment)) or [_shape(error)]
    return list(_meaning(whole))


def verify_element(element: object, kind: str) -> list[Fault]:
    """Faults of one element; ``kind`` is its class as JSON has it (``Submodel``), or ``SubmodelElement`` for any of them."""
    jsonization, _ = _core()
    try:
        return list(_meaning(_reader(kind)(element)))
    except jsonization.DeserializationException as error:
        return [_shape(error)]


def shape_error(element: object, kind: str) -> Fault | None:
    """Why an element cannot be read as this class, whatever it means; None when it can."""
    jsonization, _ = _core()
    try:
        _reader(kind)(element)
    except jsonization.DeserializationException as error:
        return _shape(error)
    return None


def _reader(kind: str) -> Callable[[object], object]:
    """What makes an aas-core object of JSON."""
    name = "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in kind).lstrip("_")
    reader: Callable[[object], object] = getattr(_core()[0], f"{name}_from_jsonable")
    return reader


@lru_cache(maxsize=1)
def _core() -> tuple[ModuleType, ModuleType]:
    """aas-core3.0; loading it takes a third of a second."""
    from aas_core3 import jsonization, verification

    return jsonization, verification


def _one_by_one(environment: dict[str, Any]) -> Iterator[Fault]:
    kinds = {
        "assetAdministrationShells": "AssetAdministrationShell",
        "submodels": "Submodel",
        "conceptDescriptions": "ConceptDescription",
    }
    for name, elements in environment.items():
        if name not in kinds:
            yield Fault(name, "Unexpected property of an environment")
        elif not isinstance(elements, list):
            yield Fault(name, f"Expected a list, found {type(elements).__name__}")
        else:
            faults = ((at, fault) for at, element in enumerate(elements) for fault in verify_element(element, kinds[name]))
            yield from (Fault(joined(f"{name}[{at}]", fault.path), fault.reason) for at, fault in faults)


def _meaning(element: object) -> Iterator[Fault]:
    for error in _core()[1].verify(element):
        yield Fault(_json_path(error.path), error.cause)


def _shape(error: DeserializationException) -> Fault:
    return Fault(_json_path(error.path), error.cause)


def _json_path(path: object) -> str:
    """aas-core names attributes as Python does, in what it verifies, and as JSON does, in what it reads."""
    head, *rest = str(path).lstrip(".").split("_")
    return head + "".join(part[:1].upper() + part[1:] for part in rest)


def joined(first: str, second: str) -> str:
    """A path inside the thing at another path."""
    return f"{first}.{second}" if second and not second.startswith("[") else first + second


def depth(element: object) -> int:
    """Levels of lists and objects inside each other, counted without calling itself."""
    deepest, open_ones = 0, [(element, 1)]
    while open_ones:
        found, depth = open_ones.pop()
        deepest = max(deepest, depth)
        if deepest > DEEPEST:
            return deepest
        inside = found.values() if isinstance(found, dict) else found if isinstance(found, list) else ()
        open_ones.extend((one, depth + 1) for one in inside if isinstance(one, dict | list))
    return deepest
