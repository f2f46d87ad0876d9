"""Which messages does an MQTT broker hold for this plant: plain JSON or Sparkplug B, each landed before it is acknowledged?"""

from __future__ import annotations

from tundish.connectors.mqtt.source import MqttSource, open_source

__all__ = ["MqttSource", "open_source"]
