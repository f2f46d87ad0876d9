"""How does AAS XML say the same as AAS JSON? One rule, read from the schema of AAS part 5; and no DTD ever."""

from __future__ import annotations

from xml.etree.ElementTree import Element, ParseError, TreeBuilder, XMLParser

from tundish.aas.package import Json
from tundish.errors import BrokenFile, Message

DEEPEST = 300
"""Levels of XML inside each other; JSON of the same has half of them."""
_CLASSES = frozenset(
    {
        *("annotatedRelationshipElement", "assetAdministrationShell", "basicEventElement", "blob", "capability"),
        *("conceptDescription", "dataSpecificationIec61360", "entity", "file", "multiLanguageProperty", "operation"),
        *("property", "range", "referenceElement", "relationshipElement"),
        *("submodel", "submodelElementCollection", "submodelElementList"),
    }
)
"""Tags that name a class: in JSON it stands as ``modelType``."""
_MEMBERS = _CLASSES | {
    *("embeddedDataSpecification", "extension", "key", "operationVariable", "qualifier", "reference", "specificAssetId"),
    *("langStringDefinitionTypeIec61360", "langStringNameType", "langStringPreferredNameTypeIec61360"),
    *("langStringShortNameTypeIec61360", "langStringTextType", "valueReferencePair"),
}
"""Tags of what stands in a list."""
_ALONE = frozenset(("dataSpecificationContent",))
"""Holds one member and no list; so does the value of an operation variable."""
_TRUTHS = frozenset(("orderRelevant", "min", "nom", "typ", "max"))
"""Booleans; ``min`` and ``max`` only inside a levelType, a range holds texts there."""


def parse(name: str, raw: bytes) -> Element:
    """The root of an XML text. Raises BrokenFile when it is none, and for a DTD: entities may be bombs or read files."""
    parser = XMLParser(target=_NoDoctype())  # noqa: S314 - no DTD gets past the target, and so no entity
    try:
        parser.feed(raw)
        root: Element = parser.close()
    except _Doctype as error:
        found = Message("a document type declaration")
        raise BrokenFile(file=name, expected=Message("XML without a DTD"), found=found) from error
    except (ParseError, ValueError, LookupError) as error:
        raise BrokenFile(file=name, expected=Message("XML"), found=str(error).splitlines()[0]) from error
    if _is_deep(root):
        raise BrokenFile(file=name, expected=Message("XML"), found=Message("more than {levels} levels", levels=DEEPEST))
    return root


def to_json(root: Element) -> Json:
    """An environment in XML, whatever its namespace's version, as it would stand in JSON."""
    return {_tag(child): _value(child) for child in root}


def _is_deep(root: Element) -> bool:
    """Whether elements lie too deep inside each other to be a model; seen without calling itself."""
    level, below = 0, [root]
    while below and level <= DEEPEST:
        level, below = level + 1, [child for element in below for child in element]
    return level > DEEPEST


class _Doctype(Exception):
    """A DTD stands in the text."""


class _NoDoctype(TreeBuilder):
    def doctype(self, name: str, pubid: str | None, system: str | None) -> None:
        """Called before anything in the DTD is read."""
        raise _Doctype


def _tag(element: Element) -> str:
    return element.tag.rpartition("}")[2]


def _value(element: Element, inside: str = "") -> object:
    tag, children = _tag(element), list(element)
    if not children:
        text = element.text or ""
        is_truth = tag in _TRUTHS and (tag == "orderRelevant" or inside == "levelType")
        return text in ("true", "1") if is_truth and text in ("true", "false", "1", "0") else text
    if all(_tag(child) in _MEMBERS for child in children):
        members = [_object(child) for child in children]
        return members[0] if tag in _ALONE or (tag == "value" and inside == "operationVariable") else members
    return _object(element)


def _object(element: Element) -> Json:
    tag = _tag(element)
    made: Json = {"modelType": tag[0].upper() + tag[1:]} if tag in _CLASSES else {}
    for child in element:
        made[_tag(child)] = _value(child, tag)
    return made
