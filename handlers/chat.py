"""Talking to a model in a thread: open a conversation, and stream its answers."""

import asyncio
import hashlib
import time
from collections import defaultdict

import structlog

from bot.access import Act, Thing
from bot.errors import BotError, NotFound
from bot.models.conversation import Conversation, prompt
from bot.models.conversation import Turn as Said
from bot.models.opening import Opening, opening
from bot.notices.interfaces import PostError
from bot.providers.interface import ChatMessage, Doubtful, ProviderError, RateLimited, Refused, Unreachable
from handlers.blocks import chat as blocks
from handlers.blocks import pointers
from handlers.budget import Priority
from handlers.poster import Stream, open_stream
from handlers.turn import Turn, thing_of_job

log = structlog.get_logger()

# A model may need a moment after training, or to be loaded (llama_index#8527: 404 right after success).
_WARM_UP_PAUSES = (1.0, 2.0, 4.0, 8.0, 15.0, 30.0)
_one_at_a_time: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)


async def open_conversation(turn: Turn, model: str) -> None:
    """Post the message whose thread talks to `model`. Raises NotFound where there is no such model."""
    services = turn.services
    job = (await services.jobs.models()).get(model)
    await turn.actor(Act.CHAT, thing_of_job(job, turn.channel) if job else None)
    origin = await turn.origin()
    if not await services.catalogue.exists(model):
        raise NotFound(f"There is no model {model} (any more). `/finetune models` lists those that there are.")
    start = Opening()
    if job and job.dataset_id:
        dataset = await services.datasets.get(job.dataset_id)
        if dataset and dataset.deleted_at is None:
            start = await asyncio.to_thread(opening, services.copies.path(dataset.sha256))
    ts = await services.poster.post_once(
        turn.channel,
        blocks.conversation_opened(model, turn.user, start.question),
        mark=turn.key,
        maybe_posted=turn.again,
        since=turn.received_at,
        priority=Priority.CHAT,
    )
    conversation = Conversation(
        id="cv-" + hashlib.sha256(turn.key.encode()).hexdigest()[:10],
        model=model,
        team=services.team,
        channel=turn.channel,
        thread_ts=ts,
        owner=turn.user,
        created_at=time.time(),
        private=origin.private or bool(job and job.origin.private),
        system=start.system,
    )
    await services.conversations.open(conversation)
    services.conversation_threads.add((turn.channel, ts))
    if turn.thread_ts:
        # Pressed or typed in some other thread: say where to go.
        link = await services.poster.permalink(turn.channel, ts)
        await turn.answer(pointers.conversation_elsewhere(model, link))


async def converse(turn: Turn, conversation: Conversation, text: str) -> None:
    """Give the model what was said, and stream its answer into the thread."""
    services = turn.services
    thing = Thing(conversation.owner, conversation.channel, conversation.private, turn.channel, "conversation")
    await turn.actor(Act.CHAT, thing)
    if not text:
        return
    ts = str(turn.body["event"]["ts"])
    async with _one_at_a_time[conversation.id]:
        await services.conversations.add(conversation.id, Said(ts, "user", text))
        turns = await services.conversations.turns(conversation.id)
        if any(said.ts == ts and said.role == "assistant" for said in turns):
            return  # answered before a crash
        asked = [said for said in turns if float(said.ts) <= float(ts)]
        await _show_thinking(turn)
        answer = await _answer(turn, conversation, asked)
        if answer:
            await services.conversations.add(conversation.id, Said(ts, "assistant", answer))


async def _answer(turn: Turn, conversation: Conversation, turns: list[Said]) -> str | None:
    """The answer that was streamed; None where there was none and the person was told why."""
    most: int | None = None
    warned = False
    for pause in (*_WARM_UP_PAUSES, None):
        try:
            return await _stream(turn, conversation.model, prompt(conversation, turns, most))
        except Refused as error:
            if error.code == "context_length_exceeded":
                # Forget the older half of the thread, until only this one message is left.
                kept = len(turns) if most is None else most
                if kept <= 1:
                    await turn.answer(blocks.message_too_long(conversation.model))
                    return None
                most = max(1, kept // 2)
                continue
            if error.status != 404:
                raise
            if not await turn.services.catalogue.exists(conversation.model):
                await turn.answer(blocks.model_gone(conversation.model))
                return None
            failure: ProviderError = error
        except (RateLimited, Unreachable, Doubtful) as error:
            failure = error
        if pause is None:
            raise failure
        if pause >= 4 and not warned:
            warned = True
            await turn.answer(blocks.model_warming(conversation.model))
        await asyncio.sleep(max(pause, min(getattr(failure, "retry_after", 0), 60)))
    raise BotError("The conversation is too long for this model. Open a new one with *Chat*.")


async def _stream(turn: Turn, model: str, messages: list[ChatMessage]) -> str:
    """Stream one answer; its whole text. Before the first piece an error is the caller's to handle."""
    stream: Stream | None = None
    whole = ""
    try:
        async for piece in turn.services.provider.chat(model, messages):
            whole += piece
            if stream is None:
                if not whole.strip():
                    continue
                stream = await _open(turn, blocks.stream_text(whole))
            elif stream.length + len(piece) < Stream.LONGEST:
                await stream.add(blocks.stream_text(piece))
            else:
                # One message is full; the answer goes on in the next.
                await stream.close()
                stream = await _open(turn, blocks.stream_text(piece))
    except ProviderError as error:
        if stream is None:
            raise
        log.warning("answer cut off", model=model, why=str(error))
        await stream.add("\n_(The answer was cut off: the connection to the model broke. Ask again.)_")
    if stream is None:
        await turn.answer(blocks.answer("")[0])
        return ""
    await stream.close()
    return whole


async def _open(turn: Turn, first: str) -> Stream:
    services = turn.services
    return await open_stream(services.poster, turn.channel, str(turn.thread_ts), turn.user, services.team, first)


async def _show_thinking(turn: Turn) -> None:
    """A courtesy; a workspace that does not know it is answered all the same."""
    arguments = {"channel_id": turn.channel, "thread_ts": turn.thread_ts, "status": "is thinking…"}
    try:
        await turn.services.poster.call("assistant.threads.setStatus", arguments, priority=Priority.CHAT)
    except PostError as error:
        log.debug("no status shown", why=str(error))
