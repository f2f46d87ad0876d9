"""What does a plant say of an MQTT broker under [sources.<name>]?"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from tundish.connectors.wording import Words
from tundish.errors import Message

_PORTS = {"mqtt": 1883, "mqtts": 8883}


@dataclass(frozen=True, slots=True)
class Options:
    """Checked options; what is left out stands here."""

    name: str
    url: str
    folder: Path
    topics: tuple[str, ...] = ("#",)
    client_id: str = ""
    """The broker keeps messages under this name while the reader is away: the same at every start, and nobody else's."""
    protocol: str = "5"
    user: str | None = None
    password: str | None = None
    """As written, with ``${NAME}`` for a variable of the environment."""
    ca_file: Path | None = None
    """Certificates to trust; None: those of the system."""
    certificate: Path | None = None
    key: Path | None = None
    hold_s: float = 604_800.0
    """How long the broker keeps messages for a reader that is away, s (MQTT 5; in 3.1.1 the broker decides)."""
    inflight: int = 4_000
    """Messages that the broker may send before the first is acknowledged (MQTT 5; brokers may send fewer). With 20,000
    mosquitto 2.0.11 stopped sending in some runs on a busy machine, with 4,000 it was not seen to."""
    time_zone: str = "Asia/Seoul"
    """Zone of times in payloads that name none."""
    rebirth: bool = False
    """Ask a Sparkplug node for its birth when names are missing or messages were lost. This writes to the node."""

    @property
    def host(self) -> str:
        """Name or number of the broker's machine."""
        return urlsplit(self.url).hostname or ""

    @property
    def port(self) -> int:
        """Its port."""
        parts = urlsplit(self.url)
        return parts.port or _PORTS[parts.scheme]

    @property
    def encrypted(self) -> bool:
        """TLS is asked for."""
        return urlsplit(self.url).scheme == "mqtts"


def checked(name: str, options: Mapping[str, object]) -> Options:
    """The options of one source. Raises :class:`~tundish.errors.BadSettings`."""
    words = Words(name, options)
    room = hashlib.sha256(str(words.folder.resolve()).encode()).hexdigest()[:8]
    found = Options(
        name=name,
        url=words.url("url", tuple(_PORTS), "mqtt://192.168.0.10:1883"),
        folder=words.folder,
        topics=words.texts("topics") or ("#",),
        client_id=words.text("client_id") or f"tundish-{name}-{room}",
        protocol=words.one_of("protocol", ("5", "3.1.1"), "5"),
        user=words.text("user"),
        password=words.secret("password"),
        ca_file=words.path("ca_file"),
        certificate=words.path("certificate"),
        key=words.path("key"),
        hold_s=words.number("hold_s", 604_800, least=0, most=4_000_000_000),
        inflight=int(words.number("inflight", 4_000, least=1, most=20_000)),
        time_zone=words.text("time_zone") or "Asia/Seoul",
        rebirth=words.flag("rebirth", default=False),
    )
    words.nothing_else()
    _check(words, found)
    return found


def _check(words: Words, options: Options) -> None:
    for topic in options.topics:
        levels = topic.split("/")
        wild = any("#" in level and (level != "#" or place < len(levels) - 1) for place, level in enumerate(levels))
        if wild or any("+" in level and level != "+" for level in levels) or "\0" in topic or topic.startswith("$share/"):
            examples = Message("topics such as {examples}", examples='"plant/+/temperature", "plant/#"')
            raise words.wrong("topics", examples, f'"{topic}"')
    try:
        ZoneInfo(options.time_zone)
    except (ZoneInfoNotFoundError, ValueError) as failure:
        expected = Message("a time zone such as {example}", example='"Asia/Seoul"')
        raise words.wrong("time_zone", expected, f'"{options.time_zone}"') from failure
    for key in ("ca_file", "certificate", "key"):
        path = getattr(options, key)
        if path is not None and not path.is_file():
            raise words.wrong(key, Message("a file that exists"), f'"{path}"')
