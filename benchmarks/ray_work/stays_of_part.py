"""What does a worker of ray_scaling and sizing do with a part?"""

from collections.abc import Mapping

import numpy as np
import polars as pl

from tundish.trace.stays.kernels import stay_statistics
from tundish.trace.stays.segments import by_time


def statistics_of_stays(shared: Mapping[str, object], values: Mapping[str, object]) -> pl.DataFrame:
    """Eight statistics of every signal over every stay of a part."""
    frame = pl.read_parquet(values["file"])
    names = [name for name in frame.columns if name != "time"]
    times = frame["time"].to_physical().to_numpy()
    starts = times[:: int(values["stay"])]
    ends = np.append(starts[1:], times[-1] + 1_000_000) - 2_000_000
    matrix = np.ascontiguousarray(frame.select(names).to_numpy().T)
    wanted = ("count", "mean", "std", "min", "max", "first", "last", "slope")
    found = stay_statistics(matrix, by_time(times, starts, ends), times, wanted)
    return pl.DataFrame({name: found[name].reshape(-1) for name in wanted})
