"""i3X 1.0 (CESMII, 2026): the plant's standardised tables for any i3X client, read only."""

from tundish.web.api.i3x.routes import i3x_app

__all__ = ["i3x_app"]
