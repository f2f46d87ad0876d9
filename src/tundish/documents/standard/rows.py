"""How is each fact said to a reader? Rows of texts that page and sheet show alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tundish.documents.standard.checks import Point, hint, points
from tundish.documents.standard.facts import Facts, State, Tag
from tundish.documents.words import Say, speaker
from tundish.locale import mark, plain, render
from tundish.settings import Language

_STATES: dict[State, str] = {
    "mapped": mark("mapped"),
    "unit_open": mark("unit to confirm"),
    "none": mark("no concept, as decided"),
    "open": mark("open"),
}
_SEVERITIES = {"error": mark("error"), "warning": mark("warning"), "info": mark("note")}
_STANDS = {"done": mark("done"), "open": mark("open"), "person": mark("to be checked by a person")}
_WORST_FIRST = ("error", "warning", "info")
MOST_FINDINGS = 300


@dataclass(frozen=True)
class Grid:
    """A table for a reader: its title, its columns, its rows of texts and numbers, and a mark for each row."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str | int | float, ...], ...]
    marks: tuple[str, ...] = ()


def tag_grid(facts: Facts, lang: Language) -> Grid:
    """Every tag with concept, unit, score and the open question."""
    _ = speaker(lang)
    told = (_("File"), _("Tag"), _("Concept"), _("Name"), _("Unit read"), _("Unit"))
    titles = (*told, _("Probability"), _("State"), _("Question or reason"))
    rows = tuple(_tag_row(tag, lang, _) for tag in facts.tags)
    return Grid(_("Tags"), titles, rows, tuple(tag.state for tag in facts.tags))


def share_grid(facts: Facts, lang: Language) -> Grid:
    """How many tags of each file are mapped."""
    _ = speaker(lang)
    titles = (_("File"), _("Tags"), _("With concept"), _("Share, %"), _("Units to confirm"), _("Open"))
    rows = [(one.place, one.tags, one.mapped, round(one.percent, 1), one.unit_open, one.open) for one in facts.shares]
    whole = facts.whole
    rows.append((_("In all"), whole.tags, whole.mapped, round(whole.percent, 1), whole.unit_open, whole.open))
    return Grid(_("Share of tags mapped"), titles, tuple(rows))


def template_grid(facts: Facts, lang: Language) -> Grid:
    """How far each template is filled."""
    _ = speaker(lang)
    titles = (_("Template"), _("Title"), _("Submodels"), _("Demanded"), _("Filled"), _("Filled beyond"), _("Faults"))
    rows = tuple(
        (one.number, one.title, one.submodels, one.needed, one.filled, one.more, len(one.faults)) for one in facts.filled
    )
    marks = tuple("open" if one.filled < one.needed else "mapped" for one in facts.filled)
    return Grid(_("Template coverage"), titles, rows, marks)


def open_grid(facts: Facts, lang: Language) -> Grid:
    """Demanded places that are empty, and what to do."""
    _ = speaker(lang)
    rows = tuple((one.number, path, render(hint(path), lang)) for one in facts.filled for path in one.open)
    return Grid(_("Open in the templates"), (_("Template"), _("Place"), _("What to do")), rows)


def finding_grid(facts: Facts, lang: Language) -> Grid:
    """What was found in the data, the worst first."""
    _ = speaker(lang)
    ordered = sorted(facts.findings, key=lambda finding: _WORST_FIRST.index(finding.severity))[:MOST_FINDINGS]
    rows = tuple((_(_SEVERITIES[one.severity]), str(one.origin), one.count, render(one.message, lang)) for one in ordered)
    titles = (_("Severity"), _("Place"), _("Number"), _("Finding"))
    return Grid(_("Findings"), titles, rows, tuple(one.severity for one in ordered))


def fault_grid(facts: Facts, lang: Language) -> Grid:
    """What breaks the metamodel or a template; empty in a sound package."""
    _ = speaker(lang)
    of_templates = ((one.number, fault) for one in facts.filled for fault in one.faults)
    rows = [(_("metamodel"), fault.path, fault.reason) for fault in facts.faults]
    rows += [(number, fault.path, fault.reason) for number, fault in of_templates]
    return Grid(_("Faults"), (_("Rule"), _("Place"), _("Fault")), tuple(rows))


def series_grid(facts: Facts, lang: Language) -> Grid:
    """The Parquet files."""
    _ = speaker(lang)
    titles = (_("File"), _("Rows"), _("Columns"), _("Bytes"), "SHA-256")
    return Grid(_("Series"), titles, tuple((one.file, one.rows, one.columns, one.size, one.sha256) for one in facts.series))


def shell_grid(facts: Facts, lang: Language) -> Grid:
    """Shells and their submodels."""
    _ = speaker(lang)
    names = {submodel["id"]: submodel.get("idShort", "") for submodel in facts.package.submodels}
    kinds = {"Type": _("product type"), "Instance": _("plant or line")}
    rows = []
    for shell in facts.package.shells:
        held = [names.get(one["keys"][-1]["value"], "") for one in shell.get("submodels", ())]
        said = {one["language"]: one["text"] for one in shell.get("displayName", ())}
        kind = kinds.get(shell["assetInformation"]["assetKind"], "")
        rows.append((shell["idShort"], said.get(lang, ""), kind, ", ".join(held), shell["id"]))
    return Grid(_("Shells"), ("idShort", _("Name"), _("Kind"), _("Submodels"), _("Identifier")), tuple(rows))


def concept_grid(facts: Facts, lang: Language) -> Grid:
    """The concepts that are used, in both languages."""
    _ = speaker(lang)
    titles = (_("Concept"), _("Korean"), _("English"), _("Unit"), _("Also known as"))
    rows = tuple(
        (one.iri, one.name_ko, one.name_en, one.plant_unit or "-", ", ".join(one.same_as.values()) or "-")
        for one in facts.concepts
    )
    return Grid(_("Concepts"), titles, rows)


def point_grid(facts: Facts, lang: Language) -> Grid:
    """The checklist."""
    _ = speaker(lang)
    titles = (_("Part"), _("Point"), _("State"), _("Found"), _("What to do"), _("Checked by"), _("Date"))
    found = points(facts)
    return Grid(_("Checklist"), titles, tuple(_point_row(one, lang, _) for one in found), tuple(one.stand for one in found))


def as_columns(grid: Grid) -> dict[str, list[Any]]:
    """The grid by columns, names of columns once each."""
    made: dict[str, list[Any]] = {}
    for at, title in enumerate(grid.columns):
        made[title if title not in made else f"{title} "] = [row[at] for row in grid.rows]
    return made


def _tag_row(tag: Tag, lang: Language, _: Say) -> tuple[str | int | float, ...]:
    match, concept = tag.match, tag.concept
    name = "-" if concept is None else concept.name_ko if lang == "ko" else concept.name_en
    said: Sequence[str] = (match.origin.column or "", match.concept or "-", name, match.unit_read or "-", match.unit or "-")
    reason = render(match.reason, lang).removeprefix(f"{plain(said[0])}: ")  # the tag stands in the row already
    return (tag.place, *said, round(match.score, 3), _(_STATES[tag.state]), reason)


def _point_row(point: Point, lang: Language, _: Say) -> tuple[str, ...]:
    todo = render(point.todo, lang) if point.todo else "-"
    return (
        render(point.part, lang),
        render(point.text, lang),
        _(_STANDS[point.stand]),
        render(point.found, lang),
        todo,
        "",
        "",
    )
