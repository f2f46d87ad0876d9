"""What becomes of a table whose frame is a sample: which findings hold, and what is done to rows that were not seen?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from tundish.errors import Message
from tundish.intake.held import read_chunk
from tundish.intake.raw import RawTable
from tundish.standardise.decided import Decided
from tundish.standardise.export import Export
from tundish.standardise.meaning import Meant
from tundish.standardise.mends import Mend, mend
from tundish.standardise.places import Place
from tundish.standardise.recipe import plant_numbers, write_recipe
from tundish.standardise.values.kinds import Read
from tundish.standardise.values.numbers import number
from tundish.table import ROW, Chunk, Finding, Mended, Origin, Recipe, Rule, Table

_OF_SAMPLING = frozenset(("time_gap", "time_backwards", "signal_gap", "jump"))
"""Between the stretches of a sample time jumps by nature."""
_OF_MENDS = frozenset(("mend_not_applied",))
"""A row that the sample does not hold is looked up in its chunk."""


def of_parts(
    table: Table, raw: RawTable, understood: tuple[Export, Sequence[Meant]], decided: Decided, time_zone: str
) -> Table:
    """The table with where its rows lie and how they are standardised; as it is when all its rows are held.

    Raises what reading a chunk raises, for a row that the quarantine file speaks of.
    """
    if not raw.parts:
        return table
    export, meant = understood
    rows, origin = sum(part.rows for part in raw.parts), table.origins[0]
    message = Message(
        "{file} is too large to be held at once: its {rows} rows are read in {parts} parts. Columns, units and checks were "
        "seen on {seen} rows spread over it; what they say holds for these rows.",
        file=origin.file,
        rows=rows,
        parts=len(raw.parts),
        seen=table.frame.height,
    )
    kept = [finding for finding in table.findings if finding.code not in _OF_SAMPLING | _OF_MENDS]
    told = Finding("read_in_parts", "info", message, Origin(origin.file, origin.sheet), rows)
    recipe = write_recipe(export, meant, decided, time_zone, rows=rows)
    repairs = [repair for repair in table.repairs if repair.code != "mended"]
    rules: dict[str, Rule] = {rule.name: rule for rule in recipe.rules}
    for one in meant:
        for line in decided.mends.of(one.read) if one.column.name in rules else ():
            rule = rules[one.column.name]
            looked = _looked_up(line, one.read, rule, raw)
            kept += looked.findings
            repairs += looked.repairs
            if looked.repairs:
                rules[rule.name] = replace(rule, mends=(*rule.mends, _mended(line, looked)))
    parted = Recipe(tuple(rules[rule.name] for rule in recipe.rules), recipe.time_zone)
    return replace(table, findings=(told, *kept), repairs=tuple(repairs), parts=raw.parts, recipes=(parted,))


def _looked_up(line: Mend, read: Read, rule: Rule, raw: RawTable) -> Read:
    """What a decision makes of the chunk that holds its row; of the sample, when it speaks of a value."""
    bare = replace(read, repairs=(), findings=(), kept=None)
    chunk = next((part for part in raw.parts if _holds(part, line)), raw.parts[-1])
    if rule.kind == "number" and line.row is not None:
        frame = read_chunk(chunk, list(rule.headers))
        cells = frame[rule.headers[0]]
        place = Place(read.place.origin, frame[ROW])
        bare = replace(bare, place=place, raw=cells, values=plant_numbers(rule, cells, chunk))
    elif rule.kind == "number":
        bare = replace(bare, values=plant_numbers(rule, read.raw, chunk))
    made = mend(bare, [line], raw.sha256)
    changed = (made.values.is_not_null() | bare.values.is_not_null()) & made.values.ne_missing(bare.values)
    return replace(made, values=made.values.filter(changed))


def _holds(part: Chunk, line: Mend) -> bool:
    return line.row is not None and part.row <= line.row < part.row + part.rows


def _mended(line: Mend, looked: Read) -> Mended:
    value = looked.values[0] if line.decision == "correct" and looked.values.len() else None
    return Mended(line.row, line.last, number(line.found).value, line.decision == "keep", value)
