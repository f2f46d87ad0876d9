"""How does a person run the main job? Settings in, one question at most, answer and report out, plant.toml last."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from tundish.cli import decided, output, plant_toml
from tundish.cli.plant import check_places, decided_by
from tundish.cli.progress import Display
from tundish.errors import CannotWrite, InputError, Message
from tundish.locale import render, say
from tundish.settings import Language, Settings

if TYPE_CHECKING:
    from tundish.documents.dossier import Dossier
    from tundish.flow import Prepared


def run(plant: Path, *, target: str | None, out: Path | None, lang: Language) -> None:
    """The main job on a plant's folder; prints the answer."""
    said = decided_by(plant)
    settings = _asked(said or Settings(), target)
    folder = output.place(plant, out)
    with Display() as progress, output.whole(folder) as fresh:
        from tundish import documents, flow

        prepared = flow.prepare(plant, settings, progress)
        check_places(settings, prepared)
        if settings.target is None and _at_terminal():
            progress.pause()
            prepared, settings = _ask(prepared, settings, lang)
        dossier = flow.answer(plant, prepared, settings, progress)
        progress("write", 0, 0)
        answer = documents.publish(dossier, fresh, lang)
    from tundish.cli import printed

    note = _keep(plant, folder, dossier, settings, said=said, lang=lang)
    printed.show(answer, folder, lang)
    if note:
        sys.stdout.write(f"{note}\n")


def demo(folder: Path, *, seed: int, lang: Language) -> None:
    """Make the pickling plant in ``folder``, unless it stands there, and run the main job on it."""
    from tundish.works import load

    truth = folder.with_name(f"{folder.name}.truth.json")
    if not (folder.is_dir() and truth.is_file()):
        make("pickling", out=folder, seed=seed, lang=lang)
    elif load(truth).seed != seed:
        raise CannotWrite(path=folder, found=Message("it holds a plant made with another seed"))
    run(folder, target=None, out=None, lang=lang)


def make(line: str, *, out: Path, seed: int, lang: Language) -> None:
    """Make a generated plant's exports, and the truth beside them."""
    from tundish import works

    made = works.make(line, seed=seed, out=out)
    values = {"folder": made.folder, "line": line, "seed": str(seed), "truth": made.truth_path}
    sys.stdout.write(say("{folder}: exports of the line {line}, seed {seed}. Their truth: {truth}", lang, **values) + "\n")


def _asked(settings: Settings, target: str | None) -> Settings:
    """The command line wins; what plant.toml says of another target does not go with it."""
    if target is None or target == settings.target:
        return settings
    return replace(settings, target=target, bad=None, higher_is=None, cost_per_bad=None)


def _at_terminal() -> bool:
    return sys.stdin.isatty() and sys.stderr.isatty()


def _ask(prepared: Prepared, settings: Settings, lang: Language) -> tuple[Prepared, Settings]:
    """The one question: is the proposed target the one to explain? Enter takes it."""
    from tundish.trace import find_target

    tables = prepared.tables.tables
    column = next(table for table in tables if table.name == prepared.target.table).column(prepared.target.column)
    proposal = decided.target_text(column, None)
    sys.stderr.write(say("Proposed target: {target} - {reason}", lang, target=proposal, reason=prepared.target.reason) + "\n")
    while True:
        sys.stderr.write(say("Enter takes it; or type another column: ", lang))
        sys.stderr.flush()
        typed = sys.stdin.readline().strip()
        if not typed:
            return prepared, settings
        try:
            found = find_target(tables, typed, prepared.catalogue)
        except InputError as failure:
            sys.stderr.write(render(failure.message, lang) + "\n")
            continue
        return replace(prepared, target=found), replace(settings, target=typed)


def _keep(
    plant: Path, folder: Path, dossier: Dossier, settings: Settings, *, said: Settings | None, lang: Language
) -> str | None:
    """Write down what was decided; where, or None when the user's file says it all."""
    path = plant / plant_toml.NAME
    if said is None:
        text = decided.first(dossier, settings, lang)
    elif said.target is None:
        text = decided.with_target(path.read_text(encoding="utf-8-sig"), decided.target_text(dossier.target, settings.target))
    else:
        return None
    try:
        decided.save(text, plant)
    except OSError:
        decided.save(text, folder)
        return say(
            "The plant's folder cannot be written; what was decided stands in {path}.", lang, path=folder / plant_toml.NAME
        )
    return say("What was decided: {path}", lang, path=path)
