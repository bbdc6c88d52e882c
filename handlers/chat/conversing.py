"""Talking to a model in a thread: open a conversation, and stream its answers."""

import asyncio
import contextlib
import hashlib
import time
from weakref import WeakValueDictionary

import structlog

from bot.access import Action, Resource
from bot.backoff import Backoff
from bot.errors import NotFound
from bot.models.conversation import BROKEN, Conversation, prompt
from bot.models.conversation import Turn as Said
from bot.models.opening import Opening, opening
from bot.notices.interfaces import PostError, PostRefused
from bot.providers.interface import ChatMessage, Doubtful, ProviderError, RateLimited, Refused, Unreachable
from handlers.blocks import confirmations as pointers
from handlers.chat import blocks
from handlers.chat.streamed_message import Answer, Place
from handlers.turn import Turn
from handlers.web import replies
from handlers.web.rate_limits import Priority

log = structlog.get_logger()

# A model may need a moment after training, or to be loaded (llama_index#8527: 404 right after success).
_WARM_UP = Backoff(1, longest=30, tries=6)
# Held by whoever waits or answers, so that threads which have gone quiet cost nothing.
_locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()


async def open_conversation(turn: Turn, model: str, *, anew: bool = False) -> None:
    """Say where this person talks to `model` here; the thread for that is opened where there is none, or with `anew`.
    Raises NotFound where there is no such model for this person, Denied where others would see it who may not."""
    services = turn.services
    unknown = NotFound(f"There is no model {model} (any more). `/finetune models` lists those that there are.")
    thing = await services.catalogue.resource(model)
    try:
        await turn.may_post(Action.CHAT, thing)
    except NotFound:
        raise unknown from None
    await turn.origin()
    if not await services.catalogue.exists(model):
        await services.lost_models.missing(model)
        raise unknown
    async with _lock(f"{turn.user}/{turn.channel}"):  # or two presses would open two
        own_id = "cv-" + hashlib.sha256(turn.key.encode()).hexdigest()[:10]
        here = await services.conversations.of_person(turn.user, turn.channel)
        for conversation in here:
            if conversation.model == model and (conversation.id == own_id or not anew):
                with contextlib.suppress(PostRefused):  # its message was deleted in Slack
                    link = await services.poster.thread_link(turn.channel, conversation.thread_ts)
                    services.just_opened.add(conversation)
                    await turn.answer(pointers.conversation_there(model, link))
                    return
        async with services.just_opened.opening(turn.channel):
            ts = await _open(turn, model, own_id)
        await turn.answer(pointers.conversation_elsewhere(model, await services.poster.thread_link(turn.channel, ts)))
        for conversation in here:
            await _remove_if_empty(turn, conversation)


async def _open(turn: Turn, model: str, conversation_id: str) -> str:
    """Post the message whose thread talks to `model`; its ts."""
    services = turn.services
    start = Opening()
    job = (await services.jobs.models([model])).get(model)
    if job and job.dataset_id:
        dataset = await services.datasets.get(job.dataset_id)
        if dataset and dataset.deleted_at is None and await turn.may(Action.SEE, dataset.resource, turn.posts_in):
            start = await asyncio.to_thread(opening, services.copies.path(dataset.sha256))
    ts = await services.poster.post_once(
        turn.channel,
        blocks.conversation_opened(model, turn.user, start.question),
        mark=f"chat/{turn.key}",
        maybe_posted=turn.again,
        since=turn.received_at,
        priority=Priority.CHAT,
    )
    conversation = Conversation(
        id=conversation_id,
        model=model,
        team=services.team,
        channel=turn.channel,
        thread_ts=ts,
        owner=turn.user,
        created_at=time.time(),
        private=(await turn.origin()).private,
        system=start.system,
    )
    await services.conversations.open(conversation)
    services.conversation_threads.add((turn.channel, ts))
    services.just_opened.add(conversation)
    return ts


