"""What can go wrong, and the values each message needs?

    TundishError                  everything this program refuses to do
    ├── InputError                the plant's files or words; exit code 2
    │   ├── NoSuchFolder          PLANT is no folder
    │   ├── NoSuchFile            FILE is no file
    │   ├── HoldsNoTable          FILE is a program, a picture, a letter
    │   ├── NothingUsable         a folder without one readable table
    │   ├── AllSetAside           every delivery breaks a frozen contract
    │   ├── UnreadableFile        empty, locked, truncated, hostile or odd
    │   │   ├── EmptyFile
    │   │   ├── LockedWorkbook
    │   │   ├── BrokenFile
    │   │   │   └── NoTable         text without rows and columns
    │   │   ├── HostileArchive
    │   │   ├── QuarantineUnread  the plant's quarantine file
    │   │   └── RaggedRows
    │   ├── BadSettings           plant.toml says what cannot be
    │   ├── UnknownTarget         no column answers to the name
    │   ├── AmbiguousTarget       several columns answer to the name
    │   ├── NoTarget              nothing in the tables can be asked about
    │   ├── NoSharedKey           tables that cannot be joined
    │   ├── OneOutcome            the target never changes
    │   ├── EmptyTarget           the target holds no value
    │   ├── OddTarget             the target holds times, ids or free text
    │   ├── TooLarge              the target's table is more than memory holds
    │   ├── TooFewPieces          not enough material to prove anything
    │   │   └── TooFewDefects         the rarer outcome too rarely seen
    │   ├── SourceRefused         a live source says no, and waiting will not mend it
    │   │   └── BrowseRefused         the same of one that was only asked what it offers
    │   ├── BadAddress            words after browse that cannot be
    │   ├── MissingExtra          a live source whose library is not installed
    │   ├── MissingEngine         an engine whose library is not installed
    │   ├── EngineRefused         a cluster that cannot be started or joined
    │   ├── LandingRefused        what arrives cannot be put on disk, or what lies there cannot be read
    │   │   └── LandingInUse          another process lands for the same source
    │   ├── FolderInUse           another run computes into the same folder
    │   ├── InputsChanged         a file changed while it was computed from
    │   ├── CannotServe           the address cannot be listened on
    │   ├── WorkersLost           workers of an engine die faster than they are replaced
    │   ├── NoPieceNamed          an empty word where a number belongs
    │   ├── UnknownPiece          no piece answers to the id
    │   ├── AmbiguousPiece        pieces of several kinds answer to it
    │   └── CannotWrite           the output cannot be put where it was asked
    │       └── ResultsUnwritten      the results of a job cannot be put into its folder
    ├── PartFailed            the function of a job raised something that is no refusal
    └── UnknownLine               a works line that does not exist

A class holds the sentence, an instance holds the values. Shells translate the sentence.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True, init=False)
class Message:
    """A sentence for a reader: an English template, also its catalogue key, and its values."""

    text: str
    values: Mapping[str, object]

    def __init__(self, text: str, /, **values: object) -> None:
        object.__setattr__(self, "text", text)
        object.__setattr__(self, "values", values)

    def __str__(self) -> str:
        return self.text.format(**self.values)


class TundishError(Exception):
    """Root of everything this program refuses to do; carries a :class:`Message`."""

    text: ClassVar[str] = "{detail}"
    exit_code: ClassVar[int] = 2

    def __init__(self, **values: object) -> None:
        self.message = Message(self.text, **values)
        super().__init__(str(self.message))


class InputError(TundishError):
    """The plant's files or words are at fault, not the program."""


class NoSuchFolder(InputError):
    """PLANT is no folder."""

    text = "{folder}: there is no folder of this name. Name the folder that holds the exports, not a file in it."


class NoSuchFile(InputError):
    """FILE is no file."""

    text = "{file}: there is no file of this name."


class HoldsNoTable(InputError):
    """A file that is neither a table nor a list of headers."""

    text = (
        "{file}: no table and no list of headers stands in it. Name a CSV, XLSX or Parquet file, or a text of a header a line."
    )


class NothingUsable(InputError):
    """A folder in which no table could be found."""

    text = (
        "{folder}: no table found. Looked for: {looked_for}. Skipped: {skipped}. "
        "Put the exports (CSV, XLSX, ZIP, Parquet) into this folder and run again."
    )


