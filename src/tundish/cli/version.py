"""Which version is this?"""

from __future__ import annotations


def version() -> str:
    """Version of the installed program."""
    from importlib.metadata import version as installed

    return installed("tundish")
