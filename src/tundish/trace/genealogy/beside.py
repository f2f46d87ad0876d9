"""Which pieces does one row name in columns beside each other, and what does it tell of each of them?"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import polars as pl

from tundish.table import Column, Table
from tundish.trace.genealogy.spaces import goes_in, names_material
from tundish.vocabulary import Catalogue

_NUMBER = re.compile(r"\d+|[①-⑨]|(?<=[_\s.\-])[A-Fa-f]$")
_FILLING = re.compile(r"[\s_.\-#()\[\]/]+|번째|번호|번|차|(?<![a-z])(?:no|id|nr)(?![a-z])", re.IGNORECASE)
_LISTED = r"\s*[,;、\n]\s*|\s+[/+&]\s+"
"""What parts ids in one cell; a bare slash or hyphen stands inside ids too."""
_TELLING = r"^.{4,}$"
"""Shorter words may be sizes or counts."""
_SHAPED = 0.5
"""Share of a column's ids that must be shaped like those of the first."""
_BESIDE_ONLY = 0.9
"""Share of a companion's values that must stand beside an id, where some rows have none."""
_QUANTITIES: Mapping[str, tuple[str, re.Pattern[str]]] = {
    "mass": ("kg", re.compile(r"중량|무게|질량|단중|(?<![a-z])(?:wt|wgt|wei|weight|mass|kg|ton)(?![a-z])", re.IGNORECASE)),
    "from": ("m", re.compile(r"시작|부터|(?<![a-z])(?:from|start|begin)(?![a-z])", re.IGNORECASE)),
    "to": ("m", re.compile(r"종료|까지|끝|(?<![a-z])(?:to|end)(?![a-z])", re.IGNORECASE)),
    "length": ("m", re.compile(r"길이|(?<![a-z])(?:len|length|lgth)(?![a-z])|(?<=[_\s])m$", re.IGNORECASE)),
    "width": ("m", re.compile(r"폭|(?<![a-z])(?:wid|width)(?![a-z])", re.IGNORECASE)),
    "thickness": ("m", re.compile(r"두께|(?<![a-z])(?:thk|thick|thickness)(?![a-z])", re.IGNORECASE)),
}
"""What a companion tells, by the words of its header, and the unit that it must have if it has one."""
_OF_INPUT = {
    "mass": "production.input_mass",
    "length": "production.input_length",
    "from": "position.from",
    "to": "position.to",
    "width": "production.input_width",
    "thickness": "production.input_thickness",
}
_OF_OUTPUT = {
    "mass": "product.weight",
    "length": "product.length",
    "from": "position.from",
    "to": "position.to",
    "width": "product.width",
    "thickness": "product.thickness",
}


@dataclass(frozen=True)
class Beside:
    """Columns of one meaning, numbered in their headers: `IN_COIL_1`, `IN_COIL_2` by number."""

    columns: Mapping[int, Column]
    into: bool
    """They name what went in."""


@dataclass(frozen=True)
class Laid:
    """A table with one piece a row where the file had several beside each other."""

    table: Table
    columns: Mapping[str, tuple[str, ...]]
    """Column of ids in the laid table -> the columns that it was read from, as numbered by :meth:`nth`."""

    def nth(self, name: str) -> pl.Series:
        """Row by row, which of ``columns[name]`` an id was read from."""
        return self.table.frame[_nth(self.columns[name][0])]


def lay_beside(table: Table, catalogue: Catalogue) -> Laid:
    """One row a piece named: each row of the file once for each of its parents, or of its children.

    Columns that stand beside each other number by number (`IN_COIL_1`, `IN_HEAT_1`) are laid together.
    """
    families = sorted(_families([one for one in table.columns if one.kind != "time"]).values(), key=len, reverse=True)
    groups = _groups(table, families, catalogue) if families else []
    laid = Laid(table, {})
    while groups:
        first = groups[0]
        together = [one for one in groups if one is first or _coincide(table, first, one)]
        groups = [one for one in groups if one not in together]
        laid = _laid(laid, together, _companions(table, first, families))
    for column in laid.table.columns:
        if column.kind in ("identity", "text") and column.name not in laid.columns:
            laid = _unlisted(laid, column, catalogue)
    return laid


