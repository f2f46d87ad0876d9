"""How does the id of each piece really read, where its own record and those that use it write it differently?"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import polars as pl

from tundish.trace.genealogy.events import Events, most_said
from tundish.trace.genealogy.likeness import near, slips
from tundish.trace.genealogy.links import Links
from tundish.trace.genealogy.strays import NUMBERED, RUNNING, steps
from tundish.trace.genealogy.turns import begins, in_turn, neighbours
from tundish.trace.genealogy.uses import Uses

_BEGINNING = 0.9
"""Share of a line's ids that begin with their parent's, from which on one that does not is odd."""
_FEWEST = 20
"""Fewer ids of a line, or unrecorded ones of all, show no series."""
_MOST_OF = 0.5
"""Share of a space's ids that begin alike, from which on one that begins otherwise is odd."""
_SURE = 0.97
"""Most certainty of an id put right by its place in a series alone. On six generated chains (seeds 100-105, see
docs/measured.md) 62 of 66 such cells were right before chance was counted against them; no plant teaches it itself."""
_MENDED = 0.8
"""Least certainty of an unrecorded piece's name that is put right so; its cells stay as they are below 0.95."""
_WEIGHTS = {"expected": 1.5, "in_turn": 1.5, "begins": 2.0, "taken": -3.0, "mentioned": 0.6}
"""Votes; a row that writes the id counts 1."""


@dataclass(frozen=True)
class Names:
    """For each making its id as it should read (evened, and as written), how surely, and by which evidence it was put right."""

    even: pl.Series
    id: pl.Series
    certainty: pl.Series
    mended: pl.Series
    """Evidence of a change; null where the id stands as recorded."""


def name_pieces(events: Events, uses: Uses, links: Links, mentions: pl.DataFrame) -> Names:
    """Settle the id of every making by what its own rows and its uses write, its place in the series, its parent's id.

    ``mentions``: ``space``, ``even``, ``times``: how often ids stand in tables that make nothing.
    """
    makings = _with_hints(events, uses, links)
    votes = _votes(events, uses, links, makings)
    contested = votes.filter(pl.len().over("event") > 1)
    makings = makings.with_columns(read=pl.col("even"), certainty=pl.lit(1.0), mended=pl.lit(None, pl.String))
    if not contested.is_empty():
        makings = _elected(makings, contested, mentions)
    makings = _by_series(makings, uses, links)
    makings = _by_neighbours(makings)
    written = _written(makings, uses)
    return Names(makings["read"].alias("even"), written, makings["certainty"], makings["mended"])


def _split(name: pl.Expr) -> tuple[pl.Expr, pl.Expr, pl.Expr]:
    digits = name.str.extract(NUMBERED, 2)
    return name.str.extract(NUMBERED, 1), digits.cast(pl.Int64), digits.str.len_chars()


def _next(name: pl.Expr, step: pl.Expr) -> pl.Expr:
    """The id a step further in the series, with as many digits."""
    stem, number, width = _split(name)
    ahead = (number + step).cast(pl.String)
    return stem + pl.when(number + step >= 0).then(ahead.str.zfill(width))


def _with_hints(events: Events, uses: Uses, links: Links) -> pl.DataFrame:
    """Makings with ``after`` (what follows on the id made before), ``ahead`` (what the id made next follows on), ``parent``."""
    makings = uses.makings.with_columns(recorded=pl.col("source").is_not_null())
    ordered = makings.filter("recorded").sort("line", "rank", maintain_order=True)
    same = (pl.col("line") == pl.col("line").shift()).fill_null(value=False)
    ordered = ordered.join(steps(ordered).drop("running"), on="line", how="left", maintain_order="left")
    ordered = ordered.with_columns(
        after=pl.when(same).then(_next(pl.col("even").shift(), pl.col("step"))),
        ahead=pl.when(same.shift(-1).fill_null(value=False)).then(_next(pl.col("even").shift(-1), -pl.col("step"))),
    )
    running = ordered.group_by("line").agg(running=(pl.col("after") == pl.col("even")).mean() >= RUNNING, n=pl.len())
    ordered = ordered.join(running.filter(pl.col("n") >= _FEWEST).drop("n"), on="line", how="left")
    parents = _parents(events, uses, links)
    hints = ordered.select("event", "after", "ahead", pl.col("running").fill_null(value=False))
    joined = makings.join(hints, on="event", how="left").join(parents, on="event", how="left").sort("event")
    usual = joined.group_by("line").agg(stems=begins("even").mean() >= _BEGINNING)
    joined = joined.join(usual, on="line", how="left").join(neighbours(makings), on="event", how="left").sort("event")
    return joined.with_columns(pl.col("running", "stems").fill_null(value=False))


