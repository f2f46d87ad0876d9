"""Which line a log belongs to, and the clocks of logs and of the laboratory: two lines made here, their logs and samples."""

import numpy as np
import polars as pl
import pytest
from lines import Line, micro, strip_line

from tundish.table import Column, Origin, Table
from tundish.trace.clocks import align
from tundish.trace.clocks.midnight import day_rows
from tundish.trace.genealogy.graph import EDGES, PIECES, STAYS, Genealogy
from tundish.trace.stamps import NEVER, SECOND, stamps
from tundish.vocabulary import load_catalogue

UTC = pl.Datetime("us", "UTC")


def log(line, file) -> Table:
    names = [f"plant:S{n}" for n in range(len(line.signals))]
    frame = pl.DataFrame({"plant:시각": pl.Series(line.times).cast(UTC), **dict(zip(names, line.signals, strict=True))})
    frame = frame.with_columns(pl.int_range(2, pl.len() + 2).alias("#row"), pl.lit(0, pl.Int32).alias("#source"))
    columns = [Column("plant:시각", "time", (Origin(file, column="시각"),))]
    columns += [Column(name, "number", (Origin(file, column=name[6:]),)) for name in names]
    return Table(file, frame, tuple(columns), (Origin(file),))


def samples(ids, times, file="lab.xlsx", concept: str | None = "inspection.sampled") -> Table:
    frame = pl.DataFrame({"plant:COIL": ids, "plant:시각": pl.Series(times).cast(UTC)})
    frame = frame.with_columns(pl.int_range(2, pl.len() + 2).alias("#row"), pl.lit(0, pl.Int32).alias("#source"))
    columns = (
        Column("plant:COIL", "identity", (Origin(file, column="COIL"),)),
        Column("plant:시각", "time", (Origin(file, column="시각"),), concept=concept),
    )
    return Table(file, frame, columns, (Origin(file),))


def genealogy(**lines) -> Genealogy:
    stays, ids = [], []
    for name, line in lines.items():
        first = len(ids)
        ids += [f"{name}{n:04d}" for n in range(line.starts.size)]
        stays.append(pl.DataFrame({"piece": np.arange(first, len(ids)), "start": pl.Series(line.starts).cast(UTC),
                                   "end": pl.Series(line.ends).cast(UTC)}).with_columns(line=pl.lit(name)))  # fmt: skip
    rows = pl.concat(stays).with_columns(goes=pl.lit("through"), turn=pl.lit(1, pl.Int64), table=pl.lit("mes"))
    whole = pl.concat([STAYS.to_frame(), rows], how="diagonal_relaxed")
    pieces = pl.concat([PIECES.to_frame(), pl.DataFrame({"id": ids, "even": ids})], how="diagonal_relaxed")
    return Genealogy(pieces, EDGES.to_frame(), whole)


CATALOGUE = load_catalogue()


@pytest.mark.parametrize("seed", [0, 1])
def test_two_lines_of_similar_rhythm_are_not_swapped(seed: int):
    first, second = (strip_line(seed=seed * 10 + n + 1, coils=60, coil_s=300.0, offset_s=40.0 - 70 * n) for n in (0, 1))
    found = align([log(first, "a.csv"), log(second, "b.csv")], genealogy(PL=first, CAL=second), CATALOGUE)
    assert found.lines["a.csv"] == "PL"
    assert found.lines["b.csv"] == "CAL"
    for clock, true in zip(found.clocks, (40.0, -30.0), strict=True):
        assert abs(clock.offset_s - true) <= 2.0


def test_two_lines_that_cannot_be_told_apart_are_said_or_named():
    line = strip_line(seed=3, coils=60, coil_s=300.0)
    two = genealogy(PL=line, CAL=line)
    unnamed = align([log(line, "trend.csv")], two, CATALOGUE)
    assert not unnamed.lines
    assert [finding.code for finding in unnamed.findings] == ["line_unsure"]
    assert not unnamed.clocks[0].sure
    assert unnamed.clocks[0].low_s <= -900.0
    assert unnamed.clocks[0].high_s >= 900.0
    assert align([log(line, "TREND_CAL.csv")], two, CATALOGUE).lines["TREND_CAL.csv"] == "CAL"


@pytest.mark.parametrize("offset", [-75.0, 0.0, 48.0])
def test_the_laboratory_by_the_sharp_edge_behind_the_pieces(offset: float):
    rng = np.random.default_rng(7)
    line = strip_line(seed=7, coils=150, entry_s=0.6, wrong=0.02)
    chosen = np.flatnonzero(rng.random(150) < 0.6)
    at = np.where(rng.random(chosen.size) < 0.3, line.starts[chosen], line.ends[chosen])
    taken = at + ((rng.uniform(0, 10, chosen.size) - offset) * SECOND).astype(np.int64)
    (clock,) = align([samples([f"PL{n:04d}" for n in chosen], taken)], genealogy(PL=line), CATALOGUE).clocks
    assert abs(clock.offset_s - offset) <= 2.0
    assert clock.low_s <= offset <= clock.high_s


