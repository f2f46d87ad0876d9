"""What does the name of a column say? Its parts in one language, which of several it is, and whether it is a set-point."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from rapidfuzz import fuzz, process

from tundish.vocabulary.words import Words, even_name

_UNKNOWN_RUN = 1.6
_UNKNOWN_SIGN = 0.55
_SHORT_PIECE = 1.3
_TYPO = 86.0
"""Least likeness (0-100) at which a longer word counts as a misspelling of a known one."""


@dataclass(frozen=True, slots=True)
class Name:
    """A column's name, taken apart."""

    whole: str
    """Without case, blanks and punctuation."""
    parts: frozenset[str]
    """Known parts (English words of words.yaml) and unknown words as they stand, casefolded."""
    positions: tuple[str, ...]
    """Which of several: ``2`` in `산세조2`, ``F3`` for a stand."""
    codes: tuple[str, ...]
    """Figures that may be a place or a mere tag number: ``T5``, ``101``."""
    aspect: str | None
    """``setpoint``, ``actual``, ``output``, ``control_value`` or None."""
    statistic: str | None
    """``mean``, ``min``, ``max``, ``std`` or None."""


def take_apart(name: str, words: Words) -> Name:
    """Take a name (without its unit) apart.

    >>> from tundish.vocabulary import load_catalogue
    >>> words = load_catalogue().words
    >>> name = take_apart("PL1_BATH2_TEMP_PV", words)
    >>> sorted(name.parts), name.positions, name.aspect
    (['bath', 'pickling', 'temperature'], ('1', '2'), 'actual')
    >>> take_apart("산세조2 온도", words).parts == take_apart("pickling bath 2 temp.", words).parts
    True
    """
    parts: list[str] = []
    positions: list[str] = []
    codes: list[str] = []
    for token in _tokens(name, words):
        if token[0] == "#":
            positions.append(token[1:])
        elif token[0] == "?":
            codes.append(token[1:])
        else:
            parts += _look_up(token, words) or [token]
    said = frozenset(parts)
    aspect = next((part for part in parts if part in words.aspects), None)
    statistic = next((part for part in parts if part in words.statistics), None)
    places = [part for part in parts if part in words.places]
    kept = said - words.fillers - words.aspects - words.statistics - words.places
    which = tuple(dict.fromkeys([*positions, *places]))
    return Name(even_name(name), kept, which, tuple(codes), aspect, statistic)


_TAG = re.compile(r"(?<![A-Za-z])([A-Z]{1,4}[-_ ]?\d{3,5}[A-Z]?)(?![A-Za-z0-9])")
"""An instrument's own number (`TIC-101`, `FI_601`): a code, not a word."""
_NUMBERED = re.compile(r"(?:\bno|\bnr|#|제)\s*[.\-_]?\s*(?=\d)", re.IGNORECASE)
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_STAND = re.compile(r"^[frsz](\d{1,2})$")


def _tokens(name: str, words: Words) -> Iterator[str]:
    """Words casefolded; positions marked ``#``, codes marked ``?``."""
    text = unicodedata.normalize("NFKC", name)
    yield from (f"?{re.sub(r'[-_ ]', '', tag)}" for tag in _TAG.findall(text))
    text = _NUMBERED.sub(" ", _TAG.sub(" ", text))
    for chunk in re.split(r"[^\w]+|_+", text):
        if chunk:
            yield from _chunk(chunk, words)


def _chunk(chunk: str, words: Words) -> Iterator[str]:
    folded = chunk.casefold()
    if folded in words.spellings and not folded.isdigit():
        yield folded
        return
    for piece in re.findall(r"[가-힣]+|[A-Za-z]+\d+[A-Za-z]+\d*|[A-Za-z]+\d*|\d+|[^\W\d_a-zA-Z가-힣]+", chunk):
        yield from _piece(piece, words)


def _piece(piece: str, words: Words) -> Iterator[str]:
    folded = piece.casefold()
    if folded in words.spellings:
        yield folded
    elif piece.isdigit():
        yield _figure(piece)
    elif _STAND.match(folded):
        yield f"#{piece.upper()}"
    elif re.fullmatch(r"[a-z]\d+", folded):
        yield f"?{piece.upper()}"
    elif any(sign.isdigit() for sign in piece):
        for part in re.findall(r"\d+|\D+", piece):
            yield from _piece(part, words)
    else:
        for word in _CAMEL.split(piece):
            yield word.casefold()


def _figure(digits: str) -> str:
    """One or two figures say which of several; more are a tag's own number."""
    return f"#{int(digits)}" if len(digits) <= 2 else f"?{digits}"


def _look_up(token: str, words: Words) -> list[str]:
    """Parts that a word stands for; empty when it is unknown."""
    found = words.spellings.get(token)
    if found:
        return list(found)
    if re.fullmatch(r"[가-힣]+", token):
        return _cut_hangul(token, words)
    if re.fullmatch(r"[a-z]+", token):
        return _cut_latin(token, words) or _mend(token, words)
    return []


def _cut_hangul(token: str, words: Words) -> list[str]:
    """Cheapest way to cut a Korean compound into known words; unknown runs stay as they are."""
    cost: list[float] = [0.0]
    cut: list[tuple[int, bool]] = [(0, True)]
    for end in range(1, len(token) + 1):
        ways = []
        for start in range(end):
            known = token[start:end] in words.spellings
            price = (_SHORT_PIECE if end - start == 1 else 1.0) if known else _UNKNOWN_RUN + _UNKNOWN_SIGN * (end - start)
            ways.append((cost[start] + price, start, known))
        best = min(ways)
        cost.append(best[0])
        cut.append((best[1], best[2]))
    pieces: list[tuple[str, bool]] = []
    end = len(token)
    while end > 0:
        start, known = cut[end]
        pieces.insert(0, (token[start:end], known))
        end = start
    if not any(known for _, known in pieces):
        return []
    return [part for piece, known in pieces for part in (words.spellings[piece] if known else (piece,))]


def _cut_latin(token: str, words: Words) -> list[str]:
    """``extemp`` -> exit, temperature: two known words written as one."""
    for middle in range(len(token) - 2, 1, -1):
        head, tail = token[:middle], token[middle:]
        if head in words.spellings and tail in words.spellings and max(len(head), len(tail)) >= 3:
            return [*words.spellings[head], *words.spellings[tail]]
    return []


def _mend(token: str, words: Words) -> list[str]:
    """A misspelt longer word, when exactly the like of one known word."""
    if len(token) < 5:
        return []
    likely = [spelling for spelling in words.spellings if spelling[0] == token[0] and abs(len(spelling) - len(token)) <= 2]
    found = process.extractOne(token, likely, scorer=fuzz.ratio, score_cutoff=_TYPO)
    return list(words.spellings[found[0]]) if found else []
