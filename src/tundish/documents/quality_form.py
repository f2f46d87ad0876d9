"""What stands in quality.json? The documented form of one check."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from tundish.documents.answer import FindingOut


class EmptiedOut(BaseModel):
    """A text that is no value of its column, so that its cells were left empty."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    file: str
    sheet: str | None
    column: str | None
    text: str = Field(description="What stands there, as in the file.")
    count: int = Field(description="Cells with this text.")
    rows: list[int] = Field(description="First rows concerned, as they stand in the file.")
    reason: str


class QualityOut(BaseModel):
    """The whole of quality.json."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    schema_version: Literal["1.1"] = Field(description="Of this form: a second number that grew added fields.")
    plant: str = Field(description="Name of the plant's folder.")
    language: Literal["ko", "en"] = Field(description="Of text and hint.")
    created: str = Field(description="ISO 8601, UTC.")
    files: int = Field(description="Tables that were read.")
    rows: int
    set_aside: int = Field(description="Cells left empty, for what stands there cannot be true or means: not measured.")
    emptied: list[EmptiedOut] = Field(
        description="Texts among numbers or times whose cells were left empty, the commonest first."
    )
    mended: int = Field(description="Cells that the plant's quarantine file decided.")
    quarantine_lines: int = Field(description="Lines of quarantine.xlsx and quarantine.csv beside this file.")
    counts: dict[Literal["error", "warning", "info"], int] = Field(description="Findings of each severity.")
    findings: list[FindingOut] = Field(description="All findings, the gravest first.")
