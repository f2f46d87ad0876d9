"""Where along a piece did it happen? Length from speed, mapped from line to line, signals on a grid of the final product."""

from tundish.trace.position.measure import Lengths, measure
from tundish.trace.position.profile import Profile, Signal, There
from tundish.trace.position.pyramid import Level
from tundish.trace.position.stretches import Stretch, Turning

__all__ = ["Lengths", "Level", "Profile", "Signal", "Stretch", "There", "Turning", "measure"]
