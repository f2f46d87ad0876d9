"""What does an .aasx, .json or .xml file hold? Read tolerantly: what is broken becomes a finding, and the rest is kept."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path, PurePosixPath

from tundish.aas.as_xml import parse, to_json
from tundish.aas.mend import mended
from tundish.aas.opc import ORIGIN, SPEC, THUMBNAIL, Parts, open_parts
from tundish.aas.package import AasPackage, Json, Part
from tundish.aas.verify import DEEPEST, Fault, depth, verify
from tundish.disk import why
from tundish.errors import BrokenFile, Message
from tundish.table import Finding, Origin

SUFFIXES = (".aasx", ".json", ".xml")
LISTS = ("assetAdministrationShells", "submodels", "conceptDescriptions")
_PLUMBING = ("/_rels/", "/[Content_Types].xml")


def read_package(path: Path) -> tuple[AasPackage, tuple[Finding, ...]]:
    """A package and what is wrong with it; a file without a fault gives no finding.

    What cannot be read as what it says it is, is left out, its neighbours are kept; what can be read but breaks a rule of the
    metamodel is kept. Each is a finding that names the JSON path and what was expected. Raises
    :class:`~tundish.errors.BrokenFile` for what is no package or no environment at all, and
    :class:`~tundish.errors.HostileArchive` for an archive that unpacks to too much or leads outside.
    """
    try:
        if path.suffix.lower() == ".aasx":
            return _read_aasx(path)
        raw = path.read_bytes()
    except OSError as error:
        raise BrokenFile(file=path.name, expected=Message("a file"), found=why(error)) from error
    environment, faults = _mended(path.name, raw)
    return _package(environment), tuple(findings(path.name, [*faults, *verify(environment)]))


def findings(file: str, faults: Iterable[Fault]) -> Iterator[Finding]:
    """Faults as findings, those of one reason together."""
    alike: dict[str, list[str]] = {}
    for fault in faults:
        alike.setdefault(fault.reason, []).append(fault.path or "$")
    for reason, paths in alike.items():
        text = "{path}: {reason}. Such places in {file}: {count}. Mend it in the tool that wrote the file."
        message = Message(text, path=paths[0], reason=reason.rstrip("."), file=file, count=len(paths))
        yield Finding("aas_fault", "warning", message, Origin(file), len(paths))


def _read_aasx(path: Path) -> tuple[AasPackage, tuple[Finding, ...]]:
    parts = open_parts(path)
    if not parts.relations():
        raise BrokenFile(file=path.name, expected=Message("an AASX package"), found=Message("its parts are not linked"))
    linked = [spec for origin in parts.of_kind(ORIGIN) for spec in parts.of_kind(SPEC, origin)]
    specs = [spec for spec in dict.fromkeys(linked) if spec in parts.content and spec.endswith((".json", ".xml"))]
    found = [_lost(path.name, name) for name in parts.lost]
    if not specs:
        text = "No environment is linked in {file}: it holds no shell. Export the package again."
        found.append(Finding("aas_none", "warning", Message(text, file=path.name), Origin(path.name)))
    whole: dict[str, list[Json]] = {}
    for spec in specs:
        environment, faults = _mended(f"{path.name}{spec}", parts.content[spec])
        found += findings(path.name, [*faults, *verify(environment)])
        for name, elements in environment.items():
            whole.setdefault(name, []).extend(elements)
    return _package(whole, parts, specs), tuple(found)


def _lost(file: str, part: str) -> Finding:
    text = "{part} is linked in {file} but is not in it. Export the package again."
    return Finding("aas_part", "warning", Message(text, part=part, file=file), Origin(file))


def _mended(name: str, raw: bytes) -> tuple[Json, list[Fault]]:
    """An environment that can be read, and what had to be left out of it."""
    suffix = PurePosixPath(name).suffix.lower()
    doubled: list[str] = []
    loaded = to_json(parse(name, raw)) if suffix == ".xml" else _load(name, raw, doubled)
    expected = Message("an AAS environment")
    if not isinstance(loaded, dict):
        raise BrokenFile(file=name, expected=expected, found=type(loaded).__name__)
    if depth(loaded) > DEEPEST:
        raise BrokenFile(file=name, expected=expected, found=Message("more than {levels} levels", levels=DEEPEST))
    if loaded and not set(loaded) & set(LISTS):
        raise BrokenFile(file=name, expected=expected, found=", ".join(sorted(loaded)[:3]))
    environment, faults = mended(loaded)
    twice = [Fault(key, "The name stands twice in one object; the last one was read") for key in dict.fromkeys(doubled)]
    return environment, [*twice, *faults]


def _load(name: str, raw: bytes, doubled: list[str]) -> object:
    def once(pairs: list[tuple[str, object]]) -> Json:
        made = dict(pairs)
        if len(made) != len(pairs):
            keys = [key for key, _ in pairs]
            doubled.extend(key for key in made if keys.count(key) > 1)
        return made

    try:
        loaded: object = json.loads(raw, object_pairs_hook=once, parse_constant=_refuse)
    except RecursionError as error:
        found = Message("more than {levels} levels", levels=DEEPEST)
        raise BrokenFile(file=name, expected=Message("JSON"), found=found) from error
    except ValueError as error:
        raise BrokenFile(file=name, expected=Message("JSON"), found=str(error)) from error
    return loaded


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON")


def _package(environment: Json, parts: Parts | None = None, specs: Sequence[str] = ()) -> AasPackage:
    shells, submodels, descriptions = (tuple(environment.get(name, ())) for name in LISTS)
    files = {} if parts is None else dict(_files(parts, specs))
    return AasPackage(shells, submodels, descriptions, files, _thumbnails(shells, files, parts))


def _files(parts: Parts, specs: Sequence[str]) -> Iterator[tuple[str, Part]]:
    plumbing = {*specs, *parts.of_kind(ORIGIN)}
    for name, content in parts.content.items():
        if name not in plumbing and not any(piece in name for piece in _PLUMBING):
            yield name, Part(content, parts.type_of(name))


def _thumbnails(shells: Sequence[Json], files: dict[str, Part], parts: Parts | None) -> dict[str, str]:
    of_package = [name for name in parts.of_kind(THUMBNAIL) if name in files] if parts else []
    found = {}
    for shell in shells:
        own = shell.get("assetInformation", {}).get("defaultThumbnail", {}).get("path")
        name = own if own in files else of_package[0] if of_package and len(shells) == 1 else None
        if name:
            found[shell["id"]] = name
    return found