async def _remove_if_empty(turn: Turn, conversation: Conversation) -> None:
    """Take away the message of a conversation in whose thread nobody has said anything."""
    services = turn.services
    thread = {"channel": conversation.channel, "ts": conversation.thread_ts}
    if await services.conversations.turns(conversation.id):
        return
    try:
        said = await services.poster.call("conversations.replies", {**thread, "limit": 2})
        if len(said.get("messages") or ()) > 1:
            return
        await services.poster.call("chat.delete", thread, priority=Priority.PROGRESS)
    except PostRefused as error:
        if str(error) not in {"thread_not_found", "message_not_found"}:
            log.info("empty conversation left", why=str(error))
            return
    except PostError as error:
        log.info("empty conversation left", why=str(error))
        return
    await services.conversations.remove(conversation.id)
    services.conversation_threads.discard((conversation.channel, conversation.thread_ts))


async def converse(turn: Turn, conversation: Conversation, text: str) -> None:
    """Give the model what was said, and stream its answer into the thread."""
    services = turn.services
    await _authorize(turn, conversation)
    services.just_opened.take(turn.channel, turn.user)
    if not text:
        return
    ts = str(turn.body["event"]["ts"])
    async with _lock(conversation.id):
        await services.conversations.add(conversation.id, Said(ts, "user", text))
        turns = await services.conversations.turns(conversation.id)
        known = _answered(turns, ts)
        if known is not None:
            await _show_known(turn, conversation, known)
            return
        asked = [said for said in turns if float(said.message_ts) <= float(ts)]
        await _show_thinking(turn)
        await _ask(turn, conversation, asked, ts)


async def go_on(turn: Turn) -> None:
    """*Continue*: the model goes on with an answer that was cut off. However often it is pressed, it does so once."""
    services = turn.services
    conversation = await services.conversations.of_thread(turn.channel, str(turn.thread_ts))
    if conversation is None:
        raise NotFound("There is no conversation with a model in this thread any more.")
    await _authorize(turn, conversation)
    ts = turn.words
    async with _lock(conversation.id):
        turns = await services.conversations.turns(conversation.id)
        known = _answered(turns, ts)
        if known is None:
            first = ts.partition("+")[0]
            asked = [said for said in turns if float(said.message_ts) <= float(first)]
            await _show_thinking(turn)
            await _ask(turn, conversation, asked, ts)
        elif not await _show_known(turn, conversation, known):
            await turn.answer(blocks.went_on())
        with contextlib.suppress(PostError):
            message = {"channel": turn.channel, "ts": turn.body["message"]["ts"]}
            await services.poster.call("chat.delete", message, priority=Priority.CHAT)


def _answered(turns: list[Said], ts: str) -> Said | None:
    return next((said for said in turns if said.ts == ts and said.role == "assistant"), None)


async def _authorize(turn: Turn, conversation: Conversation) -> None:
    """Raises Denied or NotFound where this person may not talk in this conversation, or to its model."""
    thing = Resource(conversation.owner, conversation.channel, conversation.private, "conversation")
    await turn.actor(Action.CHAT, thing, turn.posts_in)
    try:
        await turn.actor(Action.CHAT, await turn.services.catalogue.resource(conversation.model), turn.posts_in)
    except NotFound:
        raise NotFound(f"There is no model {conversation.model} (any more).") from None


def _lock(key: str) -> asyncio.Lock:
    """One answer at a time in each thread, and one opening at a time for each person and place."""
    return _locks.setdefault(key, asyncio.Lock())


async def _show_known(turn: Turn, conversation: Conversation, known: Said) -> bool:
    """Show what was answered before a crash; False where all of it was shown then."""
    left = await turn.services.conversations.open_answer(conversation.id, known.ts)
    if left is None:
        return False
    async with _answer(turn, conversation, known.ts, left) as answer:
        answer.add(known.content)
        await _end(turn, conversation, answer, known)
    return True


