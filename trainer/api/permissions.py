"""Who else may use a fine-tuned model: /v1/fine_tuning/checkpoints/{model}/permissions, for admin keys.

The service shares a model with projects. The trainer has no projects but keys, so a project's id is the name of a key:
what is granted to a name counts for whichever key has it. It lets the model be seen, asked and trained further. The
job, its files and the weights stay with the key that made them, and only that one or an admin's deletes the model.
"""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import Field

from trainer.api.bodies import Body
from trainer.api.errors import ApiError, not_found
from trainer.api.lists import list_object
from trainer.api.objects import Deleted, Page, PermissionObject
from trainer.api.services import CurrentKey, Services, ServicesDep
from trainer.objects import Key, Permission, new_id, now

# Names of models hold colons, and those of models over a hub's base slashes.
router = APIRouter(prefix="/v1/fine_tuning/checkpoints/{checkpoint:path}/permissions")


class CreatePermissions(Body):
    project_ids: Annotated[list[str], Field(min_length=1)]


@router.post("")
def create(services: ServicesDep, key: CurrentKey, checkpoint: str, body: CreatePermissions) -> Page[PermissionObject]:
    """Grant each project the model. One that has it already keeps the permission that it has."""
    model = _shareable(services, key, checkpoint)
    names = {one.name for one in services.store.all_keys()}
    for at, project in enumerate(body.project_ids):
        if project not in names:
            raise ApiError(
                400,
                f"There is no key named {project!r}; a project's id is the name of a key here. "
                "`finetune-bot trainer keys list` shows them.",
                code="project_not_found",
                param=f"project_ids[{at}]",
            )
    granted = [
        services.store.grant(Permission(id=new_id("cp_"), model=model, project=project, created_at=now()))
        for project in dict.fromkeys(body.project_ids)
    ]
    return list_object([permission_object(one) for one in granted])


@router.get("")
def list_permissions(
    services: ServicesDep,
    key: CurrentKey,
    checkpoint: str,
    project_id: str | None = None,
    after: str | None = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 10,
    order: Literal["ascending", "descending"] = "descending",
) -> Page[PermissionObject]:
    model = _shareable(services, key, checkpoint)
    try:
        page, more = services.store.permissions(
            model, project=project_id, after=after, limit=limit, ascending=order == "ascending"
        )
    except KeyError:
        raise not_found("permission", str(after), "after") from None
    return list_object([permission_object(one) for one in page], more=more)


@router.delete("/{permission_id}")
def delete(services: ServicesDep, key: CurrentKey, checkpoint: str, permission_id: str) -> Deleted:
    model = _shareable(services, key, checkpoint)
    if not services.store.revoke(permission_id, model):
        raise not_found("permission", permission_id, "permission_id")
    return {"id": permission_id, "object": "checkpoint.permission", "deleted": True}


def permission_object(permission: Permission) -> PermissionObject:
    return {
        "id": permission.id,
        "object": "checkpoint.permission",
        "created_at": permission.created_at,
        "project_id": permission.project,
    }


def _shareable(services: Services, key: Key, id: str) -> str:
    """The fine-tuned model that an admin names. ApiError for everybody else, whether there is such a model or not."""
    if not key.admin:
        raise ApiError(
            403,
            "You have insufficient permissions for this operation: it needs an admin key. Ask an administrator.",
            code="insufficient_permissions",
        )
    found = services.model(id, key, shut_down=True)
    if found.model is None:
        raise ApiError(400, "Base models are everybody's already; only fine-tuned ones are shared.", param="model")
    return found.model.id
