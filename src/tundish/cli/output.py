"""Where does the answer go, and how does it get there whole or not at all?"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Literal

from tundish.disk import REFUSALS, of_system, why
from tundish.errors import CannotWrite, Message

Paper = Literal["answer", "check", "standard", "trace"]
OURS: Mapping[Paper, frozenset[str]] = {
    "answer": frozenset({"answer.json", "report.html", "card.json", "plant.toml"}),
    "check": frozenset({"quality.json", "quality.html", "quarantine.csv", "quarantine.xlsx"}),
    "standard": frozenset({"standard.json"}),
    "trace": frozenset(),
}
"""Files of an earlier answer, check or standardisation package."""
OURS_BESIDE: Mapping[Paper, tuple[str, tuple[str, ...]]] = {
    "answer": ("answer.json", (".csv", ".xlsx", ".svg", ".png", ".pdf")),
    "standard": ("standard.json", (".aasx", ".json", ".html", ".xlsx", "series")),
}
"""Ends of names that are ours as well, where the named file stands beside them."""


def place(plant: Path, out: Path | None, *, paper: Paper = "answer") -> Path:
    """The folder for an answer, check or package: ``--out``, else ``<PLANT>.answer`` or the like beside the plant.

    Raises :class:`~tundish.errors.CannotWrite` for a place inside the plant, where the answer would be read as an export, and
    for one that holds anything but an earlier one.
    """
    plant = plant.resolve()
    folder = plant.with_name(f"{plant.name}.{paper}") if out is None else out.resolve()
    if folder == plant or plant in folder.parents:
        raise CannotWrite(path=folder, found=Message("it lies inside the plant's folder, where it would be read as an export"))
    if folder.exists() and not folder.is_dir():
        raise CannotWrite(path=folder, found=Message("a file of this name is in the way"))
    foreign = _foreign(folder, paper)
    if foreign and paper != "trace":  # pages are put beside what stands there, one a piece; nothing is taken away
        raise CannotWrite(path=folder, found=Message("the folder holds other things, such as {name}", name=foreign[0]))
    return folder


def _foreign(folder: Path, paper: Paper) -> list[str]:
    names = sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []
    mark, endings = OURS_BESIDE.get(paper, ("", ()))
    return [name for name in names if not (name in OURS[paper] or (mark in names and name.endswith(endings)))]


@contextmanager
def whole(folder: Path) -> Iterator[Path]:
    """A new folder to write into, that takes the place of ``folder`` when the block ends well and vanishes when it does not."""
    _clear_up(folder)
    made = _missing_parents(folder)
    fresh = folder.with_name(f".{folder.name}.{os.getpid()}.new")
    try:
        with writing(folder):
            fresh.mkdir(parents=True)
        yield fresh
        _swap(fresh, folder)
    except BaseException as failure:
        shutil.rmtree(fresh, ignore_errors=True)
        _remove(made)
        said = of_system(failure)
        if said is not None and said.errno in REFUSALS:
            raise CannotWrite(path=folder, found=why(said)) from failure
        raise


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """What the system refuses while ``path`` is written, as :class:`~tundish.errors.CannotWrite`."""
    try:
        yield
    except OSError as failure:
        raise CannotWrite(path=path, found=why(failure)) from failure


def _clear_up(folder: Path) -> None:
    """After a run that was killed: its half answer goes, and an answer that it had moved aside comes back."""
    if not folder.parent.is_dir():
        return
    for path in folder.parent.iterdir():
        found = re.fullmatch(re.escape(f".{folder.name}.") + r"(\d+)\.(new|old)", path.name)
        if found is None or _runs(int(found.group(1))):
            continue
        if found.group(2) == "old" and not folder.exists():
            path.rename(folder)
        else:
            shutil.rmtree(path, ignore_errors=True)


def _runs(process: int) -> bool:
    """Whether a process of this number is there; where that cannot be asked without harm (Windows), it may be."""
    if os.name == "nt":
        return True
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    return True


def _missing_parents(folder: Path) -> list[Path]:
    return [parent for parent in folder.parents if not parent.exists()]


def _remove(folders: list[Path]) -> None:
    for folder in folders:
        with suppress(OSError):
            folder.rmdir()


def _swap(fresh: Path, folder: Path) -> None:
    """Put the new folder where the old one stood; the old one comes back if that fails (on Windows: a file of it is open)."""
    old = folder.with_name(f".{folder.name}.{os.getpid()}.old")
    try:
        if folder.exists():
            folder.rename(old)
        fresh.rename(folder)
    except OSError as failure:
        if old.exists() and not folder.exists():
            old.rename(folder)
        raise CannotWrite(
            path=folder, found=Message("a file in it is open in another program, or it may not be changed")
        ) from failure
    shutil.rmtree(old, ignore_errors=True)
