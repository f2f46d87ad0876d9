"""Which settings should be kept where? A safe window: few limits, a promise that later lots keep."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from tundish.errors import Message
from tundish.learn.answer import Cause, Floats, Limit, Window
from tundish.learn.blocks import Ints, time_blocks
from tundish.learn.marks import LEVEL_STATISTICS, Cut, Flags, Levels, Numbers, Setting, best_cut, inside, limit, setting, within
from tundish.learn.question import Question
from tundish.learn.risk import smooth_risk
from tundish.table import Column, Finding, Severity
from tundish.trace.pieces import Pieces
from tundish.vocabulary import Catalogue

MOST_LIMITS = 4
LEAST_INSIDE = 0.2
"""Share of earlier pieces that must lie inside: the plant has been there often enough to know."""
PATIENT = (0.8, 0.65, 0.5, 0.4, 0.3, LEAST_INSIDE)
"""Shares that must stay inside, one after the other, in the patient search."""
FOLDS = 8
SE_BLOCKS = 20
ONE_SIDED_95 = 1.73
"""95 % point of Student's t with 19 degrees of freedom, one side: 20 blocks of pieces measure the error."""
NEXT_PERIOD = 1 / 3
"""Length of the later period for which the promise is made, as part of the earlier one: the share that proving sets aside."""
AIMS_BINARY = (1.0, 0.75, 0.5, 0.35, 0.25, 0.15)
AIMS_NUMBER = (0.25, 0.0, -0.25, -0.5, -0.75, -1.0)
WILD = 0.3
"""Part of the variance between blocks of time that is charged to the promise: tuned on generated lines only, by
``benchmarks/window_grid.py``."""

BINS = 8
"""Bins of equal counts in which the causes outside the window are evened out."""
FLOOR = 0.25
"""Part of a sure gain that is promised at least."""
WIDER = 1.5
"""Standard errors of benefit that a wider window may cost: a narrow one that looks better is mostly luck."""

Box = dict[int, Cut]
"""Number of the setting -> the part of it that is kept."""


@dataclass(frozen=True, eq=False)
class _Ground:
    """What the search stands on: badness a piece, as it was and with the other causes evened out, and the settings."""

    bad: Floats
    even: Floats
    settings: tuple[Setting, ...]
    others: tuple[Setting, ...]
    """Causes that are not in the window."""
    folds: Ints
    blocks: Ints


@dataclass(frozen=True, eq=False, slots=True)
class _View:
    """Badness a piece as a search looks at it, and the scatter that a cut must stand out of; 0 for a smooth risk."""

    badness: Floats
    spread: float


@dataclass(frozen=True, slots=True)
class _Benefit:
    """What a way of searching gained on pieces it had not seen."""

    gain: float
    error: float

    @property
    def cautious(self) -> float:
        return self.gain - self.error

    @property
    def promise(self) -> float:
        """The gain less one standard error, and no more than what nine tenths of are kept in 19 of 20 later periods.

        A later period may be too short to show a gain that is there all the same: a gain that is sure in itself, nine
        tenths of a quarter of it in 19 of 20 plants, is promised at a quarter.
        """
        later = self.gain - ONE_SIDED_95 * self.error * np.sqrt(1 + 1 / NEXT_PERIOD)
        promise = min(self.gain - self.error, later / 0.9)
        sure = (1 - 0.9 * FLOOR) * self.gain >= ONE_SIDED_95 * self.error
        return float(max(promise, FLOOR * self.gain) if sure else promise)


def find_window(
    earlier: Pieces, causes: Sequence[Cause], question: Question, catalogue: Catalogue
) -> tuple[Window | None, tuple[Finding, ...]]:
    """Find the safe window over the claimed causes that a person can turn; None when no limit pays.

    Settings are turnable when the plant says so (``question.wish.turnable``), else when the vocabulary does. Columns of
    unknown meaning are used only when no other setting is left, with a finding that asks. For each aimed level of badness
    the box with the greatest sum of what is gained against it is searched setting by setting; the aim is chosen, and the
    promise made, on consecutive blocks of pieces that the search did not see. The badness is evened out for causes that
    cannot be turned, so that a setting is not praised for the easy material that came with it; the smaller of the raw and
    the evened benefit counts.

    ``Window.today`` and ``Window.promised`` are shares of bad pieces when badness is 0/1, else means of the target in SI.
    """
    target = earlier.table.column(earlier.target)
    badness = question.badness(question.outcome(earlier))
    if badness is None:
        return None, (_about(target, "unknown_side", "warning", _UNKNOWN_SIDE),)
    columns, findings = _turnable(earlier, causes, question, catalogue)
    ground = _prepare(earlier, badness, columns, causes)
    if not ground.settings:
        return None, findings
    benefit, box = _choose(ground, binary=_is_binary(badness))
    if benefit is None or not box or benefit.promise <= 0:
        return None, (*findings, _about(target, "none", "info", _NOTHING_PAYS))
    limits = tuple(_limits(ground, box))
    return _window(earlier, ground, limits, benefit, question), findings


