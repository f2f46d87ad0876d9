"""Where is kept what a plant takes in? One folder a plant, append-only."""

from tundish.store.landed import LANDED
from tundish.store.landing import Landing

__all__ = ["LANDED", "Landing"]
