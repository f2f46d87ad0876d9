"""Lands numbered batches until it is killed, and says each number once it was acknowledged."""

import os
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl

from tundish.intake.live import SIGNALS, Batch
from tundish.store import Landing

ROWS = 40
BEGIN = datetime(2025, 1, 1, tzinfo=UTC)


def batch(number: int) -> Batch:
    """The batch of a number: each value is told apart from all others by tag and time."""
    rows = [(BEGIN + timedelta(seconds=number), f"t{i}", float(number * ROWS + i), None, "good") for i in range(ROWS)]
    return Batch(f"b{number}", pl.DataFrame(rows, SIGNALS, orient="row"), cursor=str(number))


def main(plant: str, seal_rows: str) -> None:
    with Landing(Path(plant), "plc", seal_rows=int(seal_rows)) as landing:
        number = int(landing.cursor or 0)
        while True:
            number += 1
            landing.append(batch(number))
            os.write(1, f"{number}\n".encode())


if __name__ == "__main__":
    main(*sys.argv[1:])
