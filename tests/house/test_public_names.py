"""Which names may other programs use? The list is the test; a change here is a change of the public interface."""

import inspect

from tundish import api

VERBS = {"read", "standardise", "trace", "learn", "prove", "share"}
NAMES = VERBS | {"ask", "find_target", "load_catalogue", "split", "SOURCES"}
NAMES |= {"trace_material", "in_memory", "history"}
NAMES |= {"match_columns", "parse_unit", "describe", "read_package", "verify", "write_package"}
TYPES = {
    "AasPackage", "Answer", "Card", "Cause", "Column", "Concept", "Evidence", "Finding", "Genealogy", "History", "InputError",
    "Intake", "Limit", "Matched", "Message", "Pieces", "Question", "RawTable", "Split", "Standardised", "Table", "Target",
    "Unit", "Window", "Wish",
}  # fmt: skip


def test_the_list_is_kept():
    assert set(api.__all__) == NAMES | TYPES
    assert len(api.__all__) <= 45


def test_every_name_says_what_it_is():
    for name in api.__all__:
        thing = getattr(api, name)
        if name in TYPES:
            assert inspect.isclass(thing), name
        assert inspect.getdoc(thing) or name == "SOURCES", name


def test_verbs_are_functions_and_modules_do_not_take_their_place():
    for name in VERBS:
        assert inspect.isfunction(getattr(api, name)), name
