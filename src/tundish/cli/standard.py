"""How does a person hand in a plant's standardisation? Read, describe, verify, write the package; say what is mapped."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from tundish.cli import output
from tundish.cli.plant import check_places, decided_by
from tundish.cli.progress import Display
from tundish.locale import render, say
from tundish.settings import Language, Settings

if TYPE_CHECKING:
    from tundish.documents.standard import Facts

_WORST = 5
"""Open tags that are named on the screen."""


def standard(plant: Path, *, out: Path | None, lang: Language) -> None:
    """Write the standardisation package of a plant's folder; prints what is mapped and what is open.

    Raises :class:`~tundish.errors.CannotWrite`, and what reading a plant raises.
    """
    settings = decided_by(plant) or Settings()
    folder = output.place(plant, out, paper="standard")
    with Display() as progress, output.whole(folder) as fresh:
        from tundish import flow
        from tundish.documents.standard import publish_standard
        from tundish.documents.standard.publish import Source
        from tundish.intake.folder import plant_name

        found = flow.standard(plant, settings, progress)
        check_places(settings, found)
        source = Source(
            plant=plant_name(plant),
            created=datetime.now(UTC).astimezone(ZoneInfo(settings.time_zone)).strftime("%Y-%m-%d %H:%M"),
            tables=found.tables.tables,
            catalogue=found.catalogue,
            findings=found.findings,
            skipped=found.intake.skipped,
        )
        facts = publish_standard(source, fresh, lang, progress=progress)
    sys.stdout.write(_said(facts, folder, lang))


def _said(facts: Facts, folder: Path, lang: Language) -> str:
    from tundish.documents.words import percent

    whole = facts.whole
    open_tags = [tag for tag in facts.tags if tag.state == "open"]
    lines = [
        say(
            "{mapped} of {tags} tags are mapped ({percent}); units to confirm: {unit_open}; open: {open}.",
            lang,
            mapped=whole.mapped,
            tags=whole.tags,
            percent=percent(whole.percent),
            unit_open=whole.unit_open,
            open=whole.open,
        ),
        *(f"  {tag.place}: {render(tag.match.reason, lang)}" for tag in open_tags[:_WORST]),
        say(
            "{shells} shells with {submodels} submodels; faults against the metamodel: {faults}, against templates: {broken}.",
            lang,
            shells=len(facts.package.shells),
            submodels=len(facts.package.submodels),
            faults=len(facts.faults),
            broken=sum(len(one.faults) for one in facts.filled),
        ),
        say("Package, guide, pre-verification report and checklist: {folder}", lang, folder=folder),
    ]
    return "\n".join(lines) + "\n"
