"""What may a client send? Bodies of requests, checked; everything beyond them is ignored, as i3X wants it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StrictBool, StrictInt, StrictStr

MOST_IDS = 10_000
Id = Annotated[StrictStr, Field(max_length=2_000)]
Ids = Annotated[list[Id], Field(max_length=MOST_IDS)]
Depth = Annotated[StrictInt, Field(ge=0, le=1_000)]
ClientId = Annotated[StrictStr, Field(min_length=1, max_length=2_000)]


class Body(BaseModel):
    """A JSON object."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class Elements(Body):
    """Ids of types or relations."""

    elementIds: Ids


class Listed(Elements):
    """Ids of objects."""

    includeMetadata: StrictBool = False


class Related(Listed):
    """Ids of objects, and the relation to follow; every relation without one."""

    relationshipType: Id | None = None


class Valued(Elements):
    """Ids of objects, and how deep to go."""

    maxDepth: Depth = 1


class Historic(Valued):
    """A span of time, both ends included; an end left out lies beyond every value, as clients send it."""

    elementIds: Ids = []

    startTime: AwareDatetime = datetime.min.replace(tzinfo=UTC)
    endTime: AwareDatetime = datetime.max.replace(tzinfo=UTC)

    @property
    def span(self) -> tuple[datetime, datetime]:
        """Begin and end."""
        return self.startTime, self.endTime


class Created(Body):
    """A new subscription."""

    clientId: ClientId
    displayName: Annotated[StrictStr, Field(max_length=200)] | None = None


class OfClient(Body):
    """Subscriptions of a client."""

    clientId: ClientId
    subscriptionIds: Ids


class OfOne(Body):
    """One subscription of a client."""

    clientId: ClientId
    subscriptionId: Id


class Unregistered(OfOne):
    """Objects to leave out."""

    elementIds: Ids


class Registered(Unregistered):
    """Objects to watch, and how deep."""

    maxDepth: Depth = 1


class Synced(OfOne):
    """What the client has: everything up to this batch; -1 for all."""

    lastSequenceNumber: Annotated[StrictInt, Field(ge=-1, lt=2**64)] | None = None
