"""Where on the final product do samples, defects and welds lie that were noted on this piece or one that it was made of?"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import polars as pl

from tundish.table import ROW, Column, Table
from tundish.trace.genealogy.graph import TIME, Genealogy
from tundish.trace.position.book import Book, micros
from tundish.trace.position.stretches import State, Walk
from tundish.trace.spelling import spell
from tundish.trace.stamps import NEVER, Stamps, stamp_column, stamps
from tundish.trace.stays.segments import Floats, Ints
from tundish.vocabulary import Catalogue

PLACES = pl.Schema(
    {
        "kind": pl.Enum(("sample", "defect", "weld")),
        "from_m": pl.Float64(),  # on the final product, from its head
        "to_m": pl.Float64(),
        "across_m": pl.Float64(),  # from the reference edge of the final product; null where not told
        "side": pl.String(),  # as the final product lies; null where not told
        "end": pl.String(),  # head, middle or tail of the final product; null where a metre is told
        "piece": pl.Int64(),  # that it was noted on
        "at": TIME,
        "table": pl.String(),
        "row": pl.Int64(),
    }
)
"""One row a place, sorted by ``from_m``."""
_HEAD = ("head", "선단", "선단부", "앞", "앞끝", "h", "t", "top", "front", "lead", "선", "le")
_TAIL = ("tail", "미단", "미단부", "뒤", "뒤끝", "후단", "b", "btm", "bottom", "end", "rear", "te", "미")
_MIDDLE = ("middle", "mid", "중앙", "중앙부", "중간", "가운데", "m", "center", "centre", "body")
_OPPOSITE = (
    ("top", "bottom"), ("상", "하"), ("상면", "하면"), ("윗면", "아랫면"), ("upper", "lower"),
    ("표면", "이면"), ("앞면", "뒷면"), ("t", "b"), ("top", "btm"), ("u", "l"),
)  # fmt: skip
_EDGES = (
    ("ds", "os"),
    ("drive", "operator"),
    ("ws", "ds"),
    ("구동측", "작업측"),
    ("좌", "우"),
    ("left", "right"),
    ("dr", "op"),
    ("l", "r"),
)
_METRES = ("position.from", "position.on_product")
"""Where something begins, in a table of defects."""
_END_M = 5.0
"""How much of a piece a place noted as ``head`` or ``tail`` may mean, in m: what is cut for samples."""


@dataclass(frozen=True)
class Noted:
    """Rows of one table that say where something is on a piece, sorted by piece."""

    table: str
    kind: str
    piece: Ints
    low_m: Floats
    high_m: Floats
    across_m: Floats
    side: tuple[str | None, ...]
    end: tuple[str | None, ...]
    at: Stamps
    row: Ints


def noted(tables: Sequence[Table], genealogy: Genealogy, catalogue: Catalogue) -> tuple[Noted, ...]:
    """The rows of all tables that place a sample or a defect on a piece of the genealogy."""
    numbers = genealogy.pieces.select("even").with_row_index("piece").drop_nulls().unique("even", keep="none")
    made = frozenset(genealogy.stays["table"].drop_nulls().to_list())
    found = (_of_table(table, numbers, made, catalogue) for table in tables)
    return tuple(one for one in found if one is not None)


def is_of_defects(table: Table) -> bool:
    """Whether its rows say what was found wrong with a piece."""
    return any(
        column.concept == "inspection.defect" or (column.concept or "").startswith("defect.") for column in table.columns
    )


def _of_table(table: Table, numbers: pl.DataFrame, made: Collection[str], catalogue: Catalogue) -> Noted | None:
    def concept(*names: str) -> Column | None:
        return next((column for name in names for column in table.columns if column.concept == name), None)

    # Metres of a list of defects are the defect's whatever they are called; in a record of production they are the input's.
    flaws = is_of_defects(table) and table.name not in made
    low = concept("defect.position_length", "position.sample", *(_METRES if flaws else ()))
    high = concept("defect.position_to", *(("position.to",) if flaws else ()))
    end = concept("position.end", "mechanical.specimen_location")
    piece = _pieces(table, numbers, catalogue)
    if piece is None or (low is None and end is None):
        return None
    frame = table.frame

    def metres(column: Column | None) -> Floats:
        if column is None:
            return np.full(frame.height, np.nan)
        return frame[column.name].cast(pl.Float64, strict=False).fill_null(np.nan).to_numpy()

    def words(column: Column | None) -> list[str | None]:
        return [None] * frame.height if column is None else frame[column.name].cast(pl.String).to_list()

    begins = metres(low)
    ends = np.where(np.isfinite(metres(high)), metres(high), begins)
    kept = np.flatnonzero(piece >= 0)
    order = kept[np.argsort(piece[kept], kind="stable")]
    stamp = stamp_column(table, catalogue)
    times = np.full(frame.height, NEVER, np.int64) if stamp is None else stamps(table, stamp.name)
    sides, spots = words(concept("defect.side")), words(end)
    if end is not None and end.concept != "position.end" and not {_end(spot) for spot in spots} & {"head", "tail"}:
        spots = words(None)  # a middle without ends may be that of the width
    row = frame[ROW].cast(pl.Int64).to_numpy() if ROW in frame.columns else np.arange(frame.height)
    kind = "sample" if low is None or low.concept == "position.sample" else "defect"
    across = metres(concept("defect.position_width"))
    return Noted(
        table.name, kind, piece[order], begins[order], ends[order], across[order],
        tuple(sides[i] for i in order), tuple(spots[i] for i in order), times[order], row[order].astype(np.int64),
    )  # fmt: skip


def _pieces(table: Table, numbers: pl.DataFrame, catalogue: Catalogue) -> Ints | None:
    """Number of the piece that each row names: of the columns of ids the one that names the most, then the finest."""
    best: tuple[float, Ints] | None = None
    for column in table.columns:
        concept = None if column.concept is None else catalogue.concept(column.concept)
        if column.kind not in ("identity", "text", "category") and not (concept is not None and concept.role == "identity"):
            continue
        even = spell(table.frame[column.name]).even.rename("even")
        found = pl.DataFrame({"even": even}).join(numbers, on="even", how="left", maintain_order="left")["piece"]
        piece = found.cast(pl.Int64).fill_null(-1).to_numpy()
        share = float((piece >= 0).mean()) if piece.size else 0.0
        rank = round(share, 1) + 1e-9 * int(np.unique(piece).size)
        if share > 0.5 and (best is None or rank > best[0]):
            best = (rank, piece)
    return None if best is None else best[1]


def on_product(book: Book, walk: Walk, rows: Sequence[Noted]) -> pl.DataFrame:
    """What is noted on any piece of the walk, at its metres of the final product; frame of :data:`PLACES`."""
    found: list[dict[str, object]] = []
    widths = book.genealogy.pieces["width_m"]
    ends = micros(book.genealogy.stays, "end")
    for table in rows:
        for piece in dict.fromkeys(state.piece for state in walk.states):
            states = [state for state in walk.states if state.piece == piece]
            first, behind = np.searchsorted(table.piece, [piece, piece + 1])
            for row in range(int(first), int(behind)):
                for state in _as_noted(states, int(table.at[row]), ends):
                    place = _placed(table, row, state, walk.length_m, widths[state.piece])
                    found += [] if place is None else [place]
    found += _welds(walk)
    return pl.DataFrame(found, schema=PLACES).sort("from_m", "to_m", nulls_last=True)


def _as_noted(states: Sequence[State], at: int, ends: Stamps) -> list[State]:
    """The piece as it was when something was noted: as it left the last line before, the last of all without a time."""
    left = {state.stay: int(ends[state.stay]) if state.stay >= 0 else NEVER for state in states}
    # A note is written minutes before or after the end of the stay; it counts for the stay whose end is nearest before.
    spare = 30 * 60 * 1_000_000
    before = [stay for stay, end in left.items() if NEVER in (at, end) or end <= at + spare]
    chosen = max(before, default=min(left), key=lambda stay: stay) if before else min(left)
    return [state for state in states if state.stay == chosen]


def _placed(table: Noted, row: int, state: State, length_m: float, width_m: float | None) -> dict[str, object] | None:
    low, high, word = float(table.low_m[row]), float(table.high_m[row]), _end(table.end[row])
    by_word = not np.isfinite(low)
    if by_word:
        half = state.length_m / 2
        spans = {
            "head": (0.0, _END_M),
            "tail": (state.length_m - _END_M, state.length_m),
            "middle": (half - _END_M, half + _END_M),
        }
        if word is None:
            return None
        low, high = spans[word]
    low, high = sorted((low, high))
    back = state.metres.inverse()
    if high < back.x[0] - 1.0 or low > back.x[-1] + 1.0:
        return None
    on = back.at(np.clip([low, high], back.x[0], back.x[-1]))
    across = float(table.across_m[row])
    if np.isfinite(across) and state.mirrored:
        across = np.nan if state.lane is not None or width_m is None else width_m - across
    spot = _spot(float(on.mean()), length_m, middle=word == "middle") if by_word else None
    at = int(table.at[row])
    return {
        "kind": table.kind, "from_m": float(on.min()), "to_m": float(on.max()),
        "across_m": across if np.isfinite(across) else None, "side": _side(table.side[row], state), "end": spot,
        "piece": state.piece, "at": None if at == NEVER else at, "table": table.table, "row": int(table.row[row]),
    }  # fmt: skip


def _spot(at_m: float, length_m: float, *, middle: bool) -> str:
    """The end of the final product that a noted end lies at; the middle of a piece may be the middle still."""
    if middle and abs(at_m - length_m / 2) < length_m / 4:
        return "middle"
    return "head" if at_m < length_m / 2 else "tail"


def _end(word: str | None) -> str | None:
    said = (word or "").strip().lower()
    for name, words in (("head", _HEAD), ("tail", _TAIL), ("middle", _MIDDLE)):
        if said in words:
            return name
    return None


def _side(word: str | None, state: State) -> str | None:
    """The face or the edge as the final product lies; a word that is not known stays as it is."""
    if word is None:
        return None
    said = word.strip().lower()
    for turned, pairs in ((state.flipped, _OPPOSITE), (state.mirrored, _EDGES)):
        for one, other in pairs:
            if turned and said in (one, other):
                swapped = other if said == one else one
                return swapped.upper() if word.strip().isupper() else swapped
    return word


def _welds(walk: Walk) -> list[dict[str, object]]:
    """Where two pieces were joined end to end on one line."""
    by_line: dict[tuple[str, int], list[tuple[float, float, int]]] = {}
    for stretch in walk.stretches:
        span = (float(stretch.metres.x[0]), float(stretch.metres.x[-1]), stretch.piece)
        by_line.setdefault((stretch.line, stretch.turn), []).append(span)
    found: list[dict[str, object]] = []
    for spans in by_line.values():
        ordered = sorted(spans)
        for left, right in pairwise(ordered):
            if left[2] != right[2] and abs(right[0] - left[1]) < 2.0:
                found.append({"kind": "weld", "from_m": min(left[1], right[0]), "to_m": max(left[1], right[0]),
                              "across_m": None, "side": None, "end": None, "piece": right[2], "at": None,
                              "table": None, "row": None})  # fmt: skip
    return found


def of_lines(tables: Sequence[Table], lines: Mapping[str, str]) -> list[Table]:
    """Tables that are no trend of a line: those in which something may be noted."""
    return [table for table in tables if table.name not in lines]
