"""Which characters do the bytes of a text file stand for?"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import islice

import numpy as np

from tundish.errors import BrokenFile, Message, NoTable
from tundish.table import ROWS_SHOWN, Finding, Origin, Repair

_BOMS = (
    (b"\xff\xfe\x00\x00", "utf-32-le"),
    (b"\x00\x00\xfe\xff", "utf-32-be"),
    (b"\xef\xbb\xbf", "utf-8"),
    (b"\xff\xfe", "utf-16-le"),
    (b"\xfe\xff", "utf-16-be"),
)
_CONTAINERS = (
    (b"PK\x03\x04", Message("a ZIP or XLSX file")),
    (b"\xd0\xcf\x11\xe0", Message("an XLS or locked workbook")),
    (b"\x1f\x8b", Message("a gzip file")),
    (b"%PDF", Message("a PDF")),
    (b"PAR1", Message("a Parquet file")),
)
_NUL_SHARE = 0.9
_FIRST_BYTES = 65536


@dataclass(frozen=True)
class Decoded:
    """A text file as UTF-8 with ``\\n`` line ends, and what it was."""

    utf8: bytes
    encoding: str
    findings: tuple[Finding, ...] = ()
    repairs: tuple[Repair, ...] = ()


def decode(data: bytes, file: str) -> Decoded:
    """Decode every byte of ``data``: byte order mark, UTF-16 by its NULs, UTF-8, CP949, and Western European last.

    Raises :class:`BrokenFile` when the bytes are no text or break off inside a character.
    """
    for magic, what in _CONTAINERS:
        if data.startswith(magic):
            raise NoTable(file=file, expected=Message("a text table"), found=what)
    for bom, encoding in _BOMS:
        if data.startswith(bom):
            return _even(Decoded(_strict(data[len(bom) :], encoding, file), f"{encoding} with BOM"))
    padded = data.rstrip(b"\x00\x1a")
    repairs: tuple[Repair, ...] = ()
    if b"\x00" in data[: len(padded)]:
        wide = _wide(data, file)
        return _even(Decoded(_strict(data, wide, file), wide))
    if len(data) - len(padded) > 1:
        text = "The file was filled up with {count} empty bytes after its last line; they were left out."
        repairs = (Repair("padding", Message(text, count=len(data) - len(padded)), Origin(file), len(data) - len(padded)),)
    found = _narrow(padded, file)
    return _even(Decoded(found.utf8, found.encoding, found.findings, repairs))


def _wide(data: bytes, file: str) -> str:
    """UTF-16 without a mark shows NULs on one side of its byte pairs."""
    nuls = np.flatnonzero(np.frombuffer(data[:_FIRST_BYTES], np.uint8) == 0)
    odd = float(np.mean(nuls % 2)) if nuls.size else 0.5
    if nuls.size * 20 >= min(len(data), _FIRST_BYTES) and (odd >= _NUL_SHARE or odd <= 1 - _NUL_SHARE):
        return "utf-16-le" if odd >= _NUL_SHARE else "utf-16-be"
    where = data.index(b"\x00")
    line = data.count(b"\n", 0, where) + 1
    raise NoTable(
        file=file, expected=Message("a text table"), found=Message("binary data (NUL byte in line {line})", line=line)
    )


def _strict(data: bytes, encoding: str, file: str) -> bytes:
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data[: error.start].decode(encoding, "replace").count("\n") + 1
        found = Message("a byte in line {line} that is no character", line=line)
        raise BrokenFile(file=file, expected=encoding.upper(), found=found) from error
    return data if encoding == "utf-8" else text.encode("utf-8", "surrogatepass")


def _narrow(data: bytes, file: str) -> Decoded:
    if data.isascii():
        return Decoded(data, "ascii")
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        broken = error
    else:
        return Decoded(data, "utf-8")
    try:
        text = data.decode("cp949")
    except UnicodeDecodeError:
        return _by_line(data, file, broken)
    return Decoded(text.encode(), "cp949") if _korean(text) else _western(data, file)


def _korean(text: str) -> bool:
    """Whether text read as CP949 is Korean: `°C`, umlauts and Cyrillic also pass as CP949, but as rare syllables or hanja."""
    first = re.search(r"[^\x00-\x7f]", text)
    start = max(0, first.start() - 1 if first else 0)
    odd = list(islice(_ODD.finditer(text, start, start + 1_000_000), 4_000))
    usual = sum(_usual(found[2], found[1], found[3]) for found in odd)
    return usual * 2 > len(odd)


_ODD = re.compile(r"(?:^|(?<=(.)))([^\x00-\x7f])(?=(.)|$)", re.DOTALL)
"""A character beyond ASCII with its neighbours."""
_SIGNS = {0xB0: b"CFKcfk", 0xBA: b"CFKcfk", 0xB5: b"mgslLAVSWFHTPR", 0xB2: b"", 0xB3: b"", 0xB1: b"", 0xD7: b"", 0xF7: b""}
"""Western signs and the letters that follow them: degrees, micro; powers stand behind a letter."""


def _usual(char: str, before: str | None, after: str | None) -> bool:
    """Whether a character is one that Korean files hold, rather than two bytes of a Western or Cyrillic one."""
    if "\u4e00" <= char <= "\u9fff" or "\uf900" <= char <= "\ufaff" or "\u0400" <= char <= "\u04ff":
        return False
    raw = char.encode("cp949")
    if len(raw) != 2 or raw[1] >= 0x81:
        return len(raw) == 2
    inside_word = any(one is not None and one.isascii() and one.isalpha() for one in (before, after))
    return not inside_word and raw[1] not in _SIGNS.get(raw[0], b"")


def _western(data: bytes, file: str) -> Decoded:
    try:
        text, encoding = data.decode("cp1252"), "cp1252"
    except UnicodeDecodeError:
        text, encoding = data.decode("latin-1"), "latin-1"
    odd = re.search(r"[^\n\r]*[^\x00-\x7f][^\n\r]*", text)
    message = Message(
        "The encoding is neither UTF-8, UTF-16 nor CP949; it was read as Western European ({encoding}), "
        "so other scripts come out wrong: {example}. If this looks wrong, save the file as UTF-8.",
        encoding=encoding,
        example=(odd.group() if odd else "").strip()[:60],
    )
    return Decoded(text.encode(), encoding, (Finding("encoding_unsure", "warning", message, Origin(file)),))


def _by_line(data: bytes, file: str, broken: UnicodeDecodeError) -> Decoded:
    """Some bytes fit neither UTF-8 nor CP949: see which of the two most lines are."""
    lines = data.split(b"\n")
    odd = [index for index, line in enumerate(lines) if not line.isascii()]
    as_utf8 = {index: text for index in odd if (text := _try(lines[index], "utf-8")) is not None}
    as_cp949 = {index: text for index in odd if (text := _try(lines[index], "cp949")) is not None}
    if not _korean("\n".join(as_cp949.values())):
        as_cp949 = {index: text for index, text in as_cp949.items() if _korean(text)}
    most, other, encoding = (as_utf8, as_cp949, "utf-8") if len(as_utf8) >= len(as_cp949) else (as_cp949, as_utf8, "cp949")
    if encoding == "utf-8" and broken.reason == "unexpected end of data" and broken.end == len(data) and broken.start > 0:
        found = Message("the text breaks off inside a character in line {line}", line=len(lines))
        if len(as_utf8) == len(odd) - 1:
            raise BrokenFile(file=file, expected="UTF-8", found=found)
    if len(most) * 2 < len(odd) or not most:
        return _western(data, file)
    return _mixed(lines, most, {index: other.get(index) for index in odd if index not in most}, encoding, file)


def _try(line: bytes, encoding: str) -> str | None:
    try:
        return line.decode(encoding)
    except UnicodeDecodeError:
        return None


def _mixed(lines: list[bytes], most: dict[int, str], strange: dict[int, str | None], encoding: str, file: str) -> Decoded:
    """Each line in its own encoding; ``strange`` holds None for a line that fits none."""
    lost = [index for index, text in strange.items() if text is None]
    for index, text in {**most, **strange}.items():
        lines[index] = (lines[index].decode(encoding, "replace") if text is None else text).encode()
    message = Message(
        "{count} lines are not in {encoding} as the others are; {lost} of them hold bytes that are no character, "
        "shown as \ufffd. Check these lines, or export the file again.",
        count=len(strange),
        encoding=encoding,
        lost=len(lost),
    )
    rows = tuple(index + 1 for index in list(strange)[:ROWS_SHOWN])
    finding = Finding("encoding_mixed", "warning", message, Origin(file, row=rows[0]), len(strange), rows)
    return Decoded(b"\n".join(lines), encoding, (finding,))


def _even(decoded: Decoded) -> Decoded:
    """The same text with one kind of line end, without form feeds and the mark of DOS for the end of a file."""
    utf8 = decoded.utf8.removeprefix(b"\xef\xbb\xbf").rstrip(b"\x1a\x00")
    if b"\r" in utf8:
        utf8 = utf8.replace(b"\r\r\n", b"\n").replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    if b"\n\xef\xbb\xbf" in utf8:  # exports put one behind the other
        utf8 = utf8.replace(b"\n\xef\xbb\xbf", b"\n")
    if b"\x0c" in utf8:
        utf8 = utf8.replace(b"\x0c", b"")
    return Decoded(utf8, decoded.encoding, decoded.findings, decoded.repairs)
