"""How alike are two names? A header is held against a list of names; how much a word weighs is learned from that list."""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
from rapidfuzz import fuzz, process
from rapidfuzz.distance import OSA, Prefix

from tundish.vocabulary.words import Words

Floats = npt.NDArray[np.float64]

SAME_PART = 0.95
"""Two spellings of one part of words.yaml: ``num`` and ``number``."""
FAMILY = 0.88
"""Two forms of one word: ``pathologic`` and ``pathological``, ``smoking`` and ``smoked``."""
SHORTENED = 0.8
"""One is the beginning of the other: ``emuls`` and ``emulsion``."""
INITIALS = 0.75
"""One is made of the other's first letters: ``FDT`` of finishing delivery temperature."""
LETTER = 0.5
"""One is the other's first letter: ``T`` for temperature."""
ALIKE = 0.8
"""What a misspelling loses: likeness of signs times this."""
LEAST_ALIKE = 0.72
UNSAID = 0.5
"""Weight of a word that only the header has, against one that both have (Tversky 1977)."""
MISSING = 0.33
"""Weight of a word that only the target has."""
LETTERS = 0.12
"""Share of the likeness of the whole spelling, signs in order, in the result."""


@dataclass(frozen=True, eq=False)
class Targets:
    """A list of names to hold headers against, taken apart once."""

    names: tuple[str, ...]
    words: Words

    def rank(self, header: str) -> Floats:
        """Likeness of a header (without its unit) to each name, 0 to 1.

        >>> from tundish.vocabulary import load_catalogue
        >>> targets = Targets(("tumor_stage", "lymph_nodes_positive", "days_to_death"), load_catalogue().words)
        >>> targets.rank("number of positive lymph nodes").argmax(), targets.rank("Tumour.Staging").argmax()
        (np.int64(1), np.int64(0))
        """
        tokens = split_words(header)
        if not tokens or not self.names:
            return np.zeros(len(self.names))
        weight = np.array([self._weight(token) for token in tokens])
        like = np.vstack([self._likeness(token) for token in tokens])
        flat = like[:, self._flat]
        found = np.maximum.reduceat(flat, self._starts, axis=1)
        held = flat.max(axis=0)
        for row, token in enumerate(tokens):
            for name, first in self._spelt_out(token):
                found[row, name] = max(found[row, name], INITIALS)
                places = slice(self._starts[name] + first, self._starts[name] + first + len(token))
                held[places] = np.maximum(held[places], INITIALS)
        said = weight @ found
        unsaid = weight.sum() - said
        missing = np.add.reduceat(self._weights * (1 - held), self._starts)
        alike = said / np.maximum(said + UNSAID * unsaid + MISSING * missing, 1e-9)
        whole: Floats = (1 - LETTERS) * alike + LETTERS * self._letters(tokens)
        return whole

    @cached_property
    def _tokens(self) -> list[list[str]]:
        return [split_words(name) or [name.casefold()] for name in self.names]

    @cached_property
    def _known(self) -> dict[str, int]:
        return {token: n for n, token in enumerate(dict.fromkeys(token for tokens in self._tokens for token in tokens))}

    @cached_property
    def _by_letter(self) -> Mapping[str, list[tuple[int, str]]]:
        found: dict[str, list[tuple[int, str]]] = {}
        for other, n in self._known.items():
            found.setdefault(other[0], []).append((n, other))
        return found

    @cached_property
    def _by_part(self) -> Mapping[str, list[tuple[int, str]]]:
        found: dict[str, list[tuple[int, str]]] = {}
        for other, n in self._known.items():
            found.setdefault(self._part(other), []).append((n, other))
        return found

    @cached_property
    def _flat(self) -> npt.NDArray[np.intp]:
        return np.array([self._known[token] for tokens in self._tokens for token in tokens])

    @cached_property
    def _starts(self) -> npt.NDArray[np.intp]:
        return np.concatenate([[0], np.cumsum([len(tokens) for tokens in self._tokens])[:-1]]).astype(np.intp)

    @cached_property
    def _weights(self) -> Floats:
        return np.array([self._weight(token) for tokens in self._tokens for token in tokens])

    @cached_property
    def _counts(self) -> Mapping[str, int]:
        return Counter(self._part(token) for tokens in self._tokens for token in set(tokens))

    def _part(self, token: str) -> str:
        parts = self.words.spellings.get(token, ())
        return parts[0] if len(parts) == 1 else token

    def _weight(self, token: str) -> float:
        """Rare words say much, common ones little (inverse document frequency over the target names)."""
        if self._part(token) in self.words.fillers:
            return 0.15
        count = self._counts.get(self._part(token), 0)
        return math.log((len(self.names) + 1) / (count + 1)) / math.log(len(self.names) + 1) + 0.05

    def _likeness(self, token: str) -> Floats:
        """Likeness of one word to each word of the targets; a word that the targets use is no misspelling of another."""
        like = np.zeros(len(self._known))
        for n, other in {*self._by_letter.get(token[0], ()), *self._by_part.get(self._part(token), ())}:
            like[n] = self._related(token, other)
        if token not in self._known and len(token) >= 3:
            others = list(self._known)
            lengths = np.array([len(other) for other in others])
            prefix = process.cdist([token], others, scorer=Prefix.similarity)[0].astype(float)
            alike = process.cdist([token], others, scorer=OSA.normalized_similarity)[0].astype(float)
            like = np.maximum(like, np.where((alike >= LEAST_ALIKE) & (lengths >= 4), alike * ALIKE, 0.0))
            like = np.maximum(like, np.where((prefix == len(token)) & (lengths > len(token)), SHORTENED, 0.0))
        return like

    def _related(self, token: str, other: str) -> float:
        if token == other:
            return 1.0
        if self._part(token) == self._part(other):
            return SAME_PART
        if token[0] != other[0]:
            return 0.0
        if len(other) == 1:
            return LETTER
        return FAMILY if is_family(token, other) else 0.0

    def _spelt_out(self, token: str) -> list[tuple[int, int]]:
        """Targets whose words begin with the letters of a short word, and at which of them: ``pT`` of pathologic T."""
        if not 2 <= len(token) <= 5 or token in self._known or not token.isascii() or not token.isalpha():
            return []
        return [(n, initials.index(token)) for n, initials in enumerate(self._initials) if token in initials]

    @cached_property
    def _initials(self) -> list[str]:
        return ["".join(token[0] for token in tokens) for tokens in self._tokens]

    def _letters(self, tokens: Sequence[str]) -> Floats:
        whole = " ".join(tokens)
        alike = process.cdist([whole], self._written, scorer=fuzz.token_sort_ratio)[0]
        return np.asarray(alike, dtype=np.float64) / 100

    @cached_property
    def _written(self) -> list[str]:
        return [" ".join(tokens) for tokens in self._tokens]


