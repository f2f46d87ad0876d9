"""What do the plant's rows say of this piece, and how does that differ from the pieces that were run around it?"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from tundish.table import ROW, Column, Table
from tundish.trace.genealogy.index import Numbers
from tundish.trace.history.along import bare, lines_of, named, tells
from tundish.trace.history.in_parts import InParts
from tundish.trace.history.material import Material
from tundish.trace.history.told import Note, Record, Stay, Tie, Value
from tundish.trace.stamps import SECOND
from tundish.vocabulary.verdicts import meaning_of

FAR = 4.5
"""Robust standard deviations from the middle of its like from which a value stands out: 7 in a million of a bell curve, some
in ten thousand of what mills measure."""
LIKE = 8
"""So many other values must be there before one is called far from them."""
_RARE, _MAIN = 0.05, 0.8
"""A word that fewer of its like say stands out, where more than these say one and the same."""
_WORDS = 20
_MOST_LIKE = 200
_AROUND_S = (3 * 3600, 24 * 3600, 7 * 86_400, 28 * 86_400)
"""How far around a stay its like are looked for: as soon as there are thirty of them."""
_ENOUGH = 30
_MOST_WAY, _MOST_BELOW, _MOST_RECORDS = 24, 400, 60
_NORMAL = 1.4826
"""Median distance from the median -> standard deviation, of a bell curve (Rousseeuw and Croux, 1993)."""
_FLAT = 1e-9


@dataclass(frozen=True, slots=True)
class _Rows:
    """Rows of one table, and the number of the piece that each is about."""

    head: Table
    frame: pl.DataFrame
    piece: Numbers
    file: str


def records(
    material: Material, number: int, up: Iterable[Tie], down: Iterable[Tie], timeline: Sequence[Stay]
) -> tuple[Record, ...]:
    """Rows about the piece, all values; about what it was made of, those that stand out; defects of both and of its products.

    A value stands out when it is :data:`FAR` from those of pieces of the same level that the same line ran around that time.
    """
    if not material.tables:
        return ()
    way = list(dict.fromkeys([number, *(tie.parent for tie in up)]))[:_MOST_WAY]
    below = list(dict.fromkeys(tie.child for tie in down))[:_MOST_BELOW]
    like = {one: _like(material, one, timeline) for one in way}
    asked = np.unique(np.concatenate([np.array([*way, *below], dtype=np.int64), *like.values()]))
    found = [record for rows in _tables(material, asked) for record in _of_table(rows, number, like, below)]
    return tuple(sorted(found, key=lambda record: way.index(record.piece) if record.piece in like else len(way)))


def _like(material: Material, number: int, timeline: Sequence[Stay]) -> Numbers:
    """Pieces of the same level that the same line made (or used) shortly before and after; the nearest :data:`_MOST_LIKE`."""
    own = sorted(
        (stay for stay in timeline if stay.piece == number), key=lambda stay: ("out", "through", "in").index(stay.goes)
    )
    if not own:
        return np.empty(0, np.int64)
    stay = own[0]
    if stay.start is None:
        return _beside(material, number, stay)
    at = int((stay.start.timestamp() - stay.corrected_s) * SECOND)
    found = np.empty(0, np.int64)
    for wide in _AROUND_S:
        near = material.stays.take(material.index.stays_between(at - wide * SECOND, at + wide * SECOND))
        near = near.filter((pl.col("line") == stay.line) & (pl.col("goes") == stay.goes) & (pl.col("piece") != number))
        away = near.with_columns(away=(pl.col("start").to_physical() - at).abs()).sort("away", "piece")
        found = _of_level(material, number, away["piece"].unique(maintain_order=True).head(_MOST_LIKE).to_numpy())
        if found.size >= _ENOUGH:
            break
    return found


def _beside(material: Material, number: int, stay: Stay) -> Numbers:
    """Where no begin is recorded: pieces numbered before and behind, as their records stand one after another."""
    near = np.arange(max(number - _MOST_LIKE // 2, 0), min(number + _MOST_LIKE // 2 + 1, material.pieces.height))
    made = material.pieces.take(near)["line"].to_numpy() == (
        material.pieces.take(np.array([number]))["line"].item() or stay.line
    )
    return _of_level(material, number, near[made & (near != number)])


def _of_level(material: Material, number: int, others: Numbers) -> Numbers:
    level = material.pieces.take(np.array([number]))["level"].item()
    alike: Numbers = others[(material.pieces.take(others)["level"] == level).to_numpy()].astype(np.int64)
    return alike


def _tables(material: Material, asked: Numbers) -> Iterator[_Rows]:
    """The rows of every table but trends that are about one of these pieces."""
    kin = material.pieces.take(asked)
    words = kin.select(bare(pl.col("even"))).with_columns(piece=pl.Series(asked)).unique("even", keep="none").drop_nulls()
    stays = material.stays.take(material.index.stays(asked))
    made = (
        stays.filter(pl.col("goes") != "in")
        .select("table", pl.col("row").alias(ROW), "piece")
        .drop_nulls()
        .unique(("table", ROW), maintain_order=True)
    )
    produced = set(stays["table"].drop_nulls().to_list())
    for table in material.tables:
        head = table.head
        large = isinstance(table, InParts)  # to look for a number in all its parts takes minutes
        wanted = None if large or any(lines_of(head, material)) else named(head, kin)
        if wanted is None:
            continue
        frame = table.rows(wanted)
        if head.name in produced and ROW in frame.columns:
            of = made.filter(pl.col("table") == head.name).select(pl.col(ROW).cast(frame.schema[ROW]), "piece")
            piece = frame.select(ROW).join(of, on=ROW, how="left", maintain_order="left")["piece"]
        else:
            piece = _about(head, frame, words)
        numbers = piece.fill_null(-1).to_numpy()
        files = material.files.get(head.name, ())
        yield _Rows(head, frame.filter(numbers >= 0), numbers[numbers >= 0], files[0] if len(files) == 1 else head.name)


def _about(head: Table, frame: pl.DataFrame, words: pl.DataFrame) -> pl.Series:
    """The piece that each row is about: of the columns of ids the one that names the most different pieces."""
    best = pl.Series("piece", [None] * frame.height, dtype=pl.Int64)
    for column in head.columns:
        if column.kind == "identity" or (column.concept or "").startswith("identity."):
            ids = frame.select(even=bare(pl.col(column.name)))
            piece = ids.join(words, on="even", how="left", maintain_order="left")["piece"]
            if piece.drop_nulls().n_unique() > best.drop_nulls().n_unique():
                best = piece
    return best


def _of_table(rows: _Rows, number: int, like: Mapping[int, Numbers], below: Collection[int]) -> Iterator[Record]:
    flaw = any(concept == "inspection.defect" or concept.startswith("defect.") for concept in _concepts(rows.head))
    columns = [column for column in rows.head.columns if tells(column, place=flaw)]
    below = set(below) if flaw else set()
    for one in dict.fromkeys(rows.piece.tolist()):
        if one not in like and one not in below:
            continue
        mine = np.flatnonzero(rows.piece == one)
        others = rows.frame.filter(np.isin(rows.piece, like[one])) if one in like and not flaw else rows.frame.clear()
        told: set[tuple[Value, ...]] = set()
        for place in mine[:_MOST_RECORDS].tolist():
            row = rows.frame.row(place, named=True)
            values = [value for column in columns if (value := _value(column, row[column.name], others)) is not None]
            kept = tuple(values if one == number or flaw else (value for value in values if value.odd))
            if kept and kept not in told:
                yield Record(one, "defect" if flaw else "values", rows.file, row.get(ROW), kept)
            told.add(kept)


def _concepts(head: Table) -> Iterator[str]:
    return (column.concept for column in head.columns if column.concept is not None)


def _value(column: Column, value: object, others: pl.DataFrame) -> Value | None:
    if value is None:
        return None
    if isinstance(value, float | int) and not isinstance(value, bool):
        note = Note(column.header, column.concept, column.to_plant(value), column.unit_read)
        return _number(column, value, note, others)
    said = str(value)
    same = others[column.name].drop_nulls().cast(pl.String) if column.kind == "category" else pl.Series([], dtype=pl.String)
    most = same.mode().sort()[0] if same.len() else None
    rare = same.len() >= _WORDS and _share(same, said) < _RARE and _share(same, most) > _MAIN
    sense = meaning_of(said)
    odd = (rare and sense != "good") or ((column.concept or "").startswith("inspection.") and sense == "bad")
    usual = most if odd and most != said else None
    return Value(Note(column.header, column.concept, said, None), same.len(), None, None, usual, None, odd=odd)


def _share(words: pl.Series, word: str | None) -> float:
    return int((words == word).sum()) / max(words.len(), 1)


def _number(column: Column, value: float, note: Note, others: pl.DataFrame) -> Value:
    known = others[column.name].cast(pl.Float64, strict=False).drop_nulls().drop_nans().to_numpy()
    if not known.size or not np.isfinite(value):
        return Value(note, 0, None, None, None, None, odd=False)
    low, middle, high = np.quantile(known, [0.05, 0.5, 0.95])
    spread = _NORMAL * float(np.median(np.abs(known - middle)))
    away = abs(value - middle)
    flat = spread <= _FLAT * max(abs(middle), _FLAT)
    far = None if flat else float(away / spread)
    outside = not bool(known.min() <= value <= known.max())
    alone = known.size >= _WORDS and int((known == middle).sum()) > (1 - _RARE) * known.size
    odd = outside and (alone if far is None else known.size >= LIKE and far > FAR)
    ends = sorted((column.to_plant(float(low)), column.to_plant(float(high))))
    return Value(note, int(known.size), ends[0], ends[1], None, far, odd=odd)
