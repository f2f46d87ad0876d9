"""The application in this process."""

import pytest
from every_kind import every_kind
from serving import state_of
from starlette.testclient import TestClient

from tundish.web.app import create_app

collect_ignore_glob = ["*conftest.py"]


@pytest.fixture
def client_of(tmp_path):
    """A client of the application that serves a package."""
    return lambda package, **more: TestClient(
        create_app(state_of(tmp_path, package), **more), base_url="http://127.0.0.1", raise_server_exceptions=False
    )


@pytest.fixture
def client(client_of):
    return client_of(every_kind())
