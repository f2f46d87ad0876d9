"""Which HTTP application serves a plant? Guard, compression, the APIs and one page."""

from __future__ import annotations

from collections.abc import Sequence

from fastapi import FastAPI
from starlette.middleware.gzip import GZipMiddleware
from starlette.middleware.trustedhost import TrustedHostMiddleware

from tundish.settings import Language
from tundish.web import page, refusals, series
from tundish.web.api import aas
from tundish.web.api.i3x import i3x_app
from tundish.web.guard import Guard
from tundish.web.state import State

LOCAL = ("127.0.0.1", "localhost", "::1", "[::1]")
"""Names by which a program on this machine asks for it; others are refused: a foreign page may point its own name here."""


def create_app(state: State, *, language: Language = "ko", hosts: Sequence[str] = LOCAL) -> FastAPI:
    """The application that serves ``state``; ``hosts`` are the names it answers to, ``("*",)`` for any.

    Routes find the state as ``request.app.state.plant`` and take ``current()`` once a request.
    """
    app = FastAPI(
        title="Tundish",
        version=page.version(),
        docs_url=None,  # the page of FastAPI loads its script from elsewhere
        redoc_url=None,
        redirect_slashes=False,
    )
    app.state.plant = state
    app.state.language = language
    app.include_router(page.router)
    app.include_router(aas.router)
    app.include_router(series.router_of(state))
    app.mount("/v1", i3x_app(state))  # an application of its own: its refusals have another body
    refusals.install(app)
    app.add_middleware(Guard)
    app.add_middleware(GZipMiddleware, minimum_size=1000, compresslevel=4)
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=list(hosts), www_redirect=False)
    return app
