"""Is a text no table but a list of headers, a line each, with samples behind a tab? Then what stands in it?"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

_NUMBER = re.compile(r"^[-+]?[\d.,\s]+$")
_STAMP = re.compile(r"^\d{2,4}[-./]\d{1,2}[-./]\d{1,4}([ T]\d|$)|^\d{1,2}:\d{2}")
_DELIMITERS = (",", ";", "|")
_MOSTLY = 0.5


@dataclass(frozen=True, slots=True)
class Listed:
    """One column of a list: its header and what stands in some of its cells."""

    header: str
    samples: tuple[str, ...] = ()


def read_list(text: str, *, table_by_name: bool = False) -> tuple[Listed, ...] | None:
    """The columns of a list, a line each: header, and after a tab samples parted by ``|``; None when the text is a table.

    ``table_by_name`` is true when the file's name says table (``.csv``, ``.tsv``): then only samples with ``|`` make a list.

    >>> read_list("산세조1 온도(℃)\\t78|82|85\\n비고")
    (Listed(header='산세조1 온도(℃)', samples=('78', '82', '85')), Listed(header='비고', samples=()))
    >>> read_list("coil\\tspeed\\nA1\\t82\\nA2\\t85") is None
    True
    """
    lines = [line.rstrip("\t ") for line in text.splitlines() if line.strip()]
    pairs = [line.split("\t") for line in lines]
    if not lines or any(len(pair) > 2 for pair in pairs):
        return None
    told = [pair for pair in pairs if len(pair) == 2]
    is_list = _with_samples(pairs, told, table_by_name) if told else _headers_only(lines, table_by_name)
    return tuple(_listed(pair) for pair in pairs) if is_list else None


def _with_samples(pairs: Sequence[list[str]], told: Sequence[list[str]], table_by_name: bool) -> bool:
    parted = sum("|" in samples for _, samples in told)
    if parted:
        return parted >= _MOSTLY * len(told) or (not table_by_name and parted >= 2)
    if table_by_name and len(pairs) > 1:
        return False
    first, rest = told[0][1], [samples for _, samples in told[1:]]
    if _is_value(first):
        return not any(_is_value(header) for header, *_ in pairs)
    names_a_column = bool(rest) and all(map(_is_value, rest))
    headers = [pair[0] for pair in pairs]
    return not names_a_column and len(set(headers)) == len(headers) and not any(map(_is_value, headers))


def _headers_only(lines: Sequence[str], table_by_name: bool) -> bool:
    if table_by_name or any(_is_value(line) for line in lines):
        return False
    return not any(min(line.count(mark) for line in lines) for mark in _DELIMITERS)


def _is_value(text: str) -> bool:
    return bool(_NUMBER.match(text.strip()) or _STAMP.match(text.strip()))


def _listed(pair: Sequence[str]) -> Listed:
    header, samples = _bare(pair[0]), _bare(pair[1]) if len(pair) > 1 else ""
    return Listed(header, tuple(sample.strip() for sample in samples.split("|")) if samples else ())


def _bare(text: str) -> str:
    """Without the quotes that a sheet puts around a text."""
    text = text.strip()
    return text[1:-1].replace('""', '"') if len(text) > 1 and text[0] == text[-1] == '"' else text
