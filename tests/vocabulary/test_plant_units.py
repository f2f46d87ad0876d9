"""Are the units of plant sheets understood, the doubtful ones asked, and every code and factor true to UCUM and QUDT?"""

import csv
import math
import re
from pathlib import Path

import pytest
import yaml

from tundish.cli.unit import understood
from tundish.vocabulary.ucum import NotUcum, convert, is_valid
from tundish.vocabulary.units import entries, parse_unit

TABLE = yaml.safe_load((Path(__file__).parent / "plant_units.yaml").read_text(encoding="utf-8"))
SPACED = ("I unit", "m / min", "N / ㎟", "ton CO2")
"""Spellings with blanks in them."""
BEYOND_PINT = ("G", "kG", "Oe", "kOe", "[in_i'Hg]", "{rev}/min", "{rev}/s")
"""Pint keeps Gauss and Oersted in another system, has another inch of mercury, and takes a turn for 1; QUDT has ours."""


def spellings(line):
    kept = [spaced for spaced in SPACED if spaced in line]
    for spaced in kept:
        line = line.replace(spaced, "")
    return [*kept, *line.split()]


def number(text):
    return float(eval(str(text), {"__builtins__": {}}, {"pi": math.pi}))  # noqa: S307 - our own file


UNDERSTOOD = [
    (spelling, ucum, si, number(factor), number(offset))
    for ucum, si, factor, offset, line in TABLE["understood"]
    for spelling in spellings(line)
]
SCALES = [(spelling, ucum) for ucum, line in TABLE["scales"] for spelling in spellings(line)]
ASKED = [spelling for line in TABLE["asked"] for spelling in spellings(line)]


def test_there_are_spellings_enough():
    assert len(UNDERSTOOD) + len(SCALES) + len(ASKED) >= 700


@pytest.mark.parametrize(("spelling", "ucum", "si", "factor", "offset"), UNDERSTOOD)
def test_a_spelling_is_understood(spelling, ucum, si, factor, offset):
    found = understood(spelling)
    assert (found.ucum, found.si) == (ucum, si)
    assert found.factor == pytest.approx(factor, rel=1e-9)
    assert found.offset == pytest.approx(offset, rel=1e-9)


@pytest.mark.parametrize(("spelling", "ucum"), SCALES)
def test_a_scale_is_known_and_never_converted(spelling, ucum):
    found = understood(spelling)
    assert (found.ucum, found.si, found.factor, found.offset) == (ucum, None, None, None)


@pytest.mark.parametrize("spelling", ASKED)
def test_what_may_mean_two_things_is_asked(spelling):
    assert understood(spelling).ucum is None


def codes():
    found = {(unit.ucum, unit.si, unit.factor, unit.offset) for unit, _ in entries() if not unit.scale}
    composed = [one for spelling, *_ in UNDERSTOOD if (one := parse_unit(spelling)) is not None]
    return sorted(found | {(unit.ucum, unit.si, unit.factor, unit.offset) for unit in composed})


def test_every_code_is_ucum():
    for unit, _ in entries():
        assert is_valid(unit.ucum), unit.label
        assert is_valid(unit.si), unit.label
    for ucum, si, _, _ in codes():
        assert is_valid(ucum), ucum
        assert is_valid(si), si


@pytest.mark.parametrize(("ucum", "si", "factor", "offset"), [code for code in codes() if code[0] not in BEYOND_PINT])
def test_every_factor_is_that_of_ucum(ucum, si, factor, offset):
    assert factor + offset == pytest.approx(convert(1.0, ucum, si), rel=1e-5)
    assert offset == pytest.approx(0 if "degF" not in ucum and ucum != "Cel" else convert(0.0, ucum, si), rel=1e-5)


def test_factors_are_those_of_qudt(standards):
    with (standards / "qudt-public-repo" / "qudt_units.csv").open(encoding="utf-8", newline="") as file:
        known = {_order(row["ucum"]): row for row in csv.DictReader(file) if row["ucum"] and float(row["multiplier"] or 0)}
    checked = 0
    for ucum, si, factor, offset in codes():
        row = known.get(_order(ucum))
        if row is None:
            continue
        times = 0.01 if si == "%" else 1.0
        assert factor * times == pytest.approx(float(row["multiplier"]), rel=1e-5), ucum
        if row["offset"]:
            assert offset == pytest.approx(float(row["offset"]) * float(row["multiplier"]), rel=1e-5), ucum
        checked += 1
    assert checked >= 170


def _order(code):
    """A code as a set of factors with exponents: QUDT writes ``kg.m-3`` for ``kg/m3``."""
    if "(" in code or "[" in code or "*" in code:
        return code
    above, *below = code.split("/")
    parts = [part for part in above.split(".") if part and part != "1"]
    for part in below:
        symbol, power = re.fullmatch(r"(.*?)(\d*)", part).groups()
        parts.append(f"{symbol}-{power or 1}")
    return tuple(sorted(parts))


@pytest.mark.parametrize(
    ("text", "quantity", "ucum"),
    [
        ("kg/cm2G", "pressure", "kgf/cm2{gauge}"),
        ("barg", "pressure", "bar{gauge}"),
        ("MPaG", "pressure", "MPa{gauge}"),
        ("kg·m", "torque", "kgf.m"),
        ("ton/mm", "force_per_length", "Mgf/mm"),
        ("cc", "volume", "mL"),
        ("g", "acceleration", "[g]"),
        ("IU", "flatness", "10*-5{I-unit}"),
        ("min-1", "rotation", "{rev}/min"),
        ("ton", "force", "Mgf"),
        ("T", "mass", "t"),
        ("T", "magnetic_flux_density", "T"),
    ],
)
def test_the_quantity_settles_what_is_asked(text, quantity, ucum):
    assert parse_unit(text, quantity).ucum == ucum


@pytest.mark.parametrize("code", ["[lb_av]/[ft_i]3", "10*3/uL", "mm[Hg]", "{rev}/min", "kg{dry}/h"])
def test_plain_ucum_is_understood_where_it_cannot_be_a_plants_spelling(code):
    assert understood(code).ucum is not None


@pytest.mark.parametrize("pair", [("[pH]", "mol/L"), ("kg", "m"), ("nonsense", "m")])
def test_what_cannot_be_converted_is_refused(pair):
    with pytest.raises(NotUcum):
        convert(1.0, *pair)
