"""The Bolt app: everything that Slack can send, and its listeners."""

import logging
import re
from collections.abc import Callable, Mapping
from typing import Any

from slack_bolt.app.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_sdk.web.async_client import AsyncWebClient

from bot.authority import Authority
from bot.store.inbox import SqlInbox
from bot.timing import Timing
from handlers.agent.listeners import AgentListeners
from handlers.bolt_listeners import BoltListeners
from handlers.chat.listeners import ChatListeners
from handlers.commands import Commands
from handlers.compare.listeners import CompareListeners
from handlers.datasets.listeners import DatasetListeners
from handlers.evaluations.listeners import EvaluationListeners
from handlers.home.listeners import HomeListeners
from handlers.inbox import Inbox
from handlers.languages import Languages
from handlers.messages import Messages
from handlers.register import register
from handlers.web.people import People
from handlers.web.poster import Poster
from handlers.worker import Worker


def build(
    client: AsyncWebClient,
    signing_secret: str | None,
    store: SqlInbox,
    listeners: Mapping[type[object], object],
    *,
    authority: Authority,
    people: People,
    poster: Poster,
    languages: Languages,
    bot_user: str,
    finished: Callable[[], None],
    timing: Timing = Timing(),
    alone: bool = True,
) -> tuple[AsyncApp, Inbox, Worker]:
    """`finished` is called after each request. Without a signing secret requests are only taken from
    Socket Mode, which has none. `alone`: no other process hears what Slack sends."""

    async def authorize(team_id: str | None) -> AuthorizeResult:
        return AuthorizeResult(enterprise_id=None, team_id=team_id, bot_token=client.token, bot_user_id=bot_user)

    app = AsyncApp(
        name="finetune-bot",  # or Bolt looks for the caller's file in every module that is loaded
        client=AsyncWebClient(base_url=client.base_url),
        # Slack was asked at the start. With a token of its own Bolt asks again at the first event, and acknowledges it
        # without handing it on where Slack has trouble just then.
        authorize=authorize,
        signing_secret=signing_secret or "unused",
        request_verification_enabled=signing_secret is not None,
        # Our listeners end with their acknowledgement. Bolt would else look for it every 10 ms only.
        process_before_response=True,
        # A workflow step's own token is for telling Slack how the step ended (handlers.web.workflow_steps), no more.
        attaching_function_token_enabled=False,
        logger=logging.getLogger("slack_bolt"),
    )
    chat = listeners[ChatListeners]
    assert isinstance(chat, ChatListeners)
    inbox = Inbox(
        store,
        threads=chat.threads,
        bot_user=bot_user,
        finished=finished,
    )
    worker = Worker(inbox, store, poster, languages, backoff=timing.inbox, reply=timing.reply, alone=alone)
    bolt = BoltListeners(inbox, worker, poster, languages, modal=timing.modal)
    app.use(inbox.middleware)
    commands = Commands(chat.callers, authority, listeners)
    commands.register(app, bolt)
    datasets = listeners[DatasetListeners]
    assert isinstance(datasets, DatasetListeners)
    compare = listeners[CompareListeners]
    assert isinstance(compare, CompareListeners)
    evaluations = listeners[EvaluationListeners]
    assert isinstance(evaluations, EvaluationListeners)
    agent = listeners[AgentListeners]
    assert isinstance(agent, AgentListeners)
    home = listeners[HomeListeners]
    assert isinstance(home, HomeListeners)
    messages = Messages(
        commands=commands,
        datasets=datasets,
        chat=chat,
        compare=compare,
        evaluations=evaluations,
        agent=agent,
        home=home,
        callers=chat.callers,
        authority=authority,
        people=people,
        poster=poster,
        bot_user=bot_user,
        greeted=set(),
    )
    messages.register(app, bolt)
    register(app, bolt, listeners)
    # An event without a listener would stay unacknowledged in Socket Mode, and Slack would send it again.
    app.event(re.compile(".*"))(_ignored)
    return app, inbox, worker


async def _ignored(ack: AsyncAck, body: dict[str, Any]) -> None:
    await ack()
