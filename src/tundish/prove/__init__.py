"""Prove an answer on later pieces that it never saw."""

from tundish.prove.evidence import Evidence, Interval, Period, Saving, WindowEvidence
from tundish.prove.proving import prove
from tundish.prove.split import Split, split

__all__ = ["Evidence", "Interval", "Period", "Saving", "Split", "WindowEvidence", "prove", "split"]
