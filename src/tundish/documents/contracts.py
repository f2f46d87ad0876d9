"""How are the contracts of a plant's sources written so that a person can read and change them, and how are they read?"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, get_args

from tundish.disk import whole_file
from tundish.errors import BadSettings, Message
from tundish.locale import render
from tundish.locale.called import called
from tundish.settings import Language
from tundish.standardise.contracts import ColumnShape, Contract, Shape, contract_of, evolve, name_of
from tundish.standardise.deliveries import compare
from tundish.table import Kind

NAME = "contracts.toml"
MOST_BYTES = 16 * 2**20
_KINDS = frozenset(get_args(Kind))
_HEAD = """\
# 납품 자료의 약속 / What each source delivers, as a person agreed to it: {command}
# mode = "freeze": 달라진 납품은 쓰지 않고 따로 둡니다 / a delivery that differs is set aside and not used
# mode = "evolve": 쓰고, 달라진 점을 알리고 적어 둡니다 / it is used, the change is told and written here
# also = ["다른 이름"]: 같은 열의 다른 이름 / other names of the same column
"""


def read(plant: Path) -> tuple[Contract, ...]:
    """The contracts of a plant; none without the file. Raises :class:`~tundish.errors.BadSettings` for what cannot be."""
    path = plant / NAME
    if not path.exists():
        return ()
    if not path.is_file() or path.stat().st_size > MOST_BYTES:
        raise _bad("-", Message("a text file"), Message("a folder or device"))
    try:
        toml = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as failure:
        raise _bad(Message("syntax"), "TOML, UTF-8", str(failure)[:200]) from failure
    return tuple(_contract(pattern, entry) for pattern, entry in toml.items())


def write(contracts: Sequence[Contract], plant: Path) -> Path:
    """Write all contracts, whole or not at all; returns where."""
    path = plant / NAME
    text = "\n".join(
        (_HEAD.format(command=called("check PLANT --freeze")), *(line for one in contracts for line in _lines(one)))
    )
    with whole_file(path) as fresh:
        fresh.write_text(text, encoding="utf-8", newline="\n")
    return path


def followed(shapes: Sequence[Shape], former: Sequence[Contract], today: str, lang: Language) -> list[Contract]:
    """The contracts after deliveries that those which may evolve follow, each change noted in the reader's language.

    Only the latest delivery of a source is followed: those before it have the old shape for ever, and lead nowhere.
    """
    kept = list(former)
    latest = {contract_of(shape.origin, former): shape for shape in sorted(shapes, key=_by_period)}
    for contract, shape in latest.items():
        if contract is None:
            continue
        changes = [change for change in compare(contract, shape) if change.breaking]
        name = name_of(shape.origin)
        said = [f"{today} {name}, {change.header}: {render(change.message, lang)}" for change in changes]
        kept[kept.index(contract)] = evolve(contract, shape, changes, said, today)
    return kept


def _by_period(shape: Shape) -> list[str]:
    """Names in order of their numbers: 9월 before 10월."""
    return [part.zfill(20) if part.isdecimal() else part for part in re.split(r"(\d+)", name_of(shape.origin))]


def _lines(contract: Contract) -> Iterator[str]:
    yield f"[{_quoted(contract.pattern)}]"
    yield f"mode = {_quoted(contract.mode)}"
    for key in ("recorded", "encoding", "delimiter"):
        value = getattr(contract, key)
        if value:
            yield f"{key} = {_quoted(value)}"
    yield "columns = ["
    for column in contract.columns:
        yield f"  {{ {', '.join(_fields(column))} }},"
    yield "]"
    if contract.changes:
        yield "changes = ["
        yield from (f"  {_quoted(change)}," for change in contract.changes)
        yield "]"
    yield ""


def _fields(column: ColumnShape) -> Iterator[str]:
    yield f"header = {_quoted(column.header)}"
    for key in ("kind", "concept", "unit"):
        value = getattr(column, key)
        if value is not None:
            yield f"{key} = {_quoted(value)}"
    if column.missing:
        yield f"missing = {column.missing:g}"
    if column.low is not None and column.high is not None:
        yield f"low = {column.low!r}, high = {column.high!r}"
    if column.also:
        yield f"also = [{', '.join(map(_quoted, column.also))}]"


def _quoted(text: str) -> str:
    import tomlkit

    return tomlkit.string(text).as_string()


def _contract(pattern: str, entry: object) -> Contract:
    if not isinstance(entry, dict):
        raise _bad(pattern, Message("a section"), str(entry)[:80])
    mode = entry.get("mode")
    if mode not in ("freeze", "evolve"):
        raise _bad(f"{pattern}.mode", Message("{one} or {other}", one='"freeze"', other='"evolve"'), str(mode)[:80])
    columns = entry.get("columns")
    if not isinstance(columns, list) or not columns:
        raise _bad(f"{pattern}.columns", Message("a list of columns, each with its header"), str(columns)[:80])
    changes = entry.get("changes", [])
    if not isinstance(changes, list) or not all(isinstance(change, str) for change in changes):
        raise _bad(f"{pattern}.changes", Message("a list of texts, such as {example}", example='["..."]'), str(changes)[:80])
    texts = {key: _text(pattern, entry, key) for key in ("recorded", "encoding", "delimiter")}
    return Contract(
        pattern=pattern,
        mode=mode,
        columns=tuple(_column(f"{pattern}.columns[{i}]", column) for i, column in enumerate(columns)),
        recorded=texts["recorded"] or "",
        encoding=texts["encoding"],
        delimiter=texts["delimiter"],
        changes=tuple(changes),
    )


def _column(key: str, entry: object) -> ColumnShape:
    if not isinstance(entry, dict) or not isinstance(entry.get("header"), str):
        raise _bad(key, Message("a column with its header, such as {example}", example='{ header = "두께" }'), str(entry)[:80])
    kind, also = entry.get("kind"), entry.get("also", [])
    if kind is not None and kind not in _KINDS:
        raise _bad(f"{key}.kind", ", ".join(sorted(_KINDS)), str(kind)[:80])
    if not isinstance(also, list) or not all(isinstance(name, str) for name in also):
        raise _bad(f"{key}.also", Message("a list of texts, such as {example}", example='["TEMP"]'), str(also)[:80])
    return ColumnShape(
        header=entry["header"],
        kind=kind,
        concept=_text(key, entry, "concept"),
        unit=_text(key, entry, "unit"),
        missing=_number(key, entry, "missing") or 0.0,
        low=_number(key, entry, "low"),
        high=_number(key, entry, "high"),
        also=tuple(also),
    )


def _text(key: str, entry: Mapping[str, Any], name: str) -> str | None:
    value = entry.get(name)
    if value is not None and not isinstance(value, str):
        raise _bad(f"{key}.{name}", Message("a text in quotes"), str(value)[:80])
    return value


def _number(key: str, entry: Mapping[str, Any], name: str) -> float | None:
    value = entry.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or abs(value) > 1e300:
        raise _bad(f"{key}.{name}", Message("a number"), str(value)[:80])
    return float(value)


def _bad(key: object, expected: object, found: object) -> BadSettings:
    return BadSettings(file=NAME, key=key, expected=expected, found=found)
