"""Where are the records that a TimeSeries submodel links to? Parquet files, written when the first of them is asked for."""

from __future__ import annotations

import threading
from pathlib import Path
from tempfile import TemporaryDirectory

from fastapi import APIRouter, Request
from starlette.responses import FileResponse, Response

from tundish.aas import write_series
from tundish.errors import Message
from tundish.intake.folder import plant_name
from tundish.web.refusals import Refused
from tundish.web.state import Snapshot, State

PARQUET = "application/vnd.apache.parquet"


class _Written:
    """The files of the newest snapshot, below a folder that goes with them."""

    def __init__(self, state: State) -> None:
        self._plant = plant_name(state.plant)
        self._lock = threading.Lock()
        self._version = 0
        self._folder: TemporaryDirectory[str] | None = None
        self._files: dict[str, Path] = {}

    def of(self, snapshot: Snapshot) -> dict[str, Path]:
        """File by the name in its address."""
        with self._lock:
            if self._version != snapshot.version:
                folder = TemporaryDirectory(prefix="tundish-")
                tables, catalogue = snapshot.standard.tables.tables, snapshot.standard.catalogue
                paths = write_series(tables, catalogue, Path(folder.name), plant=self._plant)
                if self._folder is not None:
                    self._folder.cleanup()
                self._version, self._folder, self._files = snapshot.version, folder, {path.name: path for path in paths}
            return self._files


def router_of(state: State) -> APIRouter:
    """The addresses that the linked segments name, ``series/<name>.parquet``."""
    router, written = APIRouter(tags=["AAS 3.0.3"]), _Written(state)

    @router.get("/series/{file}")
    def series(request: Request, file: str) -> Response:
        """The records of one table, in the units that its submodel states."""
        path = written.of(state.current()).get(file)
        if path is None:
            raise Refused(404, Message("There is no series of the name {name}.", name=file))
        return FileResponse(path, media_type=PARQUET, headers={"Content-Disposition": "attachment"})

    return router
