"""Which variables does a server have, and what does it say of them: names, descriptions, units?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase

from asyncua import ua
from asyncua.client.client import Client
from asyncua.ua.attribute_ids import AttributeIds
from asyncua.ua.object_ids import ObjectIds
from asyncua.ua.uaerrors import UaStringParsingError

from tundish.connectors.opcua.options import Options
from tundish.errors import Message, SourceRefused

_AT_ONCE = 200
"""Nodes in one request: below the limits of small servers."""
_HAS_PROPERTY = 46
_SERVER = 2253


@dataclass(frozen=True, slots=True)
class Variable:
    """One variable of a server."""

    node: ua.NodeId
    tag: str
    """Browse path from the root, or the node id as configured."""
    name: str | None = None
    unit: str | None = None


async def find_variables(client: Client, options: Options) -> tuple[Variable, ...]:
    """The variables that the options name, in a fixed order, with what the server says of them.

    Raises :class:`~tundish.errors.SourceRefused` when there are none.
    """
    if options.nodes:
        found = [Variable(_node_id(options, text), text) for text in options.nodes]
    else:
        found = await _browsed(client, options)
    if not found:
        nothing = Message("no variable found below {root}", root=options.browse or "Objects")
        raise SourceRefused(source=options.name, address=options.url, found=nothing)
    return await _described(client, found)


async def _browsed(client: Client, options: Options) -> list[Variable]:
    root = _node_id(options, options.browse) if options.browse else ua.NodeId(ua.Int32(ObjectIds.ObjectsFolder))
    found: dict[ua.NodeId, tuple[str, ...]] = {}
    seen = {root, ua.NodeId(ua.Int32(_SERVER))}
    level: list[tuple[ua.NodeId, tuple[str, ...]]] = [(root, ())]
    for _ in range(options.depth):
        below: list[tuple[ua.NodeId, tuple[str, ...]]] = []
        for (_node, path), references in zip(level, await _children(client, [node for node, _ in level]), strict=True):
            for reference in references:
                node = ua.NodeId(reference.NodeId.Identifier, reference.NodeId.NamespaceIndex)
                if (
                    node in seen
                    or node == ua.NodeId(ua.Int32(_SERVER))
                    or reference.ReferenceTypeId.Identifier == _HAS_PROPERTY
                ):
                    continue
                seen.add(node)
                here = (*path, reference.BrowseName.Name)
                below.append((node, here))
                if reference.NodeClass == ua.NodeClass.Variable:
                    found[node] = here
        level = below
    named = [Variable(node, "/".join(path)) for node, path in found.items() if node.NamespaceIndex or options.browse]
    return _told_apart([v for v in named if not options.only or any(fnmatchcase(v.tag, only) for only in options.only)])


async def _children(client: Client, nodes: Sequence[ua.NodeId]) -> list[list[ua.ReferenceDescription]]:
    """References to objects and variables below each node."""
    session, answers = client.uaclient.session, []
    for start in range(0, len(nodes), _AT_ONCE):
        request = ua.BrowseParameters()
        request.View.Timestamp = ua.win_epoch_to_datetime(0)
        request.NodesToBrowse = [
            ua.BrowseDescription(
                NodeId=node,
                BrowseDirection=ua.BrowseDirection.Forward,
                ReferenceTypeId=ua.NodeId(ua.Int32(ObjectIds.HierarchicalReferences)),
                IncludeSubtypes=True,
                NodeClassMask=ua.NodeClass.Object | ua.NodeClass.Variable,
                ResultMask=ua.BrowseResultMask.All,
            )
            for node in nodes[start : start + _AT_ONCE]
        ]
        for result in await session.browse(request):
            references, more = list(result.References), result.ContinuationPoint
            while more:
                rest = await session.browse_next(ua.BrowseNextParameters(False, [more]))
                references.extend(rest[0].References)
                more = rest[0].ContinuationPoint
            answers.append(references)
    return answers


async def _described(client: Client, variables: Sequence[Variable]) -> tuple[Variable, ...]:
    nodes = [variable.node for variable in variables]
    shown = await _texts(client, nodes, AttributeIds.DisplayName)
    told = await _texts(client, nodes, AttributeIds.Description)
    units = await _units(client, nodes)
    described = []
    for variable, display, description, unit in zip(variables, shown, told, units, strict=True):
        plain = display in (None, variable.tag.rpartition("/")[2])
        described.append(replace(variable, name=(description or display) if plain else display, unit=unit))
    return tuple(described)


async def _texts(client: Client, nodes: Sequence[ua.NodeId], attribute: AttributeIds) -> list[str | None]:
    texts: list[str | None] = []
    for start in range(0, len(nodes), _AT_ONCE):
        for value in await client.uaclient.session.read_attributes(list(nodes[start : start + _AT_ONCE]), attribute):
            text = None if value.Value is None else getattr(value.Value.Value, "Text", None)
            texts.append(text or None)
    return texts


async def _units(client: Client, nodes: Sequence[ua.NodeId]) -> list[str | None]:
    """Property EngineeringUnits of each node (OPC 10000-8, 5.6.3), as the server writes it."""
    session = client.uaclient.session
    units: list[str | None] = [None] * len(nodes)
    element = ua.RelativePathElement(
        ReferenceTypeId=ua.NodeId(ua.Int32(_HAS_PROPERTY)),
        IsInverse=False,  # type: ignore[arg-type]
        IncludeSubtypes=True,  # type: ignore[arg-type]
        TargetName=ua.QualifiedName("EngineeringUnits", 0),
    )
    properties: dict[int, ua.NodeId] = {}
    for start in range(0, len(nodes), _AT_ONCE):
        paths = [ua.BrowsePath(node, ua.RelativePath([element])) for node in nodes[start : start + _AT_ONCE]]
        for place, result in enumerate(await session.translate_browsepaths_to_nodeids(paths), start):
            if result.Targets:
                target = result.Targets[0].TargetId
                properties[place] = ua.NodeId(target.Identifier, target.NamespaceIndex)
    places = list(properties)
    for start in range(0, len(places), _AT_ONCE):
        some = places[start : start + _AT_ONCE]
        values = await session.read_attributes([properties[place] for place in some], AttributeIds.Value)
        for place, value in zip(some, values, strict=True):
            said = None if value.Value is None else getattr(value.Value.Value, "DisplayName", None)
            units[place] = (said.Text or None) if said is not None else None
    return units


def _told_apart(variables: list[Variable]) -> list[Variable]:
    """Paths that stand for several nodes get the node id behind them."""
    count: dict[str, int] = {}
    for variable in variables:
        count[variable.tag] = count.get(variable.tag, 0) + 1
    return [v if count[v.tag] == 1 else replace(v, tag=f"{v.tag} ({v.node.to_string()})") for v in variables]


def _node_id(options: Options, text: str) -> ua.NodeId:
    try:
        return ua.NodeId.from_string(text)
    except (UaStringParsingError, ValueError) as failure:
        wrong = Message(
            "{node} is no node id; write it as {example}", node=f'"{text}"', example='"ns=2;s=Line.Speed", "ns=2;i=17"'
        )
        raise SourceRefused(source=options.name, address=options.url, found=wrong) from failure
