"""How does a person run the main job? Settings in, one question at most, answer and report out, plant.toml last."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING

from tundish.cli import decided, output, plant_toml
from tundish.cli.progress import Display
from tundish.errors import BadSettings, CannotWrite, InputError, Message, NoSuchFolder
from tundish.locale import render, say
from tundish.settings import Language, Settings

if TYPE_CHECKING:
    from tundish.documents.dossier import Dossier
    from tundish.flow import Standard


def run(plant: Path, *, target: str | None, out: Path | None, lang: Language) -> None:
    """The main job on a plant's folder; prints the answer."""
    if not plant.is_dir():
        raise NoSuchFolder(folder=plant)
    said = plant_toml.read(plant / plant_toml.NAME) if (plant / plant_toml.NAME).exists() else None
    settings = _asked(said or Settings(), target)
    folder = output.place(plant, out)
    with Display() as progress, output.whole(folder) as fresh:
        from tundish import documents, flow

        _check(settings)
        standard = flow.prepare(plant, settings, progress)
        _check_places(settings, standard)
        if settings.target is None and _at_terminal():
            progress.pause()
            standard, settings = _ask(standard, settings, lang)
        dossier = flow.answer(plant, standard, settings, progress)
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


def _check(settings: Settings) -> None:
    """Concepts and units that plant.toml names must exist."""
    from tundish.vocabulary import load_catalogue, parse_unit

    catalogue = load_catalogue()
    for spot, concept in settings.mapping.items():
        if concept != "-" and concept not in catalogue:
            ids = [known.id for known in catalogue.concepts]
            near = get_close_matches(concept, ids, n=3) or ids[:3]
            expected = Message("a concept such as {examples}, or {none}", examples=near, none='"-"')
            raise BadSettings(file=plant_toml.NAME, key=f'mapping."{spot}"', expected=expected, found=f'"{concept}"')
    for spot, unit in settings.units.items():
        if parse_unit(unit) is None:
            expected = Message("a known unit, such as {examples}", examples='"℃", "MPa", "mm"')
            raise BadSettings(file=plant_toml.NAME, key=f'units."{spot}"', expected=expected, found=f'"{unit}"')


def _check_places(settings: Settings, standard: Standard) -> None:
    """Files and columns that plant.toml names must be there: a decision that reaches nothing must not pass in silence."""
    columns = _places(standard)
    spots = [f"{file}:{name}" for file, names in columns.items() for name in sorted(names)]
    sections = {"mapping": settings.mapping, "units": settings.units, "missing": settings.missing, "known": settings.known}
    by_name_alone = {"turnable": settings.turnable, "limits": settings.limits}
    for section, decided_there in {**sections, **by_name_alone}.items():
        for spot in decided_there:
            named = section in by_name_alone and any(spot in names for names in columns.values())
            if spot not in spots and not named:
                raise _unknown(section, spot, spots)
    for section, files in (("keys", settings.keys), ("clocks", settings.clock_offsets_s)):
        for file in files:
            if file not in columns:
                raise _unknown(section, file, list(columns))


def _unknown(section: str, spot: str, places: Sequence[str]) -> BadSettings:
    places = [place for place in places if ":plant:" not in place]
    near = [place for place in places if spot in place] or get_close_matches(spot, places, n=3) or sorted(places)
    return BadSettings(file=plant_toml.NAME, key=f'{section}."{spot}"', expected=_one_of(near), found=f'"{spot}"')


def _places(standard: Standard) -> dict[str, set[str]]:
    """Every name of a file, sheet or table that plant.toml may use, and the names of its columns."""
    columns: dict[str, set[str]] = {}
    for raw in standard.intake.tables:
        for name in raw.origin.places:
            columns.setdefault(name, set()).update(raw.headers)
    for table in standard.tables.tables:
        headers = {header for column in table.columns for header in (*column.headers, column.name)}
        for name in (table.name, *(place for origin in table.origins for place in origin.places)):
            columns.setdefault(name, set()).update(headers)
    return columns


def _one_of(places: Sequence[str]) -> Message:
    return Message("a column or file of this folder, such as {places}", places=list(places[:3]))


def _at_terminal() -> bool:
    return sys.stdin.isatty() and sys.stderr.isatty()


def _ask(standard: Standard, settings: Settings, lang: Language) -> tuple[Standard, Settings]:
    """The one question: is the proposed target the one to explain? Enter takes it."""
    from tundish.trace import find_target
    from tundish.vocabulary import load_catalogue

    tables = standard.tables.tables
    column = next(table for table in tables if table.name == standard.target.table).column(standard.target.column)
    proposal = decided.target_text(column, None)
    sys.stderr.write(say("Proposed target: {target} - {reason}", lang, target=proposal, reason=standard.target.reason) + "\n")
    while True:
        sys.stderr.write(say("Enter takes it; or type another column: ", lang))
        sys.stderr.flush()
        typed = sys.stdin.readline().strip()
        if not typed:
            return standard, settings
        try:
            found = find_target(tables, typed, load_catalogue())
        except InputError as failure:
            sys.stderr.write(render(failure.message, lang) + "\n")
            continue
        return replace(standard, target=found), replace(settings, target=typed)


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
