"""The first stage: files of a plant in, raw tables with their origin out."""

from tundish.intake.raw import RawTable, Source, SourceFile
from tundish.intake.reading import Intake, read, read_file

__all__ = ["Intake", "RawTable", "Source", "SourceFile", "read", "read_file"]
