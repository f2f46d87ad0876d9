"""How is a page of the vocabulary read? YAML, by the fast reader where there is one."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources.abc import Traversable
from typing import Any

import yaml


def read_yaml(page: Traversable) -> Mapping[str, Any]:
    """The content of one page that ships with the program."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    document: Mapping[str, Any] = yaml.load(page.read_text(encoding="utf-8"), Loader=loader)  # noqa: S506 - safe, both of them
    return document
