"""How does a plant's folder become raw tables? Each file goes to the connector of its suffix."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from tundish.disk import why
from tundish.errors import BrokenFile, EmptyFile, Message, NoTable, NothingUsable
from tundish.intake.folder import is_hidden, is_named, walk
from tundish.intake.held import HELD_BYTES, too_large
from tundish.intake.lend import lend_headers
from tundish.intake.raw import RawTable, Source, SourceFile
from tundish.table import Finding, Origin, Progress, Severity

PROSE_SUFFIXES = frozenset((".txt", ".dat", ".log", ".prn", ".asc"))
"""Files that may as well hold words or machine data as a table."""
NO_DATA_SUFFIXES = frozenset(
    (
        ".md", ".rst", ".pdf", ".doc", ".docx", ".hwp", ".hwpx", ".ppt", ".pptx", ".rtf", ".odt", ".html", ".htm", ".xml",
        ".json", ".yaml", ".yml", ".toml", ".ini", ".cfg", ".png", ".jpg", ".jpeg", ".gif", ".bmp", ".tif", ".tiff", ".svg",
        ".webp", ".ico", ".mp4", ".avi", ".mov", ".py", ".ipynb", ".r", ".m", ".sql", ".js", ".css", ".bat", ".sh", ".ps1",
        ".exe", ".dll", ".lnk", ".url", ".eml", ".msg", ".dwg", ".dxf", ".bib", ".tex", ".sha256", ".sha1", ".md5", ".sig",
        ".bak", ".tmp", ".lock",
    )
)  # fmt: skip
"""Files that hold no table by nature."""
_REFERENCE_SUFFIXES = frozenset((".aasx",))
"""Reference models: read for their words, where the flow begins."""
_SHOWN = 20


@dataclass(frozen=True)
class Intake:
    """All tables of a plant's folder as they stood in its files, and what was not read."""

    tables: tuple[RawTable, ...]
    findings: tuple[Finding, ...]
    skipped: tuple[str, ...]


def read(
    folder: Path,
    sources: Sequence[Source],
    *,
    skip: Sequence[str] = (),
    ragged: Mapping[str, str] = {},
    held_bytes: int = HELD_BYTES,
    progress: Progress | None = None,
) -> Intake:
    """Read every table of a plant's folder, in order of the file names.

    ``skip`` and the keys of ``ragged`` are names relative to the folder (``*`` allowed, also inside an archive:
    ``lots.zip/a.csv``); a value ``set_aside`` leaves out rows of odd length. ``progress`` is told the file, how many are
    done, and how many there are. Files that hold no data by nature are left out with a finding. Files whose values are more
    than ``held_bytes`` together are read in parts: of the largest of them a sample is held.

    Raises :class:`UnreadableFile` for a file with a data suffix that cannot be read whole, and :class:`NothingUsable` when
    no table is found.
    """
    found = walk(folder)
    reading = _Reading(sources, skip, ragged)
    tables: list[RawTable] = []
    wanted = {name: path for name, path in found.files.items() if not is_named(name, skip)}
    sampled = too_large(wanted, held_bytes)
    for done, (name, path) in enumerate(found.files.items()):
        if progress is not None:
            progress(name, done, len(found.files))
        tables += reading.tables_of(SourceFile(name, path, sampled_bytes=sampled.get(name)))
    if progress is not None:
        progress("", len(found.files), len(found.files))
    lent, lonely = lend_headers(tables)
    for header in lonely:
        reading.header_only(header)
    kept = reading.without_copies(lent)
    if not kept and reading.empty:
        raise reading.empty[0]
    if not kept:
        skipped = ", ".join(reading.skipped[:_SHOWN]) or "-"
        raise NothingUsable(folder=folder.name, looked_for=_suffixes(sources), skipped=skipped)
    return Intake(tuple(kept), (*found.findings, *reading.all_findings()), tuple(reading.skipped))


def read_file(path: Path, sources: Sequence[Source]) -> tuple[RawTable, ...]:
    """The tables of one file (and of all files inside it), in order; a header without rows is a table without rows.

    Raises what :func:`read` raises.
    """
    reading = _Reading(sources, (), {})
    tables = tuple(reading.tables_of(SourceFile(path.name, path)))
    if not tables:
        skipped = ", ".join(reading.skipped[:_SHOWN]) or "-"
        raise NothingUsable(folder=path.name, looked_for=_suffixes(sources), skipped=skipped)
    return tables


def _suffixes(sources: Sequence[Source]) -> str:
    return " ".join(suffix for source in sources for suffix in source.suffixes)


