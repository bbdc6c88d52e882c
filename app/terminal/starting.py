"""A job that is asked for in a terminal: `/finetune start` with settings, in the channel that is named."""

import shlex
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from app.terminal.answers import starting as answers
from app.terminal.messages import Answer
from bot.access import Caller, Place
from bot.channels import Channels
from bot.errors import Conflict, Invalid
from bot.job_requests import JobRequest
from bot.jobs.job import Origin
from bot.jobs.settings import read_settings
from handlers.start.command_words import read_command
from handlers.start.listeners import StartListeners


@dataclass(frozen=True)
class Starting:
    """Slack says whether a channel is private and whether the bot is in it, so only a bot that runs can do it."""

    start: StartListeners
    channels: Channels
    team: str

    async def asked(self, caller: Caller, words: Sequence[str]) -> Answer:
        """Says what it would cost, or with `confirm=yes` begins. Raises BotError."""
        if not caller.channel:
            raise Invalid("terminal_channel_missing")
        channel = await self.channels.channel(caller.channel)
        if not channel.member:
            raise Conflict("terminal_not_in_channel", channel=caller.channel)
        # All who are in the channel see the job's card.
        caller = msgspec.structs.replace(caller, team=self.team, posts_in=Place(caller.channel))
        requests = self.start.requests
        await requests.require(caller)
        typed = read_command(shlex.join(words))
        dataset, file_id = await self.start.training_file(caller, typed.file)
        settings = typed.settings
        await self.start.take_validation(caller, settings, dataset)
        settings |= await self.start.chosen_model(caller, settings, dataset)
        read = read_settings(settings)
        if isinstance(read, dict):
            raise Invalid("settings_refused", problems=read)
        request = JobRequest(read, dataset.id if dataset else None, file_id)
        if typed.confirmed:
            thread_ts = dataset.thread_ts if dataset and dataset.channel == caller.channel else None
            origin = Origin(self.team, caller.channel, channel.private, thread_ts)
            return answers.started(await requests.submit(caller, request, origin, caller.key))
        preview = await requests.preview(caller, request, await requests.check(caller, request))
        estimate = await self.start.estimated(caller, read, dataset)
        return answers.question(preview, dataset.name if dataset else file_id or "", settings, estimate)
