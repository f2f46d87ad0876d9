"""Which plants can be generated, with the exports a real one would give and the truth beside them?"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path

from tundish.disk import why
from tundish.errors import CannotWrite, Message, UnknownLine
from tundish.works import chain, pickling
from tundish.works.line import Line, Made
from tundish.works.truth import Truth, load

__all__ = ["LINES", "Line", "Made", "Truth", "load", "make"]

LINES: Mapping[str, Line] = {"pickling": pickling.write, "chain": chain.write}
"""Name of a line -> what writes it."""


def make(line: str, *, seed: int, out: Path, **wishes: int | float | bool | None) -> Made:
    """Write the exports of a generated plant into ``out`` and its truth into ``out.truth.json`` beside it.

    ``wishes`` are the line's own: ``pieces`` (lots, or final pieces), ``sample_s`` (seconds between two rows of a PLC trend)
    and what ``write`` of the line's room says. The same arguments give the same bytes. Nothing is left behind when it
    fails or is interrupted.

    Raises :class:`UnknownLine` for a line that is not in ``LINES``, :class:`CannotWrite` when ``out`` is not empty, or when the
    truth file is there already.
    """
    if line not in LINES:
        raise UnknownLine(line=line, lines=", ".join(LINES))
    out = Path(out)
    truth_path = out.with_name(out.name + ".truth.json")
    _check_free(out, truth_path)
    _check_free(truth_path.with_suffix(""), truth_path)
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{out.name}.", dir=out.parent) as beside:
            folder, truth = Path(beside) / "exports", Path(beside) / "truth.json"
            folder.mkdir()
            LINES[line](folder, truth, seed=seed, **wishes)
            if out.is_dir():
                out.rmdir()
            folder.replace(out)
            truth.replace(truth_path)
            if truth.with_suffix("").is_dir():
                truth.with_suffix("").replace(truth_path.with_suffix(""))
    except OSError as refusal:
        raise CannotWrite(path=str(out), found=why(refusal)) from refusal
    return Made(out, truth_path)


def _check_free(out: Path, truth_path: Path) -> None:
    if out.exists() and not out.is_dir():
        raise CannotWrite(path=str(out), found=Message("a file of this name is in the way"))
    if out.is_dir() and any(out.iterdir()):
        raise CannotWrite(path=str(out), found=Message("the folder is not empty"))
    if truth_path.exists():
        raise CannotWrite(path=str(truth_path), found=Message("the file is there already"))
