"""How is an odd file read by us, and what of it is right? For the tests and for the benchmark."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from odd_files.sheet import OddFile, Truth

from tundish.connectors.text import TEXT
from tundish.errors import TundishError
from tundish.intake.raw import RawTable, SourceFile

ASPECTS = ("delimiter", "quote", "header_rows", "first_line", "footer_rows", "decimal")
Style = Callable[[random.Random, str], OddFile]


@dataclass(frozen=True)
class Judged:
    """What is right about a reading; ``cells`` is None where only the dialect was asked for."""

    right: dict[str, bool]
    cells: bool | None = None
    said: str = ""

    @property
    def whole(self) -> bool:
        """Delimiter, quoting, header rows and where data begin, footers and decimal sign."""
        return all(self.right.values())


def odd_files(styles: Sequence[Style], *, each: int, seed: int) -> Iterator[OddFile]:
    """``each`` files of every style."""
    for style in styles:
        for index in range(each):
            yield style(random.Random(f"{seed} {style.__name__} {index}"), f"{style.__name__}_{index}.csv")


def ours(file: OddFile) -> Judged:
    """The reader's own words about a file against its truth."""
    try:
        tables = [part for part in TEXT.read(SourceFile(file.name, None, file.content)) if isinstance(part, RawTable)]
    except TundishError as error:
        return Judged(dict.fromkeys(ASPECTS, False), False, str(error))
    table, truth = tables[file.truth.table], file.truth
    told = table.dialect
    right = {
        "delimiter": _mark(told["delimiter"]) == truth.delimiter,
        "quote": told["quote"] == (truth.quote or "none"),
        "header_rows": told["header_rows"] == str(truth.header_rows),
        "first_line": table.frame.height > 0 and int(table.frame["#row"][0]) == truth.first_line,
        "footer_rows": told["footer_rows"] == str(truth.footer_rows),
        "decimal": told["decimal"] == truth.decimal,
    }
    got = [tuple("" if cell is None else " ".join(cell.split()) for cell in row[1:]) for row in table.frame.rows()]
    want = [tuple(" ".join(cell.split()) for cell in row) for row in truth.cells]
    encoding = told["encoding"].removesuffix(" with BOM") == truth.encoding
    return Judged(right, got == want and encoding, f"{dict(told)} {len(got)} rows")


def _mark(told: str) -> str:
    return "blanks" if told.startswith(("blanks", "fixed")) else told


def wrong(truth: Truth, judged: Judged) -> str:
    """What went wrong, for a test's message."""
    missed = [aspect for aspect, right in judged.right.items() if not right]
    dialect = f"{truth.delimiter} {truth.quote or 'none'} {truth.decimal} {truth.encoding}"
    rows = f"header {truth.header_rows} first {truth.first_line} footer {truth.footer_rows}, {len(truth.cells)} rows"
    return f"{missed or 'cells'}: {judged.said}; truth: {dialect} {rows}"
