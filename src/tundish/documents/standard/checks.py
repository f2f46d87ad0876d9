"""Which points does the checklist have, how does each stand, and what is to be done where it is open?"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from tundish.aas import Json
from tundish.aas.template import inside, meant
from tundish.documents.standard.facts import Facts
from tundish.documents.words import percent
from tundish.errors import Message
from tundish.table import Severity

_RECORDS = "https://admin-shell.io/idta/TimeSeries/Records/1/1"
Stand = Literal["done", "open", "person"]
"""Checked and well; checked and open; only a person can say."""


@dataclass(frozen=True)
class Point:
    """One line of the checklist."""

    part: Message
    text: Message
    stand: Stand
    found: Message
    todo: Message | None = None


_HINTS: tuple[tuple[str, Message], ...] = (
    (r"Customer", Message("The customer's address stands in no export: take it from the order.")),
    (r"Time$|Duration", Message("Planned times stand in no export: enter them in an AAS editor, or leave them open.")),
    (r"Pcf|LifeCycle|ReferenceImpact|QuantityOfMeasure|PublicationDate", Message(
        "A footprint needs emissions and mass in one table; its method is the firm's to state. Nothing is estimated."
    )),
    (r"Manufacturer|Address|Street|ZIP|City|National|OrderCode|Company", Message(
        "The firm's name, address and codes stand in no export: enter them once in an AAS editor."
    )),
    (r"Order|Delivery", Message("The order stands in no export: add its number and date to the export, or enter them.")),
    (r"Validation", Message("Only the person who issues the document may declare compliance: enter date and name on issue.")),
    (r"Result|Status|Stage|Error", Message("No export says how the run ended: add a column with its result, or enter it.")),
    (r"BoM|ProductParameters|ResourceParameters|ProcessParameters", Message(
        "No column of this kind is mapped yet: map open tags first, then run again."
    )),
    (r"Thickness|Width|Length|Height|Diameter", Message(
        "A dimension is missing or its unit is not confirmed: write the unit under [units] in plant.toml."
    )),
)  # fmt: skip
"""What to do about a demanded place that is empty, by its path."""
_OTHER = Message("Nothing in the exports answers this: enter it in an AAS editor.")


def hint(path: str) -> Message:
    """What to do about a demanded place that is empty."""
    return next((message for pattern, message in _HINTS if re.search(pattern, path)), _OTHER)


def points(facts: Facts) -> tuple[Point, ...]:
    """The checklist, in the order in which one works."""
    return (*_data(facts), *_meaning(facts), *_shells(facts), *_templates(facts), *_by_hand())


def _data(facts: Facts) -> Iterator[Point]:
    part = Message("1. Data")
    errors = _count(facts, "error")
    yield Point(
        part,
        Message("Every file was read"),
        "open" if facts.skipped else "done",
        Message("files left out: {files}", files=", ".join(facts.skipped[:8]) or "-"),
        Message("Save what holds data as CSV or XLSX and run again; papers and pictures may stay out.")
        if facts.skipped
        else None,
    )
    yield Point(
        part,
        Message("No finding of the data is an error"),
        "open" if errors else "done",
        Message("errors: {errors}, warnings: {warnings}", errors=errors, warnings=_count(facts, "warning")),
        Message("Read the findings in the pre-verification report; mend the source, not the copy.") if errors else None,
    )


def _meaning(facts: Facts) -> Iterator[Point]:
    part, whole = Message("2. Meaning"), facts.whole
    yield Point(
        part,
        Message("Every tag has a concept"),
        "open" if whole.open else "done",
        Message("{mapped} of {tags} tags ({percent}), open: {open}", **_numbers(whole.mapped, whole.tags, whole.open)),
        Message("Write the concept, or - for none, under [mapping] in plant.toml.") if whole.open else None,
    )
    yield Point(
        part,
        Message("Every unit is confirmed"),
        "open" if whole.unit_open else "done",
        Message("units not confirmed: {count}", count=whole.unit_open),
        Message("Write the unit as the sheet has it under [units] in plant.toml.") if whole.unit_open else None,
    )
    yield Point(
        part,
        Message("A reference model is taken in"),
        "done" if facts.references else "person",
        Message("reference models: {files}", files=", ".join(finding.origin.file for finding in facts.references) or "-"),
        None if facts.references else Message("If one was handed out, put its .aasx into the plant's folder and run again."),
    )


def _shells(facts: Facts) -> Iterator[Point]:
    part = Message("3. Asset Administration Shell")
    ids = [one["id"] for one in (*facts.package.shells, *facts.package.submodels, *facts.package.concept_descriptions)]
    double = len(ids) - len(set(ids))
    yield Point(
        part,
        Message("The package keeps the metamodel (AAS 3.0)"),
        "open" if facts.faults else "done",
        Message("faults: {count}", count=len(facts.faults)),
        Message("This is a fault of the program: please report it with the package.") if facts.faults else None,
    )
    yield Point(
        part,
        Message("The package read again says the same"),
        "done" if facts.same else "open",
        Message(
            "shells: {shells}, submodels: {submodels}", shells=len(facts.package.shells), submodels=len(facts.package.submodels)
        ),
    )
    yield Point(
        part,
        Message("Every identifier stands once"),
        "open" if double else "done",
        Message("identifiers: {count}", count=len(ids)),
    )
    yield Point(
        part,
        Message("Series are linked as files, none stands in the shell"),
        "open" if any(map(_holds_records, facts.package.submodels)) else "done",
        Message("Parquet files: {count}", count=len(facts.series)),
    )


def _templates(facts: Facts) -> Iterator[Point]:
    part = Message("4. Templates (IDTA)")
    for one in facts.filled:
        empty = one.needed - one.filled
        yield Point(
            part,
            Message("{number} {title}", number=one.number, title=one.title),
            "open" if empty or one.faults else "done",
            Message(
                "demanded places filled: {filled} of {needed}; faults: {faults}", **_filled(one.filled, one.needed, one.faults)
            ),
            hint(one.open[0]) if one.open else None,
        )


def _by_hand() -> Iterator[Point]:
    part = Message("5. By hand")
    for text in (
        Message("Names of persons, customers and recipes that may not leave the plant were looked for in the package"),
        Message("A process engineer has read the mapping and agrees"),
        Message("The package was opened in the tool of the receiver"),
        Message("Who may receive the package is agreed in writing"),
    ):
        yield Point(part, text, "person", Message("-"))


def _holds_records(element: Json) -> bool:
    """Whether records of a series stand inside an element."""
    return meant(element) == _RECORDS or any(map(_holds_records, inside(element)))


def _count(facts: Facts, severity: Severity) -> int:
    return sum(finding.severity == severity for finding in facts.findings)


def _numbers(mapped: int, tags: int, still_open: int) -> dict[str, object]:
    return {"mapped": mapped, "tags": tags, "percent": percent(100 * mapped / tags if tags else 0), "open": still_open}


def _filled(filled: int, needed: int, faults: tuple[object, ...]) -> dict[str, object]:
    return {"filled": filled, "needed": needed, "faults": len(faults)}
