"""Which values does an OPC UA server give, from now on and without a hole that nobody knows of?"""

from __future__ import annotations

from tundish.connectors.opcua.source import OpcUaSource, open_source

__all__ = ["OpcUaSource", "open_source"]