async def _ask(turn: Turn, conversation: Conversation, turns: list[Said], asked_ts: str) -> None:
    """Ask the model, with as much of the thread as it can read; again by itself while it is not ready."""
    model, kept = conversation.model, len(turns)
    fewest = 2 if turns[-1].role == "assistant" else 1  # an answer goes on below its question
    delays = iter(_WARM_UP)
    warned = False
    while True:
        try:
            await _stream(turn, conversation, prompt(conversation, turns, kept), asked_ts)
            return
        except Refused as error:
            if _is_too_long(error):
                # Forget the older half of the thread, until only this one message is left.
                if kept <= fewest:
                    await turn.answer(blocks.message_too_long(model))
                    return
                kept = max(fewest, kept // 2)
                continue
            if error.status != 404:
                raise
            if not await turn.services.catalogue.exists(model):
                await turn.services.lost_models.missing(model)
                await turn.answer(blocks.model_gone(model))
                return
            failure: ProviderError = error
        except (RateLimited, Unreachable, Doubtful) as error:
            failure = error
        delay = next(delays, None)
        if delay is None:
            raise failure
        if delay >= 4 and not warned:
            warned = True
            await turn.answer(blocks.model_warming(model))
        await asyncio.sleep(max(delay, min(getattr(failure, "retry_after", 0), 60)))


def _is_too_long(error: Refused) -> bool:
    """Not every server that speaks the protocol has the protocol's code for it."""
    return error.code == "context_length_exceeded" or "context length" in str(error).lower()


async def _stream(turn: Turn, conversation: Conversation, messages: list[ChatMessage], asked_ts: str) -> None:
    """Stream one answer. Before its first word an error is the caller's to handle."""
    services = turn.services
    provider = await services.catalogue.provider_of(conversation.model)
    left = await services.conversations.open_answer(conversation.id, asked_ts) if turn.again else None
    async with _answer(turn, conversation, asked_ts, left or []) as answer:
        whole, finish_reason = "", None
        try:
            async for delta in provider.chat(conversation.model, messages):
                whole += delta.text
                finish_reason = delta.finish_reason or finish_reason
                if whole.strip():
                    answer.add(delta.text)
        except ProviderError as error:
            if not whole.strip():
                raise
            log.warning("answer cut off", model=conversation.model, why=str(error))
            finish_reason = BROKEN
        said = Said(asked_ts, "assistant", whole, finish_reason)
        if not whole.strip():
            await turn.answer(blocks.nothing_said(finish_reason))
            return
        # Kept before all of it is shown: whatever happens to Slack or to us, the model is not asked for it again.
        await services.conversations.answered(conversation.id, said)
        await _end(turn, conversation, answer, said)


async def _end(turn: Turn, conversation: Conversation, answer: Answer, said: Said) -> None:
    """Show what is left of an answer; where the model could go on, offer it."""
    await answer.close(blocks.end_note(said.finish_reason))
    if said.finish_reason in blocks.CUT_OFF:
        number = int(said.ts.partition("+")[2] or 0) + 1
        await replies.in_thread(
            turn.services.poster,
            turn.channel,
            conversation.thread_ts,
            turn.user,
            blocks.cut_off(str(said.finish_reason), f"{said.message_ts}+{number}"),
            mark=f"{turn.key}/continue",
            maybe_posted=turn.again,
            since=turn.received_at,
            backoff=turn.services.timing.reply,
        )
    await turn.services.conversations.answer_shown(conversation.id, said.ts)


def _answer(turn: Turn, conversation: Conversation, asked_ts: str, left: list[str]) -> Answer:
    """`left`: the messages of an earlier attempt."""
    services = turn.services

    async def opened(answer_ts: str) -> None:
        await services.conversations.answer_opened(conversation.id, asked_ts, answer_ts)

    event = turn.body.get("event") or turn.body["message"]
    place = Place(
        turn.channel, conversation.thread_ts, turn.user, services.team, services.bot_user, after=str(event["ts"])
    )
    mark = f"{turn.key}/answer"
    return Answer(
        services.poster,
        place,
        mark=mark,
        opened=opened,
        messages=left,
        doubtful=turn.again,
        backoff=services.timing.answer,
    )


async def _show_thinking(turn: Turn) -> None:
    """A courtesy, for which no answer waits; a workspace that does not know it is answered all the same."""
    if not turn.services.poster.has_room("assistant.threads.setStatus"):
        return
    arguments = {"channel_id": turn.channel, "thread_ts": turn.thread_ts, "status": "is thinking…"}
    try:
        await turn.services.poster.call("assistant.threads.setStatus", arguments, priority=Priority.CHAT, repeat=False)
    except PostError as error:
        log.debug("no status shown", why=str(error))
