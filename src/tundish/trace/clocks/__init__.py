"""How far is each file's clock from the clock of the pieces? Offset, drift and jumps, each with an interval."""

from tundish.trace.clocks.align import Aligned, align
from tundish.trace.clocks.offset import estimate, given
from tundish.trace.clocks.order import mend_times

__all__ = ["Aligned", "align", "estimate", "given", "mend_times"]
