"""Which variables does an OPC UA server have, and what do they hold now?"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Mapping

from asyncua.client.client import Client
from asyncua.ua.attribute_ids import AttributeIds
from asyncua.ua.uaerrors import UaError

from tundish.connectors.opcua.link import REQUEST_S, ready
from tundish.connectors.opcua.nodes import find_variables
from tundish.connectors.opcua.options import Options, checked
from tundish.connectors.opcua.rows import cells
from tundish.connectors.reach import unreached
from tundish.connectors.seen import Seen
from tundish.errors import SourceRefused

_AT_ONCE = 200


def explore(url: str, options: Mapping[str, object], *, seconds: float) -> list[Seen]:
    """Variables of a server, in the order of its tree, and their values now; ``seconds`` is what others need to listen.

    Raises :class:`~tundish.errors.SourceRefused` when there is no answer or none for us.
    """
    with tempfile.TemporaryDirectory() as room:
        asked = checked("browse", {"folder": room, **options, "url": url})
        try:
            return asyncio.run(_explore(asked))
        except (UaError, OSError, TimeoutError) as failure:
            raise SourceRefused(source=asked.name, address=url, found=unreached(failure)) from failure


async def _explore(options: Options) -> list[Seen]:
    client = Client(options.url, timeout=REQUEST_S)
    await ready(client, options)
    await client.connect()
    try:
        variables = await find_variables(client, options)
        seen = []
        for start in range(0, len(variables), _AT_ONCE):
            some = variables[start : start + _AT_ONCE]
            values = await client.uaclient.session.read_attributes([variable.node for variable in some], AttributeIds.Value)
            for variable, value in zip(some, values, strict=True):
                held = None if value.Value is None else value.Value.Value
                _place, number, text = next(cells(held), ("", None, None))
                kind = "number" if number is not None else "text" if text is not None else "nothing"
                shown = () if kind == "nothing" else (f"{number:g}" if text is None and number is not None else str(text)[:80],)
                seen.append(Seen(variable.tag, variable.node.to_string(), variable.name, variable.unit, kind, shown))
        return seen
    finally:
        await client.disconnect()
