"""Models: /v1/models."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from trainer.api.errors import ApiError, model_not_found
from trainer.api.services import Given
from trainer.catalogue import Found

router = APIRouter(prefix="/v1/models")


@router.get("")
def list_models(services: Given) -> dict[str, Any]:
    # One that nobody tried here is shown once it was pulled; it can be named all the same.
    bases = services.catalogue.bases.values()
    shown = [base.id for base in bases if not base.untried or services.catalogue.fetched(base)]
    found = [services.catalogue.find(id) for id in shown]
    found += [services.catalogue.find(model.id) for model in services.store.models()]
    return {"object": "list", "data": [model_object(one) for one in found if one is not None]}


# Names hold colons, and ids of hub models slashes.
@router.get("/{model_id:path}")
def retrieve(services: Given, model_id: str) -> dict[str, Any]:
    found = services.catalogue.find(model_id)
    if found is None:
        raise model_not_found(model_id)
    return model_object(found)


@router.delete("/{model_id:path}")
async def delete(services: Given, model_id: str) -> dict[str, Any]:
    found = services.catalogue.find(model_id)
    if found is None:
        raise model_not_found(model_id)
    if found.model is None:
        raise ApiError(403, "Base models cannot be deleted, only fine-tuned ones.", param="model")
    await services.chats.forget(found)
    services.catalogue.delete(found.model)
    return {"id": model_id, "object": "model", "deleted": True}


def model_object(found: Found) -> dict[str, Any]:
    """The protocol's model, and three fields of our own: what it grew from, whether it can be fine-tuned, and how
    many tokens it reads."""
    base, model = found.base, found.model
    return {
        "id": model.id if model else base.id,
        "object": "model",
        "created": model.created_at if model else 0,
        "owned_by": model.owned_by if model else base.owned_by,
        "fine_tunable": True,
        "context_length": base.context_length,
        **({"root": base.id} if model else {}),
    }
