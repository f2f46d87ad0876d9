"""By which words does the reader call the program, so that a next command can be typed as it stands there?"""

from __future__ import annotations

import os


def called(words: str = "") -> str:
    """The program's name as it was called, ``python3 start.py`` or ``tundish``, and the words behind it."""
    return f"{os.environ.get('TUNDISH_CALLED', 'tundish')} {words}".rstrip()
