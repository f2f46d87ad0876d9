"""The AAS API 3.0.3 to read from: shells, submodels, their elements and concept descriptions (profiles SSP-002)."""

from fastapi import APIRouter, Depends

from tundish.web.api.aas import concepts, elements, service, shells, submodels
from tundish.web.api.aas.served import all_served, of_shell, of_submodel

__all__ = ["router"]

SHELL, SUBMODEL = "/shells/{aasIdentifier}", "/submodels/{submodelIdentifier}"

router = APIRouter(dependencies=[Depends(all_served)], tags=["AAS 3.0.3"])
router.include_router(shells.many)
router.include_router(service.router)
router.include_router(submodels.many)
router.include_router(concepts.router)
for part in (submodels.one, elements.router):
    router.include_router(part, prefix=SUBMODEL, dependencies=[Depends(of_submodel)])
    router.include_router(part, prefix=SHELL + SUBMODEL, dependencies=[Depends(of_shell), Depends(of_submodel)])
router.include_router(shells.one, prefix=SHELL, dependencies=[Depends(of_shell)])
# The service profiles ask one shell, or one submodel, as if it were a server of its own: the same answers, narrowed to it.
for part in (service.router, shells.many):
    router.include_router(part, prefix=SHELL, dependencies=[Depends(of_shell)], include_in_schema=False)
    router.include_router(part, prefix=SUBMODEL, dependencies=[Depends(of_submodel)], include_in_schema=False)
