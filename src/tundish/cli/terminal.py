"""How does text reach the terminal, so that no id, header or file name can steer it? Through here, all of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import IO, TYPE_CHECKING, TextIO, cast

from tundish.locale import harmless

if TYPE_CHECKING:
    from rich.console import Console


class _Guarded:
    """A stream on which what would steer a terminal is written as its number."""

    def __init__(self, bare: TextIO) -> None:
        self.bare = bare

    def write(self, text: str) -> int:
        """Write a text; how long it is."""
        self.bare.write(harmless(text))
        return len(text)

    def writelines(self, lines: Iterable[str]) -> None:
        """Write texts."""
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> object:
        return getattr(self.bare, name)


def guarded(stream: TextIO) -> TextIO:
    """The stream, unable to be steered by what is written to it."""
    return stream if isinstance(stream, _Guarded) else cast(TextIO, _Guarded(stream))


def bare(stream: TextIO) -> TextIO:
    """The stream for our own steering: colours, and a cursor that goes up to draw a line again."""
    return stream.bare if isinstance(stream, _Guarded) else stream


def console(stream: TextIO) -> Console:
    """A console on the stream that steers the terminal itself, and lets nothing that it is given do so."""
    from rich.console import Console, ConsoleOptions, RenderableType
    from rich.segment import Segment

    class Safe(Console):
        """Each piece of text is made harmless where it is drawn; codes of colour and cursor are added behind."""

        def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterator[Segment]:
            """Pieces of text with their style."""
            for text, style, control in super().render(renderable, options):
                yield Segment(text if control else harmless(text), style, control)

    return Safe(file=cast(IO[str], bare(stream)), highlight=False, markup=False, emoji=False)