_ENDINGS = frozenset(
    (
        "", "s", "es", "e", "d", "ed", "ing", "er", "ers", "or", "y", "ies", "al", "ic", "ical", "ally", "ly", "ion", "ions",
        "ation", "ations", "ment", "ments", "ate", "ated", "ity", "ous", "ant", "ance", "ence", "ent", "ive", "able", "ian",
        "ness", "ist",
    )
)  # fmt: skip
"""What English hangs on a stem."""


def is_family(one: str, other: str) -> bool:
    """Are two words forms of one: the same stem of four letters or more, and endings that English hangs on it?

    >>> is_family("smoking", "smoked"), is_family("pathology", "pathologic"), is_family("count", "country")
    (True, True, False)
    """
    shared = next((n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    return any(one[n:] in _ENDINGS and other[n:] in _ENDINGS for n in range(4, shared + 1))


_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


def split_words(name: str) -> list[str]:
    """Words of a name, casefolded, in order: ``RollForce_PV`` -> roll, force, pv."""
    text = unicodedata.normalize("NFKC", name)
    return [
        word.casefold()
        for chunk in re.findall(r"[가-힣]+|[A-Za-z]+|\d+|[^\W\d_]+", text)
        for word in ([chunk] if len(chunk) <= 3 and chunk[-1:].isupper() else _CAMEL.split(chunk))
    ]
