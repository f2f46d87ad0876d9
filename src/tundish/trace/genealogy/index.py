"""Which pieces answer to an id, and which edges lead up and down from a piece, in ten million pieces at once?

Everything here is plain arrays, so that the genealogy in memory and the one that is kept on disk (mapped, not read) are
asked by the same code.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt
import polars as pl

from tundish.trace.spelling import SEPARATORS

Numbers = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int64]


class Words(Protocol):
    """Ids by the number of their piece: a series of polars, or a column on disk."""

    def __len__(self) -> int:
        """How many pieces there are."""
        ...

    def __getitem__(self, number: int, /) -> str | None:
        """The evened id of a piece."""
        ...


@dataclass(frozen=True, slots=True)
class Reach:
    """Edges reached from a piece, the nearest first: rows of the edges' frame, and how each hangs together with the piece."""

    rows: Rows
    depth: Numbers
    """1 for the piece's own edges."""
    share: Floats
    """Up: of the piece's mass, what came along this edge. Down: of the piece's mass, what went along. NaN: not known."""


@dataclass(frozen=True, slots=True, eq=False)
class Index:
    """Arrays to walk along. Edges are numbered as in their frame, that is sorted by child."""

    parent: Numbers
    child: Numbers
    share_of_child: Floats
    share_of_parent: Floats
    up_from: Numbers
    """Edges ``up_from[i] : up_from[i + 1]`` lead to the parents of piece ``i``."""
    down_from: Numbers
    by_parent: Numbers
    """Edges ``by_parent[down_from[i] : down_from[i + 1]]`` lead to its children."""
    stays_from: Numbers
    """Stays ``stays_from[i] : stays_from[i + 1]`` are those of piece ``i``."""
    start: Numbers
    """When each stay began: microseconds since 1970, the least number where not known."""
    by_start: Numbers
    """Rows of the stays in order of their begin."""
    order: Numbers
    """Numbers of the pieces in order of their evened ids."""

    def up(self, piece: int) -> Reach:
        """Edges to everything the piece was made of; shares of the piece's mass."""
        return _walk(piece, self.edges_up, self.child, self.parent, self.share_of_child)

    def down(self, piece: int) -> Reach:
        """Edges to everything that was made of the piece; shares of the piece's mass."""
        return _walk(piece, self.edges_down, self.parent, self.child, self.share_of_parent)

    def edges_up(self, pieces: Numbers) -> Rows:
        """Rows of the edges to the parents of these pieces."""
        return _ranges(self.up_from[pieces], self.up_from[pieces + 1])

    def edges_down(self, pieces: Numbers) -> Rows:
        """Rows of the edges to the children of these pieces."""
        return np.asarray(self.by_parent[_ranges(self.down_from[pieces], self.down_from[pieces + 1])], dtype=np.int64)

    def stays(self, pieces: Numbers) -> Rows:
        """Rows of the stays of these pieces."""
        return _ranges(self.stays_from[pieces], self.stays_from[pieces + 1])

    def stays_between(self, first: int, last: int) -> Rows:
        """Rows of the stays that began between two times (microseconds since 1970), in order of time."""
        low = np.searchsorted(self.start, first, "left", sorter=self.by_start)
        high = np.searchsorted(self.start, last, "right", sorter=self.by_start)
        return np.asarray(self.by_start[low:high], dtype=np.int64)

    def find(self, text: str, even: Words) -> list[int]:
        """Numbers of the pieces whose evened id is a spelling of ``text``, smallest first."""
        found = {number for word in spellings(text) for number in self._called(word, even)}
        return sorted(found)

    def near(self, text: str, even: Words, *, most: int) -> list[int]:
        """Pieces whose ids differ from ``text`` in one character, then those beside it in order; at most ``most``."""
        found: dict[int, None] = {}
        word = next(iter(spellings(text)), "")
        for other in _one_off(word):
            found |= dict.fromkeys(self._called(other, even))
            if len(found) >= most:
                return list(found)[:most]
        place = self._place(word, even)
        beside = self.order[max(0, place - most) : place + most]
        ranked = sorted((int(number) for number in beside), key=lambda number: -_alike(even[number] or "", word))
        return list(found | dict.fromkeys(ranked))[:most]

    def _called(self, word: str, even: Words) -> Iterator[int]:
        place = self._place(word, even)
        while place < len(self.order) and even[int(self.order[place])] == word:
            yield int(self.order[place])
            place += 1

    def _place(self, word: str, even: Words) -> int:
        low, high = 0, len(self.order)
        while low < high:
            middle = (low + high) // 2
            if (even[int(self.order[middle])] or "") < word:
                low = middle + 1
            else:
                high = middle
        return low


