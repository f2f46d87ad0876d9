"""How exact can a position be at best? An oracle that knows everything but the noise, on the plants behind some seeds.

It knows the true joints, directions, cuts, scales and what kind of noise there is. Left are the noise of each sample of speed
(1 %) and thickness (0.15 %), head and tail between two samples of every gauge that sees them, and weld detectors and crops that
are off by decimetres. All of it is taken as normal and small, so the optimal estimator is linear and its variance follows from
precisions alone (S. M. Kay, Fundamentals of Statistical Signal Processing: Estimation Theory, 1993, ch. 11). It sees each piece
alone: what neighbours on a welded line tell of a weld between them is not counted.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence

import numpy as np

from tundish.works import chain
from tundish.works.chain.material import Material, Piece
from tundish.works.chain.plant import ChainLine
from tundish.works.chain.strip import Shape

SPEED_NOISE, THICKNESS_NOISE, MARK_M = 0.01, 0.0015, 0.15
KNOT_M = 10.0
PIECES = 12


def bound(seed: int, *, lines: int | None = None, sample_s: float = 0.1) -> dict[int, float]:
    """Lines back -> 95th percentile of the error, in m of the final product, that no estimator goes below."""
    plant = chain.build(seed, lines=lines)
    material, _ = chain.operate(plant, 120)
    ran = [line for line in plant.lines if line.kind not in ("pack", "cast")]
    last = ran[-1].step
    finals = [p for p in material.pieces if p.step == last and p.parts and np.isfinite(p.ready)]
    drawn = np.random.default_rng(seed)
    errors: dict[int, list[np.ndarray]] = {}
    for piece in finals[:: max(len(finals) // PIECES, 1)]:
        for depth, spread in enumerate(_spreads(material, piece, ran[::-1], sample_s), start=1):
            errors.setdefault(depth, []).append(np.abs(drawn.standard_normal((40, spread.size)) * spread).ravel())
    return {depth: float(np.percentile(np.concatenate(some), 95)) for depth, some in errors.items()}


def _spreads(material: Material, piece: Piece, back: Sequence[ChainLine], sample_s: float) -> list[np.ndarray]:
    """Standard deviation of the position of each metre of a piece's longest part, on each line, the last one first."""
    part = max(piece.parts, key=lambda one: one.extent)
    shapes = material.waves[part.origin]
    u = np.linspace(part.begin, part.end, max(int(part.extent * shapes[back[0].step + 1].stretch / KNOT_M), 4) + 1)
    x = np.abs(shapes[back[0].step + 1].length(u) - shapes[back[0].step + 1].length(part.begin))
    step, count = float(x[-1]) / (u.size - 1), u.size
    # metres of the product a sample: the line's own metres, over how much longer the product became since
    far = [line.speed * sample_s * shapes[back[0].step + 1].stretch / shapes[line.step + 1].stretch for line in back]
    precision = np.zeros((len(back) * count, len(back) * count))
    for i, line in enumerate(back):
        own = slice(i * count, (i + 1) * count)
        longer = shapes[back[0].step + 1].stretch / shapes[line.step + 1].stretch
        precision[own, own] += _walk(count, SPEED_NOISE**2 * far[i] * step)
        welded = line.kind in ("tandem", "anneal")
        crop = MARK_M * longer if welded or i else 0.0
        # between two samples of each gauge that sees the end: the middle of what all allow (David & Nagaraja, Order Statistics)
        seen = 1 if welded else max(len(line.gauges), 1)
        for end in (i * count, (i + 1) * count - 1):
            precision[end, end] += 1.0 / (far[i] ** 2 / 12.0 * 6.0 / ((seen + 1) * (seen + 2)) + crop**2)
        if i + 1 < len(back) and line.kind != "hot":
            told = _told(shapes[line.step], u, x, noise=THICKNESS_NOISE**2 * (far[i] + far[i + 1]))
            before = slice((i + 1) * count, (i + 2) * count)
            precision[own, own] += np.diag(told * step)
            precision[before, before] += np.diag(told * step)
            precision[own, before] -= np.diag(told * step)
            precision[before, own] -= np.diag(told * step)
    spread = np.sqrt(np.diag(np.linalg.inv(precision)))
    return [spread[i * count : (i + 1) * count] for i in range(len(back))]


def _walk(count: int, variance: float) -> np.ndarray:
    """Precision of a random walk that gathers this variance from knot to knot."""
    steps = np.diff(np.eye(count), axis=0)
    return np.asarray(steps.T @ steps / variance)


def _told(shape: Shape, u: np.ndarray, x: np.ndarray, *, noise: float) -> np.ndarray:
    """Precision a metre with which the thickness of the strip tells a shift: slope squared over noise."""
    fine = np.linspace(u[0], u[-1], 20 * u.size)
    slope = np.gradient(1.0 / shape.local(fine), np.interp(fine, *_rising(u, x)))
    power = np.interp(x, np.interp(fine, *_rising(u, x)), np.convolve(slope**2, np.ones(20) / 20.0, "same"))
    return np.asarray(power / noise)


def _rising(u: np.ndarray, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return (u, x) if u[-1] > u[0] else (u[::-1], x[::-1])


def row(found: Mapping[int, float]) -> str:
    """Depth by depth, as a table shows it."""
    return ", ".join(f"{value:.2f}" for _, value in sorted(found.items()))


def main() -> None:
    """Print the bound of some plants at some sampling rates."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=4)
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--lines", type=int, nargs="+", default=[3, 5])
    parser.add_argument("--sample", type=float, nargs="+", default=[0.1, 1.0])
    wish = parser.parse_args()
    print("| seed | lines | sample s | p95 m at best after 1, 2, ... lines |\n|---|---|---|---|")
    for seed in range(wish.first, wish.first + wish.seeds):
        for lines in wish.lines:
            for sample_s in wish.sample:
                print(f"| {seed} | {lines} | {sample_s} | {row(bound(seed, lines=lines, sample_s=sample_s))} |", flush=True)


if __name__ == "__main__":
    main()
