"""Do the four read profiles pass the conformance tests of the standard's own association?"""

import base64
import warnings

import pytest
from every_kind import every_kind
from serving import served, state_of

from tundish.web.app import create_app

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # a library below the tool writes escapes that Python warns of
    from aas_test_engines import api
    from aas_test_engines.config import CheckApiConfig
    from aas_test_engines.http import HttpClient

PROFILE = "https://admin-shell.io/aas/API/3/0/"


def encoded(id):
    return base64.urlsafe_b64encode(id.encode()).decode().rstrip("=")


def suites(address, shell, submodel):
    """Suite, its address and the prefix that it leaves out."""
    one_shell, one_submodel = f"{address}/shells/{encoded(shell)}", f"{address}/submodels/{encoded(submodel)}"
    return {
        "AssetAdministrationShellRepository": (address, ""),
        "SubmodelRepository": (address, ""),
        "AssetAdministrationShell": (one_shell, "/aas"),
        "Submodel": (one_submodel, "/submodel"),
    }


def failures(result, path=()):
    """Every line that is no pass and no note, with where it stands."""
    here = (*path, result.message)
    if not result.sub_results:
        return [] if result.ok() else [" > ".join(here[-4:])]
    return [line for part in result.sub_results for line in failures(part, here)]


@pytest.fixture
def every_kind_served(tmp_path):
    package = every_kind()
    with served(create_app(state_of(tmp_path, package))) as address:
        yield address, package.shells[0]["id"], package.submodels[0]["id"]


def test_no_case_fails(every_kind_served):
    marks = {}
    for name, (address, prefix) in suites(*every_kind_served).items():
        client = HttpClient(address, remove_path_prefix=prefix)
        result, found = api.execute_tests(client, CheckApiConfig(suite=f"{PROFILE}{name}ServiceSpecification/SSP-002"))
        assert failures(result) == []
        assert (found.invalid_accepted, found.valid_rejected) == (0, 0)
        marks[name] = (found.invalid_rejected, found.valid_accepted)
    assert sum(negative for negative, _ in marks.values()) >= 89
    assert sum(positive for _, positive in marks.values()) >= 229
