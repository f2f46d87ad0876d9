"""How long do the two steps take that every row or column of a plant goes through? CPU seconds, at the first go.

    python benchmarks/speed.py

Wanted: under a second each, on one core, for 300 columns to match and for 2,000 stays over 260,000 rows of 16 signals.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np

from tundish.standardise.matching.look import ColumnSketch
from tundish.standardise.matching.match import match
from tundish.table import Origin
from tundish.trace.stamps import SECOND
from tundish.trace.stays.segments import by_time, numbers
from tundish.vocabulary import load_catalogue

KINDS = ("산세조{n} 온도(℃)", "F{n}_ROLL_FORCE(ton)", "ZONE{n}_TEMP", "TAG_{n:04d}", "가열로 {n}존 온도 SV", "MOTOR_CURR_{n}")


def three_hundred_columns() -> Callable[[], object]:
    """Match a wide table; what is built once per vocabulary is built before."""
    values = np.array([80.0, 90.0])
    headers = [KINDS[n % 6].format(n=n // 6) for n in range(300)]
    sketches = [ColumnSketch(header, "number", Origin("wide.csv", None, header), numbers=values) for header in headers]
    catalogue = load_catalogue()
    match(sketches[:6], catalogue, table_name="wide")
    return lambda: match(sketches, catalogue, table_name="wide")


def two_thousand_stays() -> Callable[[], object]:
    """Statistics of 16 signals over the stays of 2,000 pieces."""
    rng = np.random.default_rng(0)
    times = np.arange(260_000) * 10 * SECOND
    starts = np.arange(2000) * 1300 * SECOND
    signals = [rng.normal(size=times.size) for _ in range(16)]

    def work() -> object:
        segments = by_time(times, starts, starts + 1200 * SECOND)
        return [numbers(signal, segments, times, ["mean", "std", "min", "max", "slope"]) for signal in signals]

    return work


def main() -> None:
    """Measure both."""
    for made in (three_hundred_columns, two_thousand_stays):
        work = made()
        begun = time.process_time()
        work()
        print(f"{made.__name__.replace('_', ' '):24s} {time.process_time() - begun:6.2f} s")


if __name__ == "__main__":
    main()
