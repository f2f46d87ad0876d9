"""What do the marks of a historian say of its values: good, uncertain, bad?"""

from __future__ import annotations

import polars as pl

_GOOD = r"^(?:g|ok|normal|valid|true|정상|양호|유효|좋음|good\b.*|good[_A-Z].*)$"
_UNCERTAIN = r"^(?:u|q|suspect|questionable|의심|불확실|uncertain.*)$"
_BAD = r"^(?:b|invalid|error|fail|failed|failure|false|불량|이상|비정상|무효|나쁨|오류|통신불량|bad\b.*|bad[_A-Z].*)$"
_UA_LEAST = 2**30
"""OPC UA status codes say it in the two upper of 32 bits: 00 good, 01 uncertain, 10 bad (OPC 10000-4, 7.39)."""
_DA_GOOD, _DA_MASK = 192, 0xC0
"""OPC DA says it in the two upper of eight bits: 11 good, 01 uncertain, 00 bad (OPC DA 3.0, 6.8)."""
GOOD, UNCERTAIN, BAD = "good", "uncertain", "bad"


def read_flags(marks: pl.Series, *, yes_no: bool) -> pl.Series | None:
    """``good``, ``uncertain`` or ``bad`` for each mark, null where there is none; None when the marks are of no known kind.

    ``yes_no`` is true when the header asks whether a value is valid, so that 1 means yes.

    >>> read_flags(pl.Series([192, 0, 64]), yes_no=False).to_list()
    ['good', 'bad', 'uncertain']
    >>> read_flags(pl.Series([0, 1, 133]), yes_no=False) is None
    True
    """
    kinds = marks.drop_nulls().unique()
    texts = kinds.cast(pl.String).str.strip_chars()
    numbers = texts.cast(pl.Float64, strict=False)
    if not len(kinds):
        return None
    meant = _of_texts(texts) if numbers.null_count() else _of_numbers(numbers.cast(pl.Int64), yes_no=yes_no)
    if meant is None or meant.null_count():
        return None
    return marks.replace_strict(kinds, meant, return_dtype=pl.String, default=None)


def _of_texts(texts: pl.Series) -> pl.Series:
    frame = pl.DataFrame({"mark": texts})
    mark = pl.col("mark").str
    found = (
        pl.when(mark.contains(f"(?i){_GOOD}"))
        .then(pl.lit(GOOD))
        .when(mark.contains(f"(?i){_UNCERTAIN}"))
        .then(pl.lit(UNCERTAIN))
        .when(mark.contains(f"(?i){_BAD}"))
        .then(pl.lit(BAD))
    )
    return frame.select(found.alias("meant")).to_series()


def _of_numbers(numbers: pl.Series, *, yes_no: bool) -> pl.Series | None:
    most = numbers.max()
    if not isinstance(most, int):
        return None
    if most >= _UA_LEAST:
        return _upper_bits(numbers, _UA_LEAST, {0: GOOD, 1: UNCERTAIN, 2: BAD, 3: BAD})
    if bool((numbers & _DA_MASK == _DA_GOOD).any()):
        return _upper_bits(numbers & 0xFF, 64, {3: GOOD, 1: UNCERTAIN, 0: BAD, 2: BAD})
    if yes_no and set(numbers.to_list()) <= {0, 1}:
        return numbers.replace_strict({1: GOOD, 0: BAD}, return_dtype=pl.String)
    return None


def _upper_bits(numbers: pl.Series, unit: int, meaning: dict[int, str]) -> pl.Series:
    return (numbers // unit).replace_strict(meaning, return_dtype=pl.String, default=None)
