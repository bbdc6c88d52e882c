"""What the endpoints need, put together once by `server` and handed to each that asks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from trainer.catalogue import Catalogue
from trainer.chats import Chats
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


def _services(request: Request) -> Services:
    services: Services = request.app.state.services
    return services


Given = Annotated[Services, Depends(_services)]
