"""One kind of file a module: what each can read is listed in ``SOURCES``."""

from tundish.connectors.archive import ARCHIVE
from tundish.connectors.parquet import PARQUET
from tundish.connectors.text import TEXT
from tundish.connectors.workbook import WORKBOOK
from tundish.intake.raw import Source

SOURCES: tuple[Source, ...] = (TEXT, WORKBOOK, ARCHIVE, PARQUET)
"""Every connector; a new one is a file here and an entry in this list."""

__all__ = ["SOURCES"]
