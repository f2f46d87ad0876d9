"""Are samples and defects found at their place on a piece, whatever the headers of their lists are read as?"""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from strips import at, genealogy

from tundish.table import Column, Origin, Table
from tundish.trace.position.maps import Map
from tundish.trace.position.places import _placed, noted
from tundish.trace.position.stretches import State
from tundish.vocabulary import load_catalogue

STAY = {"line": "cal", "start": at(0), "end": at(9), "goes": "out"}
MADE = genealogy([{"id": "C1"}, {"id": "C2"}], stays=[{"piece": 0} | STAY, {"piece": 1} | STAY])


def listed(name="flaws", **columns):
    """A list of two rows about C1 and C2; ``columns`` is concept with ``__`` for the dot -> values."""
    values = {"identity.coil": ["C1", "C2"]} | {key.replace("__", "."): told for key, told in columns.items()}
    made = []
    for key, told in values.items():
        kind = "identity" if key.startswith("identity.") else "category" if isinstance(told[0], str) else "number"
        made.append(Column(key, kind, (Origin(name, column=key),), concept=key))
    return noted([Table(name, pl.DataFrame(values), tuple(made), (Origin(name),))], MADE, load_catalogue())


@pytest.mark.parametrize(
    "heads",
    [
        ("defect__position_length", "defect__position_to"),
        ("position__from", "position__to"),
        ("position__on_product", "position__to"),
    ],
)
def test_metres_beside_the_name_of_a_defect_are_its_place(heads):
    (found,) = listed(inspection__defect=["SCAB", "HOLE"], **{heads[0]: [20.0, 3.0], heads[1]: [22.5, 4.0]})
    assert found.kind == "defect"
    assert (found.low_m.tolist(), found.high_m.tolist()) == ([20.0, 3.0], [22.5, 4.0])


def test_metres_of_the_input_in_a_record_of_production_are_no_place_of_a_defect():
    metres = {"position__from": [20.0, 3.0], "position__to": [22.5, 4.0]}
    assert listed("mes", inspection__defect=["SCAB", "HOLE"], **metres) == ()
    assert listed(**metres) == ()


@pytest.mark.parametrize("concept", ["position__end", "mechanical__specimen_location"])
def test_words_for_the_end_that_a_sample_was_cut_off(concept):
    (found,) = listed(**{concept: ["선단", "중간"]})
    assert (found.kind, found.end) == ("sample", ("선단", "중간"))


def test_a_middle_without_ends_is_no_metre():
    found = listed(mechanical__specimen_location=["중앙", "에지"])
    assert all(one.end == (None, None) for one in found)


@pytest.mark.parametrize(("turned", "ends"), [(False, ["head", "middle", "tail"]), (True, ["tail", "middle", "head"])])
def test_head_middle_and_tail_of_a_piece_lie_there_on_the_product(turned, ends):
    (found,) = listed(mechanical__specimen_location=["선단", "미단"])
    metres = np.array([100.0, 0.0] if turned else [0.0, 100.0])
    whole = State(0, 0, Map(np.array([0.0, 100.0]), metres), 100.0, False, False, None)
    three = [replace(found, end=(word, None)) for word in ("선단", "중간", "미단")]
    placed = [_placed(one, 0, whole, 100.0, None) for one in three]
    assert [place["end"] for place in placed] == ends
    assert [(place["from_m"], place["to_m"]) for place in placed][1] == (45.0, 55.0)
