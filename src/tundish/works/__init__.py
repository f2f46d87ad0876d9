"""Which plants can be generated, with the exports a real one would give and the truth beside them?"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path

from tundish.disk import why
from tundish.errors import CannotWrite, Message, UnknownLine
from tundish.works import pickling
from tundish.works.line import Line, Made
from tundish.works.truth import Truth, load

__all__ = ["LINES", "Line", "Made", "Truth", "load", "make"]

LINES: Mapping[str, Line] = {"pickling": pickling.write}
"""Name of a line -> what writes it."""


def make(line: str, *, seed: int, out: Path, pieces: int = 2000, sample_s: float = 22.0, trend_files: int = 1) -> Made:
    """Write the exports of a generated plant into ``out`` and its truth into ``out.truth.json`` beside it.

    ``pieces``: lots; ``sample_s``: seconds between two rows of the PLC trend; ``trend_files``: 1, or 2 for the plant of the
    benchmark. The same arguments give the same bytes. Nothing is left behind when it fails or is interrupted.

    Raises :class:`UnknownLine` for a line that is not in ``LINES``, :class:`CannotWrite` when ``out`` is not empty, or when the
    truth file is there already.
    """
    if line not in LINES:
        raise UnknownLine(line=line, lines=", ".join(LINES))
    out = Path(out)
    truth_path = out.with_name(out.name + ".truth.json")
    _check_free(out, truth_path)
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{out.name}.", dir=out.parent) as beside:
            folder, truth = Path(beside) / "exports", Path(beside) / "truth.json"
            folder.mkdir()
            LINES[line](folder, truth, seed=seed, pieces=pieces, sample_s=sample_s, trend_files=trend_files)
            if out.is_dir():
                out.rmdir()
            folder.replace(out)
            truth.replace(truth_path)
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
