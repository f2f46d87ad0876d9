"""Does every run, whatever its number of threads and its seed of hashes, come to the same genealogy to the last bit?"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import polars as pl

from tundish import works
from tundish.trace.genealogy.sums import in_order

TRACE = """
import sys
from pathlib import Path
from tundish import flow
from tundish.settings import Settings
from tundish.trace.genealogy import balance, trace_material

standard = flow.standard(Path(sys.argv[1]), Settings(), lambda *_: None)
found = trace_material(standard.tables.tables, standard.catalogue)
out = Path(sys.argv[2])
out.mkdir()
for name in ("pieces", "edges", "stays", "cells"):
    getattr(found, name).write_ipc(out / f"{name}.arrow")
for by in ("step", "day"):
    balance(found, by).write_ipc(out / f"{by}.arrow")
(out / "findings.txt").write_text("\\n".join(map(repr, found.findings)), encoding="utf-8")
"""


def test_threads_and_hashes_change_nothing(tmp_path: Path) -> None:
    made = works.make("chain", seed=102, out=tmp_path / "plant", pieces=1500, trends=False)
    runs = []
    for threads, hashes in (("1", "1"), ("2", "77")):
        out = tmp_path / threads
        told = {**os.environ, "POLARS_MAX_THREADS": threads, "PYTHONHASHSEED": hashes}
        runs.append((out, subprocess.Popen([sys.executable, "-c", TRACE, str(made.folder), str(out)], env=told)))
    assert [run.wait() for _, run in runs] == [0, 0]
    one, other = (out for out, _ in runs)
    for frame in sorted(one.glob("*.arrow")):
        mine, theirs = pl.read_ipc(frame), pl.read_ipc(other / frame.name)
        assert mine.height > 0
        assert mine.equals(theirs), frame.name
    assert (one / "findings.txt").read_text(encoding="utf-8") == (other / "findings.txt").read_text(encoding="utf-8")


def test_sums_are_those_of_one_row_after_the_other() -> None:
    dice = np.random.default_rng(3)
    told = pl.DataFrame({"line": dice.integers(0, 3, 300_000), "kg": dice.normal(size=300_000)})
    told = told.with_columns(kg=pl.when(pl.col("kg") > -2).then("kg"))
    found = told.group_by("line", maintain_order=True).agg(in_order(pl.col("kg"))).sort("line")["kg"]
    wanted = np.bincount(told["line"], told["kg"].fill_null(0.0))
    assert found.to_list() == wanted.tolist()
