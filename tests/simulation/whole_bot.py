"""The bot as it is put together for use, in the workspace of the simulation."""

from dataclasses import dataclass
from typing import Any

import msgspec
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse
from slack_sdk.web.async_client import AsyncWebClient

from app import compose
from app.background import Listeners
from app.services import Services, make_services
from bot.membership import Membership
from bot.providers.registry import Providers
from bot.settings import Settings
from bot.store.database import Database
from bot.store.inbox import SqlInbox
from bot.timing import Timing
from bot.worker_processes import WorkerPools
from handlers.bolt import build
from handlers.worker import Worker
from tests.simulation.slack import BOT


@dataclass(frozen=True)
class WholeBot:
    services: Services
    listeners: Listeners
    app: AsyncApp
    worker: Worker

    async def dispatch(self, body: dict[str, Any]) -> BoltResponse:
        """What Slack is answered."""
        request = AsyncBoltRequest(mode="socket_mode", body=msgspec.convert(body, dict))
        response: BoltResponse = await self.app.async_dispatch(request)
        return response


async def whole_bot(
    settings: Settings,
    client: AsyncWebClient,
    providers: Providers,
    database: Database,
    pools: WorkerPools,
    membership: Membership,
) -> WholeBot:
    who: dict[str, object] = {"team_id": "T1", "user_id": BOT}
    services = await make_services(settings, Timing(), client, who, providers, database, pools, membership)
    listeners = compose.listeners(services)
    app, _, worker = build(
        client,
        None,
        SqlInbox(database, membership.process),
        listeners,
        authority=services.authority,
        people=services.people,
        poster=services.poster,
        languages=services.languages,
        bot_user=BOT,
        finished=services.incoming_files.changed,
        alone=membership.alone,
    )
    return WholeBot(services, listeners, app, worker)
