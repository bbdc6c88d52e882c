"""What the bot relies on at Slack, as cases to compare a real workspace by with what the sandbox does: in one channel,
where what is posted is deleted again."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final

import aiohttp
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.doctor.comparison import Case
from training_files.redact import redact

_MOST_BLOCKS: Final = 50
_NOWHERE: Final = "C0000000000"
_NO_TRIGGER: Final = "0.0.finetune-bot"
_TEXT: Final = "finetune-bot doctor --compare"
_SECONDS: Final = 30.0
# Of a file that was uploaded: until the message is there that shows it.
_LOOKS: Final = 25
_BETWEEN_LOOKS: Final = 0.2


def slack_cases(client: AsyncWebClient, channel: str, person: str | None) -> Sequence[Case]:
    """`person`: who sees what only one does; None where nobody is named."""
    posted = _Posted(client, channel)
    cases = [
        Case("slack_posts", posted.posts),
        Case("slack_edits", posted.edits),
        Case("slack_threads", posted.threads),
        Case("slack_permalinks", posted.permalinks),
        Case("slack_blocks", posted.too_many_blocks),
        Case("slack_channels", posted.no_channel),
        Case("slack_triggers", posted.no_trigger),
        Case("slack_files", posted.uploads),
    ]
    if person is not None:
        cases.append(Case("slack_ephemeral", lambda: posted.whispers(person)))
    return [*cases, Case("slack_deletes", posted.deletes)]


class _Posted:
    """The messages of these cases, one built upon the other."""

    def __init__(self, client: AsyncWebClient, channel: str) -> None:
        self._client = client
        self._channel = channel
        self._ts: list[str] = []

    async def posts(self) -> str | None:
        metadata = {"event_type": "finetune_bot", "event_payload": {"id": "compare"}}
        return await self._post(text=_TEXT, blocks=_blocks(1), metadata=metadata)

    async def edits(self) -> str | None:
        ts, edited = self._first, f"{_TEXT} ✓"
        seen = await _done(
            lambda: self._client.chat_update(channel=self._channel, ts=ts, text=edited, blocks=_blocks(2))
        )
        if seen is not None:
            return seen
        answer, seen = await _asked(lambda: self._client.conversations_replies(channel=self._channel, ts=ts, limit=1))
        if seen is not None:
            return seen
        shown = (answer.get("messages") or [{}])[0]
        return None if len(shown.get("blocks") or ()) == 2 else str(shown.get("text"))

    async def threads(self) -> str | None:
        if (seen := await self._post(text=_TEXT, thread_ts=self._first)) is not None:
            return seen
        answer, seen = await _asked(lambda: self._client.conversations_replies(channel=self._channel, ts=self._first))
        if seen is not None:
            return seen
        found = [message.get("ts") for message in answer.get("messages") or ()]
        return None if found == self._ts else ", ".join(map(str, found))

    async def permalinks(self) -> str | None:
        answer, seen = await _asked(
            lambda: self._client.chat_getPermalink(channel=self._channel, message_ts=self._first)
        )
        link = str(answer.get("permalink") or "")
        return seen or (None if self._channel in link and self._first.replace(".", "") in link else link)

    async def too_many_blocks(self) -> str | None:
        return await _refused(
            lambda: self._client.chat_postMessage(channel=self._channel, text=_TEXT, blocks=_blocks(_MOST_BLOCKS + 1)),
            "invalid_blocks",
        )

    async def no_channel(self) -> str | None:
        return await _refused(lambda: self._client.chat_postMessage(channel=_NOWHERE, text=_TEXT), "channel_not_found")

    async def no_trigger(self) -> str | None:
        view: dict[str, Any] = {"type": "modal", "title": {"type": "plain_text", "text": "x"}, "blocks": _blocks(1)}
        return await _refused(
            lambda: self._client.views_open(trigger_id=_NO_TRIGGER, view=view),
            "invalid_trigger_id",
            "invalid_trigger",
            "expired_trigger_id",
            "invalid_arguments",
        )

    async def uploads(self) -> str | None:
        answer, seen = await _asked(
            lambda: self._client.files_upload_v2(
                channel=self._channel, thread_ts=self._first, content="step,loss\n1,0.5\n", filename="compare.csv"
            )
        )
        if seen is not None:
            return seen
        file = str((answer.get("files") or [{}])[0].get("id"))
        for ts in await self._shown(file):
            await _done(lambda ts=ts: self._client.chat_delete(channel=self._channel, ts=ts))  # type: ignore[misc]
        return await _done(lambda: self._client.files_delete(file=file))

    async def _shown(self, file: str) -> list[str]:
        """The messages that show it, which Slack posts some time after an upload."""
        for _ in range(_LOOKS):
            answer, _ = await _asked(lambda: self._client.files_info(file=file))
            places = ((answer.get("file") or {}).get("shares") or {}).values()
            if shown := [str(one.get("ts")) for place in places for one in place.get(self._channel) or ()]:
                return shown
            await asyncio.sleep(_BETWEEN_LOOKS)
        return []

    async def whispers(self, person: str) -> str | None:
        return await _done(lambda: self._client.chat_postEphemeral(channel=self._channel, user=person, text=_TEXT))

    async def deletes(self) -> str | None:
        seen = [
            await _done(lambda ts=ts: self._client.chat_delete(channel=self._channel, ts=ts))  # type: ignore[misc]
            for ts in reversed(self._ts)
        ]
        return next(filter(None, seen), None)

    @property
    def _first(self) -> str:
        return self._ts[0] if self._ts else "0.0"

    async def _post(self, **message: Any) -> str | None:
        answer, seen = await _asked(lambda: self._client.chat_postMessage(channel=self._channel, **message))
        if isinstance(answer.get("ts"), str):
            self._ts.append(answer["ts"])
        return seen


def _blocks(count: int) -> list[dict[str, Any]]:
    return [{"type": "section", "text": {"type": "mrkdwn", "text": _TEXT}}] * count


async def _done(ask: Callable[[], Awaitable[AsyncSlackResponse]]) -> str | None:
    return (await _asked(ask))[1]


async def _refused(ask: Callable[[], Awaitable[AsyncSlackResponse]], *codes: str) -> str | None:
    _, seen = await _asked(ask)
    return None if seen in codes else seen or "ok"


async def _asked(ask: Callable[[], Awaitable[AsyncSlackResponse]]) -> tuple[dict[str, Any], str | None]:
    """What Slack says, or the code of its refusal."""
    try:
        async with asyncio.timeout(_SECONDS):
            data = (await ask()).data
    except SlackApiError as error:
        told = getattr(error.response, "data", None)
        return {}, redact(str(told.get("error"))) if isinstance(told, dict) else "no answer"
    except (aiohttp.ClientError, OSError, SlackClientError, TimeoutError) as error:  # an upload that breaks off, too
        return {}, type(error).__name__
    return (data, None) if isinstance(data, dict) else ({}, "no answer")