def _window(earlier: Pieces, ground: _Ground, limits: tuple[Limit, ...], benefit: _Benefit, question: Question) -> Window:
    """Turn badness back into the target: a value whose more is better was searched with its sign turned."""
    today = float(np.nanmean(ground.bad))
    promised = today - benefit.promise
    sign = 1.0
    if _is_binary(ground.bad):
        promised = max(promised, 0.0)
    elif np.allclose(ground.bad, -question.outcome(earlier), equal_nan=True):
        sign = -1.0
    known = np.isfinite(ground.bad)
    return Window(limits, sign * promised, sign * today, float(inside(limits, earlier.table.frame)[known].mean()))


def _is_binary(badness: Floats) -> bool:
    known = badness[np.isfinite(badness)]
    return bool(np.isin(known, (0.0, 1.0)).all())


# --- which settings can be turned


def _turnable(
    earlier: Pieces, causes: Sequence[Cause], question: Question, catalogue: Catalogue
) -> tuple[tuple[Column, ...], tuple[Finding, ...]]:
    known: list[Column] = []
    unknown: list[Column] = []
    findings: list[Finding] = []
    for cause in causes:
        said = _may_turn((cause.column, *cause.also), question.wish.turnable, catalogue)
        if said is False:
            continue
        level = _level(earlier, cause.column)
        if level is None:
            findings.append(_about(cause.column, "no_level", "info", _NO_LEVEL, statistic=cause.column.statistic))
        elif level not in known and level not in unknown:
            (unknown if said is None else known).append(level)
    if causes and not known and not unknown and not findings:
        findings.append(_about(earlier.table.column(earlier.target), "nothing_to_turn", "info", _NOTHING_TO_TURN))
    text = _LEFT_OUT if known else _USED
    findings += [_about(column, "turnable_unknown", "warning", text) for column in unknown]
    return tuple(known or unknown), tuple(findings)


def _may_turn(columns: Sequence[Column], wish: Mapping[str, bool], catalogue: Catalogue) -> bool | None:
    """What the plant said of any of these columns, else what the vocabulary says of the first; None: nobody knows."""
    for column in columns:
        said = [wish[key] for origin in column.origins for key in (*origin.spots, origin.column or "") if key in wish]
        if said:
            return said[0]
    concepts = [column.concept for column in columns if column.concept is not None]
    return catalogue.concept(concepts[0]).turnable if concepts else None


def _level(earlier: Pieces, column: Column) -> Column | None:
    """The feature of the same column of the plant that says at which level it was kept."""
    if column.kind == "category":
        return column
    same = [
        other
        for other in earlier.table.columns
        if other.source == column.source and other.kind == "number" and other.known == "before"
    ]
    if column not in same:
        same.append(column)
    ranked = [other for other in same if other.statistic in LEVEL_STATISTICS]
    return min(ranked, key=lambda other: LEVEL_STATISTICS.index(other.statistic), default=None)


# --- the ground of the search


def _prepare(earlier: Pieces, badness: Floats, columns: Sequence[Column], causes: Sequence[Cause]) -> _Ground:
    frame = earlier.table.frame
    settings = tuple(part for column in columns if (part := setting(column, frame)) is not None)
    taken = {part.column.source for part in settings}
    others = tuple(
        part for cause in causes if cause.column.source not in taken and (part := setting(cause.column, frame)) is not None
    )
    even = badness - _due_to(others, settings, badness)
    return _Ground(badness, even, settings, others, time_blocks(frame, FOLDS), time_blocks(frame, SE_BLOCKS))


def _due_to(others: tuple[Setting, ...], settings: tuple[Setting, ...], badness: Floats) -> Floats:
    """Part of each piece's badness that goes with causes outside the window: an additive model of binned causes, centred."""
    if not others or not settings:
        return np.zeros(badness.size)
    known = np.isfinite(badness)
    mine, theirs = (np.hstack([_binned(part) for part in parts]) for parts in (others, settings))
    design = np.hstack((mine, theirs))
    centred = design - design[known].mean(axis=0)
    target = badness[known] - badness[known].mean()
    gram = centred[known].T @ centred[known] + np.eye(design.shape[1])
    weights = np.linalg.solve(gram, centred[known].T @ target)
    return np.asarray(centred[:, : mine.shape[1]] @ weights[: mine.shape[1]], dtype=float)


