"""How does a person check a plant's data? Read, standardise, judge; page, JSON and quarantine file out; contracts on wish."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from tundish.cli import output
from tundish.cli.plant import check_places, decided_by
from tundish.cli.progress import Display
from tundish.disk import why
from tundish.locale import render, say
from tundish.settings import Language, Settings
from tundish.table import EMPTYING

if TYPE_CHECKING:
    from tundish.documents.quality import Checked
    from tundish.documents.quality_form import QualityOut
    from tundish.flow import Standard

SHOWN = 5
"""Findings on the screen; the rest stands on the page."""


def run(plant: Path, *, out: Path | None, freeze: bool, lang: Language) -> None:
    """Check a plant's folder and print what to look at; with ``freeze`` write down what its sources deliver."""
    settings = decided_by(plant) or Settings()
    folder = output.place(plant, out, paper="check")
    with Display() as progress, output.whole(folder) as fresh:
        from tundish import flow
        from tundish.documents import quality, quarantine

        standard = flow.standard(plant, settings, progress, agreeing=freeze)
        check_places(settings, standard)
        progress("write", 0, 0)
        asides = [aside for table in standard.tables.tables for aside in table.asides]
        lines = quarantine.write(asides, standard.mends, fresh, lang)
        answer = quality.publish(_checked(plant, standard, settings, lines), fresh, lang)
    _show(answer, folder, lang)
    _keep_contracts(plant, standard, freeze=freeze, lang=lang)


def _checked(plant: Path, standard: Standard, settings: Settings, lines: int) -> Checked:
    from tundish.documents.quality import Checked
    from tundish.intake.folder import plant_name

    tables = standard.tables.tables
    return Checked(
        plant=plant_name(plant),
        created=datetime.now(UTC),
        time_zone=settings.time_zone,
        files=len(standard.intake.tables),
        rows=sum(raw.frame.height for raw in standard.intake.tables),
        findings=standard.findings,
        set_aside=sum(aside.count for table in tables for aside in table.asides),
        emptied=tuple(repair for table in tables for repair in table.repairs if repair.code in EMPTYING),
        mended=sum(repair.count for table in tables for repair in table.repairs if repair.code == "mended"),
        lines=lines,
    )


def _show(answer: QualityOut, folder: Path, lang: Language) -> None:
    counts = answer.counts
    text = "{plant}: {rows} rows in {files} tables. {errors} errors, {warnings} warnings, {notes} notes."
    values = {"errors": counts["error"], "warnings": counts["warning"], "notes": counts["info"]}
    told = [say(text, lang, plant=answer.plant, rows=answer.rows, files=answer.files, **values)]
    worst = [finding for finding in answer.findings if finding.severity != "info"]
    for finding in worst[:SHOWN]:
        icon = {"error": "✖", "warning": "⚠"}[finding.severity]
        place = " › ".join(part for part in (finding.file, finding.sheet, finding.column) if part)
        told.append(f"  {icon} {place}: {finding.text}")
    if len(worst) > SHOWN:
        told.append("  " + say("and {more} more", lang, more=len(worst) - SHOWN))
    if answer.emptied:
        cells, texts = sum(one.count for one in answer.emptied), list(dict.fromkeys(one.text for one in answer.emptied))
        text = "{cells} cells hold a text that is no value ({texts}) and count as empty; the page lists them."
        told.append(say(text, lang, cells=cells, texts=texts[:SHOWN]))
    if answer.mended:
        told.append(say("{cells} cells are as the quarantine file decides.", lang, cells=answer.mended))
    if answer.set_aside:
        text = "{cells} cells were set aside; they stand in {path}. Mend them there and put the file into the plant's folder."
        told.append(say(text, lang, cells=answer.set_aside, path=folder / "quarantine.xlsx"))
    told.append(say("Page: {path}", lang, path=folder / "quality.html"))
    sys.stdout.write("\n".join(told) + "\n")


def _keep_contracts(plant: Path, standard: Standard, *, freeze: bool, lang: Language) -> None:
    """Write the contracts down when a person freezes them, or when a source that may evolve has."""
    from tundish.documents import contracts
    from tundish.standardise.contracts import freeze as agree
    from tundish.standardise.contracts import renewals

    today = datetime.now(UTC).date().isoformat()
    shapes, former = standard.tables.shapes, standard.contracts
    kept = agree(shapes, former, today) if freeze else contracts.followed(shapes, former, today, lang)
    if kept == list(former):
        return
    try:
        path = contracts.write(kept, plant)
    except OSError as failure:
        sys.stdout.write(say("The contracts could not be written: {why}", lang, why=why(failure)) + "\n")
        return
    if freeze:
        sys.stdout.write("".join(f"  {render(message, lang)}\n" for message in renewals(former, kept)))
    text = '{count} sources are written down in {path}. Change mode = "freeze" to "evolve" there for those that may change.'
    sys.stdout.write(say(text, lang, count=len(kept), path=path) + "\n")
