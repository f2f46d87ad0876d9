"""How does a client learn of changes? Create a subscription, register objects, ask by and by what is new."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.responses import Response

from tundish.web.api.i3x import bodies
from tundish.web.api.i3x.answers import bulk, failure, item, success
from tundish.web.api.i3x.space import AddressSpace, Json, Thing
from tundish.web.api.i3x.subscriptions import MOST_UPDATES, Change, Subscription, Subscriptions, as_json
from tundish.web.api.i3x.values import Values

Current = Callable[[], tuple[AddressSpace, Values]]
"""Address space and values of the newest snapshot."""


def add_subscriptions(app: FastAPI, current: Current) -> None:
    """The routes of subscriptions; they live as long as the application."""
    held = Subscriptions()
    _add_keeping(app, held)
    _add_watching(app, current, held)


def _add_keeping(app: FastAPI, held: Subscriptions) -> None:
    @app.post("/subscriptions")
    def create(asked: bodies.Created) -> Response:
        """A new subscription."""
        made = held.create(asked.clientId, asked.displayName or "")
        return success({"clientId": made.client, "subscriptionId": made.id, "displayName": made.name})

    @app.post("/subscriptions/list")
    def named(asked: bodies.OfClient) -> Response:
        """Subscriptions of a client, and what they watch."""

        def shown(one: Subscription) -> Json:
            monitored = [{"elementId": id, "maxDepth": depth} for id, depth in one.wanted.items()]
            return {"subscriptionId": one.id, "displayName": one.name, "monitoredObjects": monitored}

        found = [(id, held.find(asked.clientId, id)) for id in asked.subscriptionIds]
        return bulk([item("subscriptionId", id, one, shown) for id, one in found])

    @app.post("/subscriptions/delete")
    def delete(asked: bodies.OfClient) -> Response:
        """Forget subscriptions of a client."""
        gone = [(id, held.delete(asked.clientId, id) or None) for id in asked.subscriptionIds]
        return bulk([item("subscriptionId", id, was, lambda _: None) for id, was in gone])

    @app.post("/subscriptions/stream")
    def stream(asked: bodies.OfOne) -> Response:
        """Not served: a plant's exports do not push."""
        _own(held, asked)
        return failure(501, "Streaming is not served. Poll /subscriptions/sync.")


def _add_watching(app: FastAPI, current: Current, held: Subscriptions) -> None:
    @app.post("/subscriptions/register")
    def register(asked: bodies.Registered) -> Response:
        """Watch more objects."""
        space, values = current()
        with held.lock:
            one = _own(held, asked)
            answer = []
            for id in asked.elementIds:
                thing = space.things.get(id)
                if thing is not None and id not in one.wanted:
                    one.wanted[id] = asked.maxDepth
                    one.queue(_first(one, values, _watched(space, id, asked.maxDepth)))
                answer.append(item("elementId", id, thing, lambda _: None))
        return bulk(answer)

    @app.post("/subscriptions/unregister")
    def unregister(asked: bodies.Unregistered) -> Response:
        """Watch objects no longer; what waits stays."""
        with held.lock:
            one = _own(held, asked)
            answer = [item("elementId", id, one.wanted.pop(id, None), lambda _: None) for id in asked.elementIds]
        return bulk(answer)

    @app.post("/subscriptions/sync")
    def sync(asked: bodies.Synced) -> Response:
        """What has changed, after forgetting what the client has."""
        space, values = current()
        with held.lock:
            one = _own(held, asked)
            one.acknowledge(asked.lastSequenceNumber)
            watched = [thing for id, depth in one.wanted.items() for thing in _watched(space, id, depth)]
            one.queue(change for thing in watched for change in _changes(one, values, thing))
            batches, dropped = as_json(list(one.batches)), one.dropped
            one.dropped = False
        return success(batches, partial="Updates were dropped, for too many waited." if dropped else None)


def _own(held: Subscriptions, asked: bodies.OfOne) -> Subscription:
    found = held.find(asked.clientId, asked.subscriptionId)
    if found is None:
        raise HTTPException(404, f"Subscription not found: {asked.subscriptionId}")
    return found


def _watched(space: AddressSpace, id: str, depth: int) -> list[Thing]:
    thing = space.things.get(id)
    return [] if thing is None else [thing, *(space.below(thing, depth) if depth != 1 else ())]


def _first(one: Subscription, values: Values, things: Sequence[Thing]) -> list[Change]:
    """Values at the moment of registering: a client need not ask for them apart."""
    found = {thing.id: values.latest(thing) for thing in things}
    one.last |= found
    return [(id, value.as_json()) for id, value in found.items()]


def _changes(one: Subscription, values: Values, thing: Thing) -> list[Change]:
    """What was recorded after the value that was queued last, in order of time; a value that was mended counts too."""
    before, now = one.last.get(thing.id), values.latest(thing)
    if before is not None and before.value == now.value and (before.at == now.at or not values.timed(thing)):
        return []
    one.last[thing.id] = now
    between = values.after(thing, before.at, MOST_UPDATES) if before is not None else []
    return [(thing.id, value.as_json()) for value in between or [now]]
