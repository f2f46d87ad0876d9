"""How is an environment put into a file? JSON from plain dicts, and AASX packages whose bytes depend on the content alone."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from pathlib import Path
from shutil import copyfileobj
from typing import IO
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from tundish.aas.opc import CONTENT_TYPES, ORIGIN, RELATIONS, SPEC, SUPPLEMENT, THUMBNAIL
from tundish.aas.package import AasPackage, Json, Part

ENVIRONMENT = "/aasx/environment.json"
_ORIGIN_PART = "/aasx/aasx-origin"
_BEGAN = (1980, 1, 1, 0, 0, 0)
"""The first day of the ZIP calendar: a package says nothing of when it was written."""
_AT_ONCE = 2_000
"""Elements that are turned into text together: enough to be fast, few enough to need no memory."""
_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'


def write_json(package: AasPackage, file: IO[bytes]) -> None:
    """Write the environment as UTF-8 JSON (AAS part 5), piece by piece; the same package gives the same bytes."""
    for piece in pieces(package.environment):
        file.write(piece.encode("utf-8"))


def write_package(package: AasPackage, path: Path) -> None:
    """Write an AASX package: the environment as JSON, the files, the thumbnails. Raises OSError as the disk does."""
    thumbnails = [name for name in dict.fromkeys(package.thumbnails.values()) if name in package.files]
    with ZipFile(path, "w", ZIP_DEFLATED) as archive:
        _put(archive, "/[Content_Types].xml", _content_types(package.files))
        _put(archive, "/_rels/.rels", _relations([(ORIGIN, _ORIGIN_PART), *((THUMBNAIL, name) for name in thumbnails[:1])]))
        _put(archive, _ORIGIN_PART, "Intentionally empty.")
        _put(archive, "/aasx/_rels/aasx-origin.rels", _relations([(SPEC, ENVIRONMENT)]))
        if package.files:
            links = [(SUPPLEMENT, name) for name in sorted(package.files)]
            _put(archive, "/aasx/_rels/environment.json.rels", _relations(links))
        with archive.open(_info(ENVIRONMENT), "w", force_zip64=True) as part:
            write_json(package, part)
        for name in sorted(package.files):
            _copy(archive, name, package.files[name])


def pieces(environment: Mapping[str, Sequence[Json]]) -> Iterator[str]:
    """The environment's JSON in pieces of bearable size."""
    yield "{"
    for n, (name, elements) in enumerate(environment.items()):
        yield f'{"," if n else ""}"{name}":['
        for at, element in enumerate(elements):
            if at:
                yield ","
            yield from _element(element)
        yield "]"
    yield "}"


def _element(element: Json) -> Iterator[str]:
    """One shell, submodel or concept description; a long submodel a few thousand elements at a time."""
    inside = element.get("submodelElements", ())
    if len(inside) <= _AT_ONCE:
        yield _text(element)
        return
    rest = _text({name: value for name, value in element.items() if name != "submodelElements"})
    yield f'{rest[:-1]},"submodelElements":['
    for start in range(0, len(inside), _AT_ONCE):
        yield ("," if start else "") + _text(inside[start : start + _AT_ONCE])[1:-1]
    yield "]}"


def _text(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def _put(archive: ZipFile, name: str, text: str) -> None:
    archive.writestr(_info(name), text.encode("utf-8"))


def _copy(archive: ZipFile, name: str, part: Part) -> None:
    if isinstance(part.content, bytes):
        archive.writestr(_info(name), part.content)
        return
    with part.content.open("rb") as source, archive.open(_info(name), "w", force_zip64=True) as target:
        copyfileobj(source, target, 2**20)


def _info(name: str) -> ZipInfo:
    info = ZipInfo(name.lstrip("/"), _BEGAN)
    info.compress_type, info.create_system, info.external_attr = ZIP_DEFLATED, 3, 0o644 << 16
    return info


def _relations(links: Sequence[tuple[str, str]]) -> str:
    lines = (f'<Relationship Id="r{n}" Type="{kind}" Target="{escape(target)}"/>' for n, (kind, target) in enumerate(links, 1))
    return f'{_HEAD}<Relationships xmlns="{RELATIONS}">{"".join(lines)}</Relationships>'


def _content_types(files: Mapping[str, Part]) -> str:
    own = "".join(
        f'<Override PartName="{escape(name)}" ContentType="{escape(files[name].content_type)}"/>' for name in sorted(files)
    )
    return (
        f'{_HEAD}<Types xmlns="{CONTENT_TYPES}">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="json" ContentType="application/json"/>'
        f'<Override PartName="{_ORIGIN_PART}" ContentType="text/plain"/>{own}</Types>'
    )
