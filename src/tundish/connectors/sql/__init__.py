"""Which rows does a database hold that have not landed yet?"""

from __future__ import annotations

from tundish.connectors.sql.source import SqlSource, open_source

__all__ = ["SqlSource", "open_source"]