def _parents(events: Events, uses: Uses, links: Links) -> pl.DataFrame:
    into = uses.frame.with_columns(making=pl.Series(links.making), event=events.rows["event"].gather(uses.frame["order"]))
    into = into.filter((pl.col("role") == "in") & (pl.col("making") >= 0) & pl.col("event").is_not_null())
    names = uses.makings.select(pl.col("event").alias("making"), pl.col("even").alias("parent"))
    return most_said(into.join(names, on="making", maintain_order="left"), "event", "parent")


_HINTS = ("after", "ahead", "running", "stems", "parent", "before", "behind", "torn")


def _votes(events: Events, uses: Uses, links: Links, makings: pl.DataFrame) -> pl.DataFrame:
    """Every reading of every making, with the rows that write it so."""
    made = events.rows.filter(pl.col("event").is_not_null()).select("event", "out").rename({"out": "text"})
    made = made.group_by("event", "text").agg(votes=pl.len())
    used = pl.DataFrame({"event": links.making, "text": uses.frame["even"], "sure": links.probability})
    used = used.filter((pl.col("event") >= 0) & pl.col("text").is_not_null() & (pl.col("sure") >= 0.5))
    votes = pl.concat([made, used.group_by("event", "text").agg(votes=pl.len())])
    return (
        votes.group_by("event", "text")
        .agg(pl.col("votes").sum().cast(pl.Float64))
        .join(makings.select("event", "space", "even", *_HINTS), on="event")
    )


def _elected(makings: pl.DataFrame, contested: pl.DataFrame, mentions: pl.DataFrame) -> pl.DataFrame:
    names = makings.group_by("space", "even", maintain_order=True).agg(holders=pl.len(), holder=pl.col("event").first())
    told = contested.join(names, left_on=["space", "text"], right_on=["space", "even"], how="left").join(
        mentions, left_on=["space", "text"], right_on=["space", "even"], how="left"
    )
    taken = (pl.col("holders") > 1) | (pl.col("holder") != pl.col("event"))
    score = (
        pl.col("votes").clip(0, 4)
        + pl.when(pl.col("running") & (pl.col("text") == pl.col("after"))).then(_WEIGHTS["expected"]).otherwise(0.0)
        + pl.when(pl.col("running") & (pl.col("text") == pl.col("ahead"))).then(_WEIGHTS["expected"]).otherwise(0.0)
        + pl.when(pl.col("torn").is_not_null() & in_turn("text")).then(_WEIGHTS["in_turn"]).otherwise(0.0)
        + pl.when(pl.col("stems") & begins("text")).then(_WEIGHTS["begins"]).otherwise(0.0)
        + pl.when(taken.fill_null(value=False)).then(_WEIGHTS["taken"]).otherwise(0.0)
        + pl.when(pl.col("times").is_not_null()).then(_WEIGHTS["mentioned"]).otherwise(0.0)
    )
    told = told.with_columns(score=score, own=pl.col("text") == pl.col("even")).sort(
        "event", "score", "own", "text", descending=[False, True, True, False]
    )
    won = told.group_by("event", maintain_order=True).agg(
        pl.col("text").first().alias("won"), lead=pl.col("score").first() - pl.col("score").get(1)
    )
    makings = makings.join(won, on="event", how="left").sort("event")
    changed = pl.col("won").is_not_null() & (pl.col("won") != pl.col("even"))
    return makings.with_columns(
        read=pl.coalesce("won", "read"),
        certainty=pl.when(pl.col("lead").is_null()).then("certainty").otherwise(1 - 0.5 * (-2.0 * pl.col("lead")).exp()),
        mended=pl.when(changed).then(pl.lit("mistyped")).otherwise("mended"),
    ).drop("won", "lead")


