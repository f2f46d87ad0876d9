"""Which numbers show that the answer held? The split, the scores over time, forecast beside measurement, worst groups."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl

from tundish.documents import charts, names
from tundish.documents.answer import AnswerOut
from tundish.documents.charts import Axes, Row
from tundish.documents.dossier import Dossier
from tundish.documents.drawings import Drawn, bad_share
from tundish.documents.words import Say, figure, percent, points
from tundish.documents.written import is_share, score_of, window_value
from tundish.prove.evidence import Period
from tundish.trace.pieces import MOMENT

SHOWN_DAYS = 4
SHOWN_PIECES = 150
MOST_LEVELS = 12
LEAST_OF_A_GROUP = 20
"""Later pieces that a group needs to be judged by itself."""
WORST = 5


def evidence_charts(dossier: Dossier, _: Say) -> list[Drawn]:
    """The split on a time line, scores of later periods beside today's practice, the window over time, the forecast."""
    drawn = [_timeline(dossier, _), _inside(dossier, _), _scores(dossier, _), forecast_chart(dossier, _)]
    return [picture for picture in drawn if picture is not None]


def metric_name(dossier: Dossier, _: Say) -> str:
    """The reported score in words, with its unit."""
    unit = dossier.target.unit_read
    tail = f" ({unit})" if unit else ""
    return {
        "error_rate": _("Share judged wrong (%)"),
        "mae": _("Mean absolute error") + tail,
        "rmse": _("Root mean square error") + tail,
    }[dossier.question.metric]


def score_rows(out: AnswerOut, _: Say) -> list[dict[str, str]]:
    """Every way of judging later pieces beside its score."""
    evidence = out.evidence
    rows = [(_("today's practice"), evidence.baseline.today), (_("plain linear model"), evidence.baseline.linear)]
    if evidence.baseline.week is not None:
        rows.append((_("the same time a week before"), evidence.baseline.week))
    rows.append((_("Tundish model"), evidence.result))
    if out.rule is not None and out.rule.right_later is not None and evidence.metric == "error_rate":
        rows.append((_("the rule to remember"), 100 * (1 - out.rule.right_later)))
    return [{"name": name, "score": figure(score, evidence.unit)} for name, score in rows]


def worst_groups(dossier: Dossier, _: Say) -> list[dict[str, str]]:
    """Levels of categories on whose later pieces the model errs most; nothing when no group is much worse than all."""
    later, question = dossier.split.later, dossier.question
    frame, outcome = later.table.frame, question.outcome(later)
    losses = question.losses(outcome, dossier.answer.model.predict(frame))
    whole = question.score(losses)
    found: list[tuple[float, str, int]] = []
    for column in later.table.columns:
        if column.kind != "category" or column.name == later.target or column.name not in frame.columns:
            continue
        levels = frame[column.name].cast(pl.String)
        if levels.n_unique() > MOST_LEVELS:
            continue
        for level, count in levels.drop_nulls().value_counts().iter_rows():
            if LEAST_OF_A_GROUP <= count < levels.len():
                score = question.score(losses[(levels == level).fill_null(value=False).to_numpy()])
                found.append((score, f"{names.plant_names(column)} = {level}", count))
    worse = sorted((group for group in found if group[0] > 1.3 * whole), key=lambda group: (-group[0], group[1]))
    unit = "%" if question.metric == "error_rate" else dossier.target.unit_read
    return [
        {"name": name, "pieces": f"{n:,}", "score": figure(score_of(score, dossier), unit)} for score, name, n in worse[:WORST]
    ]


def gain_line(out: AnswerOut, _: Say) -> str:
    """By how much the model beats today's practice, and how sure that is."""
    low, high = (gain_size(side, out, _) for side in out.evidence.interval)
    if out.evidence.interval[0] > 0:
        return _(
            "Better than today's practice by {low} to {high} (95 % interval over blocks of consecutive pieces).",
            low=low,
            high=high,
        )
    return _(
        "Not surely better than today's practice: the gain lies between {low} and {high} "
        "(95 % interval over blocks of consecutive pieces).",
        low=low,
        high=high,
    )


def gain_size(value: float, out: AnswerOut, _: Say) -> str:
    """A difference of two scores: percentage points where the score is a share."""
    return points(value, _) if out.evidence.metric == "error_rate" else figure(value, out.evidence.unit)


