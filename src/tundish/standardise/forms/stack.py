"""Which tables are one table exported more than once, and how do they become one?"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import polars as pl

from tundish.errors import Message
from tundish.standardise.forms.wide import common_start
from tundish.standardise.values.kinds import kind_of_words
from tundish.table import EMPTYING, ROW, ROWS_SHOWN, SOURCE, Column, Finding, Recipe, Repair, Table, same_kind
from tundish.vocabulary.words import even_name

_TOLD_ONE_BY_ONE = 3
_MANY = 5
"""Least columns that must have found their partner before the last one is paired because it is the last."""
_OWN = 2
"""Columns that each has and the other lacks: logs of two lines measure many things alike, months of one log nearly all."""
_LIKE_NAME = 75
"""Least likeness (0-100) of two unmatched headers that stand for one column, when the tables are one anyway."""


@dataclass(frozen=True)
class Pairing:
    """Column of the later table -> column of the first, and what spoke against it."""

    columns: Mapping[str, str]
    by_likeness: tuple[tuple[str, str], ...] = ()


def stack(tables: Sequence[Table]) -> tuple[list[Table], list[Finding]]:
    """Put exports of the same table on top of each other; say what was stacked, and what was not though it looked alike.

    What was found alike in several exports of a table is said once.
    """
    groups: list[Table] = []
    findings: list[Finding] = []
    for table in tables:
        for i, group in enumerate(groups):
            pairing = pair(group, table)
            if pairing is None:
                continue
            reason = _against(group, table, pairing)
            if reason is None:
                groups[i] = _stacked(group, table, pairing)
                break
            findings.append(Finding("not_stacked", "info", reason, table.origins[0]))
        else:
            groups.append(table)
    return [_said_once(group) for group in groups], findings


def _said_once(table: Table) -> Table:
    """Equal findings and repairs of a column's exports become one, with their counts added up.

    What was emptied stays told file by file: a person looks for it there.
    """
    if len(table.origins) < 2:
        return table
    findings: dict[tuple[object, ...], Finding] = {}
    for finding in table.findings:
        key = (finding.code, str(finding.message), finding.origin.column)
        first = findings.get(key)
        findings[key] = finding if first is None else replace(first, count=first.count + finding.count)
    repairs: dict[tuple[object, ...], Repair] = {}
    for repair in table.repairs:
        said = str(repair.message) if repair.after is None else repair.message.text
        place = repair.origin if repair.code in EMPTYING else repair.origin.column
        same = (repair.code, said, place)
        former = repairs.get(same)
        repairs[same] = repair if former is None else replace(former, count=former.count + repair.count)
    return replace(table, findings=_further_as_one(tuple(findings.values())), repairs=tuple(repairs.values()))


def _further_as_one(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """From the fourth export on, one sentence for all that were put below."""
    stacked = [finding for finding in findings if finding.code == "stacked"]
    if len(stacked) <= _TOLD_ONE_BY_ONE:
        return tuple(findings)
    rows = sum(finding.count for finding in stacked)
    message = Message(
        "{exports} files are exports of one table: {first} and {more} more up to {last}; {rows} rows were put below the first.",
        exports=len(stacked) + 1,
        first=stacked[0].origin.file,
        more=len(stacked) - 1,
        last=stacked[-1].origin.file,
        rows=rows,
    )
    one = replace(stacked[0], message=message, count=rows)
    return tuple(one if finding is stacked[0] else finding for finding in findings if finding not in stacked[1:])


def pair(first: Table, later: Table) -> Pairing | None:
    """Pair the columns of two tables; None when they are not the same table."""
    mine = {column.name: column for column in first.columns}
    headers = {even_name(header): column.name for column in first.columns for header in column.headers}
    sure: dict[str, str] = {}
    clashes = 0
    for column in later.columns:
        name = (
            column.name
            if column.name in mine
            else next((headers[key] for h in column.headers if (key := even_name(h)) in headers), None)
        )
        if name is None or name in sure.values() or _other_concept(mine[name], column):
            continue
        if _agree(mine[name], column):
            sure[column.name] = name
        elif not same_kind(mine[name].kind, column.kind):
            clashes += 1
    fewest, most = sorted((len(first.columns), len(later.columns)))
    if len(sure) < 2 or clashes > 0.1 * len(sure) + 1 or len(sure) < 0.4 * fewest:
        return None
    likely = _by_likeness(mine, later, sure)
    likely += _by_elimination(first, later, {**sure, **dict(likely)})
    if len(sure) + len(likely) < max(0.6 * fewest, 0.5 * most):
        return None
    if fewest - len(sure) - len(likely) >= (_OWN if _share_headers(first, later) else 1):
        return None
    return Pairing({**sure, **dict(likely)}, tuple(likely))


def _share_headers(first: Table, later: Table) -> bool:
    mine, theirs = ({even_name(header) for column in table.columns for header in column.headers} for table in (first, later))
    return not mine.isdisjoint(theirs)


def _agree(a: Column, b: Column) -> bool:
    return same_kind(a.kind, b.kind) and a.unit == b.unit


def _other_concept(a: Column, b: Column) -> bool:
    return a.concept is not None and b.concept is not None and (a.concept, a.position) != (b.concept, b.position)


def _by_likeness(mine: Mapping[str, Column], later: Table, sure: Mapping[str, str]) -> list[tuple[str, str]]:
    """Pair what no concept and no equal header paired, by the likeness of the headers."""
    from rapidfuzz import fuzz

    left = [c for c in mine.values() if c.name not in sure.values()]
    right = [c for c in later.columns if c.name not in sure]
    scored = sorted(
        (
            (fuzz.ratio(even_name(a.headers[0]), even_name(b.headers[0])), b.name, a.name)
            for a in left
            for b in right
            if _may(a, b)
        ),
        reverse=True,
    )
    paired: list[tuple[str, str]] = []
    for score, theirs, ours in scored:
        if score >= _LIKE_NAME and all(theirs != t and ours != o for t, o in paired):
            paired.append((theirs, ours))
    return paired


def _by_elimination(first: Table, later: Table, sure: Mapping[str, str]) -> list[tuple[str, str]]:
    """The one column left on either side, when all others have their partner and both hold like values in one known unit."""
    left = [column for column in first.columns if column.name not in sure.values()]
    right = [column for column in later.columns if column.name not in sure]
    if not len(left) == len(right) == 1 or len(sure) < _MANY or left[0].unit is None or not _may(left[0], right[0]):
        return []
    ours, theirs = first.frame[left[0].name], later.frame[right[0].name]
    alike = _within(ours.median(), theirs) and _within(theirs.median(), ours)
    return [(right[0].name, left[0].name)] if alike else []


def _within(middle: object, values: pl.Series) -> bool:
    low, high = values.quantile(0.1), values.quantile(0.9)
    return isinstance(middle, float) and low is not None and high is not None and low <= middle <= high


def _may(a: Column, b: Column) -> bool:
    numbered = [re.findall(r"\d+", column.headers[0]) if column.headers else [] for column in (a, b)]
    return bool(a.headers and b.headers) and _agree(a, b) and not _other_concept(a, b) and numbered[0] == numbered[1]


def _against(first: Table, later: Table, pairing: Pairing) -> Message | None:
    """Why two tables of the same columns are not one table; None when they are."""
    if bool(first.parts) != bool(later.parts):
        text = "{first} and {later} have the same columns, but one is too large to be held; they were not stacked."
        return Message(text, first=first.name, later=later.name)
    a, b = _aligned(first, later, pairing)
    ids = _ids(first, later, pairing)
    for ours, theirs in ids:
        shared = set(first.frame[ours].drop_nulls().to_list()) & set(later.frame[theirs].drop_nulls().to_list())
        fewest = min(first.frame[ours].n_unique(), later.frame[theirs].n_unique())
        if len(shared) <= 0.02 * fewest:
            return None
        if _same_rows(a.filter(first.frame[ours].is_in(list(shared))), b.filter(later.frame[theirs].is_in(list(shared)))):
            return None
        return Message(
            "{first} and {later} have the same columns but say different things of the same {column}; they were not stacked.",
            first=first.name,
            later=later.name,
            column=first.column(ours).headers[0],
        )
    return _against_by_time(first, later, pairing, (a, b))


def _ids(first: Table, later: Table, pairing: Pairing) -> list[tuple[str, str]]:
    """Paired id columns that name each row once in both tables."""
    return [
        (ours, theirs)
        for theirs, ours in pairing.columns.items()
        if first.column(ours).kind == "identity" and later.column(theirs).kind == "identity"
        if all(0.98 * t.frame.height <= t.frame[name].n_unique() for t, name in ((first, ours), (later, theirs)))
    ]


def _against_by_time(
    first: Table, later: Table, pairing: Pairing, aligned: tuple[pl.DataFrame, pl.DataFrame]
) -> Message | None:
    a, b = aligned
    times = [(ours, theirs) for theirs, ours in pairing.columns.items() if first.column(ours).kind == "time"]
    if not times:
        if _same_rows(a, b):
            return None
        return Message(
            "{first} and {later} have the same columns, "
            "but neither an id nor a time tells that they are one table; they were not stacked.",
            first=first.name,
            later=later.name,
        )
    ours, theirs = times[0]
    x, y = first.frame[ours].cast(pl.Int64), later.frame[theirs].cast(pl.Int64)
    low, high = max(_low(x), _low(y)), min(_high(x), _high(y))
    shorter = min(_high(x) - _low(x), _high(y) - _low(y))
    if high < low or (shorter > 0 and high - low <= 0.01 * shorter):
        return None
    inside = a.filter((x >= low) & (x <= high)), b.filter((y >= low) & (y <= high))
    if _same_rows(*inside):
        return None
    return Message(
        "{first} and {later} have the same columns over the same time: "
        "they are two machines or two points of measurement, and were not stacked.",
        first=first.name,
        later=later.name,
    )


def _low(values: pl.Series) -> int:
    low = values.min()
    return low if isinstance(low, int) else 0


def _high(values: pl.Series) -> int:
    high = values.max()
    return high if isinstance(high, int) else 0


def _same_rows(a: pl.DataFrame, b: pl.DataFrame) -> bool:
    """Nearly all rows of the smaller part stand in the other too."""
    if not a.height or not b.height:
        return False
    small, large = (a, b) if a.height <= b.height else (b, a)
    return int(small.hash_rows(0).is_in(large.hash_rows(0).implode()).sum()) >= 0.95 * small.height


def _aligned(first: Table, later: Table, pairing: Pairing) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The paired columns of both tables under the same names and types."""
    names = list(pairing.columns.items())
    return first.frame.select(ours for _, ours in names), later.frame.select(
        pl.col(theirs).alias(ours) for theirs, ours in names
    )


