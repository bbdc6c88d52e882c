"""Parsing of Slack's payloads: a stable key for deduplication, and the request."""

import hashlib
import time
from collections.abc import Awaitable, Callable
from typing import Any

import orjson

from bot.backoff import Backoff
from bot.timing import Timing
from handlers.blocks.markup import typed
from handlers.blocks.message import Message
from handlers.message_changes import SUBTYPES
from handlers.request import Request, is_direct
from handlers.web import replies, workflow_steps
from handlers.web.poster import Poster


def key_of(body: dict[str, Any]) -> str | None:
    """Slack's own id of what it sent: the same for every redelivery, different for everything else.

    Messages go by channel and ts, because one message may come in several events (bolt-python#941).
    """
    kind = body.get("type")
    if kind == "event_callback":
        event = body.get("event") or {}
        if event.get("subtype") in SUBTYPES:
            return f"{event['subtype']}/{event.get('channel')}/{event.get('event_ts') or event.get('ts')}"
        if event.get("type") in {"message", "app_mention"} and event.get("ts"):
            return f"{event['type']}/{event.get('channel')}/{event['ts']}"
        if event.get("type") == "function_executed":
            return f"step/{event.get('function_execution_id')}"
        return f"event/{body['event_id']}" if body.get("event_id") else None
    if "command" in body:
        return f"command/{body.get('trigger_id')}"
    if kind == "block_actions":
        action = (body.get("actions") or [{}])[0]
        return f"action/{(body.get('user') or {}).get('id')}/{action.get('action_id')}/{action.get('action_ts')}"
    if kind == "message_action" or (kind == "shortcut" and body.get("trigger_id")):
        return f"shortcut/{(body.get('user') or {}).get('id')}/{body.get('callback_id')}/{body.get('trigger_id')}"
    if kind == "view_submission":
        return f"{kind}/{(body.get('view') or {}).get('id')}/{body.get('trigger_id') or ''}"
    return None


def kind_of(body: dict[str, Any]) -> str:
    """Which kind of payload this is, in Slack's words."""
    return "command" if "command" in body else _KINDS.get(str(body.get("type")), "other")


_KINDS = {
    "event_callback": "event",
    "block_actions": "action",
    "message_action": "shortcut",
    "shortcut": "shortcut",
    "view_submission": "submission",
}


def request_of(
    poster: Poster,
    key: str,
    body: dict[str, Any],
    *,
    is_retry: bool,
    received_at: float | None = None,
    backoff: Backoff = Timing.reply,
) -> Request:
    """Read who, where and what out of any of Slack's payloads. `received_at`: when it came, if not just now;
    `backoff`: between attempts to answer in a thread."""
    at = received_at or time.time()
    answer: Callable[[Message], Awaitable[None]]
    alone = True
    # Who looks there does not see what is for their eyes only elsewhere, and Slack soon forgets that: it is posted.
    on_home = (body.get("view") or {}).get("type") == "home"
    if "command" in body:
        channel, user, thread_ts, text = body["channel_id"], body["user_id"], None, typed(body.get("text") or "")

        async def answer(message: Message) -> None:
            await replies.to_command(poster, body["response_url"], channel, user, message)

    elif is_step(body):
        event, text = body["event"], ""
        channel, user, thread_ts = workflow_steps.channel_of(event), workflow_steps.runner_of(event), None
        alone = False

        async def answer(message: Message) -> None:
            await workflow_steps.fail(poster, event, message)

    elif body.get("type") == "event_callback":
        event = body["event"]
        channel, user = str(event.get("channel") or ""), str(event.get("user") or event.get("user_id") or "")
        thread_ts = event.get("thread_ts") or event.get("ts")
        text = event.get("text") or ""
        at = float(event.get("ts") or event.get("event_ts") or at)
        alone = is_direct(channel)

        async def answer(message: Message) -> None:
            direct = event.get("channel_type") == "im" and not event.get("thread_ts")
            await post(message, None if direct else thread_ts)

    else:
        user = body["user"]["id"]
        metadata = (body.get("view") or {}).get("private_metadata") or ""
        channel = (body.get("channel") or {}).get("id") or _channel_in(metadata) or user
        thread_ts = _thread_of_button(body)
        action = (body.get("actions") or [{}])[0]
        chosen = (action.get("selected_option") or {}).get("value") or action.get("selected_user")
        text = str(action.get("value") or chosen or "")
        # When it was pressed: two of a person's are taken in that order, whichever is worked on first.
        at = float(action.get("action_ts") or at)

        async def answer(message: Message) -> None:
            if on_home:
                await post(message, None)
            else:
                await replies.to_button(poster, channel, user, thread_ts, message)

    async def replace_message(message: Message) -> None:
        if on_home:
            await answer(message)
        else:
            await replies.in_place(poster, body.get("response_url"), channel, user, message)

    async def post(message: Message, thread_ts: str | None) -> None:
        digest = hashlib.sha256(orjson.dumps(message.as_arguments())).hexdigest()[:12]
        await replies.in_thread(
            poster,
            channel,
            thread_ts,
            user,
            message,
            idempotency_key=f"{key}/{digest}",
            may_exist=is_retry,
            since=at,
            backoff=backoff,
        )

    return Request(
        key=key,
        is_retry=is_retry,
        received_at=at,
        user=user,
        channel=channel,
        thread_ts=thread_ts,
        trigger_id=body.get("trigger_id"),
        text=text.strip(),
        body=body,
        answer=answer,
        replace_message=replace_message,
        alone=alone,
    )


def thread_of(body: dict[str, Any]) -> str | None:
    """The thread in which something is said, where all is done in the order in which it was said."""
    event = body.get("event") or {}
    is_said = event.get("type") in {"message", "app_mention"} and event.get("thread_ts") and not event.get("subtype")
    return f"{event['channel']}/{event['thread_ts']}" if is_said else None


def is_step(body: dict[str, Any]) -> bool:
    """Whether a step of a workflow is to be carried out."""
    return (body.get("event") or {}).get("type") == "function_executed"


def _thread_of_button(body: dict[str, Any]) -> str | None:
    """The thread in which the button was pressed. A message that has replies is not one itself: it is in the
    channel."""
    message, container = body.get("message") or {}, body.get("container") or {}
    thread_ts = message.get("thread_ts") or container.get("thread_ts")
    return None if thread_ts in {None, message.get("ts"), container.get("message_ts")} else str(thread_ts)


def _channel_in(private_metadata: str) -> str | None:
    try:
        value = orjson.loads(private_metadata)
    except orjson.JSONDecodeError:
        return None
    return value.get("channel") if isinstance(value, dict) else None
