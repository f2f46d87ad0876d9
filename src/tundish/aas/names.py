"""How is a plant's name written as an AAS idShort, and a text so that every AAS tool takes it?"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Container
from hashlib import sha256
from urllib.parse import quote

LONGEST_ID_SHORT = 128
LONGEST_NAME = 64
"""Letters of a display name (AAS part 1, LangStringNameType); a preferred name holds 255, a definition 1023."""
LONGEST_SLUG = 400
"""An identifier holds 2,000 letters (AAS part 1); a long name is cut and told apart by its hash."""
_LEAD = tuple("g kk n d tt r m b pp s ss - j jj ch k t p h".replace("-", "").split(" "))
_VOWEL = tuple("a ae ya yae eo e yeo ye o wa wae oe yo u wo we wi yu eu ui i-".replace("-", "").split(" "))
_TAIL = tuple("- k k k n n n t l k m l l l p l m p p t t ng t t k t p t".replace("-", "").split(" "))
"""Letters of the Revised Romanization of Korean (Ministry of Culture, 2000), syllable by syllable."""
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def id_short(text: str, taken: Container[str] = ()) -> str:
    """A name of letters, digits and underscores that begins with a letter (AASd-002); none of ``taken`` in any case.

    >>> id_short("산세조2 온도(℃)"), id_short("FDT"), id_short("1호기"), id_short("")
    ('Sansejo2_ondo_C', 'FDT', 'N1hogi', 'Unnamed')
    >>> id_short("FDT", {"fdt"})
    'FDT_2'
    """
    latin = "".join(_latin(letter) for letter in unicodedata.normalize("NFKC", text))
    name = re.sub(r"[^A-Za-z0-9]+", "_", latin).strip("_") or "Unnamed"
    name = (name if name[0].isalpha() else f"N{name}")[:LONGEST_ID_SHORT].rstrip("_")
    name = name[0].upper() + name[1:]
    tried, n = name, 2
    while tried.casefold() in taken:
        ending = f"_{n}"
        tried, n = name[: LONGEST_ID_SHORT - len(ending)] + ending, n + 1
    return tried


def slug(text: str) -> str:
    """A text as one part of a URN: everything else than plain letters is written by its bytes.

    >>> slug("2공장 A")
    '2%EA%B3%B5%EC%9E%A5%20A'
    """
    whole = quote(clean(text) or "unnamed", safe="")
    if len(whole) <= LONGEST_SLUG:
        return whole
    cut = re.sub("%.?$", "", whole[: LONGEST_SLUG // 2])
    return f"{cut}~{sha256(whole.encode()).hexdigest()[:16]}"


def clean(text: str, longest: int | None = None) -> str:
    """The text without what XML cannot hold and without blanks around it; cut to ``longest`` letters.

    >>> clean(" 온도\\x00 "), clean("abcdef", 4)
    ('온도', 'abc…')
    """
    plain = _NOT_XML.sub("\ufffd", text).replace("\ufffd\ufffd", "\ufffd").strip().strip("\ufffd").strip()
    return plain if longest is None or len(plain) <= longest else f"{plain[: longest - 1].rstrip()}…"


def _latin(letter: str) -> str:
    if letter.isascii():
        return letter
    at = ord(letter) - 0xAC00
    if 0 <= at < 11172:
        return _LEAD[at // 588] + _VOWEL[at // 28 % 21] + _TAIL[at % 28]
    plain = unicodedata.normalize("NFKD", letter).encode("ascii", "ignore").decode()
    if plain:
        return plain
    return f"u{ord(letter):04x}" if letter.isalpha() else " "
