"""The Bolt app: everything that Slack can send, and who takes it."""

import logging
import re
from collections.abc import Mapping
from typing import Any

from slack_bolt.app.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_sdk.web.async_client import AsyncWebClient

from bot.backoff import Backoff
from bot.store.inbox import SqliteInbox
from bot.timing import Timing
from handlers.chat.listeners import ChatListeners
from handlers.commands import Commands
from handlers.datasets.listeners import DatasetListeners
from handlers.inbox import Inbox
from handlers.messages import Messages
from handlers.register import register
from handlers.services import Services


def build(
    client: AsyncWebClient,
    signing_secret: str | None,
    services: Services,
    store: SqliteInbox,
    listeners: Mapping[type[object], object],
    *,
    backoff: Backoff = Timing.inbox,
) -> tuple[AsyncApp, Inbox]:
    """Without a signing secret requests are only taken from Socket Mode, which has none."""
    app = AsyncApp(
        client=client,
        signing_secret=signing_secret or "unused",
        request_verification_enabled=signing_secret is not None,
        # Our listeners end with their acknowledgement. Bolt would else look for it every 10 ms only.
        process_before_response=True,
        logger=logging.getLogger("slack_bolt"),
    )
    chat = listeners[ChatListeners]
    assert isinstance(chat, ChatListeners)
    greeted: set[str] = set()
    inbox = Inbox(
        store,
        services,
        languages=services.languages,
        threads=chat.threads,
        bot_user=services.bot_user,
        greeted=greeted,
        finished=services.incoming_files.changed,
        backoff=backoff,
    )
    app.use(inbox.middleware)
    commands = Commands(listeners)
    commands.register(app, inbox)
    datasets = listeners[DatasetListeners]
    assert isinstance(datasets, DatasetListeners)
    messages = Messages(
        commands=commands,
        datasets=datasets,
        chat=chat,
        callers=chat.callers,
        authority=services.authority,
        people=services.people,
        poster=services.poster,
        bot_user=services.bot_user,
        greeted=greeted,
    )
    messages.register(app, inbox)
    register(app, inbox, listeners)
    # An event without a listener would stay unacknowledged in Socket Mode, and Slack would send it again.
    app.event(re.compile(".*"))(_ignored)
    return app, inbox


async def _ignored(ack: AsyncAck, body: dict[str, Any]) -> None:
    await ack()
