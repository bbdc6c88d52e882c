"""Integrations of a job: reports to Weights & Biases, as the protocol has them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from trainer.api.bodies import Strict
from trainer.api.errors import ApiError
from trainer.api.objects import IntegrationObject
from trainer.objects import Job
from trainer.settings import Settings
from trainer.tracking.tracker import unusable

# Longer ones are refused by Weights & Biases itself (projects and names 128, tags 64; its library, read November 2026).
Name = Annotated[str, Field(min_length=1, max_length=128)]
Tag = Annotated[str, Field(min_length=1, max_length=64)]


class Wandb(Strict):
    project: Annotated[Name, Field(pattern=r"^[^/\\\\#?%:]+$")]
    name: Name | None = None
    entity: Name | None = None
    tags: list[Tag] | None = None


class Integration(Strict):
    type: Literal["wandb"]
    wandb: Wandb


def integrations_of(asked: list[Integration] | None, settings: Settings) -> list[dict[str, Any]] | None:
    """As the job keeps them. ApiError where they cannot be followed here."""
    if not asked:
        return None
    problem = unusable(settings)
    if problem is not None:
        raise ApiError(400, problem, code="invalid_integration", param="integrations")
    if len(asked) > 1:
        raise ApiError(400, "A job can be reported to one project of Weights & Biases.", param="integrations")
    return [one.model_dump() for one in asked]


def integration_objects(job: Job) -> list[IntegrationObject]:
    told: list[IntegrationObject] = []
    for one in job.integrations or []:
        wandb = one["wandb"]
        told.append(
            {
                "type": "wandb",
                "wandb": {
                    "project": wandb["project"],
                    "name": wandb["name"],
                    "entity": wandb["entity"],
                    "tags": wandb["tags"] or [],
                },
            }
        )
    return told
