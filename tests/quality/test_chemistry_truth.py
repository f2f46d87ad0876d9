"""Carbon equivalents against numbers that others published."""

import pytest

from tundish.standardise.checks.chemistry import FORMULAS

# A steel with C 0.16, Si 0.40, Mn 1.40, Cr 0.20, Mo 0.05, V 0.03, Ni 0.30, Cu 0.25, B 0.0005, by hand:
# CE = 0.16 + 1.40/6 + (0.20+0.05+0.03)/5 + (0.30+0.25)/15 = 0.4860; Pcm = 0.16 + 0.40/30 + (1.40+0.25+0.20)/20 + 0.30/60
# + 0.05/15 + 0.03/10 + 5*0.0005 = 0.27967.
STEEL = {
    "carbon": 0.16, "silicon": 0.40, "manganese": 1.40, "chromium": 0.20, "molybdenum": 0.05, "vanadium": 0.03,
    "nickel": 0.30, "copper": 0.25, "boron": 0.0005,
}  # fmt: skip


@pytest.mark.parametrize(("name", "value"), [("Ceq (IIW)", 0.4860), ("Pcm", 0.27967)])
def test_the_formula_gives_the_number_worked_by_hand(name, value):
    (formula,) = [one for one in FORMULAS if one.name == name]
    assert sum(weight * STEEL[element] for element, weight in formula.parts.items()) == pytest.approx(value, abs=1e-4)
