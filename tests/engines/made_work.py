"""What do the tests let workers do? Functions as a program would have them, in a module that workers import by name."""

import os
import resource
import time
from pathlib import Path

import numpy as np
import polars as pl

from tundish.errors import Message, TooFewPieces


def sums(shared, values):
    """Sums whose last bit shows any other order, of all kinds of columns; a line in the diary tells of each computation."""
    diary(shared, values)
    made = np.random.default_rng(values["seed"]).standard_normal(2000).cumsum() * shared["scale"]
    return pl.DataFrame(
        {
            "number": [float(made.sum()), float("nan"), None, -0.0],
            "text": ["압연 1호", "", None, "x"],
            "at": pl.Series([0, 1, None, 10**15], dtype=pl.Datetime("us", "UTC")),
            "class": pl.Series(["a", "b", None, "a"], dtype=pl.Enum(["a", "b"])),
            "list": [[1.5, None], [], None, [float(made[-1])]],
        }
    )


def column_mean(shared, values):
    """Reads files: one for all parts, one of the part."""
    diary(shared, values)
    factor = float(shared["factor"].read_text())
    return pl.read_parquet(values["file"]).select(pl.col("v").mean() * factor)


def slow(shared, values):
    """Takes its time, and says that it has begun."""
    diary(shared, values)
    time.sleep(shared["seconds"])
    return pl.DataFrame({"part": [values["seed"]]})


def dies(shared, values):
    """Ends its own process, as often as the file says."""
    left = Path(shared["deaths"])
    deaths = int(left.read_text())
    if values["seed"] == shared["victim"] and deaths:
        left.write_text(str(deaths - 1))
        os._exit(9)
    return pl.DataFrame({"seed": [values["seed"]]})


def refuses(shared, values):
    """Refuses one part as the house does."""
    if values["seed"] == 2:
        raise TooFewPieces(pieces=3, target=Message("the target {name}", name="판정"), needed=40)
    return pl.DataFrame({"seed": [values["seed"]]})


def breaks(shared, values):
    """A fault of the program in one part."""
    if values["seed"] == 2:
        raise ZeroDivisionError("float division by zero")
    return pl.DataFrame({"seed": [values["seed"]]})


def on_small_disk(shared, values):
    """A result larger than what the worker's process may write, while the file says so."""
    limit = int(Path(shared["limit"]).read_text())
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
    diary(shared, values)
    rows = 100_000 if values["seed"] == 1 else 10
    return pl.DataFrame({"noise": np.random.default_rng(values["seed"]).random(rows)})


def diary(shared, values):
    with Path(shared["diary"]).open("a") as out:
        out.write(f"{values['seed']} {os.getpid()}\n")
