"""How is a text read that is too large to be held? Stretch by stretch, each as if it were a file under the same header."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

import numpy as np
import polars as pl

from tundish.errors import BrokenFile, Message, RaggedRows
from tundish.intake.held import RUNS
from tundish.intake.raw import RawTable, SourceFile
from tundish.table import ROW, Chunk, Finding, Repair

CHUNK_BYTES = 2**23
"""Bytes of a chunk: texts, numbers and times of it take about 100 MB for a moment."""
_TAIL_BYTES = 2**14
"""Bytes at the end of a file in which sums and notes are looked for."""
_READER = "tundish.connectors.stretches:read_rows"
_SETTING_ASIDE = "tundish.connectors.stretches:read_rows_setting_aside"
_EXPECTED = Message("a table")
Told = TypeVar("Told", Finding, Repair)


@dataclass(frozen=True, slots=True)
class _Stretch:
    """Bytes from a line's begin to a line's end, the number of the first line, and how many there are."""

    begin: int
    end: int
    line: int
    lines: int


def read_in_parts(file: SourceFile, path: Path) -> RawTable:
    """A sample of the file, and where all its lines lie. Raises what reading a text raises."""
    sampled = file.sampled_bytes or CHUNK_BYTES
    stretches, digest = _survey(file.name, path, min(CHUNK_BYTES, 8 * sampled))
    content, starts, lines = _sample(path, stretches, sampled)
    raw = _sole(replace(file, path=None, content=content))
    first = int(raw.frame[ROW].to_numpy().min())
    head = _offset(content, first)
    if head > stretches[0].end:
        raise BrokenFile(file=file.name, expected=_EXPECTED, found=Message("no row under its header"))
    seen = path.stat()
    reader = _SETTING_ASIDE if file.ragged == "set_aside" else _READER
    parts = tuple(
        Chunk(file.name, str(path.resolve()), reader, number, one.begin, one.end, one.line, one.lines,
              seen.st_size, seen.st_mtime_ns, head)
        for number, one in enumerate(stretches, 1)
    )  # fmt: skip
    frame = raw.frame.with_columns(_true_lines(raw.frame[ROW], starts, lines))
    findings, repairs = tuple(map(_of_file, raw.findings)), tuple(map(_of_file, raw.repairs))
    return replace(raw, frame=frame, sha256=digest, parts=parts, findings=findings, repairs=repairs)


def read_rows(chunk: Chunk, headers: Sequence[str]) -> pl.DataFrame:
    """The rows of a chunk, as texts; raises what reading a text raises, with the line of the file."""
    return _read(chunk, headers, SourceFile(chunk.file, None))


def read_rows_setting_aside(chunk: Chunk, headers: Sequence[str]) -> pl.DataFrame:
    """The same, without rows of odd length, as plant.toml says."""
    return _read(chunk, headers, SourceFile(chunk.file, None, ragged="set_aside"))


def _read(chunk: Chunk, headers: Sequence[str], file: SourceFile) -> pl.DataFrame:
    with Path(chunk.path).open("rb") as stream:
        head = stream.read(chunk.head if chunk.begin else 0)
        stream.seek(chunk.begin)
        body = stream.read(chunk.end - chunk.begin)
    if _lines(body) != chunk.rows:
        found = Message("stretch {number} holds {lines} lines of {promised}",
                        number=chunk.number, lines=_lines(body), promised=chunk.rows)  # fmt: skip
        raise BrokenFile(file=chunk.file, expected=_EXPECTED, found=found)
    above = _lines(head)
    down = chunk.row - 1 - above
    try:
        raw = _sole(replace(file, content=head + body))
    except RaggedRows as error:
        said = dict(error.message.values)
        raise RaggedRows(**{**said, "row": int(str(said["row"])) + down}) from error
    if set(headers) - set(raw.headers):
        found = Message("the lines from {line} on do not read as those above", line=chunk.row)
        raise BrokenFile(file=chunk.file, expected=_EXPECTED, found=found)
    return raw.frame.select((pl.col(ROW).cast(pl.Int64) + down).cast(pl.UInt32), *headers)


def _sole(file: SourceFile) -> RawTable:
    """The one table of a text."""
    from tundish.connectors.text import TEXT

    tables = list(TEXT.read(file))
    if len(tables) != 1 or not tables[0].frame.height:
        found = Message("{count} tables under one another in a file that is too large to be held", count=len(tables))
        raise BrokenFile(file=file.name, expected=Message("one table"), found=found)
    return tables[0]


def _survey(file: str, path: Path, chunk_bytes: int) -> tuple[list[_Stretch], str]:
    """Stretches of whole lines, and the SHA-256 of all bytes."""
    found: list[_Stretch] = []
    digest, begin, line, rest = hashlib.sha256(), 0, 1, b""
    with path.open("rb") as stream:
        while block := stream.read(chunk_bytes):
            digest.update(block)
            _must_be_narrow(file, block, first=not found and not rest)
            whole, mark, after = (rest + block).rpartition(b"\n")
            if not mark and len(after) > 8 * CHUNK_BYTES:
                raise BrokenFile(file=file, expected=_EXPECTED, found=Message("a line of {size} bytes", size=len(after)))
            if mark:
                found.append(_Stretch(begin, begin + len(whole) + 1, line, whole.count(b"\n") + 1))
                begin, line = found[-1].end, line + found[-1].lines
            rest = after
    if rest:  # The last line without its end: it stays with those above it, so that a sum or a note is known as one.
        last = found.pop() if found else _Stretch(begin, begin, line, 0)
        found.append(_Stretch(last.begin, begin + len(rest), last.line, last.lines + 1))
    return found, digest.hexdigest()


def _must_be_narrow(file: str, block: bytes, *, first: bool) -> None:
    """Lines are cut at the byte of a line end, which in two bytes a character means something else."""
    if b"\x00" in block.rstrip(b"\x00\x1a") or (first and block.startswith((b"\xff\xfe", b"\xfe\xff"))):
        found = Message("two bytes a character, in a file that is too large to be held; save it as UTF-8")
        raise BrokenFile(file=file, expected=_EXPECTED, found=found)


def _sample(path: Path, stretches: Sequence[_Stretch], size: int) -> tuple[bytes, list[int], list[int]]:
    """Whole lines from stretches all over the file; where in the sample each piece begins, and on which line of the file."""
    share = max(size // RUNS, _TAIL_BYTES)
    taken = [stretches[i] for i in dict.fromkeys(round(i * (len(stretches) - 1) / (RUNS - 1)) for i in range(RUNS))]
    pieces: list[bytes] = []
    starts, lines = [], []
    with path.open("rb") as stream:
        for one in taken:
            stream.seek(one.begin)
            body = stream.read(one.end - one.begin)
            begin = body[: body.rfind(b"\n", 0, share) + 1] if len(body) > share + _TAIL_BYTES else body
            end = body[body.find(b"\n", len(body) - _TAIL_BYTES) + 1 :] if one is stretches[-1] and begin is not body else b""
            for piece, line in ((begin, one.line), (end, one.line + one.lines - _lines(end))):
                if piece:
                    starts.append(sum(map(_lines, pieces)) + 1)
                    lines.append(line)
                    pieces.append(piece)
    return b"".join(pieces), starts, lines


def _lines(data: bytes) -> int:
    return data.count(b"\n") + (bool(data) and not data.endswith(b"\n"))


def _offset(content: bytes, line: int) -> int:
    """Where a line begins."""
    at = 0
    for _ in range(line - 1):
        at = content.index(b"\n", at) + 1
    return at


def _true_lines(rows: pl.Series, starts: Sequence[int], lines: Sequence[int]) -> pl.Series:
    places = rows.to_numpy().astype(np.int64)
    piece = np.searchsorted(starts, places, "right") - 1
    return pl.Series(ROW, (places - np.asarray(starts)[piece] + np.asarray(lines)[piece]).astype(np.uint32))


def _of_file(told: Told) -> Told:
    """Lines of the sample are none of the file: they are left out, what was found stays."""
    return replace(told, rows=(), origin=replace(told.origin, row=None))
