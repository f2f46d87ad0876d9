"""What does the name of a column say? Its parts in one language, which of several it is, and whether it is a set-point."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from rapidfuzz import process
from rapidfuzz.distance import OSA

from tundish.vocabulary.words import Words, even_name

_UNKNOWN_RUN = 1.6
_UNKNOWN_SIGN = 0.55
_SHORT_PIECE = 1.36
_LONGEST = 16


@dataclass(frozen=True, slots=True)
class Name:
    """A column's name, taken apart."""

    whole: str
    """Without case, blanks and punctuation."""
    parts: frozenset[str]
    """Known parts (English words of words.yaml) and unknown words as they stand, casefolded."""
    run: tuple[str, ...]
    """The same in the order they are written."""
    tokens: tuple[tuple[str, tuple[str, ...]], ...]
    """Words as they are written, without figures, each with its parts."""
    positions: tuple[str, ...]
    """Which of several: ``2`` in `산세조2`, ``F3`` for a stand."""
    codes: tuple[str, ...]
    """Figures that may be a place or a mere tag number: ``T5``, ``101``."""
    aspect: str | None
    """``setpoint``, ``actual``, ``output``, ``control_value`` or None."""
    statistic: str | None
    """``mean``, ``min``, ``max``, ``std`` or None."""
    aside: frozenset[str] = frozenset()
    """Parts that stand in brackets only: a remark."""
    bare: str = ""
    """``whole`` without figures, and without what says only where or which."""


def take_apart(name: str, words: Words, *, mend: bool = True) -> Name:
    """Take a name (without its unit) apart; ``mend`` reads misspelt and shortened words as the known ones they are near.

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
    tokens: list[tuple[str, tuple[str, ...]]] = []
    for token in _tokens(name, words):
        if token[0] == "#":
            positions.append(token[1:])
        elif token[0] == "?":
            codes.append(token[1:])
        else:
            found = _look_up(token, words, mend=mend) or [token]
            tokens.append((token, tuple(found)))
            parts += found
    if "heat" in parts and not _HEATED.isdisjoint(parts):
        parts = ["heating" if part == "heat" else part for part in parts]
    said = frozenset(parts)
    aspect = next((part for part in parts if part in words.aspects), None)
    statistic = next((part for part in parts if part in words.statistics), None)
    places = [part for part in parts if part in words.places]
    kept = said - words.fillers - words.aspects - words.statistics - words.places
    which = tuple(dict.fromkeys([*positions, *places]))
    run = tuple(part for part in parts if part in kept)
    aside = _remark(name, words, mend=mend) if "(" in name and mend else frozenset()
    return Name(even_name(name), kept, run, tuple(tokens), which, tuple(codes), aspect, statistic, aside)


def _remark(name: str, words: Words, *, mend: bool) -> frozenset[str]:
    """Parts in brackets that do not stand before them as well."""
    before, _, inside = name.partition("(")
    return (
        take_apart(inside, words, mend=mend).parts - take_apart(before, words, mend=mend).parts
        if before.strip()
        else frozenset()
    )


_TAG = re.compile(r"(?<![A-Za-z])([A-Z]{1,4}[-_ ]?\d{3,5}[A-Z]?)(?![A-Za-z0-9])")
"""An instrument's own number (`TIC-101`, `FI_601`): a code, not a word."""
_NUMBERED = re.compile(r"(?:\bno|\bnr|#|제)\s*[.\-_]?\s*(?=\d)", re.IGNORECASE)
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_HEATED = frozenset({"furnace", "zone", "time"})
"""Beside these, `heat` is what a furnace does, not a charge of steel."""
_SMALL = re.compile(r"(?<=[a-z)\]]) (?:in|at|of|per|to) (?=[a-z])", re.IGNORECASE)
"""Small words of a sentence; in a tag `IN` is the entry side."""
_SLASHED = re.compile(r"(?<![A-Za-z])([A-Za-z])/([A-Za-z])(?![A-Za-z])")
"""`A/K`, `T/D`: one word, where it is known as one."""
_STAND = re.compile(r"^[frs](\d{1,2})$")
_ZONE = re.compile(r"^zn?(\d{1,2})$")
_BETWEEN = re.compile(r"^([frs]\d{1,2})([frs]\d{1,2})$")
"""Between two stands: `S2S3`."""


