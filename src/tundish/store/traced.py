"""What was traced of a plant, and is it still true? Kept in the plant's workspace, so that the next piece is told at once."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import stat
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, fields, replace
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import Any
from zlib import crc32

import polars as pl

from tundish.disk import Lock, of_system, sync_names, why
from tundish.errors import InputError, Message, ResultsUnwritten
from tundish.intake.folder import WORKSPACE, plant_name, walk, workspace
from tundish.store.shelves import mapped, put, save, shelf
from tundish.store.tables import kept_tables, put_tables
from tundish.store.told import packed, packed_finding, unpacked, unpacked_finding
from tundish.table import Finding, Origin, Table
from tundish.trace.genealogy.graph import EDGES, PIECES, STAYS
from tundish.trace.genealogy.index import Index
from tundish.trace.history.in_parts import InParts
from tundish.trace.history.material import InMemory, Material, Shown
from tundish.trace.history.overview import OVERVIEW, Overview
from tundish.trace.pieces import Clock, Jump

FOLDER = Path(WORKSPACE, "traced")
"""Inside the plant's folder; hidden, so that no command takes it for an export."""
FORM = 3
"""Of what lies in the folder; another number is traced anew."""
_ABOUT = "about.json"
_SUMMED = 200_000_000
"""Bytes kept of a plant up to which each load reads them all to compare their sums: a fifth of a second."""
_NOT_WHOLE = (
    OSError, ValueError, KeyError, IndexError, TypeError, AttributeError, RecursionError,
    pl.exceptions.PolarsError, pl.exceptions.PanicException,
)  # fmt: skip
"""What may come of reading files that somebody else wrote."""
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
        seen = path.stat()
        told.update(f"\0{name}\0{seen.st_size}\0{seen.st_mtime_ns}".encode())
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
    """What was kept under this key; None when nothing was, or when it is not whole, or not as this program wrote it there."""
    try:
        folder = workspace(plant, FOLDER.name) / key
        digest, _, written = _own(folder / _ABOUT).read_text(encoding="utf-8").partition("\n")
        if digest != _digest(written):
            return None
        about = json.loads(written)
        return _material(folder, about) if about["key"] == key and _marks(folder) == about["marks"] else None
    except (*_NOT_WHOLE, ResultsUnwritten):
        return None


def keep(material: Material, plant: Path, key: str) -> Material:
    """Write what was traced, whole or not at all, in the place of what was kept before; the same material, from there.

    ``material`` holds frames in memory. Where nothing may or can be written the folder is left alone, and a finding says so;
    another says when something lay there under this key that :func:`load` did not believe.
    """
    told = [_doubted(plant)] if os.path.lexists(plant / FOLDER / key) and load(plant, key) is None else []
    try:
        with _alone(plant) as place:
            if load(plant, key) is None:  # else another process was quicker
                _clear(place)
                _write(material, place / f".{key}.new", key)
                (place / f".{key}.new").rename(place / key)
                sync_names(place)
    except _Held as other:
        told.append(_not_kept(plant, other.message))
    except ResultsUnwritten as refusal:
        told.append(_not_kept(plant, refusal.message.values["found"]))
    except (OSError, pl.exceptions.PolarsError, pl.exceptions.PanicException) as failure:
        if of_system(failure) is None:
            raise
        told.append(_not_kept(plant, why(failure)))
    kept = load(plant, key) or material
    return replace(kept, findings=(*kept.findings, *told))


@contextmanager
def _alone(plant: Path) -> Iterator[Path]:
    """The folder, for this process alone, made if it is not there; what is half written when the block ends badly goes."""
    place = workspace(plant, FOLDER.name)
    place.mkdir(parents=True, exist_ok=True)
    lock = Lock(place.with_name(f"{FOLDER.name}.lock"), _Held)
    try:
        yield place
    finally:
        for path in place.glob(".*.new"):
            shutil.rmtree(path, ignore_errors=True)
        lock.release()


class _Held(InputError):
    """Another process is keeping what it traced."""

    text = "another process ({process}) is keeping what it traced there"


def _clear(place: Path) -> None:
    """Take away what was kept of another state of the plant, and what a killed run left."""
    for other in place.iterdir():
        if other.is_dir() and not other.is_symlink():
            shutil.rmtree(other, ignore_errors=True)
        else:
            other.unlink(missing_ok=True)


def _not_kept(plant: Path, found: object) -> Finding:
    text = "What was traced could not be kept in {folder}: {why}. The next piece is traced anew."
    return Finding("not_kept", "info", Message(text, folder=str(plant / FOLDER), why=found), Origin(plant_name(plant)))


def _doubted(plant: Path) -> Finding:
    text = (
        "What lay in {folder} is not what this program keeps there of this plant: it was cut off or changed. It was not used; "
        "everything was traced anew."
    )
    return Finding("kept_refused", "warning", Message(text, folder=str(plant / FOLDER)), Origin(plant_name(plant)))


def _write(material: Material, folder: Path, key: str) -> None:
    for name, frame in (("pieces", material.pieces), ("edges", material.edges), ("stays", material.stays)):
        if not isinstance(frame, Shown):
            raise TypeError(name)
        put(frame.frame, folder / name, texts=_TEXTS)
    (folder / "index").mkdir()
    for field in fields(Index):
        if field.name not in _OF_EDGES:
            save(folder / "index", field.name, getattr(material.index, field.name))
    (folder / "overview").mkdir()
    for name in OVERVIEW:
        getattr(material.overview, name).write_parquet(folder / "overview" / f"{name}.parquet")
    tables = (table.table if isinstance(table, InMemory) else table for table in material.tables)
    put_tables([table for table in tables if isinstance(table, Table | InParts)], folder / "tables")
    about = {
        "key": key,
        "findings": [packed_finding(finding) for finding in material.findings],
        "clocks": [_clock_told(clock) for clock in material.clocks],
        "lines": dict(material.lines),
        "files": {table: list(files) for table, files in material.files.items()},
        "marks": _marks(folder),
    }
    for path in _files(folder):
        with path.open("rb+") as written:
            os.fsync(written.fileno())
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
    whole = sum(one.st_size for one in stats.values()) <= _SUMMED
    return {
        path.relative_to(folder).as_posix(): [one.st_size, one.st_mtime_ns, crc32(path.read_bytes()) if whole else 0]
        for path, one in stats.items()
    }


def _files(folder: Path) -> Iterable[Path]:
    """All kept files but the list of them; ValueError for a link or anything else that is neither file nor folder."""
    there = (path for path in sorted(folder.rglob("*")) if path.is_symlink() or not path.is_dir())
    return (_own(path) for path in there if path.name != _ABOUT)


def _own(path: Path) -> Path:
    if not stat.S_ISREG(path.lstat().st_mode):
        raise ValueError(f"{path}: no plain file")
    return path


def _material(folder: Path, about: Mapping[str, Any]) -> Material:
    pieces, edges, stays = (shelf(folder / name, schema) for name, schema in _FRAMES.items())
    places = {field.name: folder / "index" for field in fields(Index)} | dict.fromkeys(_OF_EDGES, folder / "edges")
    frames = {name: pl.read_parquet(folder / "overview" / f"{name}.parquet", glob=False) for name in OVERVIEW}
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
