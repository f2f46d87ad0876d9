"""Which tags does a broker's traffic hold, and what do they say?"""

from __future__ import annotations

import secrets
import tempfile
import threading
from collections.abc import Mapping

import polars as pl

from tundish.connectors.mqtt.options import checked
from tundish.connectors.mqtt.source import MqttSource
from tundish.connectors.seen import Seen
from tundish.intake.live import SIGNALS

_SAMPLES = 20


def explore(url: str, options: Mapping[str, object], *, seconds: float) -> list[Seen]:
    """Tags that were published within some seconds.

    Raises :class:`~tundish.errors.SourceRefused` when there is no answer or none for us.
    """
    frames, tags = [SIGNALS.to_frame()], {}
    with tempfile.TemporaryDirectory() as room:
        own = {"folder": room, "client_id": f"tundish-browse-{secrets.token_hex(4)}", "hold_s": 0}
        source = MqttSource(checked("browse", {**own, **options, "url": url}))
        timer = threading.Timer(seconds, source.stop)
        timer.start()
        try:
            for batch in source.batches(None):
                frames.append(batch.frame)
                tags.update({tag.tag: tag for tag in batch.tags})
                source.acknowledge(batch)
        finally:
            timer.cancel()
        if source.waiting_for is not None or not source.connected:
            raise source.no_answer()
    seen = []
    for (tag,), part in pl.concat(frames).group_by("tag", maintain_order=True):
        values, texts = part["value"].drop_nulls(), part["text"].drop_nulls()
        shown = [f"{value:g}" for value in values.tail(_SAMPLES)] or [text[:80] for text in texts.tail(_SAMPLES)]
        kind = "number" if len(values) else "text" if len(texts) else "nothing"
        told = tags.get(str(tag))
        name, unit = (told.name, told.unit) if told else (None, None)
        seen.append(Seen(str(tag), str(tag), name, unit, kind, tuple(shown)))
    return sorted(seen, key=lambda one: one.tag)