def _unlisted(laid: Laid, column: Column, catalogue: Catalogue) -> Laid:
    """One row an id where cells list several, `S101, S102`, each shaped like the ids that stand alone, or like each other."""
    cells = laid.table.frame[column.name]
    if cells.dtype != pl.String or not names_material(laid.table, column, catalogue):
        return laid
    listed = cells.str.contains(_LISTED).fill_null(value=False)
    if not listed.any():
        return laid
    parts = cells.filter(listed).str.replace_all(_LISTED, ",").str.split(",").explode()
    alone = _shapes(cells.filter(~listed))
    shapes = _shapes(parts)
    known = alone if alone.len() else shapes.mode().head(1)
    if not bool((shapes.is_in(known.implode()) & shapes.str.contains(_TELLING)).all()):
        return laid
    one = pl.when(pl.Series(listed)).then(pl.col(column.name).str.replace_all(_LISTED, ",").str.split(","))
    frame = laid.table.frame.with_columns(
        one.otherwise(pl.concat_list(column.name)).alias(column.name), pl.Series(_nth(column.name), listed.cast(pl.Int32))
    ).explode(column.name)
    return Laid(replace(laid.table, frame=frame), {**laid.columns, column.name: (column.name,)})


def _groups(table: Table, families: Sequence[Mapping[int, Column]], catalogue: Catalogue) -> list[Beside]:
    """Columns of ids whose headers differ by a number only, and which hold ids of one shape."""
    named = {one.name for one in table.columns if one.kind != "time" and names_material(table, one, catalogue)}
    found: list[Beside] = []
    used: set[str] = set()
    for family in families:
        first = family[min(family)]
        ids = {n: one for n, one in sorted(family.items()) if one.name not in used and _shaped(table, first, one)}
        if len(ids) > 1 and first.name in named and first.name not in used:
            used |= {one.name for one in ids.values()}
            found.append(Beside(ids, any(goes_in(one, catalogue) for one in ids.values())))
    return sorted(found, key=lambda one: not one.into)


def _coincide(table: Table, one: Beside, other: Beside) -> bool:
    """Whether both name something in the same rows, number by number."""
    if one.columns.keys() != other.columns.keys():
        return False
    pairs = [(table.frame[one.columns[n].name], table.frame[other.columns[n].name]) for n in one.columns]
    same = sum(int((a.is_null() == b.is_null()).sum()) for a, b in pairs)
    return same >= _BESIDE_ONLY * len(pairs) * table.frame.height


def _families(columns: Sequence[Column]) -> dict[str, dict[int, Column]]:
    """Columns whose headers are alike but for one number; one without a number may be the first."""
    families: dict[str, dict[int, Column]] = {}
    for one in columns:
        for found in _NUMBER.finditer(one.header):
            rest = f"{one.header[: found.start()]}#{one.header[found.end() :]}"
            families.setdefault(_stem(rest), {}).setdefault(_counted(found.group()), one)
    bare = {_stem(one.header): one for one in columns}
    for stem, family in families.items():
        first = bare.get(stem)
        if first is not None and min(family) == 2:
            family[1] = first
    return {stem: family for stem, family in families.items() if len(family) > 1}


def _stem(header: str) -> str:
    """What a header says without number and filling.

    >>> [_stem(header) for header in ("IN_COIL_#", "IN_COIL", "투입코일#번호", "투입코일 (#)")]
    ['incoil', 'incoil', '투입코일', '투입코일']
    """
    return _FILLING.sub("", header.replace("#", " ").casefold())


def _counted(number: str) -> int:
    if number.isdecimal():
        return int(number)
    return ord(number.upper()) - (ord("A") if number.isascii() else ord("①")) + 1


def _shaped(table: Table, first: Column, other: Column) -> bool:
    """Whether a column holds words shaped like the ids of the first one: letters alike, as many digits."""
    if first is other:
        return True
    if other.unit is not None:
        return False
    shapes = [_shapes(table.frame[one.name]) for one in (first, other)]
    alike = shapes[1].is_in(shapes[0].implode()).mean()
    return isinstance(alike, float) and alike >= _SHAPED


