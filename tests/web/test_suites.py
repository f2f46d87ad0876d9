"""Do the four read profiles pass the conformance tests of the standard's own association?"""

import base64
import warnings

import pytest
from every_kind import every_kind, number, shell, submodel
from serving import served, state_of

from tundish import flow, works
from tundish.aas import AasPackage
from tundish.settings import Settings
from tundish.web.app import create_app
from tundish.web.state import read_plant

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


def wild():
    """Long ids in many scripts, deep nesting, many submodels, texts that must be escaped everywhere."""
    inside = number("Deepest", "-0.0")
    for level in range(20):
        inside = {"modelType": "SubmodelElementCollection", "idShort": f"L{level}", "value": [inside, number("And", "INF")]}
    texts = [{"language": "ko", "text": '"따옴표" \\ <b>&amp;\u2028\t뜨임 🔥'}, {"language": "en", "text": "x" * 1000}]
    title = {"modelType": "MultiLanguageProperty", "idShort": "Title", "value": texts}
    ids = ["https://예시.kr/a/b//c?d=e&f=%2F#g h+i=/🔥/" + "가" * 1900, *(f"urn:공장:{n}/%" for n in range(4))]
    submodels = tuple(submodel(id, f"S{n}", [title, inside]) for n, id in enumerate(ids))
    return AasPackage((shell("urn:🔥/라인 1", "First", ids), shell("urn:🔥/라인 2", "Second", ids[:1])), submodels)


def generated(folder):
    """What is served of a pickling plant."""
    plant = folder / "plant"
    works.make("pickling", seed=2, out=plant, pieces=250, sample_s=120)
    standard = flow.standard(plant, Settings(), lambda *_: None)
    return read_plant(plant, standard).package


PACKAGES = {"every kind": lambda _: every_kind(), "wild": lambda _: wild(), "generated": generated}


@pytest.mark.parametrize("name", PACKAGES)
def test_no_case_fails(name, tmp_path):
    package = PACKAGES[name](tmp_path)
    shell_id = package.shells[0]["id"]
    submodel_id = package.shells[0]["submodels"][0]["keys"][0]["value"]
    marks = {}
    with served(create_app(state_of(tmp_path, package))) as address:
        for suite, (start, prefix) in suites(address, shell_id, submodel_id).items():
            client = HttpClient(start, remove_path_prefix=prefix)
            result, found = api.execute_tests(client, CheckApiConfig(suite=f"{PROFILE}{suite}ServiceSpecification/SSP-002"))
            assert failures(result) == []
            assert (found.invalid_accepted, found.valid_rejected) == (0, 0)
            marks[suite] = (found.invalid_rejected, found.valid_accepted)
    assert sum(negative for negative, _ in marks.values()) >= 89
    assert sum(positive for _, positive in marks.values()) >= 229
