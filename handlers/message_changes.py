"""What Slack says of a message that was edited or deleted."""

from typing import Any, Final, NamedTuple

SUBTYPES: Final = ("message_changed", "message_deleted")


class MessageChange(NamedTuple):
    """`ts` is the message's, `thread_ts` its thread's or what would be; `text` what it reads now, None if it is gone;
    `at`: when, in seconds since the epoch."""

    channel: str
    thread_ts: str
    ts: str
    user: str
    text: str | None
    at: float


def message_change(event: dict[str, Any]) -> MessageChange | None:
    """What a person did to a message of theirs. None for anything else that Slack calls a change: a link that was
    unfolded, a reply that was counted, a message of an app."""
    before, now = event.get("previous_message") or {}, event.get("message") or {}
    message = now if event.get("subtype") == "message_changed" else before
    if message.get("bot_id") or before.get("bot_id") or not before.get("user"):
        return None
    # Of a message with replies Slack leaves a gravestone.
    is_gone = event.get("subtype") == "message_deleted" or now.get("subtype") == "tombstone"
    if not is_gone and now.get("text") == before.get("text"):
        return None
    ts = str(event.get("deleted_ts") or message.get("ts"))
    return MessageChange(
        channel=str(event.get("channel")),
        thread_ts=str(before.get("thread_ts") or message.get("thread_ts") or ts),
        ts=ts,
        user=str(before["user"]),
        text=None if is_gone else str(now.get("text") or ""),
        at=float(event.get("event_ts") or event["ts"]),
    )
