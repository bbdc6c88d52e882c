"""The features, and what Slack sends to which of them. This page is their table of contents."""

import re
from dataclasses import replace
from typing import Final

from slack_bolt.app.async_app import AsyncApp

from handlers.administration.register import FEATURE as ADMINISTRATION
from handlers.chat.register import FEATURE as CHAT
from handlers.datasets.register import FEATURE as DATASETS
from handlers.deletion import buttons as deletion
from handlers.deletion.register import FEATURE as DELETION
from handlers.inbox import Inbox
from handlers.jobs.register import FEATURE as JOBS
from handlers.models.register import FEATURE as MODELS
from handlers.provider_files.register import FEATURE as PROVIDER_FILES
from handlers.repair import repairing
from handlers.repair.register import FEATURE as REPAIR
from handlers.spending.register import FEATURE as SPENDING
from handlers.start.register import FEATURE as START
from handlers.turn import Turn

FEATURES: Final = (
    DATASETS,
    REPAIR,
    START,
    PROVIDER_FILES,
    JOBS,
    MODELS,
    CHAT,
    DELETION,
    SPENDING,
    ADMINISTRATION,
)


def register(app: AsyncApp, inbox: Inbox) -> None:
    for feature in FEATURES:
        for action_id, pressed in feature.buttons.items():
            app.action(action_id)(inbox.listener(pressed))
        for callback_id, modal in feature.modals.items():
            app.view(callback_id)(inbox.submission(modal))
        for event, heard in feature.events.items():
            app.event(event)(inbox.listener(heard))


def register_the_rest(app: AsyncApp, inbox: Inbox) -> None:
    """What belongs to several features, and what needs no work: links and inputs are buttons to Slack, too."""
    app.action("dataset_more")(inbox.listener(_report_menu))
    app.action(re.compile(".*"))(inbox.listener(_nothing))


async def _report_menu(turn: Turn) -> None:
    """The menu of a report: what is chosen there names an act and a data set."""
    act, _, dataset_id = turn.words.partition(" ")
    turn = replace(turn, words=dataset_id)
    await {"mend": repairing.pressed, "delete": deletion.ask_dataset}[act](turn)


async def _nothing(_: Turn) -> None:
    return None