def _by_series(makings: pl.DataFrame, uses: Uses, links: Links) -> pl.DataFrame:
    """Ids that no use confirms and that break their series, or do not begin with their parent's id as all others do."""
    used = pl.DataFrame({"event": links.making, "text": uses.frame["even"]}).filter(pl.col("event") >= 0).unique()
    plain = used.join(makings.select("event", "even"), left_on=["event", "text"], right_on=["event", "even"], how="semi")
    known = makings.select("space", "read").unique()
    twice = pl.len().over("space", "even") > 1
    odd = makings.with_columns(twice=twice).filter(pl.col("recorded") & pl.col("mended").is_null())
    odd = odd.filter(~pl.col("event").is_in(plain["event"].implode()) | pl.col("twice"))
    both = pl.when(pl.col("running") & (pl.col("after") == pl.col("ahead"))).then("after")
    torn = pl.col("stems") & ~begins("even").fill_null(value=True)
    odd = (
        pl.concat(
            [
                odd.select("event", "space", "even", meant=both),
                odd.filter(torn & begins("after")).select("event", "space", "even", meant=pl.col("after")),
                odd.filter(torn & begins("ahead")).select("event", "space", "even", meant=pl.col("ahead")),
                _after_parent(odd.filter(torn)),
            ]
        )
        .filter(pl.col("meant").is_not_null() & (pl.col("meant") != pl.col("even")))
        .unique(["event", "meant"], maintain_order=True)
    )
    odd = odd.join(known, left_on=["space", "meant"], right_on=["space", "read"], how="anti")
    odd = odd.filter(pl.len().over("event") == 1)
    slips = near(odd["even"], odd["meant"])
    odd = odd.join(slips, left_on=["even", "meant"], right_on=["typed", "known"], how="semi")
    makings = makings.join(odd.select("event", "meant"), on="event", how="left").sort("event")
    changed = pl.col("meant").is_not_null()
    return makings.with_columns(
        read=pl.coalesce("meant", "read"),
        certainty=pl.when(changed).then(_SURE).otherwise("certainty"),
        mended=pl.when(changed).then(pl.lit("sequence")).otherwise("mended"),
    ).drop("meant")


def _after_parent(odd: pl.DataFrame) -> pl.DataFrame:
    """Ids as long that begin with the parent's and are one slip away, where there is just one such."""
    found = [
        (event, space, even, word)
        for event, space, even, parent in odd.select("event", "space", "even", "parent").iter_rows()
        for word in dict.fromkeys(word for word, _ in slips(even, "0123456789"))
        if word.startswith(parent) and len(word) == len(even)
    ]
    schema = {"event": pl.Int64, "space": pl.String, "even": pl.String, "meant": pl.String}
    return pl.DataFrame(found, schema=schema, orient="row").filter(pl.len().over("event") == 1)


_AROUND = 11
"""Unrecorded pieces around one, in the order of work, whose numbers it is held against."""
_FAR_OFF = 3.0
"""Times the usual reach of numbers around that an odd one lies away."""


def _by_neighbours(makings: pl.DataFrame) -> pl.DataFrame:
    """Ids of unrecorded pieces that stand far from those used around them, and of which one slip alone makes one that fits."""
    stem, number, _ = _split(pl.col("even"))
    loose = makings.filter(~pl.col("recorded")).with_columns(stem=stem, number=number.cast(pl.Float64))
    loose = loose.sort("space", "order", maintain_order=True)
    if loose.height < _FEWEST:
        return makings
    middle = pl.col("number").rolling_median(_AROUND, min_samples=3, center=True).over("space")
    loose = loose.with_columns(middle=middle).with_columns(apart=(pl.col("number") - pl.col("middle")).abs())
    loose = loose.with_columns(reach=pl.col("apart").quantile(0.97).over("space").clip(5.0, None))
    usual = (
        loose.group_by("space", "stem", maintain_order=True)
        .len()
        .filter(pl.col("len") > _MOST_OF * pl.col("len").sum().over("space"))
    )
    spaces = dict(usual.select("space", "stem").iter_rows())
    odd = loose.filter(
        (pl.col("votes") == 1)
        & (
            (pl.col("apart") > _FAR_OFF * pl.col("reach"))
            | pl.col("number").is_null()
            | (pl.col("stem") != pl.col("space").replace_strict(spaces, default=None, return_dtype=pl.String))
        )
    )
    fresh = _fitting(odd, spaces, odd["middle"], makings)
    if fresh.is_empty():
        return makings
    half = odd.height // 2
    strange = pl.concat([odd["middle"].slice(half), odd["middle"].slice(0, half)])
    certainty = _beyond_chance(fresh.height, _fitting(odd, spaces, strange, makings).height, odd.height)
    if certainty < _MENDED:
        return makings
    return (
        makings.join(fresh, on="event", how="left")
        .sort("event")
        .with_columns(
            read=pl.coalesce("meant", "read"),
            certainty=pl.when(pl.col("meant").is_not_null()).then(certainty).otherwise("certainty"),
            mended=pl.when(pl.col("meant").is_not_null()).then(pl.lit("sequence")).otherwise("mended"),
        )
        .drop("meant")
    )


