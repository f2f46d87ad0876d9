"""What was traced of a plant, and is it still true? Kept in the plant's workspace, so that the next piece is told at once."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import asdict, fields, replace
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np
import polars as pl

from tundish.disk import of_system, sync_names, why
from tundish.errors import Message
from tundish.intake.folder import WORKSPACE, walk
from tundish.store.shelves import mapped, put, shelf
from tundish.store.tables import kept_tables, put_tables
from tundish.store.told import packed, packed_finding, unpacked, unpacked_finding
from tundish.table import Finding, Origin
from tundish.trace.genealogy.graph import EDGES, PIECES, STAYS
from tundish.trace.genealogy.index import Index
from tundish.trace.history.material import InMemory, Material, Shown
from tundish.trace.history.overview import OVERVIEW, Overview
from tundish.trace.pieces import Clock, Jump

FOLDER = Path(WORKSPACE, "traced")
"""Inside the plant's folder; hidden, so that no command takes it for an export."""
FORM = 2
"""Of what lies in the folder; another number is traced anew."""
_ABOUT = "about.json"
_SUMMED = 200_000_000
"""Bytes kept of a plant up to which each load reads them all to compare their sums: a fifth of a second."""
_TEXTS = ("id", "even")
_FRAMES = {"pieces": PIECES, "edges": EDGES, "stays": STAYS}
_OF_EDGES = ("parent", "child", "share_of_child", "share_of_parent")
"""Arrays of the index that are columns of the edges' frame."""
_BESIDE = ("plant.toml", "contracts.toml", "quarantine.xlsx", "quarantine.csv")
"""What a person decided about the data: known by its content."""


def fingerprint(plant: Path, settings: object) -> str:
    """What the plant's material depends on: its files (name, size, time of change), what was decided, and this program.

    A file whose content changes while size and time of change stay is not noticed.
    """
    told = hashlib.sha256(f"{FORM} {version('tundish')} {_program()} {settings!r}".encode())
    for name, path in walk(plant).files.items():
        stat = path.stat()
        told.update(f"\0{name}\0{stat.st_size}\0{stat.st_mtime_ns}".encode())
    for name in _BESIDE:
        path = plant / name
        told.update(f"\0{name}\0".encode() + (path.read_bytes() if path.is_file() else b"-"))
    return told.hexdigest()[:32]


@lru_cache(maxsize=1)
def _program() -> str:
    """The program's own files, which change without a new version where it runs from a checkout."""
    root = Path(__file__).parents[1]
    files = sorted(path for path in root.rglob("*") if path.suffix in (".py", ".yaml"))
    told = "".join(f"{path.relative_to(root)} {(stat := path.stat()).st_size} {stat.st_mtime_ns}\n" for path in files)
    return hashlib.sha256(told.encode()).hexdigest()


def load(plant: Path, key: str) -> Material | None:
    """What was kept under this key; None when nothing was, or when it is not whole."""
    folder = plant / FOLDER / key
    try:
        digest, _, written = (folder / _ABOUT).read_text(encoding="utf-8").partition("\n")
        if digest != _digest(written):
            return None
        about = json.loads(written)
        return _material(folder, about) if _marks(folder) == about["marks"] else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def keep(material: Material, plant: Path, key: str) -> Material:
    """Write what was traced, whole or not at all, in the place of what was kept before; the same material, from there.

    ``material`` holds frames in memory. A folder that may not be written to is left alone, and a finding says so.
    """
    place = plant / FOLDER
    fresh = place / f".{key}.{os.getpid()}.new"
    try:
        place.mkdir(parents=True, exist_ok=True)
        _write(material, fresh)
        _take_place(fresh, place / key)
    except Exception as failure:
        said = of_system(failure)
        if said is None:
            raise
        return replace(material, findings=(*material.findings, _not_kept(plant, said)))
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    for other in place.iterdir():
        if other.name != key:
            shutil.rmtree(other, ignore_errors=True)
    return load(plant, key) or material