def build_index(pieces: pl.DataFrame, edges: pl.DataFrame, stays: pl.DataFrame) -> Index:
    """The index of three frames of the schemas in ``graph.py``, edges sorted by child and stays by piece."""
    count = pieces.height
    parent, child = edges["parent"].to_numpy(), edges["child"].to_numpy()
    start = stays["start"].fill_null(stays["end"]).to_physical().fill_null(np.iinfo(np.int64).min).to_numpy()
    by_parent = edges["parent"].arg_sort().to_numpy().astype(np.int64)
    return Index(
        parent=parent,
        child=child,
        share_of_child=edges["share_of_child"].fill_null(np.nan).to_numpy(),
        share_of_parent=edges["share_of_parent"].fill_null(np.nan).to_numpy(),
        up_from=_starts(child, count),
        down_from=_starts(parent, count),
        by_parent=by_parent,
        stays_from=_starts(stays["piece"].to_numpy(), count),
        start=start,
        by_start=pl.Series(start).arg_sort().to_numpy().astype(np.int64),
        order=pieces["even"].fill_null("").arg_sort().to_numpy().astype(np.int64),
    )


def spellings(text: str) -> Sequence[str]:
    """How an id that a person typed may stand among evened ids, the barest first; see :mod:`tundish.trace.spelling`.

    >>> spellings(" hc-0017_a ")
    ['HC0017A', 'HC-0017-A', 'HC-0017_A', 'hc-0017_a']
    >>> spellings("00-17")
    ['17', '0017', '00-17']
    """
    plain = text.strip()
    known = pl.DataFrame({"plain": [plain]}).with_columns(upper=pl.col("plain").str.normalize("NFKC").str.to_uppercase())
    upper = known["upper"][0]
    bare = known["upper"].str.replace_all(SEPARATORS, "")[0] or upper
    split = known["upper"].str.replace_all(SEPARATORS, "-").str.strip_chars("-")[0]
    short = bare.lstrip("0") or "0"
    words = [short, bare] if bare.isdecimal() else [bare]
    return [word for word in dict.fromkeys((*words, split, upper, plain)) if word]


def _starts(sorted_or_not: Numbers, count: int) -> Numbers:
    """Where the rows of each number begin once they are sorted by it; one more than there are numbers."""
    starts = np.zeros(count + 1, dtype=np.int64)
    np.cumsum(np.bincount(sorted_or_not, minlength=count), out=starts[1:])
    return starts


def _ranges(first: Numbers, last: Numbers) -> Rows:
    """All numbers ``first[i] .. last[i] - 1``, one stretch behind the other."""
    sizes = last - first
    ends = np.cumsum(sizes)
    total = int(ends[-1]) if sizes.size else 0
    return np.repeat(first - (ends - sizes), sizes) + np.arange(total, dtype=np.int64)


class _Edges(Protocol):
    def __call__(self, pieces: Numbers, /) -> Rows: ...


def _walk(piece: int, edges: _Edges, near: Numbers, far: Numbers, share: Floats) -> Reach:
    """Edges reached, level by level; a piece's share is the sum over all ways to it.

    Records may run in a circle (a mistyped id): what still goes round after as many steps as there are pieces has no share.
    """
    depth: dict[int, int] = {}
    shares: dict[int, float] = {}
    frontier, weights = np.array([piece], dtype=np.int64), np.ones(1)
    step, reached = 0, {piece}
    while frontier.size and step <= len(reached):
        step += 1
        rows = edges(frontier)
        passed = weights[np.searchsorted(frontier, near[rows])] * share[rows]
        for row, part in zip(rows.tolist(), passed.tolist(), strict=True):
            depth.setdefault(row, step)
            shares[row] = shares.get(row, 0.0) + part
        frontier, place = np.unique(far[rows], return_inverse=True)
        weights = np.bincount(place, passed, minlength=frontier.size).astype(np.float64)
        reached.update(frontier.tolist())
    for row in edges(frontier).tolist() if frontier.size else ():
        shares[row] = float("nan")
    rows, depths = np.array(list(depth), dtype=np.int64), np.array(list(depth.values()), dtype=np.int64)
    return Reach(rows, depths, np.array([shares[row] for row in depth]))


_LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def _one_off(word: str) -> Iterator[str]:
    """Words that a slip of one key makes: two exchanged, one wrong, one too many, one missing."""
    yield from (word[:i] + word[i + 1] + word[i] + word[i + 2 :] for i in range(len(word) - 1))
    for i in reversed(range(len(word))):
        yield word[:i] + word[i + 1 :]
        yield from (word[:i] + letter + word[i + 1 :] for letter in _LETTERS if letter != word[i])
    for i in reversed(range(len(word) + 1)):
        yield from (word[:i] + letter + word[i:] for letter in _LETTERS)


def _alike(one: str, other: str) -> int:
    """Length of the common beginning."""
    return next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
