"""What does the page say? One self-contained HTML file: first sheet for the foreman, the rest for the engineer."""

from __future__ import annotations

from collections.abc import Iterable
from importlib.metadata import version
from importlib.resources import files
from typing import Any
from zoneinfo import ZoneInfo

from tundish.documents import drawings, words
from tundish.documents.answer import AnswerOut, CauseOut, FindingOut, SavingOut
from tundish.documents.dossier import Dossier
from tundish.documents.words import Say, amount
from tundish.learn.answer import Cause
from tundish.locale import number
from tundish.settings import Language
from tundish.vocabulary import load_catalogue

WORST_FIRST = {"error": 0, "warning": 1, "info": 2}


def report(dossier: Dossier, out: AnswerOut, lang: Language) -> str:
    """The report as HTML text; ``out`` is what answer.json says, so that both say the same."""
    import jinja2

    _ = words.speaker(lang)
    folder = files("tundish.documents") / "templates"
    environment = jinja2.Environment(
        loader=jinja2.FunctionLoader(lambda name: (folder / name).read_text(encoding="utf-8")),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["n"] = number
    view = {**_first_sheet(dossier, out, _), **_behind(dossier, out, lang, _)}
    return environment.get_template("report.html.j2").render(
        _=_, a=out, lang=lang, version=version("tundish"), charts=_charts(dossier, _), **view
    )


def _first_sheet(dossier: Dossier, out: AnswerOut, _: Say) -> dict[str, Any]:
    return {
        "created": dossier.created.astimezone(ZoneInfo(dossier.time_zone)).strftime("%Y-%m-%d %H:%M"),
        "verdict": words.verdict(out, _),
        "window": _window_lines(dossier, out, _),
        "gives": list(_gives(out, _)),
        "sure": list(_sure(out, _)),
    }


def _behind(dossier: Dossier, out: AnswerOut, lang: Language, _: Say) -> dict[str, Any]:
    concepts = {c.id: (c.name_ko if lang == "ko" else c.name_en) for c in load_catalogue().concepts}
    answer = dossier.answer
    return {
        "causes": [_cause(*pair, dossier, concepts, _) for pair in zip(out.causes, answer.causes, strict=True)],
        "suspects": [{"out": cause, "effect": words.effect(cause, out.target, _)} for cause in out.suspects],
        "metric": drawings.metric_name(dossier, _),
        "scores": _scores(out, _),
        "gain": _gain(out, _),
        "findings": _grouped(out.findings, _),
        "concepts": concepts,
        "links_by": {"key": _("key"), "time": _("time")},
    }


def _charts(dossier: Dossier, _: Say) -> dict[str, Any]:
    return {
        "benefit": drawings.benefit(dossier, _),
        "evidence": drawings.evidence_charts(dossier, _),
        "control": drawings.control_charts(dossier, _),
    }


def _cause(out: CauseOut, cause: Cause, dossier: Dossier, concepts: dict[str, str], _: Say) -> dict[str, Any]:
    return {
        "out": out,
        "concept": concepts.get(out.concept or ""),
        "effect": words.effect(out, dossier.target.headers[0], _),
        "sure": words.certainty(out.confidence, _),
        "charts": drawings.cause_charts(cause, dossier, _),
    }


def _window_lines(dossier: Dossier, out: AnswerOut, _: Say) -> list[dict[str, str]]:
    from tundish.documents.answer import usual_span

    lines = []
    for line, limit in zip(out.window, dossier.answer.window.limits if dossier.answer.window else (), strict=True):
        usual = usual_span(limit.column, dossier)
        text = "-" if usual is None else f"{amount(usual[0], line.unit)} ~ {amount(usual[1], line.unit)}"
        lines.append({"name": line.column, "keep": words.keep(line, _), "usual": text})
    return lines


def _gives(out: AnswerOut, _: Say) -> Iterable[str]:
    promise = out.window_promise
    if promise is None:
        yield _("Nothing is promised without a window.")
        return
    today, promised = amount(promise.today, promise.unit), amount(promise.promised, promise.unit)
    if promise.unit == "%":
        fewer = max(0.0, 10 * (promise.today - promise.promised))
        yield _(
            "Bad pieces: {today} today, at most {promised} inside the window; {fewer} fewer in every 1,000.",
            today=today,
            promised=promised,
            fewer=round(fewer),
        )
    else:
        yield _("{target}: {today} today, {promised} inside the window.", target=out.target, today=today, promised=promised)
    if out.evidence.saving is not None:
        yield from _saves(out.evidence.saving, _)
    else:
        yield _("Write the cost of a defect into plant.toml to have it in won.")


def _saves(saving: SavingOut, _: Say) -> Iterable[str]:
    if saving.per_year is not None and saving.interval is not None:
        yield _(
            "Saves {won} won a year ({low} to {high}).", won=saving.per_year, low=saving.interval[0], high=saving.interval[1]
        )
    yield _("Saves {won} won per 1,000 pieces.", won=saving.per_1000)
    yield saving.assumptions


def _sure(out: AnswerOut, _: Say) -> Iterable[str]:
    for cause in out.causes[:4]:
        yield f"{cause.columns[0]}: {words.certainty(cause.confidence, _)}"
    promise = out.window_promise
    if promise is not None and promise.later_inside is not None:
        yield _(
            "Later pieces inside the window: {inside} (all: {all}).",
            inside=amount(promise.later_inside, promise.unit),
            all=amount(promise.later_all, promise.unit),
        )
    if out.rule is not None and out.rule.right_later is not None:
        yield _("The rule was right on {right} of the later pieces.", right=amount(round(100 * out.rule.right_later, 1), "%"))
    if not out.causes:
        yield _("Nothing is claimed.")


def _scores(out: AnswerOut, _: Say) -> list[dict[str, str]]:
    evidence = out.evidence
    rows = [
        (_("today's practice"), evidence.baseline.today),
        (_("plain linear model"), evidence.baseline.linear),
        (_("Tundish model"), evidence.result),
    ]
    if out.rule is not None and out.rule.right_later is not None:
        rows.append((_("the rule to remember"), round(100 * (1 - out.rule.right_later), 2)))
    return [{"name": name, "score": amount(score, evidence.unit)} for name, score in rows]


def _gain(out: AnswerOut, _: Say) -> str:
    low, high = out.evidence.interval
    return _(
        "Better than today's practice by {low} to {high} (95 % interval over blocks of consecutive pieces).",
        low=amount(low, out.evidence.unit),
        high=amount(high, out.evidence.unit),
    )


def _grouped(findings: Iterable[FindingOut], _: Say) -> list[dict[str, Any]]:
    labels = {"info": _("note"), "warning": _("warning"), "error": _("error")}
    groups: dict[tuple[str, str], list[FindingOut]] = {}
    for finding in findings:
        groups.setdefault((finding.severity, finding.code), []).append(finding)
    ordered = sorted(groups.items(), key=lambda item: (WORST_FIRST[item[0][0]], item[0][1]))
    return [{"severity": severity, "label": labels[severity], "rows": rows} for (severity, _code), rows in ordered]
