"""How the cluster is on which jobs train: /v1/x/cluster, which the protocol does not have."""

from __future__ import annotations

from typing import Literal

from fastapi import APIRouter
from typing_extensions import TypedDict

from trainer.api.errors import ApiError
from trainer.api.services import ServicesDep

router = APIRouter(prefix="/v1/x/cluster")


class ClusterObject(TypedDict):
    """`trouble` keeps jobs from being handed to it; null where nothing does. Of its `nodes` that are alive so many are
    `suited` to a job on one device, whether they have room now or not. One job can have up to `most_gpus`; 0 where jobs
    take none."""

    object: Literal["cluster"]
    address: str
    trouble: str | None
    nodes: int
    suited: int
    most_gpus: int


@router.get("")
async def retrieve(services: ServicesDep) -> ClusterObject:
    settings = services.settings
    if settings.runner != "ray":
        raise ApiError(404, "This trainer trains on its own machine, not on a cluster.", code="not_found")
    from trainer.cluster import look  # asks over HTTP, what takes a quarter of a second to import

    state = await look(settings)
    return {
        "object": "cluster",
        "address": str(settings.ray_address),
        "trouble": state.trouble or None,
        "nodes": state.nodes,
        "suited": state.suited,
        "most_gpus": state.most_gpus,
    }
