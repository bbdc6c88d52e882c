"""The training file of a training that is due, in its channel. Implements `bot.retraining.scheduled_runs.PostFile`."""

from collections.abc import Awaitable
from dataclasses import dataclass

from bot.access import Caller
from bot.datasets.dataset import Dataset
from bot.datasets.interfaces import DatasetStore
from bot.retraining.next_model import NextModels, Plan
from bot.retraining.schedule import Schedule
from handlers.blocks.message import Message
from handlers.datasets.derived_files import DerivedFiles
from handlers.languages import LanguageOf
from handlers.request import Request
from handlers.retraining.blocks import about_file
from handlers.scheduled_training import blocks
from texts.language import speaking


@dataclass(frozen=True)
class ScheduledFiles:
    next_models: NextModels
    datasets: DatasetStore
    derived: DerivedFiles
    language: LanguageOf

    async def __call__(self, schedule: Schedule, caller: Caller, plan: Plan, new: int) -> Dataset:
        with speaking(await self.language(schedule.channel, schedule.owner)):
            said = blocks.due(schedule, plan.collection, new, about_file(plan))

        def make(thread_ts: str) -> Awaitable[Dataset]:
            return self.next_models.make(caller, plan, thread_ts, private=schedule.private)

        dataset = await self.derived.in_channel(_request(caller), said, "next-model", make)
        return await self.datasets.get(dataset.id) or dataset


def _request(caller: Caller) -> Request:
    """As if its owner had asked for it just now, whom nothing answers."""

    async def unheard(_: Message) -> None:
        return None

    return Request(
        key=caller.key,
        is_retry=caller.is_retry,
        received_at=caller.at,
        user=caller.user,
        channel=caller.channel,
        thread_ts=None,
        trigger_id=None,
        text="",
        body={},
        answer=unheard,
        replace_message=unheard,
        alone=False,
    )
