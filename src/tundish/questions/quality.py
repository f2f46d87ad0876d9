"""Why is a piece bad? A target of classes, of which one or more mean: defect."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from tundish.errors import BadSettings, Message, OddTarget, OneOutcome
from tundish.learn.answer import Floats
from tundish.learn.question import Wish
from tundish.table import Column, Finding
from tundish.trace.pieces import Pieces
from tundish.trace.target import MOST_CLASSES
from tundish.vocabulary import Catalogue
from tundish.vocabulary.verdicts import meaning_of, no, yes


@dataclass(frozen=True)
class Quality:
    """A defect or none; the score is the share of pieces judged wrong."""

    wish: Wish
    bad: frozenset[str]
    """Values of the target that mean: defect."""
    findings: tuple[Finding, ...] = ()
    kind: str = "quality"
    metric: str = "error_rate"
    binary: bool = True

    @staticmethod
    def fits(pieces: Pieces, wish: Wish) -> bool:
        """True for classes, for 0/1 numbers, and for numbers of which the wish names one as bad."""
        column = pieces.table.column(pieces.target)
        if column.kind in {"category", "text", "identity"}:
            return True
        values = set(_values(pieces).drop_nulls().unique())
        return column.kind == "number" and (
            values <= {"0", "1"} or (wish.bad is not None and len(values) <= 20 and wish.bad in values)
        )

    @classmethod
    def of(cls, pieces: Pieces, wish: Wish, catalogue: Catalogue) -> Quality:
        """Decide which values are bad.

        OneOutcome when it has one value, OddTarget when nearly each is another, BadSettings when wish.bad is none of them.
        """
        column = pieces.table.column(pieces.target)
        counts = _counts(pieces)
        file = column.origin.file
        if wish.bad is None and len(counts) > max(MOST_CLASSES, sum(counts.values()) / 2):
            text = "it holds {values} different texts on {pieces} pieces, as ids or remarks do"
            found = Message(text, values=len(counts), pieces=sum(counts.values()))
            raise OddTarget(file=file, column=column.header, found=found)
        if len(counts) < 2:
            raise OneOutcome(file=file, column=column.header, value=next(iter(counts), ""), rows=sum(counts.values()))
        if wish.bad is not None:
            return cls(wish, _wished(counts, wish.bad))
        bad, finding = _understood(column, counts, catalogue)
        return cls(wish, bad, (finding,))

    def outcome(self, pieces: Pieces) -> Floats:
        """1 for a defect, 0 for none, NaN where not known; one number a piece."""
        values = _values(pieces)
        bad = values.is_in(sorted(self.bad)).cast(pl.Float64)
        return np.asarray(
            pl.select(pl.when(values.is_null()).then(None).otherwise(bad)).to_series().fill_null(float("nan")).to_numpy(),
            dtype=float,
        )

    def today(self, earlier: Pieces, later: Pieces) -> Floats:
        """The earlier share of defects, for each later piece: without learning nothing more is known."""
        known = self.outcome(earlier)
        return np.full(later.table.frame.height, float(np.nanmean(known)))

    def losses(self, outcome: Floats, predicted: Floats) -> Floats:
        """1 for a piece judged wrong, 0 for one judged right; a probability from one half upward says: defect."""
        return np.asarray((predicted >= 0.5) != (outcome >= 0.5), dtype=float)

    def score(self, losses: Floats) -> float:
        """Share of pieces judged wrong."""
        return float(np.mean(losses))

    def badness(self, outcome: Floats) -> Floats | None:
        """The defect itself."""
        return outcome


def _values(pieces: Pieces) -> pl.Series:
    """The target as texts; 1.0 and True read as 1, blanks as null."""
    column = pieces.table.frame.get_column(pieces.target)
    if column.dtype == pl.Boolean:
        column = column.cast(pl.Int8)
    if column.dtype.is_float():
        whole = pl.select(pl.when(column.is_nan()).then(None).otherwise(column)).to_series()
        text = whole.cast(pl.String).str.replace(r"\.0$", "")
    else:
        text = column.cast(pl.String).str.strip_chars()
    return pl.select(pl.when(text == "").then(None).otherwise(text)).to_series()


def _counts(pieces: Pieces) -> dict[str, int]:
    counted = _values(pieces).drop_nulls().alias("value").value_counts(sort=True)
    return dict(sorted(counted.iter_rows(), key=lambda row: (-row[1], row[0])))


def _wished(counts: dict[str, int], wished: str) -> frozenset[str]:
    named = {wished} if wished in counts else {part.strip() for part in wished.split(",")}
    folded = {value.casefold(): value for value in counts}
    bad = frozenset(folded[part.casefold()] for part in named if part.casefold() in folded)
    if not bad or len(bad) < len(named) or len(bad) == len(counts):
        raise BadSettings(file="plant.toml", key="bad", expected=", ".join(counts), found=wished)
    return bad


def _understood(column: Column, counts: dict[str, int], catalogue: Catalogue) -> tuple[frozenset[str], Finding]:
    """Which values are bad when nobody said so, and the finding that says it."""
    concept = catalogue.concept(column.concept) if column.concept is not None else None
    told = {word: sense for sense, words in (("good", concept.good), ("bad", concept.bad)) for word in words} if concept else {}
    meaning = {value: told.get(value.casefold()) or meaning_of(value) for value in counts}
    good = frozenset(value for value, sense in meaning.items() if sense == "good")
    bad = frozenset(value for value, sense in meaning.items() if sense == "bad")
    if good and len(good) < len(counts):
        bad = frozenset(counts) - good
    if bad and len(bad) < len(counts):
        message = Message(
            "Counted as defects in {column}: {bad}; as good: {good}. Write bad in plant.toml if that is not so.",
            **_sides(column, counts, bad),
        )
        return bad, Finding("question.bad", "info", message, column.origin, sum(counts[value] for value in bad))
    by_header = _by_header(column, counts)
    if by_header:
        message = Message(
            "The name of {column} says what its values mean: {bad} counts as a defect, {good} as good. Write bad "
            "in plant.toml if that is not so.",
            **_sides(column, counts, by_header),
        )
        return by_header, Finding("question.bad", "info", message, column.origin, sum(counts[value] for value in by_header))
    bad = frozenset(counts) - {next(iter(counts))}
    message = Message(
        "Nothing says which value of {column} is a defect; the rarer one is taken: {bad} (good: {good}). "
        "Write bad in plant.toml to decide it.",
        **_sides(column, counts, bad),
    )
    return bad, Finding("question.bad_guessed", "warning", message, column.origin, sum(counts[value] for value in bad))


def _sides(column: Column, counts: dict[str, int], bad: frozenset[str]) -> dict[str, str]:
    good = [value for value in counts if value not in bad]
    return {"column": column.header, "bad": ", ".join(value for value in counts if value in bad), "good": ", ".join(good)}


def _by_header(column: Column, counts: dict[str, int]) -> frozenset[str]:
    """For yes/no and 1/0 the column's own name tells: `불량여부` 1 is bad, `합격여부` 1 is good."""
    folded = {value.casefold(): value for value in counts}
    if len(counts) != 2 or not (yes() & set(folded) and no() & set(folded)):
        return frozenset()
    senses = {meaning_of(name) for name in (*column.headers, (column.concept or "").replace("_", " "))} - {None}
    if len(senses) != 1:
        return frozenset()
    side = yes() if senses == {"bad"} else no()
    return frozenset(value for key, value in folded.items() if key in side)
