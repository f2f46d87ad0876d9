"""Which making did each row really use, where its id is mistyped, missing, or speaks against everything else?"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import polars as pl

from tundish.trace.genealogy.cases import cased
from tundish.trace.genealogy.evidence import Floats, Ints, Judge, Sides, learn
from tundish.trace.genealogy.likeness import near
from tundish.trace.genealogy.settle import settle
from tundish.trace.genealogy.strangers import of_none, out_of_series, peers
from tundish.trace.genealogy.turns import begin_otherwise, slip_of_maker
from tundish.trace.genealogy.uses import Uses
from tundish.trace.stamps import NEVER

TYPED_WRONG = 1 / 300
"""Share of typed ids that are wrong (white paper on manual entry, cited in the project's notes)."""
_COPIED_WRONG = 1 / 3000
"""Share of ids that are those of another row: the slip is of the eye, not of the fingers; unsourced, a tenth of the above."""
_TWO_SLIPS = 1 / 300
"""What is copied from another row is an id that somewhere stands; an id that nobody else writes took a second slip."""
_AGAINST = -1.5
"""Log likelihood ratio below which the plain reading of an id is weighed against others."""
_BY_SLIP = 0.01
"""Share of a line's rows that repeat the piece of the row before by a slip of the pen alone."""
_ROUNDS = 2
"""What was settled teaches once more (decision 0015)."""
_TEACHES = 0.9
"""Least probability of a settled pair from which the next round learns."""
_BEST = 10
"""Candidates of a row that are weighed against those of others."""
_HOPELESS = 16.0
"""Log odds by which a candidate may lie behind the best and still be weighed."""
_IN_WINDOW = 30
"""Unused makings around the usual wait that come into question."""
_FEWEST = 30
"""Plain pairs of a line that tell its usual wait."""


@dataclass(frozen=True)
class Links:
    """For each use the making that it is tied to (-1: none), how surely, and by which evidence most.

    ``candidates``: for uses that stay open, the makings that came into question: ``use``, ``making``, ``probability``.
    """

    making: Ints
    probability: Floats
    evidence: pl.Series
    weighed: Ints
    """Uses whose plain reading was doubted."""
    candidates: pl.DataFrame


def link(uses: Uses, sides: Sides) -> Links:
    """Tie every use to a making; those whose id names none, two, or one that does not fit are settled among each other."""
    plain = uses.frame["making"].fill_null(-1).to_numpy().astype(np.int64)
    sure = plain >= 0
    found = _link_once(uses, sides, plain, plain, sure)
    for _ in range(_ROUNDS - 1):
        if found.weighed.size == 0:
            break
        # what was settled teaches anew: slips no longer count among the plain pairs, nor as anybody's neighbours
        sure = (found.making >= 0) & (found.probability >= _TEACHES)
        beside = np.where(sure, found.making, -1)
        fresh = replace(sides, before=_shifted(beside, sides.line, 1), after=_shifted(beside, sides.line, -1))
        found = _link_once(uses, fresh, plain, found.making, sure)
    return _weighing_cases(found, uses)


def _weighing_cases(links: Links, uses: Uses) -> Links:
    """Links with the chance that an id which differs from its piece's in case only means another piece.

    Of all ids of the plant that are written in two cases, as many mean two pieces as its records tell apart.
    """
    ids = uses.makings["id"].gather(pl.Series(links.making).set(pl.Series(links.making < 0), None))
    other = uses.frame.select("use", "id", "even").with_columns(made=ids).filter(pl.col("id") != pl.col("made"))
    told = other.select("use", "even", one=cased(pl.col("id")), made=cased(pl.col("made")))
    told = told.filter(
        (pl.col("one") != pl.col("made")) & (pl.col("one").str.to_uppercase() == pl.col("made").str.to_uppercase())
    )
    if told.is_empty():
        return links
    small = uses.makings.filter(pl.col("even").str.contains(r"\p{Ll}"))
    apart = small["even"].str.to_uppercase().n_unique()
    same = 1.0 - (apart + 0.5) / (apart + told["even"].n_unique() + 1.0)
    probability = links.probability.copy()
    probability[told["use"].to_numpy()] *= same
    return replace(links, probability=probability)


def _shifted(making: Ints, line: Ints, step: int) -> Ints:
    """What the row before (1) or after (-1) on the same line used."""
    moved, same = np.roll(making, step), np.roll(line, step) == line
    same[0 if step > 0 else -1] = False
    return np.where(same, moved, -1)


def _link_once(uses: Uses, sides: Sides, plain: Ints, taught: Ints, sure: npt.NDArray[np.bool_]) -> Links:
    """Learn from the sure ones of the pairs ``taught``, then settle what is doubtful in the plain readings."""
    making, probability = plain.copy(), np.where(plain >= 0, 1.0, 0.0)
    evidence = pl.Series(["record"], dtype=pl.String).new_from_index(0, plain.size)
    clean = np.flatnonzero(sure)
    judge = learn(sides, clean, taught[clean])
    doubted = _doubted(uses, sides, judge, plain)
    if doubted.size == 0:
        return Links(making, probability, evidence, doubted, _NONE.to_frame())
    settled = settle(_pairs(uses, sides, judge, plain, doubted))
    chosen = settled.filter("chosen")
    at = chosen["use"].to_numpy()
    making[doubted], probability[doubted] = -1, 0.0
    making[at], probability[at] = chosen["making"].to_numpy(), chosen["probability"].to_numpy()
    evidence = evidence.scatter(at, chosen["evidence"].cast(pl.String))
    return Links(making, probability, evidence, doubted, settled.select("use", "making", "probability"))


_NONE = pl.Schema({"use": pl.Int64(), "making": pl.Int64(), "probability": pl.Float64()})


def _doubted(uses: Uses, sides: Sides, judge: Judge, plain: Ints) -> Ints:
    """Uses without a making, those whose making does not fit, and all uses of makings that are used too often."""
    frame, (odd, _) = uses.frame, out_of_series(uses.makings, TYPED_WRONG)
    clean = np.flatnonzero(plain >= 0)
    total = _total(judge.of(sides, clean, plain[clean]))
    doubt = plain < 0
    doubt[clean[total < _AGAINST]] = True
    doubt[begin_otherwise(frame)["use"].to_numpy()] = True
    doubt[clean[odd[plain[clean]]]] = True
    blocks = _blocks(frame, plain)
    often = blocks.group_by("line", "role", "making").agg(n=pl.col("block").n_unique())
    usual = often.group_by("line", "role").agg(once=(pl.col("n") == 1).mean())
    crowded = often.join(usual.filter(pl.col("once") > 0.97), on=["line", "role"]).filter(pl.col("n") > 1)
    doubt[blocks.join(crowded, on=["line", "role", "making"], how="semi")["use"].to_numpy()] = True
    return np.flatnonzero(doubt)


def _blocks(frame: pl.DataFrame, making: Ints) -> pl.DataFrame:
    """Uses with the run of neighbouring rows of one making that they stand in; on lines of one row a piece each row alone."""
    told = frame.select("use", "line", "role", making=pl.Series(making))
    turn = (pl.col("making") != pl.col("making").shift()) | (pl.col("line") != pl.col("line").shift())
    turn = turn.fill_null(value=True) | pl.Series(_row_by_row(frame, making))
    return told.with_columns(block=turn.cum_sum()).filter(pl.col("making") >= 0)


def _row_by_row(frame: pl.DataFrame, making: Ints) -> npt.NDArray[np.bool_]:
    """Whether a use stands on a line where each piece has one row: two rows that follow one another are then two uses."""
    told = frame.select("line", "role", making=pl.Series(making))
    beside = (pl.col("making") == pl.col("making").shift()) & (pl.col("line") == pl.col("line").shift())
    told = told.with_columns(beside=(beside & (pl.col("making") >= 0)).fill_null(value=False))
    single = (pl.col("beside").sum() <= _BY_SLIP * pl.len()).over("line", "role")
    return told.select(single).to_series().to_numpy()


def _total(told: dict[str, Floats]) -> Floats:
    return np.asarray(sum(told.values()), dtype=np.float64)


def _pairs(uses: Uses, sides: Sides, judge: Judge, plain: Ints, doubted: Ints) -> pl.DataFrame:
    """Doubted uses with each making that comes into question: ``score``, ``evidence``, ``slot`` terms and the score of none."""
    settled = plain.copy()
    settled[doubted] = -1
    slots = _slots(uses.frame, settled, sides)
    pairs = _candidates(uses, sides, settled, doubted)
    use, making = pairs["use"].to_numpy(), pairs["making"].to_numpy()
    told = judge.of(sides, use, making)
    slip = slip_of_maker(uses, pairs)
    often = _writers(uses.frame, pairs, slip > 0)
    score = pairs["text"].to_numpy() / np.where(slip > 0, often, 1.0) + _total(told) + _named_once(uses, pairs) + slip
    names = list(told)
    leading = np.argmax(np.stack([told[name] for name in names]), axis=0)
    kinds = np.array([_EVIDENCE[name.partition(":")[0]] for name in names])[leading]
    text = pairs["how"].to_numpy()
    kinds = np.where(text == "exact", "record", np.where(text == "near", "mistyped", kinds))
    beside = ((sides.before[use] == making) | (sides.after[use] == making)) & ~_row_by_row(uses.frame, plain)[use]
    first, again, used = _slot_terms(_slots(uses.frame, plain, sides), slots, uses.frame, pairs, sides)
    pairs = pairs.with_columns(
        score=pl.Series(score),
        evidence=pl.Series(kinds),
        free=pl.Series(np.where(beside, 0.0, first)),
        taken=pl.Series(np.where(beside, 0.0, again)),
        used=pl.Series(used & ~beside),
        shared=pl.Series(beside),
        none=pl.Series(of_none(uses, sides, plain, pairs) / often),
    )
    total = pl.col("score") + pl.when("used").then("taken").otherwise("free")
    pairs = pairs.with_columns(total=total).filter(pl.col("total") >= pl.col("total").max().over("use") - _HOPELESS)
    return (
        pairs.sort("use", "total", "making", descending=[False, True, False]).group_by("use", maintain_order=True).head(_BEST)
    )


def _writers(frame: pl.DataFrame, pairs: pl.DataFrame, slip: npt.NDArray[np.bool_]) -> Floats:
    """How many rows write the id of a use that its maker may have mistyped: one slip, or one unknown piece, explains all."""
    may = pl.col("use").is_in(pairs["use"].filter(pl.Series(slip)).unique().implode())
    told = frame.select(often=pl.when(may).then(pl.len().over("space", "even")).otherwise(1))
    return np.asarray(told["often"].gather(pairs["use"].to_numpy()).to_numpy(), dtype=np.float64)


def _named_once(uses: Uses, pairs: pl.DataFrame) -> Floats:
    """Log chance that an id which stands in one row only, and which no record made, is right: a slip makes such ids too.

    Of the ids of a space that stand alone, about as many are slips as slips are to be expected among its rows.
    """
    told = uses.makings[pairs["making"].to_numpy()]
    once = told.select(pl.col("source").is_null() & (pl.col("votes") == 1)).to_series()
    odd, far = out_of_series(uses.makings, TYPED_WRONG)
    loose = uses.makings.filter(pl.col("source").is_null()).group_by("space").agg(
        single=(pl.col("votes") == 1).sum(), all=pl.len(), slips=pl.col("votes").sum() * TYPED_WRONG
    )  # fmt: skip
    true = (pl.col("single") - pl.col("slips")).clip(0.0, None) + 0.5
    chances = loose.select("space", chance=(true / (pl.col("all") + 1.0)).log())
    chance = told.select("space").join(chances, on="space", how="left", maintain_order="left")["chance"]
    chance = chance + pl.Series(np.where(odd, far, 0.0)[pairs["making"].to_numpy()])
    return pl.select(pl.when((pairs["how"] == "exact") & once).then(chance).otherwise(0.0)).to_series().to_numpy()


_EVIDENCE = {
    "time": "time",
    "mass": "mass",
    "length": "dimensions",
    "thickness": "dimensions",
    "width": "dimensions",
    "sequence": "sequence",
    "line": "time",
    "of": "record",
    "beginning": "beginning",
}


def _candidates(uses: Uses, sides: Sides, settled: Ints, doubted: Ints) -> pl.DataFrame:
    """Makings that an id may mean: that it names, one slip away, beside what neighbouring rows used, unused in the window."""
    frame, makings = uses.frame[doubted], uses.makings.select("event", "space", "even")
    exact = (
        frame.select("use", "space", "even")
        .join(makings, on=["space", "even"], maintain_order="left_right")
        .select("use", pl.col("event").alias("making"), pl.lit(0.0).alias("text"), pl.lit("exact").alias("how"))
    )
    found = [exact]
    for space in frame["space"].drop_nulls().unique().sort().to_list():
        mine, theirs = frame.filter(pl.col("space") == space), makings.filter(pl.col("space") == space)
        alike = near(mine["even"], theirs["even"])
        found.append(
            mine.join(alike, left_on="even", right_on="typed", maintain_order="left_right")
            .join(theirs, left_on="known", right_on="even", maintain_order="left_right")
            .select(
                "use",
                pl.col("event").alias("making"),
                (pl.col("log_chance") + np.log(TYPED_WRONG)).alias("text"),
                pl.lit("near").alias("how"),
            )
        )
    use, making = _around(sides, settled, doubted)
    wide_use, wide = _unused(sides, settled, doubted)
    use, making = np.concatenate([use, wide_use]), np.concatenate([making, wide])
    blank = uses.frame["even"].is_null().to_numpy()[use]
    copied = np.log(_COPIED_WRONG) - np.log(peers(sides, use)) - 2.3
    strange = (uses.frame["n"] == 0).to_numpy()[use]
    text = np.where(blank, 0.0, np.where(strange, copied + np.log(_TWO_SLIPS), copied))
    others = pl.DataFrame({"use": use, "making": making, "text": text}).with_columns(how=pl.lit("other"))
    found.append(others.filter(sides.space[making] == sides.wanted[use]))
    return (
        pl.concat(found)
        .sort("use", "making", "text", descending=[False, False, True], maintain_order=True)
        .unique(["use", "making"], keep="first", maintain_order=True)
    )


def _around(sides: Sides, settled: Ints, doubted: Ints) -> tuple[Ints, Ints]:
    """What the nearest settled rows before and after used, and what was made next to it."""
    n = settled.size
    places = np.where(settled >= 0, np.arange(n), -1)
    last = np.maximum.accumulate(places)
    upcoming = np.where(settled >= 0, np.arange(n), n)
    following = np.minimum.accumulate(upcoming[::-1])[::-1]
    by_rank = np.lexsort((sides.rank, sides.from_line))
    place = np.empty(by_rank.size, np.int64)
    place[by_rank] = np.arange(by_rank.size)
    use, making = [], []
    for other in (last[doubted], following[doubted]):
        good = (other >= 0) & (other < n)
        good[good] = sides.line[other[good]] == sides.line[doubted[good]]
        theirs = settled[other[good]]
        for step in (-3, -2, -1, 0, 1, 2, 3):
            at = np.clip(place[theirs] + step, 0, by_rank.size - 1)
            use.append(doubted[good])
            making.append(by_rank[at])
    return np.concatenate(use), np.concatenate(making)


def _unused(sides: Sides, settled: Ints, doubted: Ints) -> tuple[Ints, Ints]:
    """Makings that their line's usual taker has not used, made as long before as is usual there."""
    out_use, out_making = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
    for line in np.unique(sides.line[doubted]):
        mine = doubted[(sides.line[doubted] == line) & (sides.at[doubted] != NEVER)]
        clean = np.flatnonzero((sides.line == line) & (settled >= 0) & (sides.at != NEVER))
        clean = clean[sides.made[settled[clean]] != NEVER]
        if clean.size < _FEWEST or mine.size == 0:
            continue
        waits = sides.at[clean] - sides.made[settled[clean]]
        low, high = np.quantile(waits, [0.002, 0.998])
        feeding = np.unique(sides.from_line[settled[clean]])
        used = np.zeros(sides.made.size, bool)
        used[settled[clean]] = True
        free = np.flatnonzero(~used & np.isin(sides.from_line, feeding) & (sides.made != NEVER))
        free = free[np.argsort(sides.made[free], kind="stable")]
        typical = np.quantile(waits, 0.5)
        centre = np.searchsorted(sides.made[free], sides.at[mine] - typical)
        for step in range(-_IN_WINDOW // 2, _IN_WINDOW // 2 + 1):
            at = centre + step
            good = (at >= 0) & (at < free.size)
            making = free[at[good]]
            wait = sides.at[mine[good]] - sides.made[making]
            fits = (wait >= low) & (wait <= high)
            out_use.append(mine[good][fits])
            out_making.append(making[fits])
    return np.concatenate(out_use), np.concatenate(out_making)


def _slots(frame: pl.DataFrame, settled: Ints, sides: Sides) -> pl.DataFrame:
    """How many blocks of settled rows use each making, line by line."""
    blocks = (
        _blocks(frame, settled)
        .group_by("line", "role", "making", maintain_order=True)
        .agg(n=pl.col("block").n_unique().cast(pl.Int64))
    )
    return blocks.with_columns(from_line=pl.Series(sides.from_line[blocks["making"].to_numpy()]))


def _slot_terms(
    stated: pl.DataFrame, slots: pl.DataFrame, frame: pl.DataFrame, pairs: pl.DataFrame, sides: Sides
) -> tuple[Floats, Floats, Ints]:
    """For each pair the log odds of a first and of a further use of the making on this line, and whether it is used already.

    What was made last is not used yet: only makings before the last tenth of those used count as left over.
    """
    told = (
        pairs.select("use", "making")
        .with_columns(frame[pairs["use"].to_numpy()].select("line", "role"))
        .with_columns(from_line=pl.Series(sides.from_line[pairs["making"].to_numpy()]))
    )
    ranks = pl.Series(sides.rank[stated["making"].to_numpy()])
    stated = stated.with_columns(rank=ranks).with_columns(last=0.9 * pl.col("rank").max().over("line", "role", "from_line"))
    odds = stated.group_by("line", "role", "from_line").agg(
        once=(pl.col("rank") <= pl.col("last")).sum().cast(pl.Float64),
        twice=(pl.col("n") > 1).sum(),
        all=pl.len(),
        last=pl.col("last").first() + 1,
    )
    odds = odds.with_columns(
        first=(pl.col("once") + 1).log() - (pl.max_horizontal(pl.col("last") - pl.col("once"), pl.lit(0)) + 1).log(),
        again=(pl.col("twice") + 0.5).log() - (pl.col("all") + 1).log(),
    ).select("line", "role", "from_line", "first", "again")
    told = told.join(odds, on=["line", "role", "from_line"], how="left", maintain_order="left").join(
        slots.select("line", "role", "making", "n"), on=["line", "role", "making"], how="left", maintain_order="left"
    )
    first, again = (told[name].fill_null(0.0).to_numpy() for name in ("first", "again"))
    unrecorded = sides.unrecorded[pairs["making"].to_numpy()]
    return np.where(unrecorded, 0.0, first.clip(-3.0, 6.0)), again, (told["n"].fill_null(0) > 0).to_numpy()
