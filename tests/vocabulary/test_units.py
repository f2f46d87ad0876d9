"""Does a unit on a plant's sheet become the right SI value, and is a doubtful one left unknown?"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tundish.vocabulary import parse_unit, split_header
from tundish.vocabulary.units import entries

# Truth: the SI brochure (9th edition) and NIST SP 811 appendix B.
TRUE = [
    ("㎜", 2.5, 0.0025),
    ("㎛", 40, 40e-6),
    ("μm", 40, 40e-6),
    ("µm", 1, 1e-6),
    ("mm", 1, 1e-3),
    ("MM", 1, 1e-3),
    ("℃", 100, 373.15),
    ("°C", 0, 273.15),
    ("degC", 20, 293.15),
    ("deg.C", 20, 293.15),
    ("℉", 212, 373.15),
    ("N/㎟", 1, 1e6),
    ("MPa", 1, 1e6),
    ("kgf/㎠", 1, 98066.5),
    ("kg/cm2", 1, 98066.5),
    ("kgf/mm2", 1, 9806650),
    ("bar", 1, 1e5),
    ("mbar", 1, 100),
    ("kPa", 1, 1e3),
    ("Torr", 760, 101325),
    ("mmHg", 760, 101325.0144),
    ("mmAq", 1, 9.80665),
    ("mmH2O", 1, 9.80665),
    ("psi", 1, 6894.757293),
    ("tonf", 1, 9806.65),
    ("kN", 1, 1e3),
    ("mpm", 60, 1),
    ("m/min", 60, 1),
    ("m / min", 60, 1),
    ("mm/s", 1, 1e-3),
    ("m/s", 1, 1),
    ("rpm", 60, 6.283185307),
    ("N㎥/h", 3600, 1),
    ("Nm3/hr", 3600, 1),
    ("ℓ/min", 60000, 1),
    ("LPM", 60000, 1),
    ("l/min", 60000, 1),
    ("㎥/h", 3600, 1),
    ("T/H", 3.6, 1),
    ("kg/h", 3600, 1),
    ("㎾h", 1, 3.6e6),
    ("kWh", 1, 3.6e6),
    ("KWH", 1, 3.6e6),
    ("kVarh", 1, 3.6e6),
    ("kVARh", 1, 3.6e6),
    ("kcal", 1, 4184),
    ("kW", 1, 1e3),
    ("min", 1, 60),
    ("분", 1, 60),
    ("초", 1, 1),
    ("시간", 1, 3600),
    ("hr", 1, 3600),
    ("s", 1, 1),
    ("kg", 1, 1),
    ("Kg", 1, 1),
    ("ton", 1, 1000),
    ("t", 1, 1000),
    ("tCO2", 1, 1000),
    ("%", 5, 5),
    ("wt%", 5, 5),
    ("mass%", 5, 5),
    ("ppm", 10000, 1),
    ("g/L", 1, 1),
    ("g/ℓ", 1, 1),
    ("g/cm3", 1, 1000),
    ("A", 1, 1),
    ("kA", 1, 1e3),
    ("V", 1, 1),
    ("kV", 1, 1e3),
    ("mV", 1, 1e-3),
    ("Hz", 1, 1),
    ("g/㎡", 1, 1e-3),
    ("매", 3, 3),
    ("EA", 3, 3),
    ("개", 3, 3),
    ("I-unit", 7, 7e-5),
    ("pH", 6, 6),
    ("HV", 300, 300),
    ("HRC", 45, 45),
    ("HRB", 80, 80),
]
QUANTITIES = {
    "kVarh": "reactive_energy",
    "kWh": "energy",
    "HV": "hardness_vickers",
    "HRC": "hardness_rockwell_c",
    "%": "ratio",
    "wt%": "mass_fraction",
}


@pytest.mark.parametrize(("spelling", "value", "si"), TRUE)
def test_a_value_becomes_si(spelling, value, si):
    unit = parse_unit(spelling)
    assert unit is not None
    assert value * unit.factor + unit.offset == pytest.approx(si, rel=1e-9, abs=1e-12)


@pytest.mark.parametrize(("spelling", "quantity"), QUANTITIES.items())
def test_scales_keep_apart(spelling, quantity):
    assert parse_unit(spelling).quantity == quantity


@pytest.mark.parametrize(
    "spelling", ["C", "T", "F", "도", "°", "H", "S", "M", "mpa", "", " ", "foo", "PL1", "단위", "-", "kgg", "m/m"]
)
def test_what_may_mean_two_things_is_unknown(spelling):
    assert parse_unit(spelling) is None


@pytest.mark.parametrize(
    ("spelling", "quantity", "ucum"),
    [
        ("C", "temperature", "Cel"),
        ("K", "temperature", "K"),
        ("도", "temperature", "Cel"),
        ("도", "angle", "deg"),
        ("T", "mass", "t"),
        ("ton", "force", "Mgf"),
    ],
)
def test_a_known_quantity_settles_it(spelling, quantity, ucum):
    assert parse_unit(spelling, quantity).ucum == ucum


def test_case_counts_where_it_must():
    assert parse_unit("mW").factor == 1e-3
    assert parse_unit("MW").factor == 1e6
    assert parse_unit("mPa").factor == 1e-3
    assert parse_unit("MPA").factor == 1e6


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("온도(℃)", ("온도", "℃")),
        ("두께[mm]", ("두께", "mm")),
        ("TEMP_degC", ("TEMP", "degC")),
        ("Usage_kWh", ("Usage", "kWh")),
        ("CO2(tCO2)", ("CO2", "tCO2")),
        ("생산량(Kg)", ("생산량", "Kg")),
        ("속도 mpm", ("속도", "mpm")),
        ("온도(C)", ("온도", "C")),
        ("TEMP_C", ("TEMP", "C")),
        ("두께mm", ("두께", "mm")),
        ("농도%", ("농도", "%")),
        ("재로시간_분", ("재로시간", "분")),
        ("압력(xx/yy)", ("압력", "xx/yy")),
        ("TEMP_MIN", ("TEMP_MIN", None)),
        ("FUR_HZ", ("FUR_HZ", None)),
        ("온도(상부)", ("온도(상부)", None)),
        ("압연방법(TMCP)", ("압연방법(TMCP)", None)),
        ("LINE_A", ("LINE_A", None)),
        ("C", ("C", None)),
        ("mm", ("mm", None)),
        ("SPEED(PV)", ("SPEED(PV)", None)),
    ],
)
def test_a_header_is_parted(header, expected):
    assert split_header(header) == expected


@given(st.text(max_size=30))
def test_any_text_is_read_without_harm(text):
    parse_unit(text)
    name, unit = split_header(text)
    assert name == text.strip() or unit is not None


def test_every_label_is_read_as_itself_in_a_bracket():
    for unit, _ in entries():
        hint = unit.quantity
        assert parse_unit(unit.label, hint) == unit, unit.label
        assert unit.factor > 0
