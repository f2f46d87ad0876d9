"""What does the page say? One self-contained HTML file: first sheet for the foreman, the rest for the engineer."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from zoneinfo import ZoneInfo

from tundish.documents import control, drawings, names, proofs, words
from tundish.documents.answer import AnswerOut, CauseOut, FindingOut, LimitOut
from tundish.documents.dossier import Dossier
from tundish.documents.page import fill
from tundish.documents.words import Say
from tundish.documents.written import tidy, usual_span, window_limits
from tundish.learn.answer import Cause, Limit
from tundish.settings import Language
from tundish.table import Column

WORST_FIRST = {"error": 0, "warning": 1, "info": 2}


def report(dossier: Dossier, out: AnswerOut, lang: Language) -> str:
    """The report as HTML text; ``out`` is what answer.json says, so that both say the same."""
    _ = words.speaker(lang)
    view = {**_first_sheet(dossier, out, lang, _), **_behind(dossier, out, lang, _)}
    return fill("report.html.j2", lang, a=out, charts=_charts(dossier, out, _), **view)


def _first_sheet(dossier: Dossier, out: AnswerOut, lang: Language, _: Say) -> dict[str, Any]:
    return {
        "created": dossier.created.astimezone(ZoneInfo(dossier.time_zone)).strftime("%Y-%m-%d %H:%M"),
        "material": _("{pieces} intervals", pieces=out.pieces)
        if dossier.pieces.kind == "interval"
        else _("{pieces} pieces", pieces=out.pieces),
        "set_aside": _set_aside(out.findings),
        "verdict": words.verdict(out, _),
        "window": _window_lines(dossier, out, lang, _),
        "no_window": words.no_window(out),
        "rule": words.rule_parts(out.rule.conditions, _) if out.rule else [],
        "rule_bad": ", ".join(out.bad) or _("a value outside the limits"),
        "gives": list(words.gives(out, _)),
        "sure": list(words.sure(out, _)),
    }


def _set_aside(findings: Iterable[FindingOut]) -> list[dict[str, Any]]:
    """Deliveries that broke their contract, each with the differences that made it so."""
    findings = list(findings)
    errors = [one for one in findings if one.code.startswith("contract_") and one.severity == "error"]
    return [
        {
            "text": delivery.text,
            "why": [one for one in errors if (one.file, one.sheet) == (delivery.file, delivery.sheet)],
        }
        for delivery in findings
        if delivery.code == "delivery_set_aside"
    ]


def _window_lines(dossier: Dossier, out: AnswerOut, lang: Language, _: Say) -> list[dict[str, str]]:
    return [
        {
            "name": words.line_name(line),
            "meaning": _meaning(limit.column, lang, _),
            "keep": words.keep(line, _),
            "usual": _usual(line, limit, dossier),
            "moves": next((_moves(cause, _) for cause in out.causes if set(cause.sources) & set(line.sources)), "-"),
        }
        for line, limit in zip(out.window, window_limits(dossier), strict=True)
    ]


def _meaning(column: Column, lang: Language, _: Say) -> str:
    """What a column means where its own name does not say it, and what was made of it."""
    meant = names.meaning(column.concept, lang)
    parts = (None if names.said_already(meant, column.headers) else meant, names.made_of(column, _))
    return ", ".join(part for part in parts if part)


def _usual(line: LimitOut, limit: Limit, dossier: Dossier) -> str:
    usual = usual_span(limit.column, dossier)
    if usual is not None:
        return _span(usual, line.unit)
    counts = dossier.pieces.table.frame[limit.column.name].drop_nulls().value_counts(sort=True, normalize=True)
    return ", ".join(f"{level} {words.percent(100 * share)}" for level, share in counts.head(3).iter_rows()) or "-"


def _span(span: tuple[float, float], unit: str | None) -> str:
    low, high = (tidy(side, 4) for side in span)
    return words.between(low, high, unit)


def _moves(cause: CauseOut, _: Say) -> str:
    arrows = {"increases": "↗ {size}", "decreases": "↘ {size}", "both_sides": "∪ {size}", "by_level": "{size}"}
    return arrows[cause.direction].format(size=words.size(cause, _))


def _behind(dossier: Dossier, out: AnswerOut, lang: Language, _: Say) -> dict[str, Any]:
    answer = dossier.answer
    indices, capable = control.capability_rows(dossier, _)
    codes = {concept for concept in (*(match.concept for match in out.mapping), *(c.concept for c in out.causes)) if concept}
    return {
        "causes": [_cause(*pair, dossier, lang, _) for pair in zip(out.causes, answer.causes, strict=True)],
        "suspects": [_suspect(*pair, out.target, lang, _) for pair in zip(out.suspects, answer.suspects, strict=True)],
        "metric": proofs.metric_name(dossier, _),
        "scores": proofs.score_rows(out, _),
        "groups": proofs.worst_groups(dossier, _),
        "gain": proofs.gain_line(out, _),
        "indices": indices,
        "capable": capable,
        "findings": _grouped(out.findings, _),
        "concepts": {code: names.meaning(code, lang) for code in codes},
        "links_by": {"key": _("key"), "time": _("time")},
    }


def _charts(dossier: Dossier, out: AnswerOut, _: Say) -> dict[str, Any]:
    first = drawings.benefit(dossier, _)
    evidence = proofs.evidence_charts(dossier, _)
    if first is None and not out.causes and evidence:
        first = evidence.pop()
    return {"first": first, "evidence": evidence, "control": control.control_charts(dossier, _)}


def _cause(out: CauseOut, cause: Cause, dossier: Dossier, lang: Language, _: Say) -> dict[str, Any]:
    return {
        "out": out,
        "name": names.plant_names(cause.column),
        "meaning": _meaning(cause.column, lang, _),
        "effect": words.effect(out, dossier.target.header, _),
        "sure": words.certainty(out.confidence, _),
        "usual": None if out.usual is None else _span(out.usual, cause.column.unit_read),
        "charts": drawings.cause_charts(cause, dossier, _),
    }


def _suspect(out: CauseOut, cause: Cause, target: str, lang: Language, _: Say) -> dict[str, Any]:
    return {
        "out": out,
        "name": names.plant_names(cause.column),
        "meaning": _meaning(cause.column, lang, _),
        "effect": words.effect(out, target, _),
    }


def _grouped(findings: Iterable[FindingOut], _: Say) -> list[dict[str, Any]]:
    labels = {"info": _("note"), "warning": _("warning"), "error": _("error")}
    groups: dict[tuple[str, str], list[FindingOut]] = {}
    for finding in findings:
        groups.setdefault((finding.severity, finding.code), []).append(finding)
    ordered = sorted(groups.items(), key=lambda item: (WORST_FIRST[item[0][0]], item[0][1]))
    return [{"severity": severity, "label": labels[severity], "rows": rows} for (severity, _code), rows in ordered]
