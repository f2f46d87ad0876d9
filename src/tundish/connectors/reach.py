"""Why can a server not be reached, in words that say what to look at?"""

from __future__ import annotations

import re
import socket
from collections.abc import Mapping
from errno import ECONNREFUSED, ECONNRESET, EHOSTUNREACH, ENETUNREACH, ETIMEDOUT

from tundish.errors import Message

_REFUSED = Message("it refuses the connection; see whether the program runs there and listens on this port")
_SILENT = Message("no answer; see whether it is on, and whether a firewall lies between")
_UNKNOWN = Message("no computer of this name is known; check how it is written")
_NO_WAY = Message("no way leads there; check the address and the network")
_BROKEN_OFF = Message("it ended the connection at once; see whether this port is the right one")
_ERRORS: Mapping[int, Message] = {
    ECONNREFUSED: _REFUSED,
    ETIMEDOUT: _SILENT,
    EHOSTUNREACH: _NO_WAY,
    ENETUNREACH: _NO_WAY,
    ECONNRESET: _BROKEN_OFF,
}


def unreached(failure: BaseException | None) -> Message:
    """What kept a connection from being made.

    >>> str(unreached(TimeoutError()))
    'no answer; see whether it is on, and whether a firewall lies between'
    """
    if failure is None or isinstance(failure, TimeoutError):
        return _SILENT
    if isinstance(failure, socket.gaierror | UnicodeError):
        return _UNKNOWN
    said = str(failure) or type(failure).__name__
    number = failure.errno if isinstance(failure, OSError) else None
    several = re.search(r"\[Errno (\d+)\]", said)  # a name with two addresses: asyncio tells both failures in one text
    known = _ERRORS.get(number or (int(several[1]) if several else 0))
    return known or Message("no connection ({said}); see whether it runs and can be reached", said=said)
