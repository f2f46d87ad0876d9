"""What do the words under [sources.<name>] say, and are they all understood?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import urlsplit

from tundish.connectors.secret import is_reference
from tundish.errors import BadSettings, Message

PLAIN = Message("the password as {example}, a variable of the environment", example="${NAME}")
"""What to write instead of a password in plain sight."""
_OUTER = frozenset({"kind", "folder"})
"""Words that are not the connector's own: its kind, and its folder, which the command that runs it gives."""


class Words:
    """Options of one source as they were read; each is taken by name, and :meth:`nothing_else` refuses what is left."""

    def __init__(self, name: str, options: Mapping[str, object]) -> None:
        self._name = name
        self._left = {key: value for key, value in options.items() if key not in _OUTER}
        self._known: list[str] = []
        self.folder = Path(str(options.get("folder") or Path("landing") / name))
        """Where the source may keep what is its own, such as certificates."""

    def text(self, key: str) -> str | None:
        """A text, or None when the plant does not say."""
        value = self._take(key)
        if isinstance(value, Path):
            return str(value)
        if value is not None and not (isinstance(value, str) and value):
            raise self._bad(key, Message("a text in quotes"), value)
        return value

    def secret(self, key: str) -> str | None:
        """A ``${NAME}`` for a variable of the environment, or None; a secret in plain sight is refused."""
        value = self.text(key)
        if value is not None and not is_reference(value):
            raise self.wrong(key, PLAIN, "***")
        return value

    def path(self, key: str) -> Path | None:
        """A file, or None."""
        value = self.text(key)
        return None if value is None else Path(value)

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of texts, empty when the plant does not say."""
        value = self._take(key)
        if value is None:
            return ()
        if not isinstance(value, Sequence) or isinstance(value, str) or not all(isinstance(v, str) and v for v in value):
            raise self._bad(key, Message("a list of texts, such as {example}", example='["a", "b"]'), value)
        return tuple(dict.fromkeys(str(entry) for entry in value))

    def number(self, key: str, default: float, *, least: float, most: float) -> float:
        """A number within limits."""
        value = self._take(key)
        if value is None:
            return default
        if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
            raise self._bad(key, Message("a number from {least} to {most}", least=f"{least:g}", most=f"{most:g}"), value)
        return float(value)

    def flag(self, key: str, *, default: bool) -> bool:
        """True or false."""
        value = self._take(key)
        if value is None:
            return default
        if not isinstance(value, bool):
            raise self._bad(key, Message("true or false"), value)
        return value

    def one_of(self, key: str, allowed: Sequence[str], default: str) -> str:
        """One of some words."""
        value = self._take(key)
        if value is None:
            return default
        if value not in allowed:
            raise self._bad(key, Message("one of {allowed}", allowed=list(allowed)), value)
        return str(value)

    def url(self, key: str, schemes: Sequence[str], example: str) -> str:
        """An address with host; a password does not belong into it."""
        value = self.text(key)
        expected = Message("an address such as {example}", example=f'"{example}"')
        if value is None:
            raise self._bad(key, expected, None)
        try:
            parts = urlsplit(value)
            sound = parts.scheme in schemes and bool(parts.hostname) and parts.port != 0
        except ValueError:
            sound = False
        if not sound:
            raise self._bad(key, expected, value)
        if parts.password is not None or parts.username is not None:
            hint = Message("an address without user and password; name them as {keys}", keys="user, password")
            raise self.wrong(key, hint, f'"{parts.hostname}"')
        return value

    def nothing_else(self) -> None:
        """Raise BadSettings for the first word that nobody asked for."""
        for key, value in self._left.items():
            raise self._bad(key, Message("one of {allowed}", allowed=sorted(self._known)), value, name_only=True)

    def wrong(self, key: str, expected: Message, found: object) -> BadSettings:
        """What to raise for a word that cannot be; ``found`` is shown, so it holds no secret."""
        return BadSettings(file="plant.toml", key=f"sources.{self._name}.{key}", expected=expected, found=found)

    def _take(self, key: str) -> object:
        self._known.append(key)
        return self._left.pop(key, None)

    def _bad(self, key: str, expected: Message, value: object, *, name_only: bool = False) -> BadSettings:
        secret = "password" in key or (isinstance(value, str) and "@" in value)
        found: object = Message("nothing") if value is None else "***" if secret else f'"{value}"'
        return self.wrong(key, expected, f'"{key}"' if name_only else found)