class AllSetAside(InputError):
    """Every delivery of the folder breaks its frozen contract."""

    text = (
        "{folder}: all {count} tables were set aside, for they differ from what contracts.toml says. "
        "{check} lists the differences; mend the exports, or allow the change in contracts.toml."
    )


class UnreadableFile(InputError):
    """A file that cannot be read whole."""


class EmptyFile(UnreadableFile):
    """A file that holds no row."""

    text = (
        "{file}: the file is empty ({size} bytes, no row). Export it again, "
        'or leave it out: skip = ["{file}"] under [read] in plant.toml.'
    )


class LockedWorkbook(UnreadableFile):
    """A workbook with a password."""

    text = (
        "{file}: the workbook is locked with a password. Save it without one, "
        'or leave it out: skip = ["{file}"] under [read] in plant.toml.'
    )


class BrokenFile(UnreadableFile):
    """A file that breaks off or is not what its name says."""

    text = (
        "{file}: cannot be read as {expected}: {found}. Export it again, "
        'or leave it out: skip = ["{file}"] under [read] in plant.toml.'
    )


class NoTable(BrokenFile):
    """A text file in which no table can be found; a note beside the data when its name says so."""


class HostileArchive(UnreadableFile):
    """An archive that unpacks to too much or leads outside its folder."""

    text = (
        "{file}: the archive is refused: {found}; allowed: {allowed}. "
        "Unpack it by hand if you trust it, "
        'or leave it out: skip = ["{file}"] under [read] in plant.toml.'
    )


class QuarantineUnread(UnreadableFile):
    """A quarantine file that cannot be read."""

    text = "{file}: the quarantine file cannot be read: {found}. Nothing of it was applied. Save it again as XLSX or CSV."


class RaggedRows(UnreadableFile):
    """A text table whose rows differ in length."""

    text = (
        "{file}, line {row}: {found} fields where the header has {expected} ({rows} such rows in all). "
        'Mend the rows, or write ragged = "set_aside" under [read] in plant.toml to leave them out.'
    )


class BadSettings(InputError):
    """plant.toml holds a value that cannot be."""

    text = "{file}, {key}: expected {expected}, found {found}. Correct it, or delete the line to have it found again."


class UnknownTarget(InputError):
    """No column, concept or file's column answers to the name."""

    text = "--target {target}: no column or concept has this name. Nearest: {nearest}."


class AmbiguousTarget(InputError):
    """Several columns of the plant answer to the name."""

    text = "--target {target}: {count} columns answer to this name: {columns}. Name one of them, as file:column."


class NoTarget(InputError):
    """Nothing in the tables looks like a result that can be asked about."""

    text = (
        "{folder}: no column looks like a result (defect, test value, consumption). Name one with --target. Columns: {columns}."
    )


class NoSharedKey(InputError):
    """Tables that share neither a key nor a time."""

    text = (
        "{first} and {second} share no key: no column of one holds the ids of the other, and no time falls into the other's. "
        "Tried: {tried}. Name the key columns under [keys] in plant.toml, or move the file that does not belong here."
    )


class OneOutcome(InputError):
    """A target that has one value only."""

    text = (
        "{file}, column {column}: the target has one value only ({value}, {rows} rows). "
        "Add exports that hold both outcomes, or name another --target."
    )


class EmptyTarget(InputError):
    """A target without a single value."""

    text = "{file}, column {column}: the target holds no value in any row. Add exports that hold it, or name another --target."


class OddTarget(InputError):
    """A target that is no result: times, ids, remarks."""

    text = (
        "{file}, column {column}: this cannot be explained: {found}. "
        "Name a column of results, numbers or a few classes, with --target."
    )


class TooLarge(InputError):
    """The table that is asked about is larger than memory holds: only signals are read in parts."""

    text = (
        "{file}: {rows} rows are more than is held in memory, and what is asked about stands among them "
        "({seen} were looked at). Export the results of fewer pieces, or name a target in another file with --target."
    )


class LongLogTooLarge(InputError):
    """A log in long form is larger than memory holds: only tables with a column a signal are read in parts."""

    text = (
        "{file}: a log of time, tag and value with {rows} rows is more than is held in memory. Export it with a column for "
        "each tag, or only the tags that matter."
    )


