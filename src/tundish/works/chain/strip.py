"""Where along a strip is which material? Stretches of original steel, their lengths, masses and cuts, exact.

Every metre of steel is named by the piece it began as (slab or hot coil: its *origin*) and a coordinate ``u``: metres along the
hot strip that it nominally is, proportional to mass. Each line leaves the strip with another length per ``u``: the nominal one
times ``1 + sum(amplitude * sin(wave number * u + phase))``, because thickness is not quite even and what is thick is short.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tundish.works.sensors import Floats


@dataclass(frozen=True, slots=True)
class Shape:
    """How long the material of one origin is after a line, in closed form."""

    stretch: float
    """[-] metres of this strip per nominal metre of hot strip."""
    number: Floats
    """[1/m] wave numbers in ``u``."""
    phase: Floats
    """[rad]"""
    amplitude: Floats
    """[-] of the metres per ``u``; their sum stays far below 1."""

    def length(self, u: Floats | float) -> Floats:
        """Metres from ``u`` = 0 up to ``u`` (same shape as ``u``)."""
        turned = np.multiply.outer(u, self.number) + self.phase
        waves = ((np.cos(self.phase) - np.cos(turned)) * (self.amplitude / self.number)).sum(axis=-1)
        return np.asarray(self.stretch * (u + waves), dtype=np.float64)

    def at(self, length: float) -> float:
        """The ``u`` at which :meth:`length` is reached."""
        u = length / self.stretch
        for _ in range(12):
            step = (length - float(self.length(u))) / self.stretch
            u += step
            if abs(step) < 1e-10:
                break
        return u

    def local(self, u: Floats) -> Floats:
        """Metres per nominal metre of this strip at ``u``, about 1; thickness goes with its inverse."""
        turned = np.multiply.outer(u, self.number) + self.phase
        return np.asarray(1.0 + (np.sin(turned) * self.amplitude).sum(axis=-1), dtype=np.float64)


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of one origin's material from ``begin`` at the head to ``end`` at the tail; backwards when begin > end."""

    origin: int
    begin: float
    end: float

    @property
    def extent(self) -> float:
        """Nominal metres of hot strip, proportional to mass. [m]"""
        return abs(self.end - self.begin)


Parts = tuple[Part, ...]


def turn(parts: Parts) -> Parts:
    """The same strip, tail first."""
    return tuple(Part(p.origin, p.end, p.begin) for p in reversed(parts))


def length_of(part: Part, shape: Shape) -> float:
    """Metres of a stretch."""
    return abs(float(shape.length(part.end)) - float(shape.length(part.begin)))


def cut(parts: Parts, shapes: dict[int, Shape], at_m: float) -> tuple[Parts, Parts]:
    """Cut a strip ``at_m`` metres behind its head; ``shapes`` by origin say how long its material is now."""
    front: list[Part] = []
    for i, part in enumerate(parts):
        shape = shapes[part.origin]
        size = length_of(part, shape)
        if at_m >= size:
            front.append(part)
            at_m -= size
            continue
        if at_m <= 0.0:
            return tuple(front), parts[i:]
        way = 1.0 if part.end > part.begin else -1.0
        middle = shape.at(float(shape.length(part.begin)) + way * at_m)
        return (*front, Part(part.origin, part.begin, middle)), (Part(part.origin, middle, part.end), *parts[i + 1 :])
    return tuple(front), ()
