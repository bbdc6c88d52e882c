"""What the endpoints need, put together once by `server` and handed to each that asks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from trainer.api.errors import ApiError, model_not_found
from trainer.catalogue import Catalogue, Found
from trainer.chats import Chats
from trainer.objects import Key, today
from trainer.settings import Settings
from trainer.store import Store
from trainer.supervisor import Supervisor


@dataclass(frozen=True)
class Services:
    settings: Settings
    store: Store
    catalogue: Catalogue
    supervisor: Supervisor
    chats: Chats

    def model(self, id: str, key: Key, *, missing: int = 404, shut_down: bool = False) -> Found:
        """The model that a client names. ApiError with the status `missing` where there is none for this key, or,
        unless `shut_down` ones are asked for too, none any more."""
        found = self.catalogue.find(id)
        if found is None or (found.model is not None and not key.sees(found.model)):
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


def _services(request: Request) -> Services:
    services: Services = request.app.state.services
    return services


def _key(request: Request) -> Key:
    key: Key = request.state.key  # the guard let it in
    return key


By = Annotated[Key, Depends(_key)]
Given = Annotated[Services, Depends(_services)]
