"""Is a confirmed mapping remembered for the next delivery, and never when it was confirmed in two ways?"""

import polars as pl

from tundish.intake.raw import RawTable
from tundish.standardise import standardise
from tundish.table import ROW, Origin
from tundish.vocabulary import load_catalogue

CATALOGUE = load_catalogue()


def raw(file, **columns):
    frame = pl.DataFrame({ROW: range(2, 14), **columns}, strict=False)
    return RawTable(Origin(file), frame, tuple(columns), (None,) * len(columns), {}, file)


def meaning(header, *, mapping=None, synonyms=None, file="4월.csv"):
    values = [f"{80 + n}.5" for n in range(12)]
    found = standardise(
        [raw(file, LOT=[f"L{n:03d}" for n in range(12)], **{header: values})], CATALOGUE, mapping=mapping, synonyms=synonyms
    )
    return next(match for table in found.tables for match in table.matches if match.origin.column == header)


def test_the_next_delivery_remembers_what_was_confirmed_for_the_same_name():
    before = meaning("T-7 (℃)")
    after = meaning("T-7 (℃)", mapping={"3월.csv:T-7(℃)": "pickling.bath_temperature"})
    assert before.concept is None
    assert (after.concept, after.confirmed, after.score, after.unit) == ("pickling.bath_temperature", True, 1.0, "℃")


def test_the_exact_spot_goes_before_the_name():
    mapping = {"3월.csv:T-7 (℃)": "pickling.bath_temperature", "4월.csv:T-7 (℃)": "pickling.rinse_temperature"}
    assert meaning("T-7 (℃)", mapping=mapping).concept == "pickling.rinse_temperature"


def test_a_name_confirmed_in_two_ways_is_not_remembered():
    mapping = {"2월.csv:T-7 (℃)": "pickling.bath_temperature", "3월.csv:T-7 (℃)": "pickling.rinse_temperature"}
    assert meaning("T-7 (℃)", mapping=mapping).concept is None


def test_a_confirmed_meaning_takes_no_unit_that_does_not_measure_it():
    wrong = meaning("T-7 (kg)", mapping={"4월.csv:T-7 (kg)": "pickling.bath_temperature"})
    assert (wrong.concept, wrong.unit, wrong.unit_read) == ("pickling.bath_temperature", None, "kg")


def test_another_plants_word_counts_less_than_ones_own_and_not_against_the_unit():
    taken = meaning("T-7 (℃)", synonyms={"T-7(℃)": "pickling.bath_temperature"})
    own = meaning(
        "T-7 (℃)", synonyms={"T-7(℃)": "pickling.bath_temperature"}, mapping={"3월.csv:T-7(℃)": "pickling.rinse_temperature"}
    )
    against = meaning("T-7 (kg)", synonyms={"T-7(kg)": "pickling.bath_temperature"})
    assert (taken.concept, taken.confirmed, taken.score) == ("pickling.bath_temperature", False, 0.9)
    assert "another plant" in str(taken.reason)
    assert own.concept == "pickling.rinse_temperature"
    assert against.concept is None
