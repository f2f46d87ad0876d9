"""Trace: who came from whom and what happened to it, one row a piece."""

from tundish.trace.follow import trace
from tundish.trace.pieces import Clock, Link, Pieces
from tundish.trace.target import Target, find_target

__all__ = ["Clock", "Link", "Pieces", "Target", "find_target", "trace"]
