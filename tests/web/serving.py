"""How tests serve a package: in this process, or as a real server on a free port."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn

from tundish.aas import Reference
from tundish.flow import Standard
from tundish.intake import Intake
from tundish.standardise import Standardised
from tundish.vocabulary import load_catalogue
from tundish.web.state import Reading, State


def state_of(folder, package, findings=()):
    """A state whose plant holds no table, only this package."""
    standard = Standard(Intake((), (), ()), Standardised((), ()), Reference(load_catalogue()))
    return State(folder, lambda: Reading(standard, package, findings))


@contextmanager
def served(app) -> Iterator[str]:
    """The address of a real server in a thread of this process."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="off"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [free]}, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{free.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(timeout=10)
