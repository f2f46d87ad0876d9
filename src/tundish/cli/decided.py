"""What does plant.toml say after the first run? Decisions as values, what was found as lines to uncomment."""

from __future__ import annotations

import os
from collections.abc import Iterator
from errno import EACCES
from gettext import gettext as _
from pathlib import Path
from typing import TYPE_CHECKING

from tundish.cli.plant_toml import NAME
from tundish.disk import whole_file
from tundish.locale import render, say
from tundish.settings import Language, Settings

if TYPE_CHECKING:
    from tundish.documents.dossier import Dossier
    from tundish.table import Column, Origin

Lines = Iterator[str]


def first(dossier: Dossier, settings: Settings, lang: Language) -> str:
    """The text of a new plant.toml, commented in the reader's language."""
    sections = (
        _plant(dossier, settings, lang),
        _cost(),
        _settings(dossier),
        _limits(dossier),
        _keys(dossier),
        _clocks(dossier, lang),
        _known(dossier, lang),
        _mapping(dossier),
        _units(dossier),
        _missing(),
        _read(),
        _compute(),
    )
    return "\n\n".join("\n".join(section) for section in (_head(), *sections)) + "\n"


def with_target(text: str, target: str) -> str:
    """The user's own text, untouched, with the target added under [plant].

    >>> print(with_target('# ours\\n[plant]\\ntime_zone = "Asia/Seoul" # here\\n', "lots.csv:판정"))
    # ours
    [plant]
    time_zone = "Asia/Seoul" # here
    target = "lots.csv:판정"
    <BLANKLINE>
    """
    import tomlkit

    document = tomlkit.parse(text)
    if "plant" not in document:
        document["plant"] = tomlkit.table()
    document["plant"]["target"] = target
    return tomlkit.dumps(document)


def save(text: str, folder: Path) -> None:
    """Write plant.toml whole or not at all; OSError when the folder may not be written.

    A folder without a write bit is left alone even by a user who could write there, such as root.
    """
    if not folder.stat().st_mode & 0o222:
        raise PermissionError(EACCES, os.strerror(EACCES), str(folder))
    with whole_file(folder / NAME) as fresh:
        fresh.write_text(text, encoding="utf-8", newline="\n")


def target_text(column: Column, named: str | None) -> str:
    """How the target is written down: as the user named it, else ``file:column``."""
    return named or _spot(next(origin for origin in column.origins if origin.column is not None))


def _head() -> Lines:
    yield _comment(_("What was decided for this plant. Written on the first run; from now on it is yours."))
    yield _comment(
        _("Lines with # are what the data say, found again each time, or examples: take the # away to decide them yourself.")
    )


def _plant(dossier: Dossier, settings: Settings, lang: Language) -> Lines:
    yield "[plant]"
    yield f"time_zone = {_quoted(settings.time_zone)}"
    yield _comment(say("What is explained: {reason}", lang, reason=dossier.target_reason))
    yield f"target = {_quoted(target_text(dossier.target, settings.target))}"
    yield _comment(_("The value of the target that means: defect."))
    bad = sorted(getattr(dossier.question, "bad", ()))
    yield f"# bad = {_quoted(', '.join(bad) or '불량')}"
    yield _comment(_("For a number: is higher better or worse?"))
    yield '# higher_is = "worse"'
    yield _comment(_("What happened before this moment may be a cause: start, end, target, or a time column as FILE:COLUMN."))
    for finding in dossier.findings:
        if finding.code == "decision_moment":
            yield _comment(say("So far: {reason}", lang, reason=finding.message))
    yield '# decision_moment = "start"'


def _cost() -> Lines:
    yield "[cost]"
    yield _comment(
        _("Won lost by one defective piece (or by one unit of a numeric target); with it the report tells the saving.")
    )
    yield "# per_bad = 50000"


def _settings(dossier: Dossier) -> Lines:
    from tundish.vocabulary import load_catalogue

    catalogue = load_catalogue()
    yield "[turnable]"
    yield _comment(_("May a person at the line turn it? The window is made of these only."))
    columns = [column for column in dossier.pieces.table.columns if column.concept in catalogue]
    turnable = [column for column in columns if catalogue.concept(column.concept or "").turnable]
    for header in dict.fromkeys(header for column in turnable for header in column.headers):
        yield f"# {_quoted(header)} = true"


def _limits(dossier: Dossier) -> Lines:
    yield "[limits]"
    yield _comment(_("Specification limits in the plant's unit; control charts and Cp/Cpk are drawn against them."))
    spot = target_text(dossier.target, None) if dossier.target.kind == "number" else _("FILE:COLUMN")
    yield f"# {_quoted(spot)} = {{ low = 245, high = 300 }}"


def _keys(dossier: Dossier) -> Lines:
    yield "[keys]"
    yield _comment(_("The column of a file that holds the piece."))
    for link in dossier.pieces.links:
        if link.by == "key":
            yield f"# {_quoted(link.table)} = {_quoted(link.columns[1])}"


def _clocks(dossier: Dossier, lang: Language) -> Lines:
    yield "[clocks]"
    yield _comment(_("Seconds to add to a file's times, so that they agree with the table of pieces."))
    for clock in dossier.pieces.clocks:
        yield f"# {_quoted(clock.file)} = {clock.offset_s:.1f}  {_comment(render(clock.reason, lang))}"


def _known(dossier: Dossier, lang: Language) -> Lines:
    yield "[known]"
    yield _comment(_("When a column is known: before the decision moment, or after it and so no cause."))
    for refusal in dossier.answer.refused:
        for origin in refusal.column.origins[:1]:
            if refusal.column.known != "before" and origin.column:
                yield f'# {_quoted(_spot(origin))} = "after"  {_comment(render(refusal.reason, lang))}'


def _mapping(dossier: Dossier) -> Lines:
    yield "[mapping]"
    yield _comment(_("What a column means: the id of a concept, or - for none."))
    for match in dossier.matches:
        if match.origin.column:
            note = "" if match.concept is None else f"  {_comment(f'{match.score:.2f}')}"
            yield f"# {_quoted(_spot(match.origin))} = {_quoted(match.concept or '-')}{note}"


def _units(dossier: Dossier) -> Lines:
    yield "[units]"
    yield _comment(_("The unit a column is written in."))
    for match in dossier.matches:
        if match.unit_read and match.origin.column:
            yield f"# {_quoted(_spot(match.origin))} = {_quoted(match.unit_read)}"


def _missing() -> Lines:
    yield "[missing]"
    yield _comment(_("Numbers of a column that mean: not measured."))
    yield f"# {_quoted(_('FILE:COLUMN'))} = [0, -9999]"


def _read() -> Lines:
    yield "[read]"
    yield _comment(_("Files to leave out, and what to do with text tables whose rows differ in length."))
    yield f"# skip = [{_quoted(_('old.xlsx'))}]"
    yield '# ragged = "set_aside"'


def _compute() -> Lines:
    yield "[compute]"
    yield _comment(_("Where heavy work runs: on this machine, or on a Ray cluster of its own or at an address."))
    yield '# engine = "ray"'
    yield "# workers = 4"
    yield '# address = "10.0.0.5:6379"'


def _spot(origin: Origin) -> str:
    return f"{origin.file}:{origin.column}"


def _quoted(text: str) -> str:
    import tomlkit

    return tomlkit.string(text).as_string()


def _comment(text: str) -> str:
    return "# " + " ".join(text.split())
