"""The terminal: what a person types, reads and is asked."""

from tundish.cli.entry import main

__all__ = ["main"]
