"""How are the official UCUM functional tests read and judged? For the tests and for the benchmark."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import floor, log10
from pathlib import Path
from xml.parsers.expat import ParserCreate

from tundish.vocabulary.ucum import NotUcum, convert, is_valid


@dataclass(frozen=True)
class Case:
    """One case: ``kind`` is validation or conversion, ``told`` its attributes."""

    kind: str
    told: dict[str, str]


def cases(path: Path) -> Iterator[Case]:
    """The cases in the order of the file; a document type, and with it every entity, is refused."""
    found: list[Case] = []
    inside: list[str] = []

    def begin(name, attributes):
        if name == "case":
            found.append(Case(inside[-1], attributes))
        inside.append(name)

    def refuse(*_):
        raise ValueError(f"{path.name}: a document type is not read")

    parser = ParserCreate()
    parser.StartElementHandler = begin
    parser.EndElementHandler = lambda _: inside.pop()
    parser.StartDoctypeDeclHandler = refuse
    parser.Parse(path.read_bytes(), True)
    yield from found


def is_judged_right(case: Case) -> bool:
    """Whether a unit is called valid where the case says so."""
    return is_valid(case.told["unit"]) == (case.told["valid"] == "true")


def error(case: Case, *, written: bool) -> float:
    """How far a conversion is from its outcome, as a share of it; ``written``: at the digits the outcome is written with."""
    outcome = case.told["outcome"]
    try:
        value = convert(float(case.told["value"]), case.told["srcUnit"], case.told["dstUnit"])
    except NotUcum:
        return float("inf")
    if written:
        value = round(value, _digits(outcome) - 1 - floor(log10(abs(value))))
    return abs(value / float(outcome) - 1)


def _digits(number: str) -> int:
    """Digits of a number that count: 2 of ``25`` and ``0.160`` has 3."""
    return len(number.lower().partition("e")[0].replace(".", "").lstrip("0"))
