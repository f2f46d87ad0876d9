"""Are headers in many plants' habits given the right meaning, and hardly ever a wrong one?"""

from collections import Counter
from pathlib import Path

import numpy as np
import yaml

from tundish.standardise.look import ColumnSketch
from tundish.standardise.match import match
from tundish.table import Origin
from tundish.vocabulary import load_catalogue

TABLES = yaml.safe_load(Path(__file__).with_name("headers.yaml").read_text(encoding="utf-8"))


def sketch(header, kind, numbers=()):
    texts = ("가", "나") if kind in ("category", "text", "identity") else ()
    return ColumnSketch(header, kind, Origin("f.csv", None, header), None, np.array(numbers, dtype=float), texts, 40)


def judged():
    catalogue = load_catalogue()
    for table in TABLES:
        sketches = [sketch(header, kind, *numbers) for header, kind, _, *numbers in table["columns"]]
        found = match(sketches, catalogue, table_name=table["table"])
        for (header, _, intended, *_), one in zip(table["columns"], found, strict=True):
            given = one.match.concept
            verdict = "right" if given == intended else "abstained" if given is None else "wrong"
            yield table["table"], header, intended, given, verdict


def test_the_list_is_long_and_varied():
    assert sum(len(table["columns"]) for table in TABLES) >= 120
    assert len({table["style"] for table in TABLES}) >= 4


def test_every_intended_concept_exists():
    catalogue = load_catalogue()
    assert [row for table in TABLES for row in table["columns"] if row[2] and row[2] not in catalogue] == []


def test_most_headers_are_right_and_hardly_any_wrong():
    rows = list(judged())
    count = Counter(verdict for *_, verdict in rows)
    missed = "\n".join(str(row) for row in rows if row[-1] != "right")
    assert count["right"] / len(rows) >= 0.85, missed
    assert count["wrong"] / len(rows) <= 0.04, missed