def _fitting(odd: pl.DataFrame, spaces: dict[str, str], centres: pl.Series, makings: pl.DataFrame) -> pl.DataFrame:
    """``event`` and ``meant``: odd ids of which just one slip makes an unknown id near its centre."""
    found = [
        (event, word)
        for event, even, space, reach, centre in zip(*odd.select("event", "even", "space", "reach"), centres, strict=True)
        if centre is not None
        for word in dict.fromkeys(word for word, _ in slips(even, "0123456789" + str(spaces.get(space, ""))))
        if _near_number(word, spaces.get(space), centre, reach)
    ]
    words = pl.DataFrame(found, schema={"event": pl.Int64, "meant": pl.String}, orient="row")
    words = words.join(makings.select(meant="read"), on="meant", how="anti", maintain_order="left")
    return words.filter(pl.len().over("event") == 1)


def _beyond_chance(fits: int, by_chance: int, odd: int) -> float:
    """Certainty that an odd id which fits its place by one slip is a slip.

    Ids far from their neighbours may be right: pieces taken out of turn. So many of them as fit a stranger's place by chance
    fit their own by chance.
    """
    chance = min(by_chance / odd, 0.9)
    true = min((odd - fits) / (1.0 - chance), float(odd))
    return max(0.0, 1.0 - chance * true / fits) * _SURE


def _near_number(word: str, stem: str | None, centre: float, reach: float) -> bool:
    match = re.fullmatch(NUMBERED, word)
    return match is not None and match[1] == stem and abs(int(match[2]) - centre) <= reach


def _written(makings: pl.DataFrame, uses: Uses) -> pl.Series:
    """The id in the plant's own spelling: as some row writes it, else in the manner of the one it replaces."""
    unchanged = makings["read"] == makings["even"]
    if bool(unchanged.all()):
        return makings["id"]
    wanted = makings.filter(~unchanged).select("space", "read").unique()
    seen = uses.frame.select("space", pl.col("even").alias("read"), pl.col("id").alias("seen")).drop_nulls()
    seen = seen.join(wanted, on=["space", "read"], how="semi", maintain_order="left").unique(
        ["space", "read"], keep="first", maintain_order=True
    )
    joined = makings.join(seen, on=["space", "read"], how="left", maintain_order="left")
    return pl.select(
        pl.when(unchanged)
        .then(joined["id"])
        .otherwise(pl.coalesce(joined["seen"], pl.Series(_in_the_manner(joined), dtype=pl.String)))
    ).to_series()


def _in_the_manner(makings: pl.DataFrame) -> list[str | None]:
    """Only changed ids are rewritten: characters of the new id laid over the separators of the old, where both are as long."""
    out: list[str | None] = []
    changed = (makings["read"] != makings["even"]).to_numpy()
    places = np.flatnonzero(changed)
    fresh = {int(n): _laid(str(makings["id"][int(n)]), str(makings["read"][int(n)])) for n in places}
    for n in range(makings.height):
        out.append(fresh.get(n))
    return out


def _laid(old: str, new: str) -> str:
    if sum(letter.isalnum() for letter in old) != len(new):
        return new
    letters = iter(new if any(letter.isupper() for letter in old) or not any(x.isalpha() for x in old) else new.lower())
    return "".join(next(letters) if letter.isalnum() else letter for letter in old)
