"""A client for the sandbox's control API: what people do, as Python calls.

    async with SandboxClient(url, key) as client:
        drop = await client.drop("ana", "#support-model", Path("train.jsonl"), "our answers")
        report = await client.wait_message("#support-model", contains="12 examples", thread_ts=drop["ts"])
        await client.click("ana", "#support-model", report["ts"], "start")
        view = await client.wait_view("ana")
        errors = await client.submit("ana", view["id"], {"epochs": "3"})

People and channels are given by id or name (`ana`, `#general`); `@ana` as a channel means the direct messages
between Ana and the bot. Every call raises SandboxError, with a sentence for the reader, if it is not possible.
"""

# A timeout is an ordinary argument here.
# ruff: noqa: ASYNC109

import base64
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx

Json = dict[str, Any]


class SandboxError(RuntimeError):
    """The sandbox could not do what was asked; the message says why."""


class SandboxClient:
    """A client for one sandbox. `url` may be the page's URL with ?key=…; then `key` is not needed. `patience`: for how
    many seconds to wait for something, where a call does not say."""

    def __init__(self, url: str, key: str = "", *, patience: float = 30) -> None:
        self._patience = patience
        parts = urlsplit(url)
        key = key or parse_qs(parts.query).get("key", [""])[0]
        self._http = httpx.AsyncClient(
            base_url=f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}",
            headers={"Authorization": f"Bearer {key}"},
            timeout=30,
            trust_env=False,  # no proxy for this machine's own ports
            verify=parts.scheme == "https",  # to read the certificates takes 30 ms
        )

    async def __aenter__(self) -> "SandboxClient":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        await self._http.aclose()

    # Messages and files

    async def say(
        self, user: str, channel: str, text: str, thread_ts: str | None = None, *, broadcast: bool = False
    ) -> Json:
        """Post as a person. Returns the message, with `ts` and `channel`."""
        answer = await self.call("say", user=user, channel=channel, text=text, thread_ts=thread_ts, broadcast=broadcast)
        return _message(answer)

    async def drop(
        self,
        user: str,
        channel: str,
        path: Path | str | Sequence[Path | str],
        text: str = "",
        thread_ts: str | None = None,
    ) -> Json:
        """Drop files with a comment. Returns the message."""
        paths = [path] if isinstance(path, str | Path) else list(path)
        files = [(Path(p).name, Path(p).read_bytes()) for p in paths]
        return await self.drop_bytes(user, channel, files, text, thread_ts)

    async def drop_bytes(
        self,
        user: str,
        channel: str,
        files: Sequence[tuple[str, bytes]],
        text: str = "",
        thread_ts: str | None = None,
    ) -> Json:
        """Drop files that are not on disk, each as (name, content)."""
        encoded = [{"name": n, "content": base64.b64encode(data).decode()} for n, data in files]
        answer = await self.call("drop", user=user, channel=channel, files=encoded, text=text, thread_ts=thread_ts)
        return _message(answer)

    async def edit(self, user: str, channel: str, ts: str, text: str) -> None:
        """Change the text of one's own message."""
        await self.call("edit", user=user, channel=channel, ts=ts, text=text)

    async def delete(self, user: str, channel: str, ts: str) -> None:
        """Delete a message (its files stay)."""
        await self.call("delete", user=user, channel=channel, ts=ts)

    async def delete_file(self, user: str, file: str) -> None:
        """Delete a file; its messages keep a tombstone."""
        await self.call("delete-file", user=user, file=file)

    async def react(self, user: str, channel: str, ts: str, name: str, *, remove: bool = False) -> None:
        await self.call("react", user=user, channel=channel, ts=ts, name=name, remove=remove)

    # Commands, buttons, modals

    async def command(
        self, user: str, channel: str, command: str, text: str = "", *, thread_ts: str | None = None
    ) -> Json:
        """Run a slash command. Returns {acked, reason, response}; the person reads the answer in ephemerals()."""
        return await self.call("command", user=user, channel=channel, command=command, text=text, thread_ts=thread_ts)

    async def run_message_shortcut(self, user: str, channel: str, ts: str, callback_id: str) -> Json:
        """Choose a shortcut in a message's menu. Returns {acked, reason, response}."""
        return await self.call("shortcut", user=user, channel=channel, ts=ts, callback_id=callback_id)

    async def run_shortcut(self, user: str, callback_id: str) -> Json:
        """Choose a global shortcut. Returns {acked, reason, response}."""
        return await self.call("shortcut", user=user, callback_id=callback_id)

    async def click(
        self, user: str, channel: str, ts: str, action_id: str, *, block_id: str = "", value: Any = None
    ) -> Json:
        """Press a button of a message, or choose `value` in its menu. Returns {acked, reason, response}."""
        return await self.call(
            "act", user=user, channel=channel, ts=ts, action_id=action_id, block_id=block_id, value=value
        )

    async def choose(self, user: str, channel: str, ts: str, action_id: str, value: Any, *, block_id: str = "") -> Json:
        """Choose in a menu of a message: by an option's value or text, a list for several."""
        return await self.click(user, channel, ts, action_id, block_id=block_id, value=value)

    async def click_in_view(
        self, user: str, view_id: str, action_id: str, *, block_id: str = "", value: Any = None
    ) -> Json:
        """Press a button, or change an input, in a modal or on the Home tab."""
        return await self.call("act", user=user, view_id=view_id, action_id=action_id, block_id=block_id, value=value)

    async def suggest(self, user: str, view_id: str, action_id: str, text: str) -> list[Json]:
        """Enter text into an external select of a view. Returns the options that the app offers."""
        answer = await self.call("suggest", user=user, view_id=view_id, action_id=action_id, value=text)
        return list(answer["options"])

    async def suggest_in_message(self, user: str, channel: str, ts: str, action_id: str, text: str) -> list[Json]:
        """Enter text into an external select of a message. Returns the options that the app offers."""
        answer = await self.call("suggest", user=user, channel=channel, ts=ts, action_id=action_id, value=text)
        return list(answer["options"])

    async def run_step(self, user: str, step: str, inputs: dict[str, str]) -> Json:
        """Run a workflow of this one step of the app's, as a person who follows its link. Returns the execution."""
        return dict((await self.call("run-step", user=user, step=step, inputs=inputs))["execution"])

    async def wait_step(self, execution: str, timeout: float | None = None) -> Json:
        """Wait until a step has ended. Returns {status, outputs, error, ...}."""
        return dict((await self._wait("wait-step", timeout, id=execution))["execution"])

    async def prompts(self, user: str) -> list[Json]:
        """The suggested prompts {title, message} at the top of the agent's Messages tab."""
        return list((await self.call("prompts", user=user))["prompts"])

    async def wait_prompts(self, user: str, contains: str = "", timeout: float | None = None) -> list[Json]:
        """Wait until a prompt with this in its title stands in a person's Messages tab. Returns all prompts."""
        return list((await self._wait("wait-prompts", timeout, user=user, contains=contains))["prompts"])

    async def send_prompt(self, user: str, title: str) -> Json:
        """Press a suggested prompt, which sends its message. Returns the message."""
        return _message(await self.call("send-prompt", user=user, title=title))

    async def session(self, channel: str, thread_ts: str) -> Json | None:
        """The agent's session of a thread {status, title, initiator, can_stop}, or None."""
        session: Json | None = (await self.call("session", channel=channel, thread_ts=thread_ts))["session"]
        return session

    async def wait_session(
        self, channel: str, thread_ts: str, status: str = "", title: str = "", timeout: float | None = None
    ) -> Json:
        """Wait until a thread is a session of the agent, with this status and title if given."""
        answer = await self._wait(
            "wait-session", timeout, channel=channel, thread_ts=thread_ts, status=status, title=title
        )
        return dict(answer["session"])

    async def stop_session(self, user: str, channel: str, thread_ts: str) -> None:
        """Press the stop button of a session that is processing."""
        await self.call("stop-session", user=user, channel=channel, thread_ts=thread_ts)

    async def rename_session(self, user: str, channel: str, thread_ts: str, title: str) -> None:
        """Change the title of a session."""
        await self.call("rename-session", user=user, channel=channel, thread_ts=thread_ts, title=title)

    async def submit(self, user: str, view_id: str, values: Json | None = None) -> dict[str, str]:
        """Fill in (by block_id or action_id) and submit a modal.

        Returns the errors under its fields, {block_id: text}: {} when it was accepted.
        """
        answer = await self.call("submit", user=user, view_id=view_id, values=values or {})
        return dict(answer["errors"])

    async def close_view(self, user: str, view_id: str) -> None:
        await self.call("close", user=user, view_id=view_id)

    async def open_view(self, user: str) -> Json | None:
        """The topmost modal open for a person, or None."""
        views = await self.views(user)
        return views[-1] if views else None

    async def views(self, user: str) -> list[Json]:
        """A person's open modals, the top one last, each with `errors`."""
        return list((await self.call("views", user=user))["views"])

    async def open_home(self, user: str, tab: str = "home") -> Json | None:
        """Open the app's Home tab (app_home_opened). Returns what it shows now."""
        view: Json | None = (await self.call("home", user=user, tab=tab))["view"]
        return view

    # Reading

    async def messages(self, channel: str, thread_ts: str | None = None) -> list[Json]:
        """A channel's messages, or a thread's with its parent first; oldest first. `plain` is the text shown."""
        answer = await self.call("messages", channel=channel, thread_ts=thread_ts)
        return list(answer["messages"])

    async def ephemerals(self, user: str) -> list[Json]:
        """All messages that only this person sees, oldest first."""
        return list((await self.call("ephemerals", user=user))["messages"])

    async def text(self, channel: str, thread_ts: str | None = None) -> str:
        """A channel or thread as plain text."""
        params = {"channel": channel} | ({"thread_ts": thread_ts} if thread_ts else {})
        answer = await self._http.get("/control/text", params=params)
        if answer.status_code != 200:
            raise SandboxError(_reason(answer))
        return answer.text

    async def status(self, channel: str, thread_ts: str) -> str:
        """The assistant's status in a thread ("is thinking…"), or empty."""
        return str((await self.call("status", channel=channel, thread_ts=thread_ts))["status"])

    async def channels(self) -> list[Json]:
        return list((await self.call("channels"))["channels"])

    async def users(self) -> list[Json]:
        return list((await self.call("users"))["users"])

    # Waiting

    async def wait_message(
        self,
        channel: str,
        contains: str = "",
        thread_ts: str | None = None,
        timeout: float | None = None,
        *,
        after: str | None = None,
        author: str | None = None,
        event_type: str | None = None,
        payload: dict[str, str] | None = None,
        action_id: str | None = None,
        block_id: str | None = None,
    ) -> Json:
        """Wait for a message (new or edited) that meets all conditions that are given. Returns it.

        contains -- a part of its text
        after -- ignore messages up to this time stamp; author -- only this person's (or the bot's)
        event_type, payload -- its metadata; for fields of the payload, patterns: {"id": "*/started"}
        action_id, block_id -- a button or menu, or a block, that it has
        """
        answer = await self._wait(
            "wait-message",
            timeout,
            channel=channel,
            contains=contains,
            thread_ts=thread_ts,
            after=after,
            author=author,
            event_type=event_type,
            payload=payload,
            action_id=action_id,
            block_id=block_id,
        )
        return dict(answer["message"])

    async def wait_ephemeral(
        self, user: str, channel: str, contains: str = "", timeout: float | None = None, *, action_id: str | None = None
    ) -> Json:
        """Wait until a person reads a message that only they see (with this button or menu, if given)."""
        answer = await self._wait(
            "wait-message", timeout, channel=channel, contains=contains, user=user, action_id=action_id
        )
        return dict(answer["message"])

    async def wait_view(
        self, user: str, timeout: float | None = None, *, callback_id: str | None = None, title: str | None = None
    ) -> Json:
        """Wait until a modal is open for a person. Returns the topmost one."""
        answer = await self._wait("wait-view", timeout, user=user, callback_id=callback_id, title=title)
        return dict(answer["view"])

    async def wait_home(self, user: str, contains: str = "", timeout: float | None = None) -> Json:
        """Wait until a person's Home tab contains a text."""
        return dict((await self._wait("wait-home", timeout, user=user, contains=contains))["view"])

    async def wait_connected(self, timeout: float | None = None) -> None:
        """Wait until the app has a Socket Mode connection."""
        await self._wait("wait-connected", timeout)

    # Administration and fault injection

    async def create_channel(self, user: str, name: str, *, private: bool = False, members: Sequence[str] = ()) -> Json:
        answer = await self.call("create-channel", user=user, name=name, private=private, members=list(members))
        return dict(answer["channel"])

    async def join(self, channel: str, user: str, inviter: str = "") -> None:
        await self.call("join", channel=channel, user=user, inviter=inviter)

    async def leave(self, channel: str, user: str) -> None:
        await self.call("leave", channel=channel, user=user)

    async def archive(self, channel: str, *, archived: bool = True) -> None:
        await self.call("archive", channel=channel, archived=archived)

    async def add_user(self, name: str, **fields: Any) -> Json:
        """Add a person. Fields: real_name, guest, external (of another organisation), admin, locale, tz, selectable."""
        return dict((await self.call("add-user", name=name, **fields))["user"])

    async def set_locale(self, locale: str, user: str | None = None) -> None:
        """Set a person's language (zh-CN), or without `user` the workspace's."""
        await self.call("set-locale", locale=locale, user=user)

    async def set_group(self, group: str, users: Sequence[str], name: str = "") -> None:
        """Set the members of a user group (S…); mentions show its name."""
        await self.call("set-group", group=group, users=list(users), name=name)

    async def reset(self) -> None:
        """Begin again with a new workspace: all that was posted, added and set is gone. The secrets stay."""
        await self.call("reset")

    async def settings(self, **changes: Any) -> Json:
        """Change times, rates, delivery (sandbox.settings.Settings). Returns all settings."""
        return dict((await self.call("settings", **changes))["settings"])

    async def fault(
        self,
        method: str,
        kind: str = "error",
        value: str | int = "",
        *,
        times: int = 1,
        skip: int = 0,
        match: str = "",
    ) -> None:
        """Make a method fail: kind error, ratelimited, status, timeout, drop, garbage (sandbox.fault_injection)."""
        await self.call("fault", method=method, kind=kind, value=str(value), times=times, skip=skip, match=match)

    async def clear_faults(self) -> None:
        await self.call("fault", clear=True)

    async def token(self, state: str) -> None:
        """Make the bot's token good, revoked or inactive."""
        await self.call("token", state=state)

    async def scopes(self, scopes: Sequence[str]) -> None:
        """Grant exactly these scopes from now on."""
        await self.call("scopes", scopes=list(scopes))

    async def disconnect(self, reason: str = "") -> int:
        """Close the app's sockets (with a reason: ask it to reconnect). Returns how many there were."""
        return int((await self.call("disconnect", reason=reason))["connections"])

    async def deliveries(self, *, state: str = "", kind: str = "", name: str = "") -> list[Json]:
        """Deliveries to the app: {id, kind, name, state, attempts, reason, payload}, newest last."""
        return list((await self.call("deliveries", state=state, kind=kind, name=name))["deliveries"])

    async def redeliver(self, event_id: str) -> None:
        """Send an event again with the same event_id."""
        await self.call("redeliver", event_id=event_id)

    async def _wait(self, endpoint: str, timeout: float | None, **fields: Any) -> Json:
        return await self.call(endpoint, timeout=self._patience if timeout is None else timeout, **fields)

    async def call(self, endpoint: str, *, timeout: float | None = None, **fields: Any) -> Json:
        """Call any endpoint of the control API. Raises SandboxError with the sandbox's reason."""
        body = {k: v for k, v in fields.items() if v is not None}
        if timeout is not None:
            body["timeout"] = timeout
        limit = max(30.0, (timeout or 0) + 10)
        answer = await self._http.post(f"/control/{endpoint}", json=body, timeout=limit)
        if answer.status_code != 200:
            raise SandboxError(_reason(answer))
        return dict(answer.json())


def _message(answer: Json) -> Json:
    return dict(answer["message"]) | {"channel": answer["channel"], "ts": answer["ts"]}


def _reason(answer: httpx.Response) -> str:
    try:
        return str(answer.json()["error"])
    except (ValueError, KeyError):
        return f"{answer.status_code}: {answer.text[:300]}"