def forecast_chart(dossier: Dossier, _: Say) -> Drawn | None:
    """Measured and forecast values of the first later days (or pieces); None for classes."""
    if dossier.question.binary:
        return None
    later, target = dossier.split.later, dossier.target
    outcome, said = dossier.question.outcome(later), dossier.answer.model.predict(later.table.frame)
    labels, moments = (_("measured"), _("forecast")), later.table.frame[MOMENT]
    dated = later.kind == "interval" and moments.null_count() == 0
    last = int((moments < moments[0] + timedelta(days=SHOWN_DAYS)).sum()) if dated else min(SHOWN_PIECES, outcome.size)
    last = min(last, 400)
    zone = ZoneInfo(dossier.time_zone)
    places: Sequence[object] = (
        [f"{moment.astimezone(zone):%Y-%m-%dT%H:%M:%S}" for moment in moments[:last]] if dated else range(1, last + 1)
    )
    rows: list[Row] = [
        {"x": place, "y": target.to_plant(float(value)), "kind": label}
        for label, values in zip(labels, (outcome, said), strict=True)
        for place, value in zip(places, values[:last], strict=True)
        if np.isfinite(value)
    ]
    axes = Axes("" if dated else _("later pieces, in order of time"), names.axis(target, _))
    title = _("{target}: measured, and forecast before it was known", target=names.plant_names(target))
    return Drawn(charts.picture(charts.forecast(rows, axes, labels, dated=dated)), title, wide=True)


def _timeline(dossier: Dossier, _: Say) -> Drawn | None:
    rows: list[Row] = []
    zone = ZoneInfo(dossier.time_zone)
    for name, part in ((_("learned on"), dossier.split.earlier), (_("proved on"), dossier.split.later)):
        stamps = part.table.frame[MOMENT].drop_nulls()
        if stamps.is_empty():
            return None
        first, last = (stamp.astimezone(zone).strftime("%Y-%m-%dT%H:%M:%S") for stamp in (stamps.min(), stamps.max()))  # type: ignore[union-attr]
        rows.append({"name": f"{name}: {part.table.frame.height:,}", "start": first, "end": last})
    title = _("Which pieces were learned on, and which proved the answer")
    return Drawn(charts.picture(charts.timeline(rows)), title, wide=True)


def _scores(dossier: Dossier, _: Say) -> Drawn | None:
    periods = dossier.evidence.periods
    if len(periods) < 2:
        return None
    labels = (_("model"), _("today's practice"))
    rows = [
        {"period": label, "value": score_of(score, dossier), "kind": name}
        for label, period in zip(_labels(periods, dossier.time_zone), periods, strict=True)
        for name, score in zip(labels, (period.model, period.today), strict=True)
    ]
    axes = Axes(_("later pieces, period by period"), metric_name(dossier, _))
    title = _("Evidence over time: the model beside today's practice, lower is better")
    return Drawn(charts.picture(charts.over_time(rows, axes, labels)), title, wide=True)


def _inside(dossier: Dossier, _: Say) -> Drawn | None:
    """The target of all later pieces and of those inside the window, period by period."""
    periods = dossier.evidence.periods
    if len(periods) < 2 or all(period.inside is None for period in periods):
        return None
    labels = (_("inside the window"), _("all pieces"))
    rows = [
        {"period": label, "value": window_value(value, dossier), "kind": name}
        for label, period in zip(_labels(periods, dossier.time_zone), periods, strict=True)
        for name, value in zip(labels, (period.inside, period.target), strict=True)
        if value is not None
    ]
    target = bad_share(dossier, _) if is_share(dossier) else names.axis(dossier.target, _)
    axes = Axes(_("later pieces, period by period"), target)
    inside = sum(period.pieces_inside for period in periods)
    whole = sum(period.pieces for period in periods)
    note = _(
        "{share} of the later pieces lay inside ({inside} of {all}).",
        share=percent(100 * inside / whole),
        inside=inside,
        all=whole,
    )
    title = _("Evidence over time: pieces inside the window beside all pieces")
    return Drawn(charts.picture(charts.over_time(rows, axes, labels, zero=is_share(dossier))), title, (note,), wide=True)


def _labels(periods: Sequence[Period], time_zone: str) -> Iterator[str]:
    """A number and the local day a period begins; the hour when several begin on one day."""
    zone = ZoneInfo(time_zone)
    starts = [None if period.start is None else period.start.astimezone(zone) for period in periods]
    days = [start.date() for start in starts if start is not None]
    for number, start in enumerate(starts, 1):
        yield f"{number}" if start is None else f"{number}|{_day(start, hour=len(set(days)) < len(days))}"


def _day(start: datetime, *, hour: bool) -> str:
    return f"{start:%m-%d}" + (f"|{start:%H:%M}" if hour else "")
