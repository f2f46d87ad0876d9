"""How does a test get a plant with known truth? ``made`` for the files, ``truth`` for what is true of them."""

import pytest

from tundish import works


@pytest.fixture(scope="session", params=[2, 3], ids=["tags", "korean"])
def made(request, tmp_path_factory):
    """The exports of a pickling plant, once in each naming style."""
    return works.make("pickling", seed=request.param, out=tmp_path_factory.mktemp("works") / "plant", pieces=700)


@pytest.fixture(scope="session")
def truth(made):
    """What is true of the plant in ``made``."""
    return works.load(made.truth_path)
