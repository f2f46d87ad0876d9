"""How does a person serve a plant? Read it, listen, say where, end on Ctrl-C."""

from __future__ import annotations

import socket
import sys
from contextlib import closing
from errno import EACCES, EADDRINUSE, EADDRNOTAVAIL
from ipaddress import ip_address
from pathlib import Path

from tundish.cli.plant import check_places, decided_by
from tundish.cli.progress import Display
from tundish.errors import CannotServe, Message
from tundish.locale import render, say
from tundish.settings import Language, Settings
from tundish.table import Progress
from tundish.web.app import LOCAL, create_app
from tundish.web.state import Reading, State, read_plant

_REFUSALS = {
    EADDRINUSE: Message("another program listens there"),
    EACCES: Message("no permission"),
    EADDRNOTAVAIL: Message("this computer has no such address"),
}
"""What the system may refuse, in words of the catalogue."""
_END_S = 3
"""For answers that are on their way when the server is told to end."""


def serve(plant: Path, *, host: str, port: int, lang: Language) -> None:
    """Serve a plant until Ctrl-C; prints where. Raises :class:`CannotServe`, and what reading a plant raises."""
    decided_by(plant)
    with closing(_listen(host, port)) as door:
        with Display() as progress:
            state = State(plant, lambda: _read(plant, progress), tell=lambda trouble: _tell(trouble, lang))
        local = ip_address(door.getsockname()[0]).is_loopback
        sys.stdout.write(_said(state, door, local=local, lang=lang))
        sys.stdout.flush()
        with state.watching():
            _run(state, door, hosts=LOCAL if local else ("*",), lang=lang)
    sys.stdout.write(say("Ended.", lang) + "\n")


def _listen(host: str, port: int) -> socket.socket:
    """A socket that listens already: a port that is taken is told before the plant is read."""
    name = host.strip("[]")
    try:
        return socket.create_server((name, port), family=socket.AF_INET6 if ":" in name else socket.AF_INET)
    except socket.gaierror as failure:
        raise CannotServe(address=f"{host}:{port}", found=Message("no computer of this name is known")) from failure
    except (OSError, UnicodeError) as failure:
        number = failure.errno if isinstance(failure, OSError) else None
        raise CannotServe(address=f"{host}:{port}", found=_REFUSALS.get(number or 0) or str(failure)) from failure


def _read(plant: Path, progress: Progress) -> Reading:
    from tundish import flow

    settings = decided_by(plant) or Settings()
    standard = flow.standard(plant, settings, progress)
    check_places(settings, standard)
    return read_plant(plant, standard)


def _said(state: State, door: socket.socket, *, local: bool, lang: Language) -> str:
    name, port = door.getsockname()[:2]
    address = f"http://[{name}]:{port}/" if ":" in name else f"http://{name}:{port}/"
    package = state.current().package
    counts = {
        "tables": len(state.current().standard.tables.tables),
        "shells": len(package.shells),
        "submodels": len(package.submodels),
        "concepts": len(package.concept_descriptions),
    }
    lines = [
        say("{plant}: served at {address}", lang, plant=state.plant, address=address),
        say("Tables: {tables}; shells: {shells}; submodels: {submodels}; concepts: {concepts}", lang, **counts),
    ]
    if not local:
        lines.append(
            say(
                "Warning: every computer that reaches this one can read all of it; there is no access control yet. "
                "Leave --host out to serve this computer only.",
                lang,
            )
        )
    return "\n".join([*lines, say("Ctrl-C ends it.", lang), ""])


def _run(state: State, door: socket.socket, *, hosts: tuple[str, ...], lang: Language) -> None:
    import uvicorn

    config = uvicorn.Config(
        create_app(state, language=lang, hosts=hosts),
        log_config=None,
        access_log=False,
        lifespan="off",
        server_header=False,
        timeout_graceful_shutdown=_END_S,
    )
    try:
        uvicorn.Server(config).run(sockets=[door])
    except KeyboardInterrupt:  # the way to end it; the server has finished what it had begun
        return


def _tell(trouble: Message, lang: Language) -> None:
    sys.stderr.write(say("Not read anew, the state before is served: {trouble}", lang, trouble=render(trouble, lang)) + "\n")
    sys.stderr.flush()