def _shapes(ids: pl.Series) -> pl.Series:
    text = ids.drop_nulls().cast(pl.String).str.strip_chars().str.replace(r"\.0+$", "")
    return text.str.to_uppercase().str.replace_all(r"[^\p{L}\p{N}]+", "").str.replace_all(r"\d", "9")


def _companions(table: Table, group: Beside, families: Sequence[Mapping[int, Column]]) -> dict[str, Mapping[int, Column]]:
    """Numbers told of each piece, by what they tell: they bear its number and stand where it stands."""
    found: dict[str, Mapping[int, Column]] = {}
    for family in families:
        mine = {n: one for n, one in family.items() if n in group.columns and one.kind == "number"}
        quantity = _quantity(next(iter(mine.values()))) if len(mine) > 1 else None
        if quantity is not None and quantity not in found and _stand_beside(table, group.columns, mine):
            found[quantity] = mine
    return found


def _quantity(column: Column) -> str | None:
    for quantity, (unit, words) in _QUANTITIES.items():
        if words.search(column.header) and column.unit in (None, unit):
            return quantity
    return {"kg": "mass", "m": "length"}.get(column.unit or "")


def _stand_beside(table: Table, ids: Mapping[int, Column], values: Mapping[int, Column]) -> bool:
    told = [
        (table.frame[one.name].cast(pl.Float64).fill_nan(None).fill_null(0.0) != 0.0, table.frame[ids[n].name].is_not_null())
        for n, one in values.items()
    ]
    both = sum(int((value & named).sum()) for value, named in told)
    return both >= _BESIDE_ONLY * sum(int(value.sum()) for value, _ in told) > 0


def _nth(name: str) -> str:
    return f"#nth {name}"


def _laid(laid: Laid, groups: Sequence[Beside], companions: Mapping[str, Mapping[int, Column]]) -> Laid:
    table, group = laid.table, groups[0]
    numbers, concepts = list(group.columns), _OF_INPUT if group.into else _OF_OUTPUT
    firsts = {one.columns[numbers[0]].name: one.columns for one in groups}
    told = firsts | {f"#{quantity}": columns for quantity, columns in companions.items()}
    gone = {one.name for columns in told.values() for one in columns.values()}
    lead = next(iter(firsts))
    kinds = {name: pl.String() if name in firsts else pl.Float64() for name in told}
    pieces = [
        table.frame.with_row_index("#at").select(
            "#at",
            *(name for name in table.frame.columns if name not in gone),
            *(_cell(columns.get(number), kinds[name], name) for name, columns in told.items()),
            *(pl.lit(nth).alias(_nth(name)) for name in firsts),
        )
        for nth, number in enumerate(numbers)
    ]
    frame = pl.concat(pieces).sort("#at", _nth(lead), maintain_order=True)
    here = pl.any_horizontal(pl.col(name).is_not_null() for name in firsts)
    later = here.cast(pl.Int8).reverse().cum_max().reverse().over("#at") > 0  # a gap before another id is an id left out
    empty = (pl.col(_nth(lead)) == 0) & ~here.any().over("#at")
    frame = frame.filter(later | empty).drop("#at")
    kept = [
        replace(one, position=None, kind="identity") if one.name in firsts else one
        for one in table.columns
        if one.name in firsts or one.name not in gone
    ]
    fresh = [
        replace(next(iter(of.values())), name=f"#{quantity}", concept=concepts[quantity], position=None, statistic="value")
        for quantity, of in companions.items()
    ]
    read = {name: tuple(columns[number].name for number in numbers) for name, columns in firsts.items()}
    return Laid(replace(table, frame=frame, columns=(*fresh, *kept)), {**laid.columns, **read})


def _cell(column: Column | None, kind: pl.DataType, name: str) -> pl.Expr:
    return (pl.lit(None, kind) if column is None else pl.col(column.name).cast(kind)).alias(name)