class TooFewPieces(InputError):
    """Not enough material to learn from and to prove on."""

    text = (
        "{pieces} pieces with a known {target} are too few: at least {needed} are needed, "
        "so that later ones can prove the answer. Add older exports to the folder."
    )


class TooFewDefects(TooFewPieces):
    """Enough pieces, but too few of the rarer outcome."""

    text = (
        "Of {pieces} pieces with a known {target}, the rarer outcome stands on {earlier} of the earlier and {later} of the "
        "later: at least {needed_earlier} and {needed_later} are needed. Add older exports to the folder."
    )


class SourceRefused(InputError):
    """A live source that refuses, for a reason that waiting will not mend: wrong name, password, certificate, table."""

    text = "source {source} ({address}): {found}. Correct it under [sources.{source}] in plant.toml."


class BrowseRefused(SourceRefused):
    """A server or broker that was asked what it offers, and says no; no plant and no plant.toml is meant."""

    text = "{address}: {found}."


class BadAddress(InputError):
    """The address, or an option behind it, is none that ``browse`` can follow."""

    text = "{key}: expected {expected}, found {found}. Correct it and run again."


class MissingExtra(InputError):
    """A live source whose library is an optional part of the installation."""

    text = (
        "source {source}: kind {kind} needs the library {library}, which is not installed. "
        'Start with `python3 start.py collect PLANT`, which installs it, or install it: pip install "tundish[{kind}]".'
    )


class LandingRefused(InputError):
    """What arrives cannot be put on disk, or what lies there cannot be read; nothing acknowledged is lost."""

    text = (
        "{place}: cannot land here: {found}. "
        "What was acknowledged before lies there untouched; what comes now stays with its source. Mend it and start again."
    )


class LandingInUse(LandingRefused):
    """Another process lands for the same source."""

    text = "{place}: another process ({process}) is landing here. End it first; two at once would mix what they write."


class CannotServe(InputError):
    """The address cannot be listened on."""

    text = "{address}: cannot serve here: {found}. Name another address with --host and --port."


class CannotWrite(InputError):
    """The output cannot be put where it was asked."""

    text = "{path}: cannot write here: {found}. Name another folder (run: --out FOLDER; demo: demo FOLDER)."


class ResultsUnwritten(CannotWrite):
    """The results of a job cannot be put into its folder."""

    text = (
        "{path}: results cannot be written here: {found}. "
        "What is finished lies there and is kept; mend it and run again to go on from there."
    )


class FolderInUse(InputError):
    """Another run computes into the same folder."""

    text = "{place}: another process ({process}) is computing into this folder. Wait until it has ended, or end it first."


class InputsChanged(InputError):
    """A file changed while a part was computed from it."""

    text = "{part}: a file that it reads has changed meanwhile. Wait until nothing writes into it, and run again."


class MissingEngine(InputError):
    """An engine whose library is an optional part of the installation."""

    text = (
        "engine {engine} needs the library {library}, which is not installed. "
        'Install it: pip install "tundish[{engine}]", or write engine = "local" under [compute] in plant.toml.'
    )


class EngineRefused(InputError):
    """A cluster that cannot be started or joined, or that does not fit."""

    text = 'engine {engine}: {found}. Correct it under [compute] in plant.toml; engine = "local" needs no cluster.'


class PartFailed(TundishError):
    """The function of a job raised something that is no refusal: a fault of the program, or data that it did not expect."""

    text = "{part}: {function} failed: {found}. What is finished is kept; run again to go on from there."
    exit_code = 70


class WorkersLost(InputError):
    """Workers of an engine die faster than they can be replaced."""

    text = "{part}: the worker died {times} times ({found}). What is finished is kept; run again to go on from there."


class NoPieceNamed(InputError):
    """An empty word where the number of a piece belongs."""

    text = "No piece is named: type its number as it stands in the plant's files, or leave it out for an overview of the plant."


class UnknownPiece(InputError):
    """No piece answers to the id."""

    text = "{piece}: no piece of this plant has this number. Close to it: {nearest}."


class AmbiguousPiece(InputError):
    """Pieces of several kinds answer to the id."""

    text = "{piece}: {count} pieces answer to this number. Write it as one of: {choices}."


class UnknownLine(InputError):
    """A line that the works does not have."""

    text = "no line {line} in the works. Lines: {lines}."
