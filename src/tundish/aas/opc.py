"""Which parts does an AASX package hold, and what are they to each other? (OPC, ECMA-376 part 2, as AAS part 5 uses it.)"""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from posixpath import join, normpath
from urllib.parse import unquote
from xml.etree.ElementTree import Element

from tundish.aas.as_xml import parse
from tundish.errors import BrokenFile, HostileArchive, Message
from tundish.intake.unpack import BROKEN, Budget, damage, safe_name, take_all

RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
CONTENT_TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"
ORIGIN = "http://admin-shell.io/aasx/relationships/aasx-origin"
SPEC = "http://admin-shell.io/aasx/relationships/aas-spec"
SUPPLEMENT = "http://admin-shell.io/aasx/relationships/aas-suppl"
THUMBNAIL = "http://schemas.openxmlformats.org/package/2006/relationships/metadata/thumbnail"
_LOCKED_FLAG = 0x1
_OLD = "http://www.admin-shell.io/"
"""Packages from before 2021 write the same relations with www."""


@dataclass(frozen=True)
class Relation:
    """One part means something to another: ``target`` is a part's name with a leading slash."""

    kind: str
    target: str


@dataclass(frozen=True)
class Parts:
    """Every part's bytes by its name (``/aasx/environment.json``), and what they are."""

    content: Mapping[str, bytes]
    types: Mapping[str, str]

    def relations(self, of: str = "/") -> tuple[Relation, ...]:
        """What a part, or the package itself, points to inside the package; raises BrokenFile for what is no XML."""
        folder, _, name = of.rpartition("/")
        raw = self.content.get(f"{folder}/_rels/{name}.rels")
        if raw is None:
            return ()
        root = parse(f"{folder}/_rels/{name}.rels", raw)
        inside = (one for one in root.iter(f"{{{RELATIONS}}}Relationship") if one.get("TargetMode") != "External")
        return tuple(Relation(_kind(one), _target(folder, one)) for one in inside)

    def of_kind(self, kind: str, of: str = "/") -> tuple[str, ...]:
        """Names of the parts that ``of`` points to with this relation, each once."""
        return tuple(dict.fromkeys(relation.target for relation in self.relations(of) if relation.kind == kind))

    @property
    def lost(self) -> tuple[str, ...]:
        """Names that something in the package points to, and that are not in it."""
        plans = [name for name in self.content if name.endswith(".rels") and "/_rels/" in name]
        holders = [name.replace("/_rels/", "/").removesuffix(".rels") for name in plans]
        targets = (relation.target for holder in holders for relation in self.relations(holder))
        return tuple(dict.fromkeys(target for target in targets if target not in self.content))

    def type_of(self, name: str) -> str:
        """Content type of a part as the package declares it."""
        return self.types.get(name.casefold()) or self.types.get(name.rpartition(".")[2].casefold(), "application/octet-stream")


def open_parts(path: Path) -> Parts:
    """Unpack every part, counting; raises BrokenFile for no whole ZIP, HostileArchive for one that is too much."""
    try:
        size = path.stat().st_size
        with zipfile.ZipFile(path) as package:
            content = _unpack(path.name, package, Budget(path.name, size))
    except BROKEN as error:
        raise BrokenFile(file=path.name, expected=Message("an AASX package"), found=damage(error)) from error
    return Parts(content, _types(content))


def _unpack(file: str, package: zipfile.ZipFile, budget: Budget) -> dict[str, bytes]:
    content: dict[str, bytes] = {}
    for info in package.infolist():
        if info.is_dir():
            continue
        budget.enter()
        name = "/" + safe_name(info, file)
        if name in content:
            found = Message("two files of the name {name}", name=name)
            raise HostileArchive(file=file, found=found, allowed=Message("each name once"))
        if info.flag_bits & _LOCKED_FLAG:
            raise BrokenFile(file=file, expected=Message("an open file"), found=Message("it is locked with a password"))
        with package.open(info) as stream:
            content[name] = take_all(stream, budget)
    return content


def _types(content: Mapping[str, bytes]) -> dict[str, str]:
    raw = content.get("/[Content_Types].xml")
    if raw is None:
        return {}
    types = {}
    for one in parse("/[Content_Types].xml", raw):
        name = one.get("PartName") or one.get("Extension")
        if name and one.get("ContentType"):
            types[name.casefold()] = one.get("ContentType", "")
    return types


def _kind(relation: Element) -> str:
    kind = relation.get("Type", "")
    return f"http://{kind.removeprefix('http://www.')}" if kind.startswith(_OLD) else kind


def _target(folder: str, relation: Element) -> str:
    return "/" + normpath(join(folder or "/", unquote(relation.get("Target", "")))).lstrip("/.")
