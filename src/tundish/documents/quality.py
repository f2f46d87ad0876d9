"""Are the data fit for use, and what is to be done? quality.html for the engineer, quality.json for programs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo

from tundish.documents.answer import FindingOut
from tundish.documents.page import fill
from tundish.documents.quality_form import EmptiedOut, QualityOut
from tundish.documents.strips import strip
from tundish.documents.words import Say, speaker
from tundish.documents.written import finding_out
from tundish.errors import Message
from tundish.locale import mark, number, render
from tundish.settings import Language
from tundish.table import Finding, Repair, Severity

EXAMPLES = 3
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "info")
Todo = Literal["delivery", "mend", "sensor", "record", "unit", "export", "know"]
TODOS: Mapping[Todo, str] = {
    "delivery": mark("Agree with who delivers: the delivery differs from its contract"),
    "mend": mark("Look at the original record and mend: values that cannot be true, or hardly"),
    "sensor": mark("Check the instrument"),
    "record": mark("Check the entries: these values contradict each other"),
    "unit": mark("Say which unit or meaning is right, in plant.toml"),
    "export": mark("Change the export"),
    "know": mark("Good to know: nothing to do"),
}
"""What a person does about a finding, in the order of the page."""
_TODO_OF: Mapping[str, Todo] = {
    "delivery_set_aside": "delivery",
    **dict.fromkeys(("decimal_slip", "outlier", "impossible", "frozen", "missing_code", "suspected_missing"), "mend"),
    **dict.fromkeys(("mend_unknown", "mend_not_applied", "mend_unclear", "mends_unread"), "mend"),
    **dict.fromkeys(("frozen_at_rest", "jump", "signal_gap", "implausible"), "sensor"),
    **dict.fromkeys(("wrong_order", "chemistry_sum", "chemistry_balance", "chemistry_formula", "weight_differs"), "record"),
    **dict.fromkeys(("reduction_differs", "mass_balance", "ratio_differs", "duplicate_id", "copied_down"), "record"),
    **dict.fromkeys(("unit_unknown", "unit_doubtful", "mixed_units", "setpoint_differs"), "unit"),
    **dict.fromkeys(("time_backwards", "time_repeated", "time_gap", "regular_times", "repeated_rows", "copy"), "export"),
    **dict.fromkeys(("no_such_time", "year_unknown", "date_order_unknown", "encoding_unsure", "encoding_mixed"), "export"),
    **dict.fromkeys(("ragged_rows", "nested_column", "no_header", "several_tables", "unknown_suffix"), "export"),
}


@dataclass(frozen=True)
class Checked:
    """What a check of a plant found."""

    plant: str
    created: datetime
    time_zone: str
    files: int
    rows: int
    findings: tuple[Finding, ...]
    set_aside: int
    """Cells that are empty because they cannot be true."""
    emptied: tuple[Repair, ...]
    """Texts that were left out because they are no value of their column."""
    mended: int
    """Cells that the quarantine file decided."""
    lines: int
    """Lines of the quarantine file that was written."""


def publish(checked: Checked, folder: Path, lang: Language) -> QualityOut:
    """Write ``quality.html`` and ``quality.json`` into an existing folder and return what the latter says."""
    ordered = sorted(checked.findings, key=lambda finding: SEVERITIES.index(finding.severity))
    write = partial(render, lang=lang, time_zone=checked.time_zone)
    out = QualityOut(
        schema_version="1.1",
        plant=checked.plant,
        language=lang,
        created=checked.created.isoformat(),
        files=checked.files,
        rows=checked.rows,
        set_aside=checked.set_aside,
        emptied=[_emptied(repair, write) for repair in sorted(checked.emptied, key=lambda repair: -repair.count)],
        mended=checked.mended,
        quarantine_lines=checked.lines,
        counts={severity: sum(finding.severity == severity for finding in ordered) for severity in SEVERITIES},
        findings=[finding_out(finding, write) for finding in ordered],
    )
    (folder / "quality.json").write_text(out.model_dump_json(indent=2), encoding="utf-8")
    (folder / "quality.html").write_text(_page(checked, out, ordered, lang), encoding="utf-8")
    return out


def todo_of(finding: Finding | FindingOut) -> Todo:
    """What a person does about a finding of this code."""
    if finding.code.startswith("contract_"):
        return "delivery"
    return _TODO_OF.get(finding.code, "know" if finding.severity == "info" else "export")


def _emptied(repair: Repair, write: Callable[[Message], str]) -> EmptiedOut:
    return EmptiedOut(
        file=repair.origin.file,
        sheet=repair.origin.sheet,
        column=repair.origin.column,
        text=repair.before or "",
        count=repair.count,
        rows=list(repair.rows),
        reason=write(repair.message),
    )


def _page(checked: Checked, out: QualityOut, findings: Sequence[Finding], lang: Language) -> str:
    _ = speaker(lang)
    return fill(
        "quality.html.j2",
        lang,
        q=out,
        created=checked.created.astimezone(ZoneInfo(checked.time_zone)).strftime("%Y-%m-%d %H:%M"),
        groups=_groups(out.findings, findings, _),
        labels={"error": _("error"), "warning": _("warning"), "info": _("note")},
        icons={"error": "✖", "warning": "⚠", "info": "ⓘ"},
    )


def _groups(shown: Sequence[FindingOut], findings: Sequence[Finding], _: Say) -> list[dict[str, Any]]:
    """By what is to be done; inside, by code: the first of each in full, further ones folded."""
    groups: dict[Todo, dict[str, list[dict[str, Any]]]] = {todo: {} for todo in TODOS}
    for out, finding in zip(shown, findings, strict=True):
        groups[todo_of(out)].setdefault(out.code, []).append(_card(out, finding))
    return [
        {
            "todo": todo,
            "title": _(TODOS[todo]),
            "kinds": list(kinds.values()),
            "count": sum(map(len, kinds.values())),
            "worst": min((card["out"].severity for cards in kinds.values() for card in cards), key=SEVERITIES.index),
        }
        for todo, kinds in groups.items()
        if kinds
    ]


def _card(out: FindingOut, finding: Finding) -> dict[str, Any]:
    expected = out.expected if len(out.expected) == len(out.rows) else out.expected[:1] * len(out.rows)
    rows = [
        (number(row), out.found[i] if i < len(out.found) else "", expected[i] if i < len(expected) else "")
        for i, row in enumerate(out.rows[:EXAMPLES])
    ]
    if not rows and (out.found or out.expected):
        rows = [("", ", ".join(out.found), ", ".join(out.expected))]
    told = any(found or wanted for _, found, wanted in rows)
    return {
        "out": out,
        "rows": rows if told else [],
        "wanted": any(wanted for _, _, wanted in rows),
        "places": [] if told else out.rows[:10],
        "picture": strip(finding.picture) if finding.picture else None,
    }
