"""How many odd files are understood, by us, by DuckDB's sniffer and by CleverCSV, on the same files in one run?

Run: python benchmarks/dialects.py [FILES OF EACH STYLE] [SEED]
Files are made by the styles in tests/intake/odd_files; each knows its truth. A peer is asked what it can say: neither knows
footers or the decimal sign (right where there is no footer and a point is written), and one header row at most. DuckDB gets
UTF-8, for it reads no other.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "intake"))

from odd_files import held_out, later, tuned
from odd_files.sheet import OddFile, Truth
from odd_reading import ASPECTS, Judged, Style, odd_files, ours


def _judged(truth: Truth, delimiter: str, quote: str, *, header: bool, skipped: int) -> Judged:
    """What a peer said; a quote that it names although none is in the file does no harm."""
    marks = {"\t": "tab", " ": "blanks"}
    said = {
        "delimiter": marks.get(delimiter, delimiter) == truth.delimiter,
        "quote": quote == truth.quote or not truth.quote,
        "header_rows": int(header) == truth.header_rows,
        "first_line": skipped + int(header) + 1 == truth.first_line,
        "footer_rows": truth.footer_rows == 0,
        "decimal": truth.decimal == ".",
    }
    return Judged(said)


def _text(file: OddFile) -> str:
    encoding = {"ascii": "utf-8", "utf-8": "utf-8-sig", "utf-16-le": "utf-16"}.get(file.truth.encoding, file.truth.encoding)
    return file.content.decode(encoding)


def duckdb_sniffer(file: OddFile) -> Judged:
    """DuckDB's ``sniff_csv`` on the file as UTF-8."""
    import duckdb

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.csv"
        path.write_bytes(_text(file).encode())
        try:
            asked = "select Delimiter, Quote, HasHeader, SkipRows from sniff_csv(?)"
            delimiter, quote, header, skipped = duckdb.execute(asked, [str(path)]).fetchone() or ("", "", False, 0)
        except duckdb.Error as error:
            return Judged(dict.fromkeys(ASPECTS, False), said=str(error))
    return _judged(file.truth, delimiter, quote.replace("(empty)", ""), header=header, skipped=skipped)


def clever(file: OddFile) -> Judged:
    """CleverCSV's sniffer on the decoded text."""
    import clevercsv

    text = _text(file).replace("\r\n", "\n").replace("\r", "\n")
    try:
        sniffer = clevercsv.Sniffer()
        dialect = sniffer.sniff(text)
        header = sniffer.has_header(text)
    except Exception as error:  # noqa: BLE001 - a peer may raise what it likes
        return Judged(dict.fromkeys(ASPECTS, False), said=str(error))
    return _judged(file.truth, dialect.delimiter, dialect.quotechar, header=header, skipped=0)


READERS: dict[str, Callable[[OddFile], Judged]] = {"tundish": ours, "duckdb": duckdb_sniffer, "clevercsv": clever}


def compare(about: str, styles: Sequence[Style], *, each: int, seed: int) -> None:
    """One table: the share of files right on each aspect and on all."""
    files = list(odd_files(styles, each=each, seed=seed))
    print(f"\n{about}: {len(files)} files in {len(styles)} styles, seed {seed}")
    print(f"{'':12}" + "".join(f"{aspect:>13}" for aspect in (*ASPECTS, "all", "cells")) + f"{'s':>8}")
    missed: Counter[str] = Counter()
    for name, read in READERS.items():
        begun = time.perf_counter()
        judged = [read(file) for file in files]
        seconds = time.perf_counter() - begun
        shares = [sum(one.right[aspect] for one in judged) for aspect in ASPECTS]
        cells = "-" if judged[0].cells is None else str(sum(bool(one.cells) for one in judged))
        print(
            f"{name:12}"
            + "".join(f"{count:>13}" for count in (*shares, sum(one.whole for one in judged), cells))
            + f"{seconds:>8.2f}"
        )
        if name == "tundish":
            missed.update(file.style for file, one in zip(files, judged, strict=True) if not (one.whole and one.cells))
    print(f"not read right by tundish: {dict(missed) or 'none'}")


def main(words: Sequence[str]) -> None:
    """Compare on the styles tuned on, then on those that came later."""
    each, seed = int(words[0]) if words else 8, int(words[1]) if len(words) > 1 else 20240301
    compare("styles the reader was tuned on", tuned.STYLES, each=each, seed=seed)
    compare("styles held out, mended after a first look", held_out.STYLES, each=each + 1, seed=seed + 77)
    compare("styles written when all else was done, judged as they came", later.STYLES, each=each + 4, seed=seed + 99)


if __name__ == "__main__":
    main(sys.argv[1:])