def _binned(part: Setting) -> Floats:
    """One column of 0/1 for each bin of equal counts, or for each level; unknown values are in none."""
    if isinstance(part, Levels):
        return np.asarray(part.codes[:, None] == np.arange(len(part.names))[None, :], dtype=float)
    edges = np.unique(np.nanquantile(part.values, np.linspace(0, 1, BINS + 1)[1:-1]))
    place = np.where(np.isfinite(part.values), np.searchsorted(edges, part.values, side="right"), -1)
    return np.asarray(place[:, None] == np.arange(edges.size + 1)[None, :], dtype=float)


# --- the search


def _choose(ground: _Ground, *, binary: bool) -> tuple[_Benefit | None, Box]:
    """The way of searching and the aim that pay best on unseen blocks, and their box; the widest among those nearly as good."""
    known = np.isfinite(ground.bad)
    mean, spread = float(ground.bad[known].mean()), float(ground.bad[known].std())
    aims = [mean * factor for factor in AIMS_BINARY] if binary else [mean + spread * factor for factor in AIMS_NUMBER]
    views = [_seen(ground, known), _smoothed(ground, known)]
    unseen = [(known & (ground.folds == fold)) for fold in np.unique(ground.folds[known])]
    partial = [[view(ground, known & ~out) for out in unseen] for view in (_seen, _smoothed)]
    found: list[tuple[_Benefit, Box]] = []
    for aim in aims:
        for view, parts in zip(views, partial, strict=True):
            box = _search(ground, known, view, aim)
            if box and all(box != other for _, other in found):
                boxes = [_search(ground, known & ~out, part, aim) for out, part in zip(unseen, parts, strict=True)]
                found.append((_benefit(ground, known, unseen, boxes), box))
    if not found:
        return None, {}
    best = max((benefit for benefit, _ in found), key=lambda benefit: benefit.cautious)
    return next((benefit, box) for benefit, box in found if benefit.gain >= best.gain - WIDER * best.error)


def _seen(ground: _Ground, among: Flags) -> _View:
    """The pieces as they were: sharp where a limit is sharp. A cut must be sure, for single pieces are mostly chance."""
    return _View(ground.even, float(ground.even[among].std()))


def _smoothed(ground: _Ground, among: Flags) -> _View:
    """The pieces as they were likely to be: several settings that each matter a little are seen."""
    return _View(smooth_risk(ground.settings, ground.others, ground.bad, among), 0.0)


def _benefit(ground: _Ground, known: Flags, unseen: Sequence[Flags], boxes: Sequence[Box]) -> _Benefit:
    """What boxes gain on the blocks that their search did not see; errors from 20 blocks of pieces."""
    kept = np.zeros(known.size, dtype=bool)
    for out, box in zip(unseen, boxes, strict=True):
        kept |= _inside(ground.settings, box, out)
    gains = [_gain(values, kept, known, ground) for values in (ground.bad, ground.even)]
    return min(gains, key=lambda benefit: benefit.gain)


def _gain(values: Floats, kept: Flags, known: Flags, ground: _Ground) -> _Benefit:
    """Mean over all pieces less mean inside, the lesser of pooled and within the folds; its error over blocks of pieces."""
    if not kept.any():
        return _Benefit(0.0, float("inf"))
    today, held = float(values[known].mean()), float(values[kept].mean())
    count = np.bincount(ground.folds[kept], minlength=FOLDS)
    means = np.bincount(ground.folds[known], values[known], FOLDS) / np.maximum(
        np.bincount(ground.folds[known], minlength=FOLDS), 1
    )
    paired = float((means * count).sum() / count.sum()) - held
    # How many bad lots the plant happened to run moves today's mean, not what a lot inside is like: of the scatter of
    # whole blocks that comes from it, only a part (tuned on generated lines) is charged to the promise.
    rest = np.where(kept, values - held, 0.0) / kept.sum()
    shares = np.where(known, values - today, 0.0) / known.sum() - rest
    lots = np.nansum(shares**2)
    calm, wild = (max(_by_block(part, ground, kept), lots) for part in (rest, shares))
    error = float(np.sqrt((1 - WILD) * calm + WILD * wild))
    return _Benefit(min(today - held, paired), error)


def _by_block(shares: Floats, ground: _Ground, among: Flags) -> float:
    """Variance of a sum of shares, from blocks of pieces."""
    blocks = max(int(np.unique(ground.blocks[among]).size), 2)
    return float((np.bincount(ground.blocks, np.nan_to_num(shares)) ** 2).sum() * blocks / (blocks - 1))


