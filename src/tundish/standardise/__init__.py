"""Standardise: every column becomes a known concept with unit and time, or a finding that says why not."""

from tundish.standardise.plant import Standardised, standardise

__all__ = ["Standardised", "standardise"]
