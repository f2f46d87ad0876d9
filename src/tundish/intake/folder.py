"""Which files of a plant's folder are there to be read?"""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath

from tundish.disk import why
from tundish.errors import BrokenFile, Message, ResultsUnwritten
from tundish.table import Finding, Origin

OWN_OUTPUT = "answer.json"
"""A folder that holds this file was written by us."""

JOURNAL = "journal.landing"
"""A folder that holds this file belongs to a live source: the journal tells what of the folder is to be read, and how."""
WORKSPACE = ".tundish"
"""Hidden folder in the plant's own for what was computed of it: it can be made again from the data, and is no data."""
_OURS = frozenset(("plant.toml", "contracts.toml", "quarantine.xlsx", "quarantine.csv"))
"""What a person decided about the data; none of it is data."""
_SYSTEM = ("~$", ".")
_SYSTEM_NAMES = frozenset(("thumbs.db", "desktop.ini", "__macosx"))


@dataclass(frozen=True)
class Folder:
    """Files in order of their names (POSIX, NFC, relative), and what was refused."""

    files: Mapping[str, Path]
    findings: tuple[Finding, ...]


def walk(folder: Path) -> Folder:
    """List the files of ``folder`` and its sub-folders; hidden files, our own output and links to outside are left out."""
    root = folder.resolve()
    plain: dict[str, Path] = {}
    links: list[Path] = []
    for here, below, names in os.walk(folder, onerror=_refuse):
        place = Path(here)
        if OWN_OUTPUT in names:
            below.clear()
            if place != folder:
                continue
        landed = JOURNAL in names
        if landed:
            below.clear()
        below[:] = sorted(name for name in below if not is_hidden(name))
        links += [place / name for name in below if (place / name).is_symlink()]
        for name in [JOURNAL] if landed else names:
            path = place / name
            if is_hidden(name) or name.lower() in _OURS or (place == folder and name == OWN_OUTPUT):
                continue
            if path.is_symlink():
                links.append(path)
            elif path.is_file():
                plain[posix_name(path.relative_to(folder))] = path
    findings = _follow(links, folder, root, plain)
    return Folder({name: plain[name] for name in sorted(plain)}, tuple(findings))


def _refuse(failure: OSError) -> None:
    name = posix_name(Path(failure.filename or "-"))
    raise BrokenFile(file=name, expected=Message("a folder"), found=why(failure)) from failure


def _follow(links: Sequence[Path], folder: Path, root: Path, plain: dict[str, Path]) -> list[Finding]:
    """Take linked files inside the folder that are not read already; refuse links that lead outside."""
    findings = []
    seen = {path.resolve() for path in plain.values()}
    for link in sorted(links):
        name = posix_name(link.relative_to(folder))
        target = link.resolve()
        if not target.is_relative_to(root) or not target.exists():
            text = "{file} is a link that leads outside the folder ({target}); it was not read. Copy the file itself here."
            message = Message(text, file=name, target=str(target))
            findings.append(Finding("link_outside", "warning", message, Origin(name)))
        elif target.is_file() and target not in seen:
            plain[name] = link
            seen.add(target)
    return findings


def workspace(plant: Path, name: str) -> Path:
    """The folder ``name`` in the plant's workspace, there or not.

    Raises :class:`tundish.errors.ResultsUnwritten` where a link leads from it, or from a folder in it, to another place: what a
    plant's folder brings along must not say where this program writes.
    """
    folder = plant / WORKSPACE / name
    root = plant.resolve()
    try:
        below = [path for path in folder.iterdir() if path.is_dir()] if folder.is_dir() else []
        for path in (folder.parent, folder, *below):
            if (target := path.resolve()) != root / path.relative_to(plant):
                found = Message("a link leads from there to {target}; take it away", target=str(target))
                raise ResultsUnwritten(path=path, found=found)
    except (OSError, RuntimeError) as failure:  # RuntimeError: links that lead in a circle
        raise ResultsUnwritten(path=folder, found=why(failure)) from failure
    return folder


def is_hidden(name: str) -> bool:
    """Whether a file or folder of this name is not the plant's own: hidden, a lock of Excel, a by-product of the system."""
    return name.startswith(_SYSTEM) or name.lower() in _SYSTEM_NAMES


def plant_name(plant: Path) -> str:
    """What a plant is called: as its folder."""
    return posix_name(Path(plant.resolve().name))


def posix_name(path: Path | PurePosixPath) -> str:
    """The name of a file inside the folder as everybody spells it: forward slashes, composed letters (NFC)."""
    return unicodedata.normalize("NFC", _readable(path.as_posix()))


def _readable(name: str) -> str:
    """A name that was not stored as UTF-8 as its bytes read in CP949, else with their numbers."""
    if not any("\ud800" <= char <= "\udfff" for char in name):
        return name
    raw = name.encode("utf-8", "surrogateescape")
    try:
        return raw.decode("cp949")
    except UnicodeDecodeError:
        return raw.decode("utf-8", "backslashreplace")


def is_named(name: str, patterns: Sequence[str]) -> bool:
    """Whether a file is meant by one of the names, which may hold ``*`` and ``?`` or name a folder.

    >>> is_named("2024/로트.csv", ["*/로트.csv"]), is_named("2024/로트.csv", ["2024/"]), is_named("a.csv", ["b.csv"])
    (True, True, False)
    """
    for pattern in patterns:
        wanted = unicodedata.normalize("NFC", pattern.replace("\\", "/"))
        if name == wanted or fnmatchcase(name, wanted) or name.startswith(f"{wanted.rstrip('/')}/"):
            return True
    return False
