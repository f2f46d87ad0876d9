"""Which unit do known ones make together: ㎏/㎥, kcal/㎏·℃, N·㎜? What a plant may mean otherwise is left unknown."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass

Dimension = Mapping[str, int]
"""Exponents of m, kg, s, A, K, mol, cd, rad and of counted things; nothing for a pure number."""

_SI: Mapping[str, str] = {
    "m": "m", "kg": "kg", "s": "s", "A": "A", "K": "K", "mol": "mol", "cd": "cd", "rad": "rad", "lm": "cd", "lx": "cd.m-2",
    "N": "kg.m.s-2", "Pa": "kg.m-1.s-2", "J": "kg.m2.s-2", "W": "kg.m2.s-3", "Hz": "s-1", "V": "kg.m2.s-3.A-1",
    "Ohm": "kg.m2.s-3.A-2", "S": "kg-1.m-2.s3.A2", "T": "kg.s-2.A-1", "Wb": "kg.m2.s-2.A-1", "H": "kg.m2.s-2.A-2",
    "C": "s.A", "F": "kg-1.m-2.s4.A2", "g": "kg", "L": "m3",
}  # fmt: skip
"""SI units in base units (SI brochure, 9th edition, table 4)."""
_TOKEN = re.compile(r"[./()]|-?\d+|[^./()\d\s-]+(?:-(?=\D)[^./()\d\s-]+)*")
_SYMBOL = re.compile(r"([A-Za-z]+)(-?\d+)?(?:\{[^}]*\})?")


@dataclass(frozen=True, slots=True)
class Part:
    """One unit inside a longer one, as the table of spellings knows it."""

    ucum: str
    si: str
    factor: float
    quantity: str


@dataclass(frozen=True, slots=True)
class Product:
    """A unit of several parts: each with its exponent; ``si = value * factor``."""

    parts: tuple[tuple[Part, int], ...]
    ucum: str
    si: str
    factor: float

    @property
    def dimension(self) -> Dimension:
        """Exponents of the base units, zeros left out."""
        total: Counter[str] = Counter()
        for part, exponent in self.parts:
            for base, power in dimension(part.si).items():
                total[base] += power * exponent
        return {base: power for base, power in total.items() if power}

    def above(self) -> frozenset[str]:
        """Quantities over the stroke."""
        return frozenset(part.quantity for part, exponent in self.parts if exponent > 0)

    def below(self) -> frozenset[str]:
        """Quantities under the stroke."""
        return frozenset(part.quantity for part, exponent in self.parts if exponent < 0)


def dimension(si: str) -> Dimension:
    """Base units of an SI code.

    >>> dimension("J/(kg.K)") == {"m": 2, "s": -2, "K": -1}, dimension("1")
    (True, {})
    """
    total: Counter[str] = Counter()
    above, _, below = si.partition("/")
    for text, sign in ((above, 1), (below.strip("()"), -1)):
        for symbol, power in _SYMBOL.findall(re.sub(r"\{[^}]*\}|\[[^\]]*\]|10\*-?\d+", "", text)):
            if symbol in _SI:
                for base, exponent in re.findall(r"([A-Za-z]+)(-?\d+)?", _SI[symbol]):
                    total[base] += sign * int(power or 1) * int(exponent or 1)
    return {base: power for base, power in total.items() if power}


def compose(text: str, find: Callable[[str, bool], Part | None]) -> Product | None:
    """Read products, quotients, exponents and brackets of parts; ``find`` gives one, and is told whether it is under a stroke.

    None for an unknown part, and for `a/b·c` without brackets: half of the writers mean one thing and half the other.
    """
    words = _TOKEN.findall(text)
    if "".join(words) != text or len(words) > 24:
        return None
    reader = _Reader(words, find)
    parts = reader.term(1)
    if parts is None or reader.words or len(parts) < 1:
        return None
    over = ".".join(_code(part.ucum, power) for part, power in parts if power > 0)
    over_si = ".".join(_code(part.si, power) for part, power in parts if power > 0)
    under = [_code(part.ucum, -power) for part, power in parts if power < 0]
    under_si = [_code(part.si, -power) for part, power in parts if power < 0 and part.si != "1"]
    factor = 1.0
    for part, power in parts:
        factor *= part.factor**power
    return Product(tuple(parts), _quotient(over, under), _quotient(over_si, under_si), factor)


def _code(code: str, power: int) -> str:
    if power == 1 or code == "1" or code.startswith("{"):
        return f"({code})" if "/" in code else code
    plain = re.fullmatch(r"([^./{}]*[A-Za-z\]])(\d?)(\{[^}]*\})?", code)
    if plain is None:
        return ".".join([f"({code})"] * power)
    return f"{plain[1]}{int(plain[2] or 1) * power}{plain[3] or ''}"


def _quotient(over: str, under: list[str]) -> str:
    if not under:
        return over
    return f"{over}/{under[0]}" if len(under) == 1 and "." not in under[0] else f"{over}/({'.'.join(under)})"


class _Reader:
    def __init__(self, words: list[str], find: Callable[[str, bool], Part | None]) -> None:
        self.words, self.find = words, find

    def term(self, sign: int) -> list[tuple[Part, int]] | None:
        parts = [] if self.words[:1] == ["/"] else self.component(sign)
        divided = False
        while parts is not None and self.words and self.words[0] in "./":
            stroke = self.words.pop(0) == "/"
            if divided and not stroke:
                return None
            divided = divided or stroke
            more = self.component(-sign if stroke else sign)
            parts = None if more is None else parts + more
        return parts

    def component(self, sign: int) -> list[tuple[Part, int]] | None:
        word = self.words.pop(0) if self.words else ""
        if word == "(":
            inside = self.term(sign)
            return inside if inside is not None and self.words and self.words.pop(0) == ")" else None
        if word == "1" and self.words[:1] == ["/"]:
            return []
        if not word or word in "./)":
            return None
        return self.power(word, sign)

    def power(self, word: str, sign: int) -> list[tuple[Part, int]] | None:
        exponent = 1
        whole = word + self.words[0] if self.words else ""
        if self.words and re.fullmatch(r"-?\d+", self.words[0]):
            if not self.words[0].startswith("-") and (part := self.find(whole, sign < 0)) is not None:  # H2O, CO2, m3
                self.words.pop(0)
                return [(part, sign)]
            exponent = int(self.words.pop(0))
            if not 0 < abs(exponent) <= 4:
                return None
        parts = [self.find(piece, sign * exponent < 0) for piece in word.split("-")]
        found = [part for part in parts if part is not None]
        if len(found) != len(parts):
            return None
        return [(part, sign) for part in found[:-1]] + [(found[-1], sign * exponent)]
