"""What the app responds outside the Web API: to a command, at a response_url, to a submitted modal."""

import asyncio
from typing import Any

from sandbox.changes import Change
from sandbox.elements import STATEFUL, walk, with_ids
from sandbox.model import Json, View
from sandbox.slack_errors import SlackError, fail
from sandbox.triggers import ResponseUrl
from sandbox.validation import check_message_blocks, check_view
from sandbox.views import Views
from sandbox.workspace import Workspace


class Responses:
    def __init__(self, workspace: Workspace, views: Views) -> None:
        self.workspace = workspace
        self.views = views

    def url(self, hook: ResponseUrl) -> str:
        return f"{self.workspace.base_url}/response/{self.workspace.TEAM}/{hook.token}"

    def answer(self, hook: ResponseUrl, payload: Json) -> None:
        """Post or edit a message in response to a command or an action. Raises SlackError if it is not a message.

        Ephemeral unless response_type is in_channel; the bot need not be a member of the channel.
        """
        ws = self.workspace
        original = ws.message(hook.channel, hook.message_ts) if hook.message_ts else None
        if payload.get("delete_original") in (True, "true"):
            if original is not None:
                (ws.forget if original.ephemeral_to else ws.delete)(original)
            return
        text, blocks = payload.get("text", ""), payload.get("blocks")
        if not isinstance(text, str) or not (text or blocks or payload.get("attachments")):
            fail("response_url.body")
        if blocks is not None:
            blocks = with_ids(check_message_blocks(blocks, ws))
        if payload.get("replace_original") in (True, "true") and original is not None:
            ws.edit(original, text=text, blocks=blocks, attachments=payload.get("attachments"))
            return
        everybody = payload.get("response_type") == "in_channel"
        message = ws.post(
            ws.channels[hook.channel],
            Workspace.BOT,
            text,
            blocks=blocks,
            attachments=payload.get("attachments"),
            ephemeral_to="" if everybody else hook.user,
            thread_ts=str(payload.get("thread_ts") or hook.thread_ts or ""),
        )
        if not hook.message_ts:
            hook.message_ts = message.ts

    def to_submission(self, view: View, payload: Json) -> dict[str, str]:
        """Apply the app's response to a view_submission. Returns the errors that are now shown."""
        action = payload.get("response_action")
        view.errors = {}
        try:
            if not payload:
                self.views.close(view)
            elif action == "errors":
                errors = self._errors(view, payload.get("errors"))
                self.views.show_errors(view, errors)
                return errors
            elif action == "update":
                self.views.update(view, check_view(payload.get("view"), "modal", self.workspace))
            elif action == "push":
                self.views.push(view.user, check_view(payload.get("view"), "modal", self.workspace))
            elif action == "clear":
                self.views.close(view, everything=True)
            else:
                fail("view.response", f"response_action {action!r}")
        except SlackError as e:
            text = "We had some trouble connecting. Try again?"
            reason = "; ".join([e.definition.error, *e.details])
            self.workspace.changes.publish(Change("toast", user=view.user, text=f"{text} ({reason})"))
            self.views.show_errors(view, {"": text})
            return {"": f"{text} ({reason})"}
        return {}

    def _errors(self, view: View, errors: Any) -> dict[str, str]:
        inputs = {b["block_id"] for b, e in walk(view.body["blocks"]) if b["type"] == "input" and e["type"] in STATEFUL}
        if not isinstance(errors, dict) or not errors:
            fail("view.response", "errors must name at least one block")
        for block_id in errors:
            if block_id not in inputs:
                fail("view.response", f"errors names {block_id!r}, which is not an input of the view")
        return {str(k): str(v) for k, v in errors.items()}


class Statuses:
    """An assistant's status in a thread ("is thinking…"): ends when the app posts, clears it, or after two minutes."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._now: dict[tuple[str, str], str] = {}

    def get(self, channel: str, thread_ts: str) -> str:
        return self._now.get((channel, thread_ts), "")

    def set(self, channel: str, thread_ts: str, status: str) -> None:
        key = (channel, thread_ts)
        if self._now.pop(key, "") == status == "":
            return
        if status:
            self._now[key] = status
            asyncio.get_running_loop().call_later(self._workspace.settings.status_life, self._expire, key, status)
        self._workspace.changes.publish(Change("status", channel, thread_ts))

    def _expire(self, key: tuple[str, str], status: str) -> None:
        if self._now.get(key) == status:
            self.set(*key, "")