def test_a_laboratory_that_tests_hours_later_tells_a_delay_and_no_clock():
    rng = np.random.default_rng(8)
    line = strip_line(seed=8, coils=100)
    tested = line.ends + (rng.uniform(1, 9, 100) * 3600 * SECOND).astype(np.int64)
    found = align([samples([f"PL{n:04d}" for n in range(100)], tested)], genealogy(PL=line), CATALOGUE)
    assert [finding.code for finding in found.findings] == ["clock_only_delay"]
    assert not found.clocks[0].sure
    assert found.clocks[0].low_s == -found.clocks[0].high_s == -900.0  # unknown is no interval of zero width


def test_a_list_written_some_seconds_after_each_piece_shows_a_delay_and_no_clock():
    rng = np.random.default_rng(11)
    line = strip_line(seed=11, coils=60, entry_s=0.6, wrong=0.0)
    written = line.ends + ((30 + rng.normal(0, 1.5, 60)) * SECOND).astype(np.int64)
    table = samples([f"PL{n:04d}" for n in range(60)], written, "defects.csv", "inspection.date")
    found = align([table], genealogy(PL=line), CATALOGUE)
    assert [finding.code for finding in found.findings] == ["clock_only_delay"]
    assert (found.clocks[0].sure, found.clocks[0].offset_s) == (False, 0.0)


def test_pieces_of_which_only_one_time_was_entered_tell_a_clock_by_what_ends_them():
    rng = np.random.default_rng(12)
    cut = np.cumsum(rng.uniform(200, 500, 60)) + 1_000.0
    burns = cut - rng.uniform(20, 60, 60)  # the torch burns as long as the slab is wide
    rows = np.arange(0.0, cut[-1] + 500.0)
    torch = np.zeros(rows.size)
    for begin, end in zip(burns, cut, strict=True):
        torch[(rows >= begin) & (rows < end)] = 1.0
    line = Line(micro(rows - 41.0), micro(rows), [torch], np.full(60, NEVER), micro(np.floor(cut + rng.normal(0, 1.5, 60))))
    only_ends = genealogy(CC=line)
    stays = only_ends.stays.with_columns(start=pl.lit(None, UTC))
    (clock,) = align([log(line, "TREND_CC.csv")], Genealogy(only_ends.pieces, only_ends.edges, stays), CATALOGUE).clocks
    assert clock.sure
    assert abs(clock.offset_s - 41.0) <= 1.0


def test_a_stated_clock_is_taken_as_it_is():
    line = strip_line(seed=9, coils=40)
    found = align([log(line, "TREND_PL.csv")], genealogy(PL=line), CATALOGUE, given={"TREND_PL.csv": 12.5})
    assert found.clocks[0].offset_s == found.clocks[0].low_s == 12.5


def test_rows_stamped_with_the_day_only_are_no_midnight():
    line = strip_line(seed=10, coils=100)
    day = 86_400 * SECOND
    dated = np.arange(100) % 7 == 0
    starts = np.where(dated, line.starts // day * day - 9 * 3600 * SECOND, line.starts)
    assert (day_rows(starts, "Asia/Seoul") == dated).all()
    table = samples([f"PL{n:04d}" for n in range(100)], starts, "mes")
    gene = genealogy(PL=line)
    gene = Genealogy(gene.pieces, gene.edges, gene.stays.with_columns(start=pl.Series(starts).cast(UTC)))
    found = align([table, log(line, "TREND_PL.csv")], gene, CATALOGUE)
    assert "stands_for_day" in {finding.code for finding in found.findings}
    assert abs(found.clocks[0].offset_s - 60.0) <= 2.0
    assert stamps(table, "plant:시각").size == 100


def test_lists_with_one_time_for_many_pieces_make_no_log_a_list():
    line = strip_line(seed=13, coils=60)
    both = genealogy(PL=line)
    packed = both.stays.with_columns(
        start=pl.lit(None, UTC), end=pl.Series(np.full(60, line.ends[-1])).cast(UTC), line=pl.lit("PK")
    )
    found = align([log(line, "TREND_PL.csv")], Genealogy(both.pieces, both.edges, pl.concat([both.stays, packed])), CATALOGUE)
    assert found.lines["TREND_PL.csv"] == "PL"
    assert found.clocks[0].sure