def _tokens(name: str, words: Words) -> Iterator[str]:
    """Words casefolded; positions marked ``#``, codes marked ``?``."""
    text = _SLASHED.sub(lambda found: _joined(found, words), unicodedata.normalize("NFKC", name))
    yield from (f"?{re.sub(r'[-_ ]', '', tag)}" for tag in _TAG.findall(text))
    text = _SMALL.sub(" ", _NUMBERED.sub(" ", _TAG.sub(" ", text)))
    chunks = [chunk for chunk in re.split(r"[^\w]+|_+", text) if chunk]
    while chunks:
        both = "".join(chunks[:2]).casefold()
        if min(map(len, chunks[:2])) > 1 and len(chunks) > 1 and both in words.spellings and not _both_known(chunks[:2], words):
            yield both
            chunks = chunks[2:]
        else:
            yield from _chunk(chunks.pop(0), words)


def _joined(found: re.Match[str], words: Words) -> str:
    both = found[1] + found[2]
    parts = words.spellings.get(both.casefold(), ())
    return both if parts and words.aspects.isdisjoint(parts) else found[0]


def _both_known(chunks: list[str], words: Words) -> bool:
    return all(chunk.casefold() in words.spellings or chunk.isdigit() for chunk in chunks)


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
    elif zone := _ZONE.match(folded):
        yield "zone"
        yield _figure(zone[1])
    elif between := _BETWEEN.match(folded):
        yield from ("stand", f"#{between[1].upper()}", f"#{between[2].upper()}")
    elif _STAND.match(folded):
        yield f"#{piece.upper()}"
    elif re.fullmatch(r"[a-z]\d+", folded):
        yield f"?{piece.upper()}"
    elif any(sign.isdigit() for sign in piece):
        yield from _with_figures(piece, words)
    else:
        for word in _CAMEL.split(piece):
            yield word.casefold()


def _with_figures(piece: str, words: Words) -> Iterator[str]:
    """``N2Flow`` -> n2, flow; ``Zone3`` -> zone, 3."""
    folded = piece.casefold()
    known = next((n for n in range(len(piece) - 1, 1, -1) if folded[:n] in words.spellings and folded[n - 1].isdigit()), 0)
    if known:
        yield folded[:known]
        yield from _piece(piece[known:], words)
        return
    for part in re.findall(r"\d+|\D+", piece):
        yield from _piece(part, words)


def _figure(digits: str) -> str:
    """One or two figures say which of several; more are a tag's own number."""
    return f"#{int(digits)}" if len(digits) <= 2 else f"?{digits}"


def _look_up(token: str, words: Words, *, mend: bool) -> list[str]:
    """Parts that a word stands for; empty when it is unknown."""
    found = words.spellings.get(token)
    if found:
        return list(found)
    if re.fullmatch(r"[가-힣]+", token):
        return (_mend_hangul(token, words) if mend else []) or _cut(token, words)
    if re.fullmatch(r"[a-z]+", token):
        near = _mend(token, words, most=1) if mend else []
        far = _mend(token, words, most=2) or _begun(token, words) or _without_vowels(token, words) if mend else []
        return near or _cut_latin(token, words) or far
    return []


