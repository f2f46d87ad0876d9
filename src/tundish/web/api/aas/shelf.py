"""Where does an element stand? Shells, submodels and concept descriptions by id, the elements of a submodel by path."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from tundish.aas import AasPackage, Json

CHILDREN: Mapping[str, str] = {
    "Submodel": "submodelElements",
    "SubmodelElementCollection": "value",
    "SubmodelElementList": "value",
    "Entity": "statements",
    "AnnotatedRelationshipElement": "annotations",
}
"""Model type -> attribute that holds other elements (AAS part 1, 3.0)."""


def children(element: Json) -> Sequence[Json]:
    """The elements inside an element, in their order."""
    inside: Sequence[Json] = element.get(CHILDREN.get(element.get("modelType", ""), ""), ())
    return inside


class Tree:
    """One submodel and all its elements by idShort path, in the order of the document."""

    def __init__(self, submodel: Json) -> None:
        self.submodel = submodel

    @cached_property
    def elements(self) -> Mapping[str, Json]:
        """Path such as ``Bath.Zones[1].Temperature`` -> element; of two of one name the first."""
        found: dict[str, Json] = {}
        waiting: list[Iterator[tuple[str, Json]]] = [named(self.submodel, "")]
        while waiting:
            entry = next(waiting[-1], None)
            if entry is None:
                waiting.pop()
                continue
            path, element = entry
            found.setdefault(path, element)
            if children(element):
                waiting.append(named(element, path))
        return found

    @cached_property
    def holds_blobs(self) -> bool:
        """Whether any element is a Blob: without one, nothing need be left out."""
        return any(element.get("modelType") == "Blob" for element in self.elements.values())

    def keys(self, path: str) -> list[Json]:
        """The keys of a model reference to the element: the submodel, and every element on the way."""
        keys = [{"type": "Submodel", "value": self.submodel["id"]}]
        for step, name in _steps(path):
            keys.append({"type": self.elements[step]["modelType"], "value": name})
        return keys


def named(parent: Json, path: str) -> Iterator[tuple[str, Json]]:
    """Path and element of each direct child."""
    if parent.get("modelType") == "SubmodelElementList":
        yield from ((f"{path}[{index}]", child) for index, child in enumerate(children(parent)))
    else:
        start = f"{path}." if path else ""
        yield from ((f"{start}{child['idShort']}", child) for child in children(parent) if child.get("idShort"))


def _steps(path: str) -> Iterator[tuple[str, str]]:
    """Each element on the way: its path, and the name or number it has in its parent.

    >>> list(_steps("Bath.Zones[12]"))
    [('Bath', 'Bath'), ('Bath.Zones', 'Zones'), ('Bath.Zones[12]', '12')]
    """
    start = 0
    for end in range(1, len(path) + 1):
        if end == len(path) or path[end] in ".[":
            yield path[:end], path[start:end].strip("[]")
            start = end + 1


@dataclass(frozen=True)
class Shelf:
    """What is served, or a part of it: the same, narrowed to one shell or one submodel."""

    package: AasPackage
    shells: Mapping[str, Json]
    trees: Mapping[str, Tree]
    concepts: Mapping[str, Json]

    @classmethod
    def of(cls, package: AasPackage) -> Shelf:
        """The whole package."""
        return cls(
            package,
            {shell["id"]: shell for shell in package.shells},
            {submodel["id"]: Tree(submodel) for submodel in package.submodels},
            {concept["id"]: concept for concept in package.concept_descriptions},
        )

    @property
    def submodels(self) -> list[Json]:
        """The submodels, in the order of the package."""
        return [tree.submodel for tree in self.trees.values()]

    @property
    def shell(self) -> Json:
        """The only shell of a narrowed shelf."""
        return next(iter(self.shells.values()))

    @property
    def tree(self) -> Tree:
        """The only submodel of a narrowed shelf."""
        return next(iter(self.trees.values()))

    @cached_property
    def _owners(self) -> Mapping[str, list[str]]:
        """Submodel id -> ids of the shells that refer to it."""
        owners: dict[str, list[str]] = {}
        for id, shell in self.shells.items():
            for submodel in submodel_ids(shell):
                owners.setdefault(submodel, []).append(id)
        return owners

    def of_shell(self, id: str) -> Shelf:
        """One shell and its submodels; KeyError when there is none."""
        shell = self.shells[id]
        trees = {submodel: self.trees[submodel] for submodel in submodel_ids(shell) if submodel in self.trees}
        return Shelf(self.package, {id: shell}, trees, self.concepts)

    def of_submodel(self, id: str) -> Shelf:
        """One submodel and the shells that refer to it; KeyError when there is none."""
        owners = {owner: self.shells[owner] for owner in self._owners.get(id, ())}
        return Shelf(self.package, owners, {id: self.trees[id]}, self.concepts)


def submodel_ids(shell: Json) -> list[str]:
    """Ids of the submodels that a shell refers to."""
    return [reference["keys"][0]["value"] for reference in shell.get("submodels", ()) if reference.get("keys")]
