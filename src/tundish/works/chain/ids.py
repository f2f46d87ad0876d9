"""How do ids stand in the papers? Spelled in one of three ways a column, and now and then mistyped by hand or left out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

Error = Literal["substituted", "swapped", "dropped", "doubled", "blank"]
MISTYPED, BLANK = 1.0 / 300.0, 1.0 / 500.0
ONTO_ANOTHER = 1.0 / 3.0
"""Part of the mistyped ids that are another piece's: running numbers are dense."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One id that stands wrong, or not at all."""

    file: str
    row: int
    """Row of the file, the first is 1."""
    column: str
    piece: int
    written: str
    error: Error
    exists: bool
    """What was written is the number of another piece."""


def spell(name: str, spelling: int, *, excel: bool = False) -> str:
    """An id in one of the three spellings; Excel drops the leading zeros of one that is all digits.

    >>> [spell("HC24-00123", spelling) for spelling in range(3)], spell("0004123", 0, excel=True)
    (['HC24-00123', 'HC2400123', 'hc24_00123'], '4123')
    """
    if name.isdigit():
        return name.lstrip("0") if excel else name
    return (name, name.replace("-", ""), name.replace("-", "_").lower())[spelling]


@dataclass
class Scribe:
    """Writes ids as a person or the MES does, and keeps what went wrong."""

    rng: np.random.Generator
    known: Mapping[str, int]
    """Id as printed -> piece."""
    cells: list[Cell] = field(default_factory=list)

    def column(
        self,
        names: Sequence[str],
        *,
        file: str,
        header: str,
        first_row: int,
        spelling: int,
        by_hand: bool,
        may_lack: bool = False,
        excel: bool = False,
    ) -> list[str | None]:
        """Write a column of ids; ``first_row`` is the file's row of the first."""
        chance = self.rng.random((2, len(names)))
        written: list[str | None] = []
        for i, name in enumerate(names):
            text: str | None = spell(name, spelling, excel=excel)
            if name not in self.known:
                written.append(name)
                continue
            if may_lack and chance[1, i] < BLANK:
                text = None
                self.cells.append(Cell(file, first_row + i, header, self.known[name], "", "blank", exists=False))
            elif by_hand and chance[0, i] < MISTYPED:
                wrong, error = self._mistype(name)
                text = spell(wrong, spelling, excel=excel)
                cell = Cell(file, first_row + i, header, self.known[name], text, error, exists=wrong in self.known)
                self.cells.append(cell)
            written.append(text)
        return written

    def _mistype(self, name: str) -> tuple[str, Error]:
        """One slip of the finger among the digits; a third of the time one that gives another piece's id."""
        wish = self.rng.random() < ONTO_ANOTHER
        wrong, error = name, "substituted"
        for _ in range(60):
            wrong, error = self._slip(name)
            if wrong != name and (wrong in self.known) == wish:
                break
        return (wrong, error) if wrong != name else (name + name[-1], "doubled")  # type: ignore[return-value]

    def _slip(self, name: str) -> tuple[str, str]:
        digits = [i for i, letter in enumerate(name) if letter.isdigit()]
        at = digits[int(self.rng.integers(len(digits)))]
        kind = int(self.rng.choice(4, p=[0.55, 0.2, 0.15, 0.1]))
        if kind == 0:
            return name[:at] + str(int(self.rng.integers(10))) + name[at + 1 :], "substituted"
        if kind == 1 and at + 1 < len(name) and name[at + 1].isdigit():
            return name[:at] + name[at + 1] + name[at] + name[at + 2 :], "swapped"
        if kind == 2:
            return name[:at] + name[at + 1 :], "dropped"
        return name[:at] + name[at] + name[at:], "doubled"