def _cut(token: str, words: Words) -> list[str]:
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
    """``mainmotortemp`` -> main, motor, temperature: known words written as one, as few and as long as can be."""
    ways: list[tuple[float, list[str]] | None] = [(0.0, [])]
    for end in range(1, len(token) + 1):
        best: tuple[float, list[str]] | None = None
        for start in range(max(0, end - _LONGEST), end - 1):
            before, piece = ways[start], token[start:end]
            if before is not None and piece in words.spellings:
                price = before[0] + {2: 3.0, 3: 2.6}.get(len(piece), 2.0)
                if best is None or price < best[0]:
                    best = (price, [*before[1], piece])
        ways.append(best)
    found = ways[-1]
    if found is None or max(map(len, found[1])) < 3 or sum(len(piece) == 2 for piece in found[1]) > 1:
        return []
    return [part for piece in found[1] for part in words.spellings[piece]]


def _mend(token: str, words: Words, *, most: int) -> list[str]:
    """A misspelt word, when ``most`` slips lead to one meaning only; a longer word forgives a second slip."""
    if len(token) < 3 + 2 * most:
        return []
    likely = [spelling for spelling in _by_first(words).get(token[0], ()) if abs(len(spelling) - len(token)) <= most]
    found = process.extract(token, likely, scorer=OSA.distance, score_cutoff=most, limit=8)
    best = {words.spellings[word] for word, slips, _ in found if slips == found[0][1] and len(word) >= 3 + most}
    return list(best.pop()) if len(best) == 1 else []


def _begun(token: str, words: Words) -> list[str]:
    """A shortened word (`emuls`), when it begins words of one meaning only."""
    if len(token) < 5:
        return []
    whole = {words.spellings[word] for word in _by_first(words).get(token[0], ()) if word.startswith(token)}
    return list(whole.pop()) if len(whole) == 1 else []


def _without_vowels(token: str, words: Words) -> list[str]:
    """A word without its vowels (`dschrg`), when it begins words of one meaning only."""
    if len(token) < 4 or not _CONSONANTS.fullmatch(token[1:]):
        return []
    bones = ((word, word[0] + "".join(_CONSONANTS.findall(word[1:]))) for word in _by_first(words).get(token[0], ()))
    whole = {words.spellings[word] for word, bone in bones if len(word) > 4 and bone.startswith(token)}
    return list(whole.pop()) if len(whole) == 1 else []


_CONSONANTS = re.compile(r"[b-df-hj-np-tv-xz]+")


def _mend_hangul(token: str, words: Words) -> list[str]:
    """A misspelt Korean word (`두깨`), by its letters; a compound of known words is none."""
    if len(token) < 2 or all(part in words.places or not re.search("[가-힣]", part) for part in _cut(token, words) or ["가"]):
        return []
    letters = unicodedata.normalize("NFD", token)
    likely = [spelling for spelling in _hangul(words) if abs(len(spelling) - len(letters)) <= 1 and len(spelling) >= 4]
    found = process.extract(letters, likely, scorer=OSA.distance, score_cutoff=1, limit=8)
    near = [word for word, *_ in found if len(token) > 2 or _other_vowel(letters, word)]
    return list(words.spellings[unicodedata.normalize("NFC", near[0])]) if near else []


def _other_vowel(one: str, other: str) -> bool:
    """Do two short words differ in a vowel only: `두깨`, `두께`? Another consonant is mostly another word: `품명`, `품형`."""
    differ = [(a, b) for a, b in zip(one, other, strict=False) if a != b]
    return len(one) == len(other) and all("\u1161" <= letter <= "\u1175" for pair in differ for letter in pair)


@lru_cache(maxsize=8)
def _by_first(words: Words) -> dict[str, list[str]]:
    """Longer Latin spellings by their first letter."""
    found: dict[str, list[str]] = {}
    for spelling in words.spellings:
        if len(spelling) >= 4 and spelling.isascii() and spelling.isalpha():
            found.setdefault(spelling[0], []).append(spelling)
    return found


@lru_cache(maxsize=8)
def _hangul(words: Words) -> list[str]:
    """Korean spellings of two syllables or more, taken apart into letters."""
    return [unicodedata.normalize("NFD", spelling) for spelling in words.spellings if re.fullmatch("[가-힣]{2,}", spelling)]
