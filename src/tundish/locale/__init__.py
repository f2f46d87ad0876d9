"""In which words does the reader read it? One gettext catalogue; English templates are its keys."""

from __future__ import annotations

import gettext
import math
import os
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from string import Formatter
from zoneinfo import ZoneInfo

from tundish.errors import Message
from tundish.settings import Language

DOMAIN = "tundish"
FOLDER = Path(__file__).parent
MOST_CHARACTERS = 600
"""Of one value in a sentence; paths are shorter."""
MOST_ITEMS = 40
"""Of a list in a sentence."""
_TURNING = "\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u206f\ufff9-\ufffb\ud800-\udfff"
"""Marks that turn the direction of writing or end a line unseen, halves of characters."""
_STEERING = re.compile(f"[\x00-\x1f\x7f-\x9f{_TURNING}]")
"""Those, and control characters."""
_STEERING_A_PAGE = re.compile(f"[\x00-\x08\x0b-\x1f\x7f-\x9f{_TURNING}]")
"""The same, but for the tabs and line ends that a text of several lines is made of."""


@lru_cache
def catalogue(lang: Language) -> gettext.NullTranslations:
    """The translations of one language; English is the key itself, so its catalogue is empty."""
    return gettext.translation(DOMAIN, FOLDER, languages=[lang], fallback=True)


def use(lang: Language) -> None:
    """Make ``gettext.gettext`` of this process, and so Typer's own words, answer in this language."""
    gettext.bindtextdomain(DOMAIN, str(FOLDER))
    gettext.textdomain(DOMAIN)
    os.environ["LANGUAGE"] = lang


def mark(text: str) -> str:
    """Mark a text for the catalogue without translating it yet; :func:`say` translates it where it is shown."""
    return text


def say(text: str, lang: Language, /, **values: object) -> str:
    """Translate a template and put its values in.

    >>> say("{pieces} pieces", "en", pieces=1720)
    '1,720 pieces'
    """
    return render(Message(text, **values), lang)


def render(message: Message, lang: Language, *, time_zone: str = "Asia/Seoul") -> str:
    """The sentence of a message in the reader's language, numbers and times written as a plant reads them.

    >>> render(Message("{n} pieces until {t}", n=1720, t=datetime(2025, 3, 1, 5, 31, tzinfo=UTC)), "en")
    '1,720 pieces until 2025-03-01 14:31:00'
    """
    template = catalogue(lang).gettext(message.text) if message.text else ""
    return _Writer(lang, time_zone).vformat(template, (), dict(message.values))


def number(value: float) -> str:
    """A number as it stands on a sheet of paper: thousands separated, four digits that count, no exponent in daily ranges.

    >>> number(13550.0), number(0.012344), number(2.5e-9), number(1003.26)
    ('13,550', '0.01234', '2.5e-09', '1,003.3')
    """
    size = abs(value)
    if not math.isfinite(size):
        return "-"
    if value == 0 or float(value).is_integer():
        return f"{value:,.0f}"
    if size < 1e-4:
        return f"{value:.3g}"
    decimals = 1 if size >= 1000 else 2 if size >= 100 else 3 if size >= 1 else 4 if size >= 0.1 else 5 if size >= 0.01 else 6
    return f"{value:,.{decimals}f}".rstrip("0").rstrip(".")


class _Writer(Formatter):
    """``str.format`` with values written for a reader; a format spec in the template wins."""

    def __init__(self, lang: Language, time_zone: str) -> None:
        self.lang = lang
        self.time_zone = time_zone

    def get_field(self, field_name: str, args: Sequence[object], kwargs: Mapping[str, object]) -> tuple[object, str]:
        """Names only: a value from a plant's file must not reach attributes."""
        return kwargs[field_name], field_name

    def format_field(self, value: object, format_spec: str) -> str:
        """One value."""
        return format(value, format_spec) if format_spec else self.write(value)

    def write(self, value: object) -> str:
        """A value without a format spec."""
        match value:
            case Message():
                return render(value, self.lang, time_zone=self.time_zone)
            case int() | float() if not isinstance(value, bool):
                return number(value)
            case datetime():
                aware = value if value.tzinfo else value.replace(tzinfo=UTC)
                return f"{aware.astimezone(ZoneInfo(self.time_zone)):%Y-%m-%d %H:%M:%S}"
            case tuple() | list():
                more = f", … ({len(value):,})" if len(value) > MOST_ITEMS else ""
                return ", ".join(self.write(item) for item in value[:MOST_ITEMS]) + more
            case _:
                return plain(str(value))


def plain(text: str) -> str:
    """A text from a plant's file as a terminal may show it: on one line, of bearable length, unable to steer what shows it.

    >>> plain("\\x1b[31m온도\\n"), plain("\\u202egpj.exe")
    ('\\\\x1b[31m온도\\\\x0a', '\\\\u202egpj.exe')
    """
    shown = one_line(text)
    return shown if len(shown) <= MOST_CHARACTERS else f"{shown[:MOST_CHARACTERS]}… ({len(shown):,})"


def one_line(text: str) -> str:
    """The same, however long: for a line that was put together of such texts.

    >>> one_line("PK-1\\n  100% sure")
    'PK-1\\\\x0a  100% sure'
    """
    return _STEERING.sub(_escaped, text)


def harmless(text: str) -> str:
    """A whole text, lines and all, unable to steer the terminal or page that shows it; JSON stays JSON and says the same.

    >>> harmless("a\\tb\\n\\x07\\u202egpj.exe\\x9b1m")
    'a\\tb\\n\\\\x07\\\\u202egpj.exe\\\\u009b1m'
    """
    return _STEERING_A_PAGE.sub(_escaped, text)


def _escaped(found: re.Match[str]) -> str:
    """As JSON writes it, but for those that a JSON text never holds as they are."""
    code = ord(found.group())
    return f"\\x{code:02x}" if code < 0x20 else f"\\u{code:04x}"