def _not_kept(plant: Path, said: OSError) -> Finding:
    text = "What was traced could not be kept in {folder}: {why}. The next piece is traced anew."
    return Finding("not_kept", "info", Message(text, folder=str(plant / FOLDER), why=why(said)), Origin(plant.name))


def _take_place(fresh: Path, folder: Path) -> None:
    if folder.exists():
        shutil.rmtree(folder)
    fresh.rename(folder)
    sync_names(folder.parent)


def _write(material: Material, folder: Path) -> None:
    for name, frame in (("pieces", material.pieces), ("edges", material.edges), ("stays", material.stays)):
        if not isinstance(frame, Shown):
            raise TypeError(name)
        put(frame.frame, folder / name, texts=_TEXTS)
    (folder / "index").mkdir()
    for field in fields(Index):
        if field.name not in _OF_EDGES:
            np.save(folder / "index" / f"{field.name}.npy", getattr(material.index, field.name), allow_pickle=False)
    (folder / "overview").mkdir()
    for name in OVERVIEW:
        getattr(material.overview, name).write_parquet(folder / "overview" / f"{name}.parquet")
    put_tables([table.table for table in material.tables if isinstance(table, InMemory)], folder / "tables")
    about = {
        "findings": [packed_finding(finding) for finding in material.findings],
        "clocks": [_clock_told(clock) for clock in material.clocks],
        "lines": dict(material.lines),
        "files": {table: list(files) for table, files in material.files.items()},
        "marks": _marks(folder),
    }
    text = json.dumps(about, ensure_ascii=False)
    with (folder / _ABOUT).open("w", encoding="utf-8") as written:
        written.write(_digest(text) + "\n" + text)
        written.flush()
        os.fsync(written.fileno())


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _marks(folder: Path) -> dict[str, list[int]]:
    """Size, time of change and check sum of each kept file; no sums where reading all of it would take seconds."""
    stats = {path: path.stat() for path in _files(folder)}
    whole = sum(stat.st_size for stat in stats.values()) <= _SUMMED
    return {
        path.relative_to(folder).as_posix(): [stat.st_size, stat.st_mtime_ns, crc32(path.read_bytes()) if whole else 0]
        for path, stat in stats.items()
    }


def _files(folder: Path) -> Iterable[Path]:
    return (path for path in sorted(folder.rglob("*")) if path.is_file() and path.name != _ABOUT)


def _material(folder: Path, about: Mapping[str, Any]) -> Material:
    pieces, edges, stays = (shelf(folder / name, schema) for name, schema in _FRAMES.items())
    places = {field.name: folder / "index" for field in fields(Index)} | dict.fromkeys(_OF_EDGES, folder / "edges")
    frames = {name: pl.read_parquet(folder / "overview" / f"{name}.parquet") for name in OVERVIEW}
    return Material(
        pieces,
        edges,
        stays,
        pieces.texts("even"),
        Index(**{name: mapped(place / f"{name}.npy") for name, place in places.items()}),
        Overview(**frames),
        tuple(unpacked_finding(text) for text in about["findings"]),
        tuple(_clock_again(told) for told in about["clocks"]),
        about["lines"],
        {table: tuple(files) for table, files in about["files"].items()},
        kept_tables(folder / "tables"),
    )


def _clock_told(clock: Clock) -> dict[str, Any]:
    told = {name: value for name, value in asdict(clock).items() if name not in ("reason", "jumps")}
    jumps = [{**asdict(jump), "reason": packed(jump.reason)} for jump in clock.jumps]
    return {**told, "reason": packed(clock.reason), "jumps": jumps}


def _clock_again(told: Mapping[str, Any]) -> Clock:
    jumps = tuple(Jump(**{**jump, "reason": unpacked(jump["reason"])}) for jump in told["jumps"])
    return Clock(**{**told, "reason": unpacked(told["reason"]), "jumps": jumps})