def _stacked(first: Table, later: Table, pairing: Pairing) -> Table:
    renamed = _renamed(first, later, pairing)
    a, b = _aligned(first, later, pairing)
    twice = b.hash_rows(0).is_in(a.hash_rows(0).implode())
    base = len(first.origins)
    added = later.frame.rename(renamed).filter(~twice).with_columns((pl.col(SOURCE) + base).cast(pl.UInt16))
    frame = pl.concat([first.frame, added], how="diagonal_relaxed")
    columns = _merged(first, later, pairing, renamed)
    stacked = Table(
        name=_name(first, later),
        frame=frame,
        columns=tuple(_rekind(column, frame) for column in columns),
        origins=(*first.origins, *later.origins),
        matches=(*first.matches, *later.matches),
        findings=(*first.findings, *later.findings),
        repairs=(*first.repairs, *later.repairs),
        asides=(*first.asides, *later.asides),
        parts=(*first.parts, *(replace(part, source=part.source + base) for part in later.parts)),
        recipes=(*first.recipes, *(_renaming(recipe, renamed) for recipe in later.recipes)),
    )
    return stacked.adding(findings=_report(first, later, pairing, twice))


def _renaming(recipe: Recipe, renamed: Mapping[str, str]) -> Recipe:
    return replace(recipe, rules=tuple(replace(rule, name=renamed.get(rule.name, rule.name)) for rule in recipe.rules))


