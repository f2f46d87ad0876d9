"""What does a plant say of an OPC UA server under [sources.<name>]?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, cast, get_args

from tundish.connectors.wording import Words

Security = Literal["none", "sign", "sign_and_encrypt"]


@dataclass(frozen=True, slots=True)
class Options:
    """Checked options; what is left out stands here."""

    name: str
    url: str
    folder: Path
    """Where the source keeps its certificates and its session: landing/<name> of the plant."""
    security: Security = "none"
    """Basic256Sha256, signed or signed and encrypted."""
    server_certificate: Path | None = None
    """The one to trust, DER or PEM; None: the first one seen is kept and trusted from then on."""
    user: str | None = None
    password: str | None = None
    """As written, with ``${NAME}`` for a variable of the environment."""
    nodes: tuple[str, ...] = ()
    """Node ids; their text is the tag."""
    browse: str | None = None
    """Node id where variables are looked for, when no nodes are named; None: the folder Objects."""
    only: tuple[str, ...] = ()
    """Patterns of browse paths to keep, such as ``산세/*/온도``; none: all."""
    depth: int = 12
    sampling_ms: float = 1000.0
    """How often the server looks at a value, ms; 0: at every change, as fast as it can."""
    publishing_ms: float = 500.0
    """How often it sends what changed, ms."""
    queue: int = 1000
    """Values of one node that the server keeps until it sends them; it may grant fewer."""
    hold_s: float = 600.0
    """How long the server keeps a subscription whose reader is away, s; it may grant less."""
    history: bool = True
    """Ask for history after a hole."""


def checked(name: str, options: Mapping[str, object]) -> Options:
    """The options of one source. Raises :class:`~tundish.errors.BadSettings`."""
    words = Words(name, options)
    found = Options(
        name=name,
        url=words.url("url", ("opc.tcp",), "opc.tcp://192.168.0.10:4840"),
        folder=words.folder,
        security=cast(Security, words.one_of("security", get_args(Security), "none")),
        server_certificate=words.path("server_certificate"),
        user=words.text("user"),
        password=words.secret("password"),
        nodes=words.texts("nodes"),
        browse=words.text("browse"),
        only=words.texts("only"),
        depth=int(words.number("depth", 12, least=1, most=100)),
        sampling_ms=words.number("sampling_ms", 1000.0, least=0, most=86_400_000),
        publishing_ms=words.number("publishing_ms", 500.0, least=10, most=60_000),
        queue=int(words.number("queue", 1000, least=1, most=1_000_000)),
        hold_s=words.number("hold_s", 600.0, least=10, most=86_400),
        history=words.flag("history", default=True),
    )
    words.nothing_else()
    return found
