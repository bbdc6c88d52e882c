"""What the endpoints need, put together once by `server` and handed to each that asks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from trainer.api.errors import ApiError, model_not_found
from trainer.catalogue import Catalogue, ResolvedModel
from trainer.exports.queue import Exports
from trainer.jobs.calibration import Calibrations
from trainer.jobs.queue import Queue
from trainer.jobs.supervisor import Supervisor
from trainer.objects import Key, Model, today
from trainer.serving.interface import ChatService
from trainer.settings import Settings
from trainer.store import Store
from trainer.tracking.tracker import Tracker


@dataclass(frozen=True)
class Services:
    settings: Settings
    store: Store
    catalogue: Catalogue
    supervisor: Supervisor
    chats: ChatService
    exports: Exports
    tracker: Tracker
    calibrations: Calibrations
    queue: Queue

    def model(self, id: str, key: Key, *, missing: int = 404, shut_down: bool = False) -> ResolvedModel:
        """The model that a client names. ApiError with the status `missing` where there is none for this key, or,
        unless `shut_down` ones are asked for too, none any more."""
        found = self.catalogue.find(id)
        if self.catalogue.find_embeddings(id) is not None:
            raise ApiError(
                missing,
                f"The model {id!r} makes embeddings only. GET /v1/models lists the others.",
                code="model_not_found",
                param="model",
            )
        if found is None or not self.may_use(key, found):
            raise model_not_found(id, missing)
        day = self.catalogue.shutdown_date(found)
        if not shut_down and day is not None and day <= today():
            raise ApiError(
                missing,
                f"The model {id!r} has been shut down on {day}. GET /v1/models lists the others.",
                code="model_not_found",
                param="model",
            )
        return found

    def require_own(self, model: Model, key: Key) -> None:
        """ApiError where the model was shared with this key, which then may use it and no more."""
        if not key.sees(model):
            raise ApiError(
                403,
                f"The model {model.id!r} is shared with you for use. Only the key that made it, or an admin key, can "
                "delete or export it.",
                code="insufficient_permissions",
                param="model",
            )

    def may_use(self, key: Key, found: ResolvedModel) -> bool:
        """Base models are everybody's; a fine-tuned one is its key's, and theirs to whom it was granted."""
        return found.model is None or key.sees(found.model) or self.store.granted(found.model.id, key.name)


def _services(request: Request) -> Services:
    services: Services = request.app.state.services
    return services


def _key(request: Request) -> Key:
    key: Key = request.state.key  # the guard let it in
    return key


CurrentKey = Annotated[Key, Depends(_key)]
ServicesDep = Annotated[Services, Depends(_services)]