def _renamed(first: Table, later: Table, pairing: Pairing) -> dict[str, str]:
    taken = {column.name for column in first.columns}
    renamed = dict(pairing.columns)
    for column in later.columns:
        if column.name not in renamed:
            name, n = column.name, 2
            while name in taken:
                name, n = f"{column.name}#{n}", n + 1
            renamed[column.name] = name
            taken.add(name)
    return renamed


def _merged(first: Table, later: Table, pairing: Pairing, renamed: Mapping[str, str]) -> list[Column]:
    """The columns of both, those of the later table alone behind the one that they follow there: each file keeps its order."""
    merged = {column.name: column for column in first.columns}
    order = list(merged)
    behind = 0
    for column in later.columns:
        name = renamed[column.name]
        if column.name in pairing.columns:
            merged[name] = _merge(merged[name], column)
            behind = order.index(name) + 1
        else:
            merged[name] = replace(column, name=name)
            order.insert(behind, name)
            behind += 1
    return [merged[name] for name in order]


def _merge(a: Column, b: Column) -> Column:
    kind = a.kind if a.kind == b.kind else "text"
    named = a if a.concept is not None or b.concept is None else b
    return replace(a, kind=kind, concept=named.concept, position=named.position, origins=(*a.origins, *b.origins))


def _rekind(column: Column, frame: pl.DataFrame) -> Column:
    if column.kind != "text":
        return column
    return replace(column, kind=kind_of_words(frame[column.name], " ".join(column.headers)))


def _report(first: Table, later: Table, pairing: Pairing, twice: pl.Series) -> list[Finding]:
    origin = later.origins[0]
    message = Message(
        "{later} is a further export of {first}: {columns} columns in common; {rows} rows were put below.",
        later=later.name,
        first=first.name,
        columns=len(pairing.columns),
        rows=int((~twice).sum()),
    )
    found = [Finding("stacked", "info", message, origin, count=int((~twice).sum()))]
    if twice.any():
        again = Message("Rows that another export already holds were left out.")
        rows = tuple(later.frame[ROW].filter(twice).head(ROWS_SHOWN).to_list())
        found.append(Finding("duplicate_rows", "warning", again, origin, count=int(twice.sum()), rows=rows))
    for theirs, ours in pairing.by_likeness:
        names = (later.column(theirs).headers[0], first.column(ours).headers[0])
        like = Message(
            "{later} and {first} were taken for the same column, for their names are alike or no other is left.",
            later=names[0],
            first=names[1],
        )
        found.append(Finding("stacked_by_name", "info", like, replace(origin, column=names[0])))
    return found


def _name(first: Table, later: Table) -> str:
    start = common_start(first.name, later.name)
    words = re.split(r"(?<=[\s_\-./])", start)
    cut = any(name[len(start) :][:1].isalnum() for name in (first.name, later.name))
    common = re.sub(r"[\s_\-./]*\d*[\s_\-./]*$", "", "".join(words[:-1]) if cut else start)
    return common if len(common) >= 3 else first.name
