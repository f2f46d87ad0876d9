"""Does answer.json say what was found, in the plant's names and units, in the documented form?"""

import json
import re
from pathlib import Path

import made_dossier as made
import pytest
from jsonschema import Draft202012Validator

from tundish.documents.answer import AnswerOut
from tundish.documents.schema import schema
from tundish.documents.written import card_json, written

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def said():
    return json.loads(written(made.dossier(), "ko").model_dump_json())


def test_units_come_back_as_the_plants(said):
    lines = {line["column"]: line for line in said["window"]}
    assert (lines["ROLLING_TEMP_T5"]["high"], lines["ROLLING_TEMP_T5"]["unit"]) == (1000.0, "℃")
    assert (lines["라인속도(m/min)"]["low"], lines["라인속도(m/min)"]["unit"]) == (90.0, "m/min")
    low, high = said["causes"][0]["usual"]
    assert 880 < low < high < 1020


def test_two_exports_give_two_names(said):
    assert said["causes"][0]["columns"] == ["ROLLING_TEMP_T5", "압연 온도(℃)"]
    assert said["causes"][0]["sources"] == ["2021.csv:ROLLING_TEMP_T5", "2023.xlsx/실적:압연 온도(℃)"]
    assert said["window"][0]["columns"] == ["ROLLING_TEMP_T5", "압연 온도(℃)"]


def test_window_stands_in_the_order_of_the_causes(said):
    assert [line["column"] for line in said["window"]] == ["ROLLING_TEMP_T5", "라인속도(m/min)"]


def test_sign_of_an_effect(said):
    """What learning gives as 0.1, decreasing, is minus ten points; sizes without direction are never negative."""
    assert [(cause["direction"], cause["effect"]) for cause in said["causes"]] == [
        ("increases", 40.0), ("decreases", -10.0), ("by_level", 20.0),
    ]  # fmt: skip
    assert {cause["unit"] for cause in said["causes"]} == {"%p"}
    assert said["suspects"][0]["effect"] == 5.0


def test_target_in_its_own_unit():
    said = written(made.of_a_number(), "ko")
    assert (said.causes[0].effect, said.causes[0].unit, said.target_unit) == (4.0, "MPa", "MPa")
    assert (said.evidence.baseline.today, said.evidence.result, said.evidence.half_width) == (3.0, 2.0, 5.0)
    assert said.evidence.interval == (0.5, 1.5)


def test_days_are_those_of_the_plants_clock(said):
    """The first piece is of 15:30 UTC on 1 March: 2 March in Seoul."""
    assert "2025-03-02" in said["evidence"]["split"]
    assert "2025-03-01" not in said["evidence"]["split"]


def test_rule_says_strictly_beyond(said):
    assert "1,000 ℃ 초과" in said["rule"]["text"]
    assert said["rule"]["conditions"][1][0]["levels"] == [made.HOSTILE]


def test_what_cannot_be_told_is_null():
    from dataclasses import replace

    odd = made.dossier()
    window = replace(odd.evidence.window, kept=float("nan"))
    odd = replace(odd, evidence=replace(odd.evidence, window=window))
    odd = replace(odd, card=replace(odd.card, window_kept=float("nan")))
    assert written(odd, "ko").window_promise.kept is None
    assert json.loads(card_json(odd))["window_kept"] is None


@pytest.mark.parametrize("lang", ["ko", "en"])
@pytest.mark.parametrize("run", [made.dossier, made.without_answer, made.of_a_number])
def test_every_answer_validates(run, lang):
    validator = Draft202012Validator(json.loads((ROOT / "docs" / "answer.schema.json").read_text(encoding="utf-8")))
    validator.validate(json.loads(written(run(), lang).model_dump_json()))


def test_schema_is_in_step():
    assert (ROOT / "docs" / "answer.schema.json").read_text(encoding="utf-8") == schema(), (
        "run: python -m tundish.documents.schema > docs/answer.schema.json"
    )


def test_each_field_is_documented():
    """docs/answer.md names every field of every part."""
    words = set(re.findall(r"`([a-z_0-9]+)(?:\[\])?`", (ROOT / "docs" / "answer.md").read_text(encoding="utf-8")))
    form = AnswerOut.model_json_schema()
    fields = {name for part in (form, *form["$defs"].values()) for name in part["properties"]}
    assert fields - words == set()