class _Reading:
    """One run over the files: which connector takes which, and what was left out."""

    def __init__(self, sources: Sequence[Source], skip: Sequence[str], ragged: Mapping[str, str]) -> None:
        self.by_suffix = {suffix: source for source in sources for suffix in source.suffixes}
        self.skip, self.ragged = skip, ragged
        self.findings: list[Finding] = []
        self.skipped: list[str] = []
        self.no_data: dict[str, list[str]] = {}
        self.empty: list[EmptyFile] = []

    def tables_of(self, file: SourceFile, *, suffix: str | None = None) -> Iterator[RawTable]:
        """The tables of a file and of all files inside it."""
        suffix = _suffix(file.name) if suffix is None else suffix
        if is_named(file.name, self.skip):
            message = Message("{file} is listed under skip and was not read.", file=file.name)
            self._left_out(file.name, "skipped", "info", message)
            return
        source = self.by_suffix.get(suffix)
        if source is None:
            self._no_connector(file.name, suffix)
            return
        aside = any(choice == "set_aside" and is_named(file.name, [name]) for name, choice in self.ragged.items())
        try:
            for part in source.read(replace(file, ragged="set_aside" if aside else "refuse")):
                yield from self._of_part(part, file)
        except NoTable as error:
            if suffix not in PROSE_SUFFIXES:
                raise
            text = "{file} was not read as a table: {found}."
            message = Message(text, file=file.name, found=error.message.values["found"])
            self._left_out(file.name, "no_table", "info", message)
        except OSError as error:
            found = why(error)
            raise BrokenFile(file=file.name, expected=Message("a file"), found=found) from error

    def _of_part(self, part: RawTable | SourceFile | Finding, file: SourceFile) -> Iterator[RawTable]:
        if isinstance(part, RawTable):
            yield replace(part, repairs=(*file.repairs, *part.repairs))
        elif isinstance(part, Finding):
            self.findings.append(part)
        elif part.name == file.name:
            inner = PurePosixPath(file.name).with_suffix("").suffix.lower()
            yield from self.tables_of(part, suffix=inner or ".txt")
        elif not any(is_hidden(name) for name in PurePosixPath(part.name).parts):
            yield from self.tables_of(part)

    def header_only(self, table: RawTable) -> None:
        """A header without rows that no other file needs: an export of nothing, or a line of words in a text."""
        name = table.origin.file
        if _suffix(name) in PROSE_SUFFIXES:
            found = Message("one line, and no table that needs it as header")
            message = Message("{file} was not read as a table: {found}.", file=name, found=found)
            self._left_out(name, "no_table", "info", message)
            return
        self.empty.append(EmptyFile(file=name, size=table.dialect.get("bytes", "?")))
        text = "{file} holds a header and no row under it; nothing was read. Export it again if there should be rows."
        self._left_out(name, "header_only", "warning", Message(text, file=name))

    def without_copies(self, tables: Sequence[RawTable]) -> list[RawTable]:
        """Each table once: a second file with the same bytes is a copy."""
        kept: dict[tuple[str, str | None], RawTable] = {}
        for table in tables:
            first = kept.setdefault((table.sha256, table.origin.sheet), table)
            if first is not table:
                text = "{file} holds the same bytes as {first} and was read once only."
                message = Message(text, file=table.origin.file, first=first.origin.file)
                self._left_out(table.origin.file, "copy", "warning", message)
        return list(kept.values())

    def all_findings(self) -> list[Finding]:
        """What was found about the files, those without data gathered by suffix."""
        gathered = [
            Finding(
                "no_data",
                "info",
                Message(
                    "Not read, for such files ({suffix}) hold no table: {files}. Number: {count}.",
                    count=len(names),
                    suffix=suffix or Message("no suffix"),
                    files=", ".join(names[:3]) + (", ..." if len(names) > 3 else ""),
                ),
                Origin(names[0]),
                len(names),
            )
            for suffix, names in sorted(self.no_data.items())
        ]
        return [*self.findings, *gathered]

    def _no_connector(self, name: str, suffix: str) -> None:
        if suffix in _REFERENCE_SUFFIXES:
            return
        if suffix in NO_DATA_SUFFIXES or not suffix:
            self.no_data.setdefault(suffix, []).append(name)
            self.skipped.append(name)
            return
        text = "{file} was not read: no connector knows {suffix}. Save it as CSV or XLSX if it holds data."
        self._left_out(name, "unknown_suffix", "warning", Message(text, file=name, suffix=suffix))

    def _left_out(self, name: str, code: str, severity: Severity, message: Message) -> None:
        self.findings.append(Finding(code, severity, message, Origin(name)))
        self.skipped.append(name)


def _suffix(name: str) -> str:
    return PurePosixPath(name).suffix.lower()
