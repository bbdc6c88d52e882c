"""Models: /v1/models."""

from __future__ import annotations

from fastapi import APIRouter

from trainer.api.errors import ApiError
from trainer.api.lists import list_object
from trainer.api.objects import Deleted, ModelObject, Page
from trainer.api.services import CurrentKey, Services, ServicesDep
from trainer.base_models import EmbeddingModel
from trainer.catalogue import ResolvedModel

router = APIRouter(prefix="/v1/models")


@router.get("")
def list_models(services: ServicesDep, key: CurrentKey) -> Page[ModelObject]:
    # One that nobody tried here is shown once it was pulled; it can be named all the same.
    bases = services.catalogue.bases.values()
    shown = [base.id for base in bases if not base.untried or services.catalogue.fetched(base)]
    found = [services.catalogue.find(id) for id in shown]
    found += [services.catalogue.find(model.id) for model in services.store.models()]
    usable = [one for one in found if one is not None and services.may_use(key, one)]
    told = [model_object(one, services) for one in usable]
    told += [
        _embedding_model_object(model)
        for model in services.catalogue.embedding_models.values()
        if not model.untried or services.catalogue.fetched(model)
    ]
    known = {one["id"] for one in told}
    aliases = [alias for alias, model in services.store.aliases().items() if model in known and alias not in known]
    return list_object([*told, *(retrieve(services, key, alias) for alias in aliases)])


# Names hold colons, and ids of hub models slashes.
@router.get("/{model_id:path}")
def retrieve(services: ServicesDep, key: CurrentKey, model_id: str) -> ModelObject:
    embedding = services.catalogue.find_embeddings(model_id)
    if embedding is not None:
        told = _embedding_model_object(embedding)
    else:
        told = model_object(services.model(model_id, key, shut_down=True), services)
    return told if model_id == told["id"] else {**told, "id": model_id, "root": told["id"]}


@router.delete("/{model_id:path}")
async def delete(services: ServicesDep, key: CurrentKey, model_id: str) -> Deleted:
    found = None if services.catalogue.find_embeddings(model_id) else services.model(model_id, key, shut_down=True)
    if found is None or found.model is None:
        raise ApiError(403, "Base models cannot be deleted, only fine-tuned ones.", param="model")
    if model_id != found.id:
        raise ApiError(
            400,
            f"{model_id!r} is an alias of {found.id!r}. Delete that model by its own name, or take the alias away with "
            "`finetune-bot trainer alias --remove`.",
            param="model",
        )
    services.require_own(found.model, key)
    services.catalogue.delete(found.model)
    await services.chats.forget(found)
    await services.exports.forget(found.model.id)
    return {"id": model_id, "object": "model", "deleted": True}


def model_object(found: ResolvedModel, services: Services) -> ModelObject:
    base, model = found.base, found.model
    told: ModelObject = {
        "id": found.id,
        "object": "model",
        "created": model.created_at if model else 0,
        "owned_by": model.owned_by if model else base.owned_by,
        "shutdown_date": services.catalogue.shutdown_date(found),
        "fine_tunable": True,
        "methods": ["supervised", "dpo", "reinforcement"],
        "context_length": base.context_length,
        "parameters": base.parameters or None,
    }
    if model is not None:
        told["root"] = base.id
    return told


def _embedding_model_object(model: EmbeddingModel) -> ModelObject:
    return {
        "id": model.id,
        "object": "model",
        "created": 0,
        "owned_by": model.owned_by,
        "shutdown_date": None,
        "fine_tunable": False,
        "methods": [],
        "context_length": model.context_length,
        "parameters": model.parameters or None,
    }
