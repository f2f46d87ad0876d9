"""IDTA 02011: what is part of what? The plant's lines and their equipment; the product's material back to its heat."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from tundish.aas.elements import Words, element, inside_of, unique
from tundish.aas.names import id_short
from tundish.aas.package import Json
from tundish.aas.template import fill, templates

_NODE, _ENTRY, _HAS_PART = (
    f"https://admin-shell.io/idta/HierarchicalStructures/{name}/1/0" for name in ("Node", "EntryNode", "HasPart")
)


@dataclass(frozen=True)
class Node:
    """One asset of a hierarchy."""

    words: Words
    asset: str | None = None
    """Global asset id where it has a shell of its own."""
    parts: Sequence[Node] = field(default_factory=tuple)
    meaning: Sequence[str] = ()


def structure(root: Node, identity: str) -> Json:
    """The hierarchy below ``root`` as a submodel, with a relation for each step down."""
    made = fill("02011", identity, {"EntryNode": None, "ArcheType": "Full" if root.parts else "OneDown"})
    name = templates()["02011"].inside[0].name
    entry = _entity(root, name, _ENTRY, identity, [])
    made["submodelElements"] = [entry, *made["submodelElements"][1:]]
    return made


def _entity(node: Node, name: str, kind: str, submodel: str, above: list[tuple[str, str]]) -> Json:
    here = [*above, ("Entity", name)]
    names: list[str] = []
    for part in node.parts:
        names.append(id_short(part.words.get("en") or part.words.get("ko", ""), {one.casefold() for one in names}))
    below = [_entity(part, own, _NODE, submodel, here) for part, own in zip(node.parts, names, strict=True)]
    steps = [_has_part(own, submodel, here) for own in names]
    return element(
        "Entity",
        name,
        meaning=(kind, *node.meaning),
        words=node.words,
        entityType="SelfManagedEntity" if node.asset else "CoManagedEntity",
        globalAssetId=node.asset,
        statements=unique([*below, *steps]),
    )


def _has_part(name: str, submodel: str, here: list[tuple[str, str]]) -> Json:
    return element(
        "RelationshipElement",
        f"HasPart_{name}"[:128],
        meaning=(_HAS_PART,),
        first=inside_of(submodel, *here),
        second=inside_of(submodel, *here, ("Entity", name)),
    )