def _search(ground: _Ground, among: Flags, view: _View, aim: float) -> Box:
    """The box with the greatest sum of what its pieces stay below the aim; empty when the aim is out of reach.

    Searched patiently (Friedman and Fisher, Stat. Comput. 9 (1999) 123): where the share inside may shrink only step by
    step, several settings give a little instead of one giving all. Single pieces are also searched at once.
    """
    ways = ((LEAST_INSIDE,), PATIENT) if view.spread else (PATIENT,)
    boxes = [_climb(ground, among, view, aim, shares) for shares in ways]
    box, reached = max(boxes, key=lambda found: found[1])
    return box if reached > 0 else {}


def _climb(ground: _Ground, among: Flags, view: _View, aim: float, shares: Sequence[float]) -> tuple[Box, float]:
    gain = np.where(among, aim - view.badness, 0.0)
    box: Box = {}
    reached = float(gain[among].sum())
    for share in shares:
        least = int(np.ceil(share * among.sum()))
        for _ in range(3 * MOST_LIMITS):
            step = _step(ground, among, gain, box, least=least, spread=view.spread)
            if step is None or step[2] <= reached + 1e-9 * abs(reached):
                break
            box[step[0]], reached = step[1], step[2]
    return box, reached


def _step(ground: _Ground, among: Flags, gain: Floats, box: Box, *, least: int, spread: float) -> tuple[int, Cut, float] | None:
    """The best single change of the box: one setting cut anew, the others as they are."""
    best: tuple[int, Cut, float] | None = None
    for number, part in enumerate(ground.settings):
        if number not in box and len(box) >= MOST_LIMITS:
            continue
        rest = _inside(ground.settings, {key: cut for key, cut in box.items() if key != number}, among)
        found = best_cut(part, gain, rest, least, spread)
        if found is not None and found[0] != box.get(number) and (best is None or found[1] > best[2]):
            best = (number, *found)
    return best


def _inside(settings: tuple[Setting, ...], box: Box, among: Flags) -> Flags:
    kept = among.copy()
    for number, cut in box.items():
        kept &= within(settings[number], cut)
    return kept


# --- the lines of the window


def _limits(ground: _Ground, box: Box) -> list[Limit]:
    known = np.isfinite(ground.bad)
    kept = _inside(ground.settings, box, known)
    return [
        limit(part, _closed(part, cut, ground.even, kept)) for number, cut in box.items() for part in (ground.settings[number],)
    ]


def _closed(part: Setting, cut: Cut, values: Floats, kept: Flags) -> Cut:
    """Close an open side at the last mark the plant has seen, unless the pieces at that end are as good as the rest."""
    if isinstance(part, Levels):
        return cut
    low = 0 if cut.low is None and not _end_is_fine(part, values, kept, upper=False) else cut.low
    high = part.marks.size - 1 if cut.high is None and not _end_is_fine(part, values, kept, upper=True) else cut.high
    return Cut(low, high)


def _end_is_fine(part: Numbers, values: Floats, kept: Flags, *, upper: bool) -> bool:
    rows = np.flatnonzero(kept)
    order = rows[np.argsort(part.values[rows], kind="stable")]
    end = max(10, rows.size // 20)
    last, rest = (order[-end:], order[:-end]) if upper else (order[:end], order[end:])
    if not rest.size:
        return False
    error = float(values[rows].std()) / np.sqrt(last.size)
    return bool(values[last].mean() <= values[rest].mean() + 2 * error)


# --- what a person should read


_USED = (
    "Nothing says whether {column} can be turned; it was used for the window because no other cause can be. "
    "Write it under [turnable] in plant.toml: true or false."
)
_LEFT_OUT = (
    "{column} moves the target, but nothing says whether it can be turned; it is not in the window. "
    "Write it under [turnable] in plant.toml: true or false."
)
_NO_LEVEL = "{column} moves the target by its {statistic}, for which no level can be set; it is not in the window."
_NOTHING_TO_TURN = (
    "No claimed cause of {column} is a setting that a person can turn, so there is no window. Write "
    "settings under [turnable] in plant.toml."
)
_NOTHING_PAYS = (
    "No limit on the settings promised an improvement of {column} that later lots would surely keep. Older exports would help."
)
_UNKNOWN_SIDE = (
    "Nothing says whether more or less of {column} is better, so there is no window. Write higher_is or limits in plant.toml."
)


def _about(column: Column, code: str, severity: Severity, text: str, **values: str) -> Finding:
    return Finding(f"window.{code}", severity, Message(text, column=column.header, **values), column.origin)
