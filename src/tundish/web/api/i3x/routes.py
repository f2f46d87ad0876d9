"""Which questions of i3X 1.0 are answered? One route a question; every answer in the envelope that i3X wants."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from fastapi import FastAPI
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import Response

from tundish.web.api.i3x import bodies
from tundish.web.api.i3x.answers import bulk, each, failure, install, item, success
from tundish.web.api.i3x.space import AddressSpace, Json, Thing, address_space, roots
from tundish.web.api.i3x.subscribe import Current, add_subscriptions
from tundish.web.api.i3x.values import Values
from tundish.web.page import version
from tundish.web.state import State

MOST_VALUES = 100_000
"""Values of one history answer, over all its elements, a row counted by its columns; more is told by status 206."""


class _Plant:
    """Address space and values of the newest snapshot, made once a snapshot."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._lock = threading.Lock()
        self._made: tuple[int, AddressSpace, Values] | None = None

    def now(self) -> tuple[AddressSpace, Values]:
        """The newest, whole."""
        snapshot = self._state.current()
        with self._lock:
            if self._made is None or self._made[0] != snapshot.version:
                space = address_space(snapshot.standard, self._state.plant.resolve().name)
                roles = {concept.id: concept.role for concept in snapshot.standard.catalogue.concepts}
                self._made = (snapshot.version, space, Values(space, roles, snapshot.changed_at))
            return self._made[1], self._made[2]


def i3x_app(state: State) -> FastAPI:
    """The i3X interface of a plant, to be mounted under ``/v1``."""
    app = FastAPI(title="Tundish i3X", version="1.0", docs_url=None, redoc_url=None, redirect_slashes=False)
    plant = _Plant(state)

    def current() -> tuple[AddressSpace, Values]:
        return plant.now()

    for add in (_add_info, _add_types, _add_objects, _add_values):
        add(app, current)
    add_subscriptions(app, current)
    _add_unserved(app)
    install(app)
    app.add_middleware(GZipMiddleware, minimum_size=0, compresslevel=4)
    return app


def _add_info(app: FastAPI, current: Current) -> None:
    @app.get("/info")
    def info() -> Response:
        """What this server can do; answers whoever asks."""
        capabilities = {
            "query": {"history": True},
            "update": {"current": False, "history": False},
            "subscribe": {"stream": False},
        }
        about = {"specVersion": "1.0", "serverVersion": version(), "serverName": "Tundish", "capabilities": capabilities}
        return success(about)

    @app.get("/namespaces")
    def namespaces() -> Response:
        """Every namespace."""
        return success(current()[0].namespaces)


def _add_types(app: FastAPI, current: Current) -> None:
    @app.get("/objecttypes")
    def object_types(namespaceUri: str | None = None) -> Response:
        """Every type of objects, with its JSON Schema."""
        return success(_of_namespace(current()[0].types.values(), namespaceUri))

    @app.post("/objecttypes/query")
    def object_types_named(asked: bodies.Elements) -> Response:
        """Types by their ids."""
        return each(asked.elementIds, current()[0].types.get)

    @app.get("/relationshiptypes")
    def relation_types(namespaceUri: str | None = None) -> Response:
        """Every relation."""
        return success(_of_namespace(current()[0].relation_types.values(), namespaceUri))

    @app.post("/relationshiptypes/query")
    def relation_types_named(asked: bodies.Elements) -> Response:
        """Relations by their ids."""
        return each(asked.elementIds, current()[0].relation_types.get)


def _of_namespace(elements: Iterable[Json], uri: str | None) -> list[Json]:
    return [element for element in elements if uri is None or element["namespaceUri"] == uri]


def _add_objects(app: FastAPI, current: Current) -> None:
    @app.get("/objects")
    def objects(typeElementId: str | None = None, includeMetadata: bool = False, root: bool = False) -> Response:
        """Every object, or those of a type, or the roots."""
        space, _ = current()
        things = roots(space.things.values()) if root else list(space.things.values())
        of_type = [thing for thing in things if typeElementId in (None, thing.type)]
        return success([space.instance(thing, metadata=includeMetadata) for thing in of_type])

    @app.post("/objects/list")
    def objects_named(asked: bodies.Listed) -> Response:
        """Objects by their ids."""
        space, _ = current()
        return _each_thing(space, asked.elementIds, lambda thing: space.instance(thing, metadata=asked.includeMetadata))

    @app.post("/objects/related")
    def related(asked: bodies.Related) -> Response:
        """The objects that others are related to."""
        space, _ = current()

        def edges(thing: Thing) -> list[Json]:
            return [
                {"sourceRelationship": name, "object": space.instance(space.things[id], metadata=asked.includeMetadata)}
                for name, ids in thing.relations.items()
                for id in ids
                if asked.relationshipType in (None, name)
            ]

        return _each_thing(space, asked.elementIds, edges)


def _add_values(app: FastAPI, current: Current) -> None:
    @app.post("/objects/value")
    def value(asked: bodies.Valued) -> Response:
        """The last known value of each object, with those of its components where ``maxDepth`` asks for them."""
        space, values = current()

        def latest(thing: Thing) -> Json:
            shown = {"isComposition": bool(thing.components), **values.latest(thing).as_json()}
            if thing.components and asked.maxDepth != 1:
                shown["components"] = {part.id: values.latest(part).as_json() for part in space.below(thing, asked.maxDepth)}
            return shown

        return _each_thing(space, asked.elementIds, latest)

    @app.post("/objects/history")
    def history(asked: bodies.Historic) -> Response:
        """Values recorded in a span of time, the earliest first."""
        space, values = current()
        begin, end = asked.span
        left, cut = MOST_VALUES, False
        read: dict[str, tuple[list[Json], bool]] = {}

        def past(thing: Thing) -> Json:
            nonlocal left, cut
            width = max(len(thing.components), 1)
            most = max(left, 0) // width
            if thing.id not in read:
                found, more = values.between(thing, begin, end, most)
                read[thing.id] = [one.as_json() for one in found], more
            found_before, more = read[thing.id]
            shown = found_before[:most]
            left, cut = left - len(shown) * width, cut or more or len(shown) < len(found_before)
            return {"isComposition": bool(thing.components), "values": shown}

        def whole(thing: Thing) -> Json:
            shown = past(thing)
            if thing.components and asked.maxDepth != 1:
                shown["components"] = {part.id: past(part) for part in space.below(thing, asked.maxDepth)}
            return shown

        answer = [item("elementId", id, space.things.get(id), whole) for id in asked.elementIds]
        detail = f"More than {MOST_VALUES} values lie in this span. Ask for a shorter one, or for fewer elements."
        return bulk(answer, partial=detail if cut else None)


def _add_unserved(app: FastAPI) -> None:
    def unserved() -> Response:
        """Not served: the plant's exports are the plant's to change."""
        return failure(501, "Values are read only.")

    for path in ("/objects/value", "/objects/history"):
        app.add_api_route(path, unserved, methods=["PUT"])


def _each_thing(space: AddressSpace, ids: Sequence[str], shown: Callable[[Thing], Any]) -> Response:
    return each(ids, lambda id: None if (thing := space.things.get(id)) is None else shown(thing))
